//! Fades out the learned cost in open space, when no obstacle is near the path to the goal.
//!
//! ```text
//! d = min over the path to the goal of the distance to the nearest obstacle
//! w = 3 s² - 2 s³,   s = clamp((fade_to - d) / (fade_to - fade_from), 0, 1)
//! l_faded = w l      (factors times √w)
//! ```
//!
//! A network has an output for any input, also for one without an obstacle near the path to the
//! goal, as in halls that are larger than any room of the training data. There the hand-engineered
//! cost is sufficient, and is used alone.

use perception::{DistanceField, Point2};

use super::{MpcSettings, Observation};
use crate::cost::{CostParameters, FEATURES, KNOT_LEN};

/// Spacing, m, and maximum number of samples along the path.
const STEP_M: f64 = 0.2;
const SAMPLES_MAX: usize = 400;

/// Weight of the learned cost, from 0 in the open to 1 near obstacles.
pub(super) fn weight(observation: &Observation<'_>, settings: &MpcSettings) -> f64 {
    let field = &observation.snapshot.field;
    // a distance field is truncated at its maximum distance
    let to_m = settings.fade_to_m.min(field.max_distance_m() - STEP_M);
    let from_m = settings.fade_from_m.min(0.5 * to_m);
    let base = observation.snapshot.odom_from_base.position();
    let ends = [base, observation.goal.position];
    let path = if observation.path.len() < 2 {
        &ends[..]
    } else {
        observation.path
    };
    let clearance_m = least_clearance_m(field, path);
    let short = ((to_m - clearance_m) / (to_m - from_m).max(1e-6)).clamp(0.0, 1.0);
    short * short * (3.0 - 2.0 * short)
}

fn least_clearance_m(field: &DistanceField, path: &[Point2]) -> f64 {
    let mut least = f64::INFINITY;
    let mut samples = 0;
    for pair in path.windows(2) {
        let steps = ((pair[1] - pair[0]).norm() / STEP_M).ceil().max(1.0);
        for step in 0..=steps.min(SAMPLES_MAX as f64) as usize {
            let point = pair[0] + (pair[1] - pair[0]) * (step as f64 / steps);
            least = least.min(field.sample(point).distance_m);
            samples += 1;
            if samples > SAMPLES_MAX {
                return least;
            }
        }
    }
    least
}

/// Scales a learned cost by `weight`.
pub(super) fn fade(parameters: &mut CostParameters, weight: f64) {
    let share = weight.sqrt();
    for knot in parameters.0.chunks_exact_mut(KNOT_LEN) {
        for entry in &mut knot[FEATURES..] {
            *entry *= share;
        }
    }
}
