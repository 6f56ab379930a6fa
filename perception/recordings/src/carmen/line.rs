//! Parser for one line of a log.

use std::f64::consts::{FRAC_PI_2, PI};

use super::{CarmenError, CarmenLine, CarmenScan, CarmenSettings};
use perception::{LaserScan, Pose2, Stamp};

/// Number of fields of `FLASER` after the readings: two poses, and two times with the host between
/// them.
const TAIL: usize = 9;
/// Number of such fields in logs without times.
const TAIL_WITHOUT_TIMES: usize = 6;
/// Number of fields of `ROBOTLASER1` and `RAWLASER1` up to the number of readings.
const HEAD: usize = 9;
/// Maximum number of beams: more than any scanner of these logs has.
const BEAMS_MAX: usize = 10_000;
/// Maximum coordinate, m, and angle, rad.
const REACH_MAX: f64 = 1e6;
/// Maximum time, s: three hundred years.
const TIME_MAX_S: f64 = 1e10;
/// Maximum extrapolation of odometry, s.
const CARRIED_MAX_S: f64 = 1.0;

/// Pose of the robot from the last `ODOM` line, and the mounting of its scanner.
#[derive(Debug, Clone, Default)]
pub(super) struct Odometer {
    /// Pose, velocity (m/s) and yaw rate (rad/s), time (s).
    last: Option<(Pose2, [f64; 2], f64)>,
    /// Offset of the front scanner ahead of the robot's centre, m.
    offset_m: f64,
}

impl Odometer {
    /// Processes `ODOM x y theta tv rv accel time host time` and the parameter of the scanner;
    /// lines that do not parse are ignored.
    pub fn hear(&mut self, fields: &[&str]) {
        let number = |index: usize| -> Option<f64> {
            let value = fields.get(index)?.parse().ok()?;
            Some(value).filter(|value: &f64| value.abs() <= TIME_MAX_S)
        };
        match fields {
            ["ODOM", ..] => {
                if let (Some(x), Some(y), Some(theta), Some(tv), Some(rv), Some(time_s)) = (
                    number(1),
                    number(2),
                    number(3),
                    number(4),
                    number(5),
                    number(9),
                ) {
                    self.last = Some((Pose2::new(x, y, theta), [tv, rv], time_s));
                }
            }
            ["PARAM", "robot_frontlaser_offset", ..] => {
                self.offset_m = number(2).unwrap_or(self.offset_m);
            }
            _ => {}
        }
    }

    /// Poses of the scanner and of the robot at a time, by odometry.
    fn poses(&self, time_s: f64) -> Option<(Pose2, Pose2)> {
        let (pose, [tv, rv], from_s) = self.last?;
        let elapsed_s = (time_s - from_s).clamp(0.0, CARRIED_MAX_S);
        let (length, turn) = (tv * elapsed_s, rv * elapsed_s);
        let (sin, cos) = (0.5 * turn).sin_cos();
        let robot = pose * Pose2::new(length * cos, length * sin, turn);
        Some((robot * Pose2::new(self.offset_m, 0.0, 0.0), robot))
    }

    fn last_time_s(&self) -> Option<f64> {
        self.last.map(|(.., time_s)| time_s)
    }
}

/// Fields of a line.
struct Fields<'a> {
    line: usize,
    fields: &'a [&'a str],
}

impl Fields<'_> {
    fn text(&self, index: usize) -> &str {
        self.fields.get(index).copied().unwrap_or_default()
    }

    fn refused(&self, field: &str, found: &str, expected: &'static str) -> CarmenError {
        CarmenError::Field {
            line: self.line,
            field: field.to_owned(),
            found: found.chars().take(40).collect(),
            expected,
        }
    }

    fn number(&self, index: usize, field: &str) -> Result<f64, CarmenError> {
        let found = self.text(index);
        let most = if field == "logger time" {
            TIME_MAX_S
        } else {
            REACH_MAX
        };
        let value = found
            .parse::<f64>()
            .ok()
            .filter(|value| value.abs() <= most);
        value
            .ok_or_else(|| self.refused(field, found, "a number of at most 1e6, or a time of 1e10"))
    }

    fn count(&self, index: usize, field: &str, least: usize) -> Result<usize, CarmenError> {
        let found = self.text(index);
        let expected = if least == 0 {
            "0 to 10000"
        } else {
            "2 to 10000"
        };
        found
            .parse()
            .ok()
            .filter(|count| (least..=BEAMS_MAX).contains(count))
            .ok_or_else(|| self.refused(field, found, expected))
    }

    fn ranges(&self, first: usize, beams: usize) -> Result<Vec<f32>, CarmenError> {
        (0..beams)
            .map(|beam| {
                let field = format!("reading {}", beam + 1);
                let range = self.number(first + beam, &field)?;
                if range < 0.0 {
                    return Err(self.refused(&field, self.text(first + beam), "0 m or more"));
                }
                Ok(range as f32)
            })
            .collect()
    }

    fn pose(&self, first: usize, names: [&str; 3]) -> Result<Pose2, CarmenError> {
        Ok(Pose2::new(
            self.number(first, names[0])?,
            self.number(first + 1, names[1])?,
            self.number(first + 2, names[2])?,
        ))
    }

    fn expect(&self, kind: &'static str, beams: usize, expected: usize) -> Result<(), CarmenError> {
        if self.fields.len() == expected {
            return Ok(());
        }
        Err(CarmenError::Length {
            line: self.line,
            kind,
            beams,
            found: self.fields.len(),
            expected,
        })
    }
}

/// Parses a `FLASER` line. Without times it has the time of the last odometry.
pub(super) fn flaser(
    line: usize,
    fields: &[&str],
    settings: &CarmenSettings,
    odometer: &Odometer,
) -> Result<CarmenScan, CarmenError> {
    let fields = Fields { line, fields };
    let beams = fields.count(1, "number of readings", 2)?;
    let tail = 2 + beams;
    let untimed = odometer
        .last_time_s()
        .filter(|_| fields.fields.len() == tail + TAIL_WITHOUT_TIMES);
    if untimed.is_none() {
        fields.expect("FLASER", beams, tail + TAIL)?;
    }
    let ranges = fields.ranges(2, beams)?;
    // an odd number covers both ends of the half circle, an even one ends a step before
    let steps = if beams % 2 == 1 { beams - 1 } else { beams };
    let time_s = match untimed {
        Some(time_s) => time_s,
        None => fields.number(tail + 8, "logger time")?,
    };
    Ok(CarmenScan {
        kind: CarmenLine::Flaser,
        line,
        stamp: Stamp::from_secs(time_s),
        map_from_lidar: fields.pose(tail, ["x", "y", "theta"])?,
        odom_from_lidar: fields.pose(tail + 3, ["odom_x", "odom_y", "odom_theta"])?,
        scan: LaserScan {
            angle_min: -FRAC_PI_2,
            angle_increment: PI / steps as f64,
            time_increment: 0.0,
            range_min: settings.range_min_m,
            range_max: settings.range_max_m,
            ranges,
        },
    })
}

/// Parses a `ROBOTLASER1` line, or with an odometer a `RAWLASER1` line.
pub(super) fn laser_line(
    line: usize,
    fields: &[&str],
    settings: &CarmenSettings,
    odometer: Option<&Odometer>,
) -> Result<CarmenScan, CarmenError> {
    let fields = Fields { line, fields };
    let beams = fields.count(HEAD - 1, "number of readings", 2)?;
    let after = HEAD + beams;
    let remissions = fields.count(after, "number of remissions", 0)?;
    let tail = after + 1 + remissions;
    let (kind, name, length) = match odometer {
        None => (CarmenLine::RobotLaser, "ROBOTLASER1", tail + 14),
        Some(_) => (CarmenLine::RawLaser, "RAWLASER1", tail + 3),
    };
    fields.expect(name, beams, length)?;
    let time_s = fields.number(length - 1, "logger time")?;
    let angle_min = fields.number(2, "start_angle")?;
    let angle_increment = fields.number(4, "angular_resolution")?;
    let range_max = fields.number(5, "maximum_range")?;
    if !(angle_increment > 0.0 && angle_increment * beams as f64 <= 7.0) {
        let found = fields.text(4);
        let expected = "a step above 0 of at most a whole turn, rad";
        return Err(fields.refused("angular_resolution", found, expected));
    }
    let mut ranges = fields.ranges(HEAD, beams)?;
    if range_max > 0.0 {
        // a missing return has several possible causes: it neither marks nor clears
        for range in &mut ranges {
            if f64::from(*range) >= range_max - 1e-6 {
                *range = f32::NAN;
            }
        }
    }
    let (map_from_lidar, odom_from_lidar) = match odometer {
        None => (
            fields.pose(tail, ["x", "y", "theta"])?,
            fields.pose(tail + 3, ["odom_x", "odom_y", "odom_theta"])?,
        ),
        Some(odometer) => odometer
            .poses(time_s)
            .ok_or(CarmenError::NoOdometry { line })?,
    };
    Ok(CarmenScan {
        kind,
        line,
        stamp: Stamp::from_secs(time_s),
        map_from_lidar,
        odom_from_lidar,
        scan: LaserScan {
            angle_min,
            angle_increment,
            time_increment: 0.0,
            range_min: settings.range_min_m,
            range_max: settings.range_max_m,
            ranges,
        },
    })
}
