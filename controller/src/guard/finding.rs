//! Reasons for which the guard changed a command, with the measured values and limits.

use perception::{OdometryFault, SensorFault, SensorKind, Twist};

use crate::StopDemand;
use crate::monitor::MonitorFinding;
use crate::policy::{Intervention, SolveStatus};

/// Result of a check that failed or limited a command.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Finding {
    /// Odometry is too old, or has never arrived.
    #[error("odometry is {age_s:.2} s old, at most {limit_s} s are accepted")]
    OdometryStale {
        /// Age, s.
        age_s: f64,
        /// Limit, s.
        limit_s: f64,
    },
    /// No range sensor has delivered plausible data since the start.
    #[error("no range sensor has delivered data that can be believed{}", because(fault.as_ref()))]
    NoSight {
        /// Fault of the latest message, if one arrived.
        fault: Option<(SensorKind, SensorFault)>,
    },
    /// A sensor has timed out.
    #[error("{}: the latest is {age_s:.2} s old, at most {limit_s} s are accepted", kind.name())]
    Silent {
        /// The sensor.
        kind: SensorKind,
        /// Age, s.
        age_s: f64,
        /// Limit, s.
        limit_s: f64,
    },
    /// Data of a sensor is implausible.
    #[error("{}: {fault}", kind.name())]
    Sensor {
        /// The sensor.
        kind: SensorKind,
        /// Reason.
        fault: SensorFault,
    },
    /// Odometry is implausible.
    #[error("odometry: {0}")]
    Odometry(OdometryFault),
    /// Feedback, odometry and commands contradict each other.
    #[error("{0}")]
    Motion(MotionFault),
    /// The policy returned no usable command.
    #[error("the policy gave no usable command (solve: {status:?})")]
    Policy {
        /// Exit status of its solver.
        status: SolveStatus,
    },
    /// The command was beyond a limit.
    #[error("the policy asked for {:.2} m/s and {:.2} rad/s; the limits of velocity and acceleration (controller.limits) do not allow this within one tick", wanted.linear, wanted.angular)]
    Limits {
        /// Command of the policy.
        wanted: Twist,
    },
    /// The robot would violate the clearance to an obstacle.
    #[error(
        "the outline would come within {clearance_m:.3} m of an obstacle in {in_s:.2} s, {allowed_m:.3} m are allowed"
    )]
    Obstacle {
        /// Predicted clearance, m.
        clearance_m: f64,
        /// Minimum clearance, m.
        allowed_m: f64,
        /// Time to the violation, s.
        in_s: f64,
    },
    /// The robot would enter ground that was not observed recently.
    #[error("{} (at {x_m:.2} m, {y_m:.2} m from the base)", ground(*age_s))]
    Unseen {
        /// Coordinate of the ground, base frame, m.
        x_m: f64,
        /// Coordinate of the ground, base frame, m.
        y_m: f64,
        /// Time since its last observation, s; infinite if never observed.
        age_s: f64,
    },
    /// The robot was stuck and executes a recovery motion.
    #[error("the robot was stuck between refused commands and makes room")]
    Recovery,
    /// A moving object would touch the robot before it is at rest.
    #[error("track {id} at {distance_m:.2} m would touch the robot before it rests")]
    Mover {
        /// Identifier of the track.
        id: u64,
        /// Distance from the base, m.
        distance_m: f64,
    },
    /// A tentative track near the robot may move, and too few scans have arrived to decide.
    #[error("too early after the start to know what moves")]
    Looking,
    /// The scan rate is too low for full speed. Reported without an intervention: the policy plans
    /// with this speed limit.
    #[error("scans come every {period_s:.2} s: the robot drives at {speed_mps:.2} m/s at most")]
    ScanPeriod {
        /// Time between scans, s.
        period_s: f64,
        /// Speed limit, m/s.
        speed_mps: f64,
    },
    /// The monitor after the guard reduced the command.
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
        /// Velocity feedback.
        feedback: Twist,
        /// Velocity from odometry poses.
        odometry: Twist,
    },
    /// Odometry poses are constant although feedback and commands agree that the robot moves.
    #[error("the odometry pose stands still while the robot reports {feedback_mps:.2} m/s")]
    PoseFrozen {
        /// Velocity feedback, m/s.
        feedback_mps: f64,
    },
    /// Odometry and feedback show no motion although the robot is commanded to move.
    #[error(
        "the robot has been commanded {commanded_mps:.2} m/s for {for_s:.1} s and odometry shows no motion: frozen odometry or a blocked drive"
    )]
    NoMotion {
        /// Minimum commanded speed, m/s.
        commanded_mps: f64,
        /// Duration, s.
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
    /// True for a moving object that would touch the robot before it is at rest.
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
