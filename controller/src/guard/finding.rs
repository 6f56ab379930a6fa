//! Why the guard changed a command, with the numbers behind it.

use perception::{OdometryFault, SensorFault, SensorKind, Twist};

use crate::StopDemand;
use crate::monitor::MonitorFinding;
use crate::policy::{Intervention, SolveStatus};

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Finding {
    /// Odometry is too old, or has never come.
    #[error("odometry is {age_s:.2} s old, at most {limit_s} s are accepted")]
    OdometryStale {
        /// Age, s.
        age_s: f64,
        /// Limit, s.
        limit_s: f64,
    },
    /// A sensor has never delivered data that can be believed.
    #[error("no range sensor has delivered data that can be believed{}", because(fault.as_ref()))]
    NoSight {
        /// Why the latest message was not believed.
        fault: Option<(SensorKind, SensorFault)>,
    },
    /// A sensor is silent.
    #[error("{}: the latest is {age_s:.2} s old, at most {limit_s} s are accepted", kind.name())]
    Silent {
        /// The sensor.
        kind: SensorKind,
        /// Age, s.
        age_s: f64,
        /// Limit, s.
        limit_s: f64,
    },
    /// A sensor is not believed.
    #[error("{}: {fault}", kind.name())]
    Sensor {
        /// The sensor.
        kind: SensorKind,
        /// Why.
        fault: SensorFault,
    },
    /// Odometry is not believed.
    #[error("odometry: {0}")]
    Odometry(OdometryFault),
    /// Feedback, odometry and commands contradict each other.
    #[error("{0}")]
    Motion(MotionFault),
    /// The policy gave no command.
    #[error("the policy gave no usable command (solve: {status:?})")]
    Policy {
        /// How its solve ended.
        status: SolveStatus,
    },
    /// The command was beyond a limit.
    #[error("the policy asked for {:.2} m/s and {:.2} rad/s, beyond the limits", wanted.linear, wanted.angular)]
    Limits {
        /// What it asked for.
        wanted: Twist,
    },
    /// The robot would come too near to an obstacle.
    #[error(
        "the outline would come within {clearance_m:.3} m of an obstacle in {in_s:.2} s, {allowed_m:.3} m are allowed"
    )]
    Obstacle {
        /// Clearance it would have, m.
        clearance_m: f64,
        /// Clearance that is allowed, m.
        allowed_m: f64,
        /// When, s from now.
        in_s: f64,
    },
    /// The robot would enter ground that was not seen recently.
    #[error("{} (at {x_m:.2} m, {y_m:.2} m from the base)", ground(*age_s))]
    Unseen {
        /// Where the ground is, base frame, m.
        x_m: f64,
        /// Where the ground is, base frame, m.
        y_m: f64,
        /// Time since it was seen, s; infinite where it never was.
        age_s: f64,
    },
    /// The robot was stuck and makes room.
    #[error("the robot was stuck between refused commands and makes room")]
    Recovery,
    /// A mover would touch the robot before it has come to rest.
    #[error("track {id} at {distance_m:.2} m would touch the robot before it rests")]
    Mover {
        /// The track.
        id: u64,
        /// Distance from the base, m.
        distance_m: f64,
    },
    /// Something near may be about to move, and it is too early to know.
    #[error("too early after the start to know what moves")]
    Looking,
    /// Scans come too rarely for full speed. Found without an intervention: the policy plans with this
    /// limit.
    #[error("scans come every {period_s:.2} s: the robot drives at {speed_mps:.2} m/s at most")]
    ScanPeriod {
        /// Time between scans, s.
        period_s: f64,
        /// The speed, m/s.
        speed_mps: f64,
    },
    /// The last monitor, after the guard, reduced the command.
    #[error("last monitor: {0}")]
    Monitor(MonitorFinding),
    /// A device demanded a stop.
    #[error("{0}")]
    Stop(StopDemand),
}

fn ground(age_s: f64) -> String {
    if age_s.is_finite() {
        format!("the path leads over ground last seen {age_s:.1} s ago")
    } else {
        "the path leads over ground never seen".to_owned()
    }
}

fn because(fault: Option<&(SensorKind, SensorFault)>) -> String {
    fault.map_or(String::new(), |(kind, fault)| {
        format!("; {}: {fault}", kind.name())
    })
}

/// A contradiction between commands, velocity feedback and odometry.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum MotionFault {
    /// Velocity feedback contradicts the poses, which agree with the commands: poses are used.
    #[error("velocity feedback of {:.2} m/s, {:.2} rad/s contradicts odometry ({:.2} m/s, {:.2} rad/s): odometry is used", feedback.linear, feedback.angular, odometry.linear, odometry.angular)]
    Feedback {
        /// What was fed back.
        feedback: Twist,
        /// What the poses say.
        odometry: Twist,
    },
    /// Poses stand still while feedback and commands agree that the robot moves.
    #[error("the odometry pose stands still while the robot reports {feedback_mps:.2} m/s")]
    PoseFrozen {
        /// Velocity feedback, m/s.
        feedback_mps: f64,
    },
    /// Nothing says that the robot moves although it is commanded to.
    #[error(
        "the robot has been commanded {commanded_mps:.2} m/s for {for_s:.1} s and odometry shows no motion: frozen odometry or a blocked drive"
    )]
    NoMotion {
        /// Least speed that was commanded, m/s.
        commanded_mps: f64,
        /// For how long, s.
        for_s: f64,
    },
}

impl MotionFault {
    /// True when the robot must stop.
    pub fn stops(&self) -> bool {
        !matches!(self, Self::Feedback { .. })
    }
}

impl Finding {
    /// True for a mover that would touch the robot before it rests.
    pub fn is_mover(&self) -> bool {
        matches!(self, Self::Mover { .. })
    }

    /// The kind of intervention that follows.
    pub fn intervention(&self) -> Intervention {
        match self {
            Self::OdometryStale { .. } | Self::Silent { .. } | Self::NoSight { fault: None } => {
                Intervention::Stale
            }
            Self::NoSight { fault: Some(_) } | Self::Sensor { .. } => Intervention::Sensor,
            Self::Odometry(_) | Self::Motion(_) => Intervention::Odometry,
            Self::Policy { .. } => Intervention::PolicyFailed,
            Self::Limits { .. } | Self::ScanPeriod { .. } => Intervention::Limited,
            Self::Obstacle { .. } | Self::Recovery => Intervention::Obstacle,
            Self::Unseen { .. } => Intervention::Unseen,
            Self::Mover { .. } | Self::Looking => Intervention::Person,
            Self::Monitor(_) => Intervention::Monitor,
            Self::Stop(demand) => demand.intervention(),
        }
    }
}
