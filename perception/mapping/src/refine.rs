//! Pose refinement to a fraction of a cell: Gauss-Newton on the distance field, reweighted so that
//! outliers have no influence (Fitzgibbon, "Robust registration of 2D and 3D point sets", 2003).
//!
//! ```text
//! min over ξ of  Σ 1 − L(S_i(ξ)) + ½ (ξ − ξ₀)ᵀ W (ξ − ξ₀),   S_i(ξ) = ξ · point_i
//! jᵢ = ∂d(S_i)/∂ξ,  wᵢ = L(S_i)/σ²:   (Σ wᵢ jᵢ jᵢᵀ + W) Δξ = −Σ wᵢ jᵢ dᵢ − W (ξ − ξ₀)
//! ```
//!
//! The second term constrains the pose in directions that the walls leave unobservable, as along a
//! corridor.

use nalgebra::{Matrix3, Vector3};

use super::{LikelihoodField, Match};
use perception::{Point2, Pose2, Vector2, wrap_angle};

const ITERATIONS: usize = 20;
/// Steps below this end the iteration, m and rad.
const STEP_MIN: f64 = 1e-5;
/// Maximum step, m and rad: beyond it the gradient of the field is not reliable.
const STEP_MAX: f64 = 0.1;

/// Prior of the pose: standard deviations of the initial guess, where each point has weight 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PosePrior {
    /// Standard deviation along x and along y, m.
    pub place_m: f64,
    /// Standard deviation of the heading, rad.
    pub turn_rad: f64,
}

/// Refines a pose whose error is at most a few cells. Points in the frame of the scan.
pub fn refine(
    field: &LikelihoodField,
    points: &[Point2],
    guess: Pose2,
    prior: Option<PosePrior>,
) -> Match {
    let weight = prior.map_or(Matrix3::zeros(), |prior| {
        let place = prior.place_m.powi(-2);
        Matrix3::from_diagonal(&Vector3::new(place, place, prior.turn_rad.powi(-2)))
    });
    let mut pose = guess;
    for _ in 0..ITERATIONS {
        let off = Vector3::new(
            pose.x - guess.x,
            pose.y - guess.y,
            wrap_angle(pose.yaw - guess.yaw),
        );
        let (mut h, mut b) = (weight, -(weight * off));
        for &point in points {
            let arm = pose.rotate(point.coords);
            let (distance_m, gradient) = field.distance(pose.position() + arm);
            let turned = Vector2::new(-arm.y, arm.x);
            let j = Vector3::new(gradient.x, gradient.y, gradient.dot(&turned));
            let weight = field.likelihood(distance_m) * field.sigma_m().powi(-2);
            h += weight * j * j.transpose();
            b -= weight * distance_m * j;
        }
        // regularisation for directions in which the points carry no information
        h += Matrix3::identity() * (1e-9 + 1e-6 * h.trace());
        let Some(mut step) = h.cholesky().map(|factor| factor.solve(&b)) else {
            break;
        };
        let longest = step.amax();
        if longest > STEP_MAX {
            step *= STEP_MAX / longest;
        }
        pose = Pose2::new(
            pose.x + step.x,
            pose.y + step.y,
            wrap_angle(pose.yaw + step.z),
        );
        if longest < STEP_MIN {
            break;
        }
    }
    let refined = mean_likelihood(field, points, pose);
    // if the linear model is misleading, the initial guess is better
    let before = mean_likelihood(field, points, guess);
    if refined >= before || prior.is_some() {
        Match {
            pose,
            score: refined,
        }
    } else {
        Match {
            pose: guess,
            score: before,
        }
    }
}

/// Mean likelihood of the points at a pose.
pub(super) fn mean_likelihood(field: &LikelihoodField, points: &[Point2], pose: Pose2) -> f64 {
    let likelihood = |&point: &Point2| field.likelihood(field.distance(pose * point).0);
    let sum: f64 = points.iter().map(likelihood).sum();
    sum / points.len().max(1) as f64
}
