//! What every check of a tick needs.

use perception::Twist;

use super::BrakingTrajectory;
use super::braking::Brakes;
use super::pending::Pending;
use crate::policy::Observation;

/// Slower than this the robot counts as at rest, m/s and rad/s: noise of the feedback.
const REST_MPS: f64 = 0.03;
const REST_RADPS: f64 = 0.05;

/// What every check of a tick needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tick<'a> {
    pub(super) seen: &'a Observation<'a>,
    /// The last command.
    pub(super) last: Twist,
    /// Time since it was given, s.
    pub(super) elapsed_s: f64,
    /// What the robot does now: the faster of what is measured and what was commanded.
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

    /// The same if commands take effect late; none where that makes no difference.
    pub(super) fn after_late(&self, command: Twist) -> Option<BrakingTrajectory> {
        let measured = self.seen.snapshot.velocity;
        (self.pending.differs(self.current))
            .then(|| BrakingTrajectory::late(measured, self.pending, command, self.brakes))
    }

    /// True when the robot is at rest, but for the noise of its feedback.
    pub(super) fn rests(&self) -> bool {
        self.current.linear.abs() < REST_MPS && self.current.angular.abs() < REST_RADPS
    }

    /// The faster of what is measured and what was commanded; noise about rest is none.
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
