//! Inputs of the checks of one tick.

use perception::Twist;

use super::BrakingTrajectory;
use super::braking::Brakes;
use super::pending::Pending;
use crate::policy::Observation;

/// Maximum velocities of a robot at rest, m/s and rad/s: noise of the feedback.
const REST_MPS: f64 = 0.03;
const REST_RADPS: f64 = 0.05;

/// Inputs of the checks of one tick: observation, last command, velocity and brakes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tick<'a> {
    pub(super) seen: &'a Observation<'a>,
    /// The last command.
    pub(super) last: Twist,
    /// Time since the last command, s.
    pub(super) elapsed_s: f64,
    /// Current velocity: per axis the faster of the measured and the commanded one.
    pub(super) current: Twist,
    pub(super) brakes: Brakes,
    pub(super) pending: Pending,
}

impl Tick<'_> {
    pub(super) fn after(&self, command: Twist) -> BrakingTrajectory {
        BrakingTrajectory::new(self.current, command, self.brakes)
    }

    /// A stop without any further command.
    pub(super) fn stop(&self) -> BrakingTrajectory {
        BrakingTrajectory::stop(self.current, self.brakes)
    }

    /// The braking trajectory if commands take effect late; `None` if pending commands do not
    /// change it.
    pub(super) fn after_late(&self, command: Twist) -> Option<BrakingTrajectory> {
        let measured = self.seen.snapshot.velocity;
        (self.pending.differs(self.current))
            .then(|| BrakingTrajectory::late(measured, self.pending, command, self.brakes))
    }

    /// True when the robot is at rest within the noise of its feedback.
    pub(super) fn rests(&self) -> bool {
        self.current.linear.abs() < REST_MPS && self.current.angular.abs() < REST_RADPS
    }

    /// Per axis the faster of the measured and the commanded velocity; measurements below the noise
    /// threshold are ignored.
    pub(super) fn faster(measured: Twist, commanded: Twist) -> Twist {
        Twist::new(
            faster(measured.linear, commanded.linear, REST_MPS),
            faster(measured.angular, commanded.angular, REST_RADPS),
        )
    }
}

fn faster(measured: f64, commanded: f64, rest: f64) -> f64 {
    if measured.abs() < rest {
        commanded
    } else if measured * commanded < 0.0 || measured.abs() > commanded.abs() {
        measured
    } else {
        commanded
    }
}
