//! Stop of a robot after a blinding fault.

use serde::{Deserialize, Serialize};

use super::super::drivetrain::worst;
use super::super::kind::Sight;
use super::super::plan::FaultPlan;
use super::super::stopping::Stopping;
use super::log::{State, TruthLog};
use super::{Ending, Outcome};

/// Maximum speed of a robot at rest, m/s.
const REST_MPS: f64 = 0.02;
/// Tolerance of the stopping distance, m.
const SPARE_M: f64 = 0.05;

/// Stop of a robot after a blinding fault.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rest {
    /// True if the robot stopped within the stopping distance. A blind robot must then stay at
    /// rest; a robot with only the area ahead hidden may take another path.
    pub in_time: bool,
    /// Time from the onset to the first rest, s; none without rest.
    pub after_s: Option<f64>,
    /// Distance driven from the onset to the rest, or to the end of fault or drive, m.
    pub distance_m: f64,
    /// Distance driven from the onset to the end of fault or drive, m.
    pub blind_m: f64,
    /// Stopping distance from the highest speed within the reaction time, m.
    pub allowed_m: f64,
}

pub(super) fn judge(
    log: &TruthLog,
    plan: &FaultPlan,
    stopping: &Stopping,
    ending: &Ending<'_>,
) -> Option<Rest> {
    let (fault, sight) = plan.blinding(ending.robot)?;
    let first = log.index_at(fault.onset_s)?;
    let last = fault
        .end_s
        .and_then(|end_s| log.index_at(end_s))
        .unwrap_or(log.states.len() - 1);
    let blind = &log.states[first..=last];
    let (late_s, brakes) = worst(plan);
    let stop = Stopping {
        latency_s: stopping.latency_s + late_s,
        deceleration_mps2: stopping.deceleration_mps2 * brakes,
        ..*stopping
    };
    let onset_s = blind.first()?.t_s;
    let speed_mps = blind
        .iter()
        .take_while(|state| state.t_s <= onset_s + stop.blind_s)
        .map(|state| state.velocity.linear.abs())
        .fold(0.0, f64::max);
    let never_saw = fault.onset_s <= 0.0;
    let allowed_m = if never_saw {
        SPARE_M
    } else {
        stop.distance_m(speed_mps, stop.blind_s) + SPARE_M
    };
    let rest = blind
        .iter()
        .position(|state| state.velocity.linear.abs() < REST_MPS);
    let driven = |states: &[State]| -> f64 {
        let speeds = states.iter().map(|state| state.velocity.linear.abs());
        speeds.sum::<f64>() * ending.substep_s
    };
    let blind_m = driven(blind);
    let distance_m = rest.map_or(blind_m, |rest| driven(&blind[..rest]));
    let needed_s = stop.blind_s + stop.latency_s + speed_mps / stop.deceleration_mps2;
    let is_known = blind.last()?.t_s - onset_s >= needed_s
        || ending.outcome == Outcome::Collided
        || blind_m > allowed_m;
    let counted_m = if sight == Sight::Blind {
        blind_m
    } else {
        distance_m
    };
    is_known.then(|| Rest {
        in_time: (rest.is_some() || never_saw)
            && counted_m <= allowed_m
            && !(ending.outcome == Outcome::Collided && rest.is_none()),
        after_s: rest.map(|rest| blind[rest].t_s - onset_s),
        distance_m,
        blind_m,
        allowed_m,
    })
}
