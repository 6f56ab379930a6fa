//! Controller for simulators in any language: JSON lines in and out, one per tick.

use std::time::Instant;

use controller::{Agent, Goal, Intervention, SolveStatus};
use perception::{LaserScan, Odometry, Point2, Pose2, SensorEvent, Stamp, Stamped, Twist};
use serde::{Deserialize, Serialize};

/// Input of a tick.
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
    /// Distance (m) and angle (rad) within which the goal is reached; those of the settings if
    /// absent.
    tolerance: Option<[f64; 2]>,
    /// The path to follow, odometry frame; the controller plans its own if absent.
    path: Option<Vec<[f64; 2]>>,
    /// True for a new start: map, path and plan are forgotten first.
    #[serde(default)]
    reset: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scan {
    angle_min: f64,
    angle_increment: f64,
    range_min: f64,
    range_max: Reading,
    ranges: Vec<Reading>,
}

/// A number, or a value that JSON numbers cannot express.
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
    fn metres(&self) -> f64 {
        match self {
            Self::Metres(range) => *range,
            Self::Word(Word::Infinity) => f64::INFINITY,
            Self::Word(Word::NegativeInfinity) => f64::NEG_INFINITY,
            Self::Word(Word::Nan) | Self::Nothing => f64::NAN,
        }
    }
}

/// Output of a tick.
#[derive(Debug, Serialize)]
struct Command {
    /// Forward speed, m/s.
    v: f64,
    /// Turning rate, rad/s.
    omega: f64,
    /// State of navigation: `driving`, `arrived`, `blocked`, ...
    state: &'static str,
    /// The same as display text with numbers.
    detail: String,
    /// Status of the solve.
    status: SolveStatus,
    /// Null if the guard changed nothing.
    intervention: Option<Intervention>,
    /// Finding of the guard or the monitor, display text with numbers.
    reason: Option<String>,
    tick_ms: f64,
    /// x, y (m), yaw (rad), odometry frame.
    plan: Vec<[f64; 3]>,
}

/// Answer to an unusable line: the error, and a command to stop.
#[derive(Debug, Serialize)]
struct Refusal {
    error: String,
    v: f64,
    omega: f64,
    state: &'static str,
    detail: String,
    status: SolveStatus,
    intervention: &'static str,
    reason: String,
    tick_ms: f64,
    plan: [[f64; 3]; 0],
}

/// Maximum distance of goal and waypoints from the robot, m.
const FAR_M: f64 = 1e5;
/// Maximum number of waypoints of a path.
const WAYPOINTS_MAX: usize = 20_000;
/// Maximum time, s after the epoch: the year 2255.
const TIME_MAX_S: f64 = 9e9;
/// Number of consecutive lines in order after which an earlier clock counts as set back.
const SET_BACK_LINES: u32 = 3;

/// One controller and its state.
pub struct Session {
    agent: Agent,
    /// Time of the last processed tick, s.
    last_s: Option<f64>,
    /// Time of the last early line, s, and number of early lines in order.
    early: Option<(f64, u32)>,
}

impl Session {
    /// A session with a new agent.
    pub fn new(agent: Agent) -> Self {
        Self {
            agent,
            last_s: None,
            early: None,
        }
    }

    /// The answer to one line, without its newline. An unusable line is answered with an error and
    /// has no effect.
    pub fn answer(&mut self, line: &str) -> String {
        let begun = Instant::now();
        match self.tick(line) {
            Ok(()) => {
                let (action, status) = (self.agent.action(), self.agent.status());
                let states = action.plan.states.iter();
                written(&Command {
                    v: action.command.linear,
                    omega: action.command.angular,
                    state: status.word(),
                    detail: status.to_string(),
                    status: action.status,
                    intervention: action.intervention,
                    reason: action.finding.map(|found| found.to_string()),
                    tick_ms: begun.elapsed().as_secs_f64() * 1e3,
                    plan: states.map(|s| [s[0], s[1], s[2]]).collect(),
                })
            }
            Err(error) => written(&self.refusal(error, begun)),
        }
    }

    /// The answer to an unreadable line: the error, and a command to stop.
    pub fn refuse(&mut self, error: String) -> String {
        written(&self.refusal(error, Instant::now()))
    }

    /// Rejection of a line, with a command to stop.
    fn refusal(&mut self, error: String, begun: Instant) -> Refusal {
        let stamp = Stamp::from_secs(self.last_s.unwrap_or(0.0));
        self.agent.set_sent(stamp, Twist::ZERO);
        Refusal {
            v: 0.0,
            omega: 0.0,
            state: "refused",
            detail: error.clone(),
            status: SolveStatus::NotRun,
            intervention: "refused",
            reason: error.clone(),
            tick_ms: begun.elapsed().as_secs_f64() * 1e3,
            plan: [],
            error,
        }
    }

    fn tick(&mut self, line: &str) -> Result<(), String> {
        let mut tick: Tick = serde_json::from_str(&quote_non_numbers(line))
            .map_err(|error| format!("not a tick: {error}"))?;
        tick.validate()?;
        let scan = tick.laser_scan()?;
        let is_set_back = self.is_set_back(tick.t, tick.reset)?;
        if tick.reset || is_set_back {
            self.agent.reset();
        }
        let stamp = Stamp::from_secs(tick.t);
        let (x, y, yaw) = tick.goal;
        let path = tick.path.take().unwrap_or_default();
        for value in tick.events(scan) {
            self.agent
                .observe(&Stamped { stamp, value })
                .map_err(|error| error.to_string())?;
        }
        (self.last_s, self.early) = (Some(tick.t), None);
        let usual = self.agent.navigation();
        let [tolerance_m, yaw_tolerance_rad] = tick
            .tolerance
            .unwrap_or([usual.tolerance_m, usual.yaw_tolerance_rad]);
        self.agent.set_goal(Goal {
            position: Point2::new(x, y),
            yaw,
            tolerance_m,
            yaw_tolerance_rad,
        });
        let path: Vec<Point2> = path.iter().map(|&[x, y]| Point2::new(x, y)).collect();
        self.agent.set_path(&path);
        self.agent.act(stamp);
        Ok(())
    }

    /// True if the clock was set back: several lines in order, all before the last processed one. A
    /// single line from the past is rejected.
    fn is_set_back(&mut self, t: f64, is_reset: bool) -> Result<bool, String> {
        let Some(last_s) = self.last_s.filter(|last_s| t <= *last_s && !is_reset) else {
            return Ok(false);
        };
        let count = match self.early {
            Some((early_s, count)) if t > early_s => count + 1,
            _ => 1,
        };
        self.early = Some((t, count));
        if count >= SET_BACK_LINES {
            return Ok(true);
        }
        Err(format!(
            "t is {t} s, not later than the {last_s} s of the line before: expected times in order \
             (after {SET_BACK_LINES} lines in order the clock counts as set back)"
        ))
    }
}

impl Tick {
    /// Rejects unusable input before anything changes.
    fn validate(&self) -> Result<(), String> {
        let (x, y, yaw) = self.goal;
        let [px, py, heading] = self.odom;
        let fields = [
            ("t", self.t, TIME_MAX_S),
            ("odom[0]", px, 1e7),
            ("odom[1]", py, 1e7),
            ("odom[2]", heading, 1e6),
            ("velocity[0]", self.velocity[0], f64::MAX),
            ("velocity[1]", self.velocity[1], f64::MAX),
            ("lidar_pose[0]", self.lidar_pose[0], 100.0),
            ("lidar_pose[1]", self.lidar_pose[1], 100.0),
            ("lidar_pose[2]", self.lidar_pose[2], 1e3),
            ("goal[0] - odom[0]", x - px, FAR_M),
            ("goal[1] - odom[1]", y - py, FAR_M),
            ("goal[2]", yaw.unwrap_or(0.0), 1e6),
        ];
        for (field, value, most) in fields {
            if !(value.abs() <= most) {
                return Err(format!(
                    "{field} is {value}: expected a number of at most {most:e}"
                ));
            }
        }
        if let Some([distance, angle]) = self.tolerance
            && !((0.01..=10.0).contains(&distance) && (0.01..=3.2).contains(&angle))
        {
            return Err(format!(
                "tolerance is [{distance}, {angle}]: expected 0.01 to 10 m and 0.01 to 3.2 rad"
            ));
        }
        let path = self.path.as_deref().unwrap_or_default();
        if path.len() > WAYPOINTS_MAX {
            let count = path.len();
            return Err(format!(
                "path has {count} points: expected at most {WAYPOINTS_MAX}; send the part ahead"
            ));
        }
        for (index, [x, y]) in path.iter().enumerate() {
            if !((x - px).abs() <= FAR_M && (y - py).abs() <= FAR_M) {
                return Err(format!(
                    "path[{index}] is [{x}, {y}]: expected numbers within {FAR_M:e} m of the robot"
                ));
            }
        }
        Ok(())
    }

    fn laser_scan(&self) -> Result<LaserScan, String> {
        let scan = LaserScan {
            angle_min: self.scan.angle_min,
            angle_increment: self.scan.angle_increment,
            time_increment: 0.0,
            range_min: self.scan.range_min,
            range_max: self.scan.range_max.metres(),
            ranges: self.scan.ranges.iter().map(|r| r.metres() as f32).collect(),
        };
        scan.accepted(None).map_err(|error| error.to_string())
    }

    fn events(&self, scan: LaserScan) -> [SensorEvent; 2] {
        [
            SensorEvent::Odometry(Odometry::level(
                Pose2::from(self.odom),
                Twist::new(self.velocity[0], self.velocity[1]),
            )),
            SensorEvent::Scan {
                base_from_lidar: Pose2::from(self.lidar_pose),
                scan,
            },
        ]
    }
}

/// An answer as a line.
fn written(answer: &impl Serialize) -> String {
    serde_json::to_string(answer)
        .unwrap_or_else(|error| format!("{{\"v\":0,\"omega\":0,\"error\":\"{error}\"}}"))
}

/// Quotes `NaN`, `Infinity` and `-Infinity`, which Python writes and JSON does not support.
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
