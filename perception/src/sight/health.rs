//! Health of the sensors: faults of range sensors and odometry.

use crate::Stamp;

/// Kinds of range sensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SensorKind {
    /// Planar LiDAR.
    Scan,
    /// Multi-ring LiDAR.
    Cloud,
    /// Depth cameras.
    Depth,
}

impl SensorKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Scan, Self::Cloud, Self::Depth];

    /// Name of the kind in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Cloud => "point cloud",
            Self::Depth => "depth image",
        }
    }
}

/// Reason why the data of a range sensor is rejected.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum SensorFault {
    /// Too few readings are valid.
    #[error("{:.0} % of the readings are valid, expected at least {:.0} %: is the sensor covered or defective?", 100.0 * share, 100.0 * expected)]
    Invalid {
        /// Share of valid readings, 0 to 1.
        share: f64,
        /// Minimum accepted share.
        expected: f64,
    },
    /// No reading has ever hit a surface.
    #[error(
        "no reading has met a surface since the start: the sensor cannot be told from a defective one"
    )]
    NeverReturned,
    /// Nearly all readings are the same number.
    #[error("{:.0} % of the returns are {range_m:.3} m: a defective sensor, or one that repeats a constant", 100.0 * share)]
    Constant {
        /// Common value of the readings, m.
        range_m: f64,
        /// Share of readings that equal it, 0 to 1.
        share: f64,
    },
    /// The content does not change although the robot moves.
    #[error(
        "the content has not changed while the robot moved by {moved_m:.2} m and {turned_rad:.2} rad"
    )]
    Frozen {
        /// Distance moved with the same content, m.
        moved_m: f64,
        /// Angle turned with the same content, rad.
        turned_rad: f64,
    },
    /// Rays pass through surfaces that were observed shortly before.
    #[error("{:.0} % of the surfaces seen {age_s:.1} s ago have vanished: wrong ranges, mounting or odometry", 100.0 * share)]
    Contradiction {
        /// Share of surfaces that rays pass through now, 0 to 1.
        share: f64,
        /// Age of the surfaces that they are compared with, s.
        age_s: f64,
    },
    /// The mounting changed while driving.
    #[error(
        "the mounting changed by {moved_m:.2} m and {turned_rad:.2} rad while driving: correct it and reset the map"
    )]
    Mounting {
        /// Change of position, m.
        moved_m: f64,
        /// Change of heading, rad.
        turned_rad: f64,
    },
    /// The first or last bearing of the scans changed while driving.
    #[error(
        "the field of view changed to {:.0} to {:.0} degrees while driving, expected {:.0} to {:.0}: correct it and reset the map",
        now_deg[0], now_deg[1], expected_deg[0], expected_deg[1]
    )]
    FieldOfView {
        /// First and last bearing, scanner frame, degrees.
        now_deg: [f64; 2],
        /// First and last bearing of the first scan, scanner frame, degrees.
        expected_deg: [f64; 2],
    },
    /// A sector that gave valid readings no longer gives any.
    #[error(
        "blind from {from_deg:.0} to {to_deg:.0} degrees, counter-clockwise from straight ahead, for {age_s:.2} s"
    )]
    BlindSector {
        /// First bearing in the base frame, degrees.
        from_deg: f64,
        /// Last bearing, degrees.
        to_deg: f64,
        /// Time since its last valid reading, s.
        age_s: f64,
    },
}

/// Reason why odometry is rejected.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum OdometryFault {
    /// The pose moved farther than the velocity allows.
    #[error("the pose jumped by {moved_m:.2} m and {turned_rad:.2} rad in {elapsed_s:.3} s")]
    Jump {
        /// Distance from the position predicted by the velocity, m.
        moved_m: f64,
        /// Difference in heading, rad.
        turned_rad: f64,
        /// Time between the two poses, s.
        elapsed_s: f64,
    },
}

/// State of the sensors of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SensorState {
    /// Stamp of the latest message, accepted or not.
    pub arrived: Option<Stamp>,
    /// Stamp of the latest accepted message that carried information.
    pub accepted: Option<Stamp>,
    /// Message period, s; 0 before the second message. It follows longer intervals at once and
    /// shorter ones slowly.
    pub period_s: f64,
    /// Fault of the latest message.
    pub fault: Option<SensorFault>,
}

/// Intervals longer than this are interruptions, not a message period, s.
const PERIOD_MAX_S: f64 = 1.0;
/// Gain with which the period follows a shorter interval.
const PERIOD_GAIN: f64 = 0.1;

impl SensorState {
    /// Records a message, and whether it was integrated into the map.
    pub(crate) fn note(&mut self, stamp: Stamp, fault: Option<SensorFault>, is_accepted: bool) {
        if let Some(last) = self.arrived {
            let interval_s = stamp.secs_since(last);
            if interval_s > 0.0 && interval_s <= PERIOD_MAX_S {
                let slower = self.period_s + PERIOD_GAIN * (interval_s - self.period_s);
                self.period_s = interval_s.max(slower);
            }
        }
        self.arrived = self.arrived.max(Some(stamp));
        if is_accepted {
            self.accepted = self.accepted.max(Some(stamp));
        }
        self.fault = fault;
    }
}

/// State of all sensors.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SensorHealth {
    /// State of the planar LiDAR.
    pub scan: SensorState,
    /// State of the multi-ring LiDAR.
    pub cloud: SensorState,
    /// State of the depth cameras.
    pub depth: SensorState,
    /// Fault of odometry, and the time at which it was detected.
    pub odometry: Option<(Stamp, OdometryFault)>,
    /// Bearings that the planar scanner covers.
    pub sectors: super::Sectors,
}

impl SensorHealth {
    /// State of the sensors of a kind.
    pub fn of(&self, kind: SensorKind) -> &SensorState {
        match kind {
            SensorKind::Scan => &self.scan,
            SensorKind::Cloud => &self.cloud,
            SensorKind::Depth => &self.depth,
        }
    }

    /// Longest period of the kinds that have delivered messages, s; 0 if none has.
    pub fn period_s(&self) -> f64 {
        let periods = SensorKind::ALL.map(|kind| self.of(kind).period_s);
        periods.into_iter().fold(0.0, f64::max)
    }
}
