//! Kinds of faults and their magnitudes.

use std::f64::consts::{FRAC_PI_8, PI};

use perception::wrap_angle;
use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// Reading of an invalid beam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvalidReading {
    /// NaN: no measurement (REP-117).
    Nan,
    /// 0 m.
    Zero,
    /// -1 m.
    Negative,
    /// Positive infinity: a false report of open space.
    Infinity,
    /// The maximum range of the sensor: a false report of an obstacle there, or of open space.
    RangeMax,
}

/// Range sensors affected by a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SensorScope {
    /// All: planar LiDAR, multi-ring LiDAR, depth cameras.
    #[default]
    All,
    /// The planar LiDAR only.
    Planar,
}

/// Clock that jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockScope {
    /// Stamps of messages and the controller's clock.
    All,
    /// Stamps of messages of range sensors only.
    RangeSensors,
    /// Stamp of the first odometry message after the onset.
    OneOdometryMessage,
    /// Stamp of the first message of a range sensor after the onset.
    OneRangeMessage,
}

/// Error of the measured velocity; the measured pose stays true.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum VelocityGlitch {
    /// Zero.
    Zero,
    /// The value at the onset.
    Frozen,
    /// Opposite sign.
    Sign,
    /// Random spikes.
    Spikes {
        /// Share of messages, 0 to 1.
        share: f64,
        /// Maximum deviation, m/s and rad/s.
        height: f64,
    },
}

/// Remaining visibility of the surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Everything relevant is visible.
    Clear,
    /// The area ahead is hidden.
    NotAhead,
    /// Nothing is visible, or the pose is unknown.
    Blind,
}

/// A fault. Shares are of beams or messages, 0 to 1; lengths in m, angles in rad, times in s.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Fault {
    /// Beams are lost independently.
    ScanDropout {
        /// Share of beams.
        share: f64,
    },
    /// All beams are invalid.
    ScanInvalid {
        /// Their reading.
        reading: InvalidReading,
    },
    /// All beams read the same range.
    ScanConstant {
        /// That range, m.
        range_m: f64,
    },
    /// The last measurement is repeated under new stamps.
    ScanFrozen,
    /// Old measurements carry current stamps.
    ScanStale {
        /// Age of the measurements, s.
        age_s: f64,
    },
    /// Beams in a sector, base frame, are invalid.
    ScanSector {
        /// Centre of the sector, rad.
        centre_rad: f64,
        /// Width, rad.
        width_rad: f64,
        /// Reading of its beams.
        reading: InvalidReading,
    },
    /// Noise on every range in addition to the sensor's own.
    ScanNoise {
        /// Standard deviation, m.
        deviation_m: f64,
    },
    /// Phantom returns of independent beams.
    ScanPhantoms {
        /// Share of beams.
        share: f64,
        /// Minimum and maximum range of phantoms, m.
        range_m: [f64; 2],
    },
    /// Messages of range sensors do not arrive.
    ScanSilent,
    /// Messages of range sensors are delayed and keep their true stamps.
    ScanDelay {
        /// Delay, s.
        delay_s: f64,
    },
    /// Messages of each sensor are swapped in pairs.
    MessagesSwapped,
    /// Messages of all sensors are lost independently.
    MessagesLost {
        /// Share of messages.
        share: f64,
    },
    /// A clock jumps; at the end of the fault it jumps back.
    ClockJump {
        /// Size, s; negative is backward.
        jump_s: f64,
        /// Affected clock.
        scope: ClockScope,
    },
    /// The true mounting of the planar LiDAR differs from the configured one.
    Mounting {
        /// Displacement forward and to the left, m.
        offset_m: [f64; 2],
        /// Rotation to the left, rad.
        yaw_rad: f64,
    },
    /// Odometry has an error of scale, as with slip or a wrong wheel radius.
    OdometryScale {
        /// Factor on distances and speed.
        linear: f64,
        /// Factor on rotations.
        angular: f64,
    },
    /// The odometry pose jumps once; at the end of the fault it jumps back.
    OdometryJump {
        /// Displacement forward and to the left, m.
        offset_m: [f64; 2],
        /// Rotation to the left, rad.
        yaw_rad: f64,
    },
    /// The odometry pose is frozen.
    OdometryFrozen {
        /// True if the measured velocity is frozen, too.
        velocity: bool,
    },
    /// Pose and velocity are NaN.
    OdometryInvalid,
    /// The measured velocity is wrong.
    Velocity {
        /// Kind of error.
        glitch: VelocityGlitch,
    },
    /// The drivetrain has additional lag.
    PlantLag {
        /// Added to the time constants of speed and turning rate, s.
        lag_s: f64,
    },
    /// Commands have additional latency.
    Latency {
        /// Latency added, s.
        extra_s: f64,
    },
    /// The brakes are weak.
    WeakBrakes {
        /// Remaining share of the deceleration.
        share: f64,
    },
    /// The drivetrain has a dead zone.
    DeadZone {
        /// Speeds below this have no effect, m/s.
        linear_mps: f64,
        /// Turning rates below this have no effect, rad/s.
        angular_radps: f64,
    },
    /// The robot is larger than configured, from start to end of the drive.
    LargerFootprint {
        /// Enlargement on every side, m.
        by_m: f64,
    },
    /// Pedestrians ignore the robot, from start to end of the drive.
    HeedlessPeople,
    /// A pillar appears ahead of the moving robot, once, at a distance from which a timely stop
    /// ends before it.
    AppearingObject {
        /// Radius, m.
        radius_m: f64,
        /// Distance remaining after a timely stop, m.
        spare_m: f64,
    },
    /// Control ticks are skipped independently: messages are queued, the last command holds.
    TicksSkipped {
        /// Share of ticks.
        share: f64,
    },
    /// Control ticks stall periodically.
    TicksStalled {
        /// Duration of a stall, s.
        stall_s: f64,
        /// Period of stalls, s.
        every_s: f64,
    },
    /// Commands are delayed by uniform random times from 0 to `late_s`.
    TicksLate {
        /// Maximum delay, s.
        late_s: f64,
    },
}

/// Maximum angle from straight ahead of a sector that hides the area ahead, rad.
const AHEAD_RAD: f64 = FRAC_PI_8;

impl Fault {
    /// Remaining visibility under this fault if it affects every range sensor.
    pub fn sight(&self) -> Sight {
        match *self {
            Self::ScanInvalid { .. }
            | Self::ScanConstant { .. }
            | Self::ScanFrozen
            | Self::ScanSilent
            | Self::OdometryInvalid => Sight::Blind,
            Self::MessagesLost { share } | Self::ScanDropout { share } if share >= 1.0 => {
                Sight::Blind
            }
            Self::ScanSector {
                centre_rad,
                width_rad,
                ..
            } if wrap_angle(centre_rad).abs() < 0.5 * width_rad + AHEAD_RAD => Sight::NotAhead,
            _ => Sight::Clear,
        }
    }

    /// True for a fault of range sensors, which may affect some of them only.
    pub fn is_of_range_sensors(&self) -> bool {
        matches!(
            self,
            Self::ScanDropout { .. }
                | Self::ScanInvalid { .. }
                | Self::ScanConstant { .. }
                | Self::ScanFrozen
                | Self::ScanStale { .. }
                | Self::ScanSector { .. }
                | Self::ScanNoise { .. }
                | Self::ScanPhantoms { .. }
                | Self::ScanSilent
                | Self::ScanDelay { .. }
        )
    }

    /// Rejects magnitudes out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "fault";
        let share = |share: f64| {
            let allowed = (0.0..=1.0).contains(&share);
            SettingsError::ensure(allowed, section, "share", &share, "0 to 1")
        };
        let positive = |field, value| SettingsError::ensure_positive(section, &[(field, value)]);
        let not_negative =
            |field, value| SettingsError::ensure_not_negative(section, &[(field, value)]);
        let bounded = |field, value: f64| {
            SettingsError::ensure_within(section, &[(field, value, -1e9..=1e9)])
        };
        match *self {
            Self::ScanDropout { share: part }
            | Self::MessagesLost { share: part }
            | Self::TicksSkipped { share: part } => share(part),
            Self::WeakBrakes { share: part } => {
                positive("share", part)?;
                share(part)
            }
            Self::ScanConstant { range_m } => positive("range_m", range_m),
            Self::ScanStale { age_s } => positive("age_s", age_s),
            Self::ScanDelay { delay_s } => positive("delay_s", delay_s),
            Self::ScanSector {
                centre_rad,
                width_rad,
                ..
            } => {
                bounded("centre_rad", centre_rad)?;
                let allowed = width_rad > 0.0 && width_rad <= 2.0 * PI;
                SettingsError::ensure(allowed, section, "width_rad", &width_rad, "0 to 2 pi")
            }
            Self::ScanNoise { deviation_m } => positive("deviation_m", deviation_m),
            Self::ScanPhantoms {
                share: part,
                range_m,
            } => {
                share(part)?;
                SettingsError::ensure_range(section, "range_m", range_m, 0.0..=1000.0)
            }
            Self::ClockJump { jump_s, .. } => bounded("jump_s", jump_s),
            Self::Mounting { offset_m, yaw_rad } | Self::OdometryJump { offset_m, yaw_rad } => {
                bounded("offset_m", offset_m[0])?;
                bounded("offset_m", offset_m[1])?;
                bounded("yaw_rad", yaw_rad)
            }
            Self::OdometryScale { linear, angular } => {
                bounded("linear", linear)?;
                bounded("angular", angular)
            }
            Self::Velocity {
                glitch:
                    VelocityGlitch::Spikes {
                        share: part,
                        height,
                    },
            } => {
                share(part)?;
                not_negative("height", height)
            }
            Self::PlantLag { lag_s } => not_negative("lag_s", lag_s),
            Self::Latency { extra_s } => not_negative("extra_s", extra_s),
            Self::TicksLate { late_s } => not_negative("late_s", late_s),
            Self::DeadZone {
                linear_mps,
                angular_radps,
            } => {
                not_negative("linear_mps", linear_mps)?;
                not_negative("angular_radps", angular_radps)
            }
            Self::LargerFootprint { by_m } => not_negative("by_m", by_m),
            Self::AppearingObject { radius_m, spare_m } => {
                positive("radius_m", radius_m)?;
                not_negative("spare_m", spare_m)
            }
            Self::TicksStalled { stall_s, every_s } => {
                positive("stall_s", stall_s)?;
                let allowed = every_s.is_finite() && every_s > stall_s;
                SettingsError::ensure(allowed, section, "every_s", &every_s, "above stall_s")
            }
            Self::ScanInvalid { .. }
            | Self::ScanFrozen
            | Self::ScanSilent
            | Self::MessagesSwapped
            | Self::OdometryFrozen { .. }
            | Self::OdometryInvalid
            | Self::Velocity { .. }
            | Self::HeedlessPeople => Ok(()),
        }
    }
}
