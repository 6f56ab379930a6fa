//! Named faults and their random parameters.

use std::f64::consts::{FRAC_PI_2, PI};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::kind::{Fault, SensorScope};
use super::plan::{FaultPlan, ScheduledFault};

pub use super::catalogue::CATALOGUE;

/// Onset of faults that begin during the drive, s.
const ONSET_S: [f64; 2] = [1.5, 4.0];
/// Length of a transient fault, s.
const TRANSIENT_S: f64 = 2.0;
/// Delay from the onset of the fault to the appearance of an object, s.
const OBJECT_AFTER_S: [f64; 2] = [0.05, 0.3];
/// Radius of objects that appear, m.
const OBJECT_RADIUS_M: [f64; 2] = [0.1, 0.3];
/// Distance to the object after a timely stop, m.
const OBJECT_SPARE_M: [f64; 2] = [0.05, 0.4];

/// Duration of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persistence {
    /// To the end of the drive.
    Permanent,
    /// For 2 s.
    Transient,
}

impl Persistence {
    /// Name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Transient => "transient",
        }
    }
}

/// Onset of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Onset {
    /// While the robot drives.
    Driving,
    /// At the start of the drive; may end.
    Start,
    /// From start to end of the drive.
    Always,
}

/// A named fault.
#[derive(Debug, Clone, Copy)]
pub struct FaultCase {
    /// Name for command lines and tables.
    pub name: &'static str,
    /// True if no collision may be caused under it: a working range sensor and true odometry
    /// remain, or the fault shows in the messages; and the drive is within the stated bounds (at
    /// least 60 % of the braking deceleration, at most 0.15 s more latency, at most 1 cm more
    /// outline).
    pub is_promised: bool,
    pub(super) onset: Onset,
    /// True if it may be one of two simultaneous faults.
    pub(super) combines: bool,
    pub(super) sensors: SensorScope,
    pub(super) draw: fn(&mut ChaCha8Rng) -> Fault,
}

/// Name of the case of two simultaneous faults.
pub(super) const TWO_AT_ONCE: &str = "two_at_once";

impl FaultCase {
    /// Finds a case by name.
    pub fn named(name: &str) -> Option<&'static Self> {
        CATALOGUE.iter().find(|case| case.name == name)
    }

    /// Durations that the case allows.
    pub fn persistences(&self) -> &'static [Persistence] {
        match self.onset {
            Onset::Driving | Onset::Start => &[Persistence::Permanent, Persistence::Transient],
            Onset::Always => &[Persistence::Permanent],
        }
    }

    /// The fault plan for a seed.
    pub fn plan(&self, persistence: Persistence, seed: u64) -> FaultPlan {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let onset_s = draw(ONSET_S, &mut rng);
        let cases = if self.name == TWO_AT_ONCE {
            two(&mut rng).to_vec()
        } else {
            vec![self]
        };
        let schedule = |case: &&Self| {
            let onset_s = if case.onset == Onset::Driving {
                onset_s
            } else {
                0.0
            };
            let ends = persistence == Persistence::Transient && case.onset != Onset::Always;
            ScheduledFault {
                fault: (case.draw)(&mut rng),
                sensors: case.sensors,
                onset_s,
                end_s: ends.then_some(onset_s + TRANSIENT_S),
            }
        };
        let faults = cases.iter().map(schedule).collect();
        let is_none = self.name == CATALOGUE[0].name;
        FaultPlan {
            faults: if is_none { Vec::new() } else { faults },
            seed: rng.random(),
        }
    }
}

impl FaultPlan {
    /// The plan with an object that appears ahead of the robot soon after the onset, or during the
    /// drive if there is no fault. A plan with an object is unchanged.
    #[must_use]
    pub fn with_object(mut self) -> Self {
        if self.has(|fault| matches!(fault, Fault::AppearingObject { .. })) {
            return self;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ 0x000b_1ec7);
        let drawn_s = draw(ONSET_S, &mut rng);
        let onset_s = match self.onset_s() {
            Some(onset_s) if onset_s > 0.0 => onset_s,
            _ => drawn_s,
        };
        let after_s = draw(OBJECT_AFTER_S, &mut rng);
        let object = object(&mut rng);
        self.faults
            .push(ScheduledFault::lasting(object, onset_s + after_s));
        self
    }
}

/// An object that appears.
pub(super) fn object(rng: &mut ChaCha8Rng) -> Fault {
    Fault::AppearingObject {
        radius_m: draw(OBJECT_RADIUS_M, rng),
        spare_m: draw(OBJECT_SPARE_M, rng),
    }
}

/// A sector with a random direction.
pub(super) fn sector(rng: &mut ChaCha8Rng) -> [f64; 2] {
    [draw([-PI, PI], rng), draw([0.25 * PI, FRAC_PI_2], rng)]
}

/// Two different cases.
fn two(rng: &mut ChaCha8Rng) -> [&'static FaultCase; 2] {
    let all: Vec<&FaultCase> = CATALOGUE.iter().filter(|case| case.combines).collect();
    let first = rng.random_range(0..all.len());
    let step = rng.random_range(1..all.len());
    [all[first], all[(first + step) % all.len()]]
}

/// A uniform sample of a range.
pub(super) fn draw([low, high]: [f64; 2], rng: &mut ChaCha8Rng) -> f64 {
    low + (high - low) * rng.random::<f64>()
}
