//! Regressed paths, and the interface of path models.

use perception::{Point2, Pose2, wrap_angle};

use crate::cost::FEATURES;
use crate::policy::{Observation, Plan, PolicyError};

/// Knots of a path, flat: `[K, FEATURES]`, `z = [p_x, p_y, cos θ, sin θ, v, ω]` in the view frame.
/// Knot `k` is the desired state at `k / (K - 1)` of the horizon after the command takes effect;
/// the last is the terminal state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PathParameters(pub Vec<f64>);

impl PathParameters {
    /// Number of knots.
    pub fn knots(&self) -> usize {
        self.0.len() / FEATURES
    }

    /// `[FEATURES]` entries of a knot.
    pub fn knot(&self, knot: usize) -> &[f64] {
        &self.0[knot * FEATURES..][..FEATURES]
    }
}

/// A regressed path and its frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RegressedPath {
    /// Knots, view frame.
    pub parameters: PathParameters,
    /// Pose of the view frame in the odometry frame.
    pub odom_from_view: Pose2,
}

impl RegressedPath {
    /// Interpolates a path of two knots or more to the steps `0..=horizon` of a plan, odometry
    /// frame; inputs are the accelerations between its speeds.
    pub fn spread(&self, horizon: usize, dt_s: f64, plan: &mut Plan) {
        plan.dt_s = dt_s;
        plan.states.clear();
        let steps = (0..=horizon).map(|k| self.state(k as f64 / horizon.max(1) as f64));
        plan.states.extend(steps);
        plan.inputs.clear();
        plan.inputs.extend(plan.states.windows(2).map(|pair| {
            let change = |entry: usize| (pair[1][entry] - pair[0][entry]) / dt_s;
            [change(3), change(4)]
        }));
    }

    /// x, y, yaw, v, omega at a share of the horizon, odometry frame.
    fn state(&self, share: f64) -> [f64; 5] {
        let last = self.parameters.knots() - 1;
        let along = share * last as f64;
        let knot = (along as usize).min(last - 1);
        let share = along - knot as f64;
        let (from, to) = (self.parameters.knot(knot), self.parameters.knot(knot + 1));
        let z: [f64; FEATURES] = std::array::from_fn(|i| from[i] + share * (to[i] - from[i]));
        let position = self.odom_from_view * Point2::new(z[0], z[1]);
        let yaw = wrap_angle(self.odom_from_view.yaw + z[3].atan2(z[2]));
        [position.x, position.y, yaw, z[4], z[5]]
    }
}

/// Computes a path from an observation: the interface between network and follower.
pub trait PathModel: Send {
    /// Clears the history.
    fn reset(&mut self);

    /// Writes the path of this tick. Allocates nothing once `into` has its size.
    fn regress(
        &mut self,
        observation: &Observation<'_>,
        into: &mut RegressedPath,
    ) -> Result<(), PolicyError>;
}
