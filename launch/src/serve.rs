//! A controller that any simulator in any language can drive: JSON in, JSON out, a line a tick.

use std::time::Instant;

use controller::{Action, Agent, Goal, Intervention, SolveStatus};
use perception::{LaserScan, Odometry, Point2, Pose2, SensorEvent, Stamp, Stamped, Twist};
use serde::{Deserialize, Serialize};

/// A tick as it comes in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tick {
    /// Time, s.
    t: f64,
    scan: Scan,
    /// Mounting of the scanner: x, y (m), yaw (rad).
    #[serde(default)]
    lidar_pose: [f64; 3],
    /// Pose of the base in the odometry frame.
    odom: [f64; 3],
    /// Forward speed (m/s) and turning rate (rad/s).
    velocity: [f64; 2],
    /// x, y (m), yaw (rad or null), odometry frame.
    goal: (f64, f64, Option<f64>),
    /// The way to go, odometry frame; absent: the controller finds its own.
    path: Option<Vec<[f64; 2]>>,
    /// True: a new start. Map, path and plan are forgotten first.
    #[serde(default)]
    reset: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scan {
    angle_min: f64,
    angle_increment: f64,
    range_min: f64,
    range_max: f64,
    ranges: Vec<Reading>,
}

/// A number, or what JSON has no number for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Reading {
    Metres(f64),
    Word(Word),
    /// `null`: no measurement.
    Nothing,
}

#[derive(Debug, Deserialize)]
enum Word {
    #[serde(rename = "inf", alias = "Infinity", alias = "+inf")]
    Infinity,
    #[serde(rename = "-inf", alias = "-Infinity")]
    NegativeInfinity,
    #[serde(rename = "nan", alias = "NaN")]
    Nan,
}

impl Reading {
    /// A reading at the end of the range says that nothing was found.
    fn metres(&self, range_max: f64) -> f32 {
        match self {
            Self::Metres(range) if *range >= range_max - 1e-6 => f32::INFINITY,
            Self::Metres(range) => *range as f32,
            Self::Word(Word::Infinity) => f32::INFINITY,
            Self::Word(Word::NegativeInfinity) => f32::NEG_INFINITY,
            Self::Word(Word::Nan) | Self::Nothing => f32::NAN,
        }
    }
}

/// A command as it goes out.
#[derive(Debug, Serialize)]
struct Command {
    /// Forward speed, m/s.
    v: f64,
    /// Turning rate, rad/s.
    omega: f64,
    /// How the solve ended, and what the guard changed.
    status: SolveStatus,
    /// Null when the guard changed nothing.
    intervention: Option<Intervention>,
    tick_ms: f64,
    /// x, y (m), yaw (rad), odometry frame.
    plan: Vec<[f64; 3]>,
}

/// What answers a line that cannot be used: why, and a command to stop.
#[derive(Debug, Serialize)]
struct Refusal {
    v: f64,
    omega: f64,
    error: String,
}

/// One controller and its past.
pub struct Session {
    agent: Agent,
    /// Time of the last command.
    last: Stamp,
}

impl Session {
    /// A session with an agent that has seen nothing yet.
    pub fn new(agent: Agent) -> Self {
        Self {
            agent,
            last: Stamp::default(),
        }
    }

    /// The answer to one line, without its newline. A line that cannot be used is answered with
    /// an error and a zero command, and changes nothing but that the robot was told to stop.
    pub fn answer(&mut self, line: &str) -> String {
        let begun = Instant::now();
        let answer = match self.tick(line) {
            Ok(action) => serde_json::to_string(&Command {
                v: action.command.linear,
                omega: action.command.angular,
                status: action.status,
                intervention: action.intervention,
                tick_ms: begun.elapsed().as_secs_f64() * 1e3,
                plan: action
                    .plan
                    .states
                    .iter()
                    .map(|s| [s[0], s[1], s[2]])
                    .collect(),
            }),
            Err(error) => {
                self.agent.set_sent(self.last, Twist::ZERO);
                serde_json::to_string(&Refusal {
                    v: 0.0,
                    omega: 0.0,
                    error,
                })
            }
        };
        answer.unwrap_or_else(|error| format!("{{\"v\":0,\"omega\":0,\"error\":\"{error}\"}}"))
    }

    fn tick(&mut self, line: &str) -> Result<&Action, String> {
        let tick: Tick = serde_json::from_str(&quote_non_numbers(line))
            .map_err(|error| format!("not a tick: {error}"))?;
        let (x, y, yaw) = tick.goal;
        let goal = [
            ("goal[0]", x),
            ("goal[1]", y),
            ("goal[2]", yaw.unwrap_or(0.0)),
        ];
        for (field, value) in goal.into_iter().chain([("t", tick.t)]) {
            if !value.is_finite() {
                return Err(format!("{field} is {value}: expected a finite number"));
            }
        }
        if tick.scan.ranges.is_empty() {
            return Err("scan.ranges is empty: expected one reading a beam".to_owned());
        }
        for (field, values) in [
            ("odom", &tick.odom[..]),
            ("velocity", &tick.velocity[..]),
            ("lidar_pose", &tick.lidar_pose[..]),
        ] {
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return Err(format!("{field} holds {value}: expected finite numbers"));
            }
        }
        let path: Vec<Point2> = tick
            .path
            .unwrap_or_default()
            .iter()
            .map(|&[x, y]| Point2::new(x, y))
            .collect();
        if path.iter().any(|p| !(p.x.is_finite() && p.y.is_finite())) {
            return Err("path holds a number that is not finite".to_owned());
        }
        let stamp = Stamp::from_secs(tick.t);
        let range_max = tick.scan.range_max;
        let events = [
            SensorEvent::Odometry(Odometry::level(
                Pose2::from(tick.odom),
                Twist::new(tick.velocity[0], tick.velocity[1]),
            )),
            SensorEvent::Scan {
                base_from_lidar: Pose2::from(tick.lidar_pose),
                scan: LaserScan {
                    angle_min: tick.scan.angle_min,
                    angle_increment: tick.scan.angle_increment,
                    time_increment: 0.0,
                    range_min: tick.scan.range_min,
                    range_max,
                    ranges: tick
                        .scan
                        .ranges
                        .iter()
                        .map(|r| r.metres(range_max))
                        .collect(),
                },
            },
        ];
        if let SensorEvent::Scan { scan, .. } = &events[1] {
            scan.validate().map_err(|error| error.to_string())?;
        }
        if tick.reset {
            self.agent.reset();
        }
        for value in events {
            self.agent
                .observe(&Stamped { stamp, value })
                .map_err(|error| error.to_string())?;
        }
        self.agent.set_goal(Goal {
            position: Point2::new(x, y),
            yaw,
            tolerance_m: 0.0,
        });
        self.agent.set_path(&path);
        self.last = stamp;
        Ok(self.agent.act(stamp))
    }
}

/// Puts quotes about `NaN`, `Infinity` and `-Infinity`, which Python writes and JSON has not.
fn quote_non_numbers(line: &str) -> std::borrow::Cow<'_, str> {
    if !line.contains("NaN") && !line.contains("Infinity") {
        return line.into();
    }
    let mut quoted = String::with_capacity(line.len() + 64);
    let mut rest = line;
    let mut in_string = false;
    while let Some(next) = rest.chars().next() {
        let word = ["-Infinity", "Infinity", "NaN"]
            .into_iter()
            .find(|word| !in_string && rest.starts_with(word));
        if let Some(word) = word {
            quoted.push('"');
            quoted.push_str(word);
            quoted.push('"');
            rest = &rest[word.len()..];
            continue;
        }
        in_string ^= next == '"';
        quoted.push(next);
        rest = &rest[next.len_utf8()..];
    }
    quoted.into()
}
