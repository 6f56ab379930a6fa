//! Kinds of faults and their magnitudes.

use std::f64::consts::{FRAC_PI_8, PI};

use perception::wrap_angle;
use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// What an invalid beam reads.
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
    /// The longest range of the sensor: a false report of an obstacle there, or of open space.
    RangeMax,
}

/// Which range sensors a fault concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SensorScope {
    /// All: planar LiDAR, LiDAR of several rings, depth cameras.
    #[default]
    All,
    /// The planar LiDAR alone.
    Planar,
}

/// Which clock jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockScope {
    /// The stamps of messages and the controller's own time.
    All,
    /// The stamps of messages of range sensors alone.
    RangeSensors,
    /// The stamp of the first message of odometry after the onset.
    OneOdometryMessage,
    /// The stamp of the first message of a range sensor after the onset.
    OneRangeMessage,
}

/// What the measured velocity reads; the measured pose stays true.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum VelocityGlitch {
    /// At rest.
    Zero,
    /// As at the onset.
    Frozen,
    /// The opposite of the truth.
    Sign,
    /// Now and then far from the truth.
    Spikes {
        /// Share of messages, 0 to 1.
        share: f64,
        /// Largest deviation, m/s and rad/s.
        height: f64,
    },
}

/// How much of the surroundings is left to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// All that matters.
    Clear,
    /// Not what lies ahead.
    NotAhead,
    /// Nothing, or no pose to place it at.
    Blind,
}

/// A fault. Shares are of beams or messages, 0 to 1; lengths in m, angles in rad, times in s.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Fault {
    /// Beams are lost, each by itself.
    ScanDropout {
        /// Share of beams.
        share: f64,
    },
    /// All beams are invalid.
    ScanInvalid {
        /// What they read.
        reading: InvalidReading,
    },
    /// All beams read the same range.
    ScanConstant {
        /// That range, m.
        range_m: f64,
    },
    /// The last measurement is repeated under new stamps.
    ScanFrozen,
    /// Measurements of the past come under the stamps of now.
    ScanStale {
        /// How old they are, s.
        age_s: f64,
    },
    /// Beams in a sector, base frame, are invalid.
    ScanSector {
        /// Middle of the sector, rad.
        centre_rad: f64,
        /// Its width, rad.
        width_rad: f64,
        /// What its beams read.
        reading: InvalidReading,
    },
    /// Noise on every range, on top of the sensor's own.
    ScanNoise {
        /// Standard deviation, m.
        deviation_m: f64,
    },
    /// Returns from nothing, each beam by itself.
    ScanPhantoms {
        /// Share of beams.
        share: f64,
        /// Nearest and farthest of them, m.
        range_m: [f64; 2],
    },
    /// No message of a range sensor arrives.
    ScanSilent,
    /// Messages of range sensors arrive later, with their true stamps.
    ScanDelay {
        /// By how much, s.
        delay_s: f64,
    },
    /// Messages of each sensor change places in pairs.
    MessagesSwapped,
    /// Messages of all sensors are lost, each by itself.
    MessagesLost {
        /// Share of messages.
        share: f64,
    },
    /// A clock jumps; at the end of the fault it jumps back.
    ClockJump {
        /// By how much, s; negative is backward.
        jump_s: f64,
        /// Which.
        scope: ClockScope,
    },
    /// The planar LiDAR is not where its mounting says.
    Mounting {
        /// Displacement forward and to the left, m.
        offset_m: [f64; 2],
        /// Turn to the left, rad.
        yaw_rad: f64,
    },
    /// Odometry counts more or less than is driven, as with slip or a wrong wheel radius.
    OdometryScale {
        /// Factor on distances and speed.
        linear: f64,
        /// Factor on turns.
        angular: f64,
    },
    /// The odometry pose jumps once; at the end of the fault it jumps back.
    OdometryJump {
        /// Displacement forward and to the left, m.
        offset_m: [f64; 2],
        /// Turn to the left, rad.
        yaw_rad: f64,
    },
    /// The odometry pose stays as it was.
    OdometryFrozen {
        /// True when the measured velocity stays as it was, too.
        velocity: bool,
    },
    /// Pose and velocity are NaN.
    OdometryInvalid,
    /// The measured velocity is wrong.
    Velocity {
        /// What it reads.
        glitch: VelocityGlitch,
    },
    /// The drive follows commands more slowly.
    PlantLag {
        /// Added to the time constants of speed and turning, s.
        lag_s: f64,
    },
    /// Commands take effect later.
    Latency {
        /// By how much, s.
        extra_s: f64,
    },
    /// The drive loses speed more slowly.
    WeakBrakes {
        /// Share of its deceleration that is left.
        share: f64,
    },
    /// The drive does not follow small commands.
    DeadZone {
        /// Speeds below this are none, m/s.
        linear_mps: f64,
        /// Turning rates below this are none, rad/s.
        angular_radps: f64,
    },
    /// The robot is larger than configured, from the start to the end of the drive.
    LargerFootprint {
        /// By how much on every side, m.
        by_m: f64,
    },
    /// People do not see the robot, from the start to the end of the drive.
    HeedlessPeople,
    /// A pillar appears ahead of the moving robot, once, so far away that a stop begun in time ends
    /// before it.
    AppearingObject {
        /// Its radius, m.
        radius_m: f64,
        /// Distance that a stop begun in time would leave, m.
        spare_m: f64,
    },
    /// Control ticks do not take place, each by itself: messages wait, the last command stays.
    TicksSkipped {
        /// Share of ticks.
        share: f64,
    },
    /// Control ticks do not take place for a while, again and again.
    TicksStalled {
        /// Length of a stall, s.
        stall_s: f64,
        /// From the start of a stall to the start of the next, s.
        every_s: f64,
    },
    /// Commands are ready late, each by a time drawn evenly from 0 to this.
    TicksLate {
        /// Longest, s.
        late_s: f64,
    },
}

/// A sector hides what lies ahead when it reaches this close to straight ahead, rad.
const AHEAD_RAD: f64 = FRAC_PI_8;

impl Fault {
    /// What is left to see while this fault lasts, when it concerns every range sensor.
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

    /// True for a fault that changes what range sensors say, and so may concern some of them only.
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

    /// Refuses magnitudes that mean nothing.
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
