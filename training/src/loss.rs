//! Imitation loss between a plan and the expert's, with its derivative.
//!
//! ```text
//! L = 1/n Σ_{k=1..n} [ w_p ρ(|p_k - p^E_k|) + 2 w_θ (1 - cos(θ_k - θ^E_k))
//!                      + w_v (v_k - v^E_k)² + w_ω (ω_k - ω^E_k)² + w_u |u_{k-1} - u^E_{k-1}|² ]
//! ρ(e) = 2 δ² (√(1 + e²/δ²) - 1)
//! ```
//!
//! `ρ` is `e²` near zero and grows linearly beyond `δ` (pseudo-Huber, Charbonnier et al. 1994), so
//! that a plan on the other side of an obstacle does not dominate the batch. The same terms apply
//! to the reference `r` of the learned cost at its knots: they need no solve, and give a gradient
//! before the cost is strong enough to change the plan. For a regressed path these are the only
//! terms, at its own knots.

use controller::{CostParameters, FEATURES, KNOT_LEN, PathParameters};
use perception::SettingsError;
use serde::{Deserialize, Serialize};

/// Weights of the imitation loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossSettings {
    /// Weight of the squared distance between positions, 1/m^2.
    pub position_weight: f64,
    /// Distance beyond which the position term grows linearly, m.
    pub position_scale_m: f64,
    /// Weight of the heading term.
    pub heading_weight: f64,
    /// Weight of the squared difference of speeds, s^2/m^2.
    pub speed_weight: f64,
    /// Weight of the squared difference of turning rates, s^2.
    pub turn_rate_weight: f64,
    /// Weights of the squared differences of the accelerations, s^4/m^2 and s^4.
    pub input_weight: [f64; 2],
    /// Weight of the distance between the reference and the expert's states.
    pub reference_weight: f64,
    /// Weight of the squared factor, a regularisation of the learned cost.
    pub factor_weight: f64,
}

impl Default for LossSettings {
    fn default() -> Self {
        Self {
            position_weight: 1.0,
            position_scale_m: 0.5,
            heading_weight: 0.3,
            speed_weight: 0.2,
            turn_rate_weight: 0.05,
            input_weight: [0.01, 0.005],
            reference_weight: 0.3,
            factor_weight: 1e-4,
        }
    }
}

impl LossSettings {
    /// Rejects weights below zero.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "training.loss";
        SettingsError::ensure_within(
            section,
            &[("position_scale_m", self.position_scale_m, 0.001..=1000.0)],
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("position_weight", self.position_weight, 0.0..=1e6),
                ("heading_weight", self.heading_weight, 0.0..=1e6),
                ("speed_weight", self.speed_weight, 0.0..=1e6),
                ("turn_rate_weight", self.turn_rate_weight, 0.0..=1e6),
                ("input_weight", self.input_weight[0], 0.0..=1e6),
                ("input_weight", self.input_weight[1], 0.0..=1e6),
                ("reference_weight", self.reference_weight, 0.0..=1e6),
                ("factor_weight", self.factor_weight, 0.0..=1e6),
            ],
        )
    }

    /// Loss of a plan `states` `[N+1]`, `inputs` `[N]` against the expert's first `valid` steps.
    /// Writes the derivatives to `d_states`, `d_inputs`.
    pub fn plan(
        &self,
        plan: (&[[f64; 5]], &[[f64; 2]]),
        expert: (&[[f64; 5]], &[[f64; 2]]),
        valid: usize,
        d_states: &mut Vec<[f64; 5]>,
        d_inputs: &mut Vec<[f64; 2]>,
    ) -> f64 {
        let (states, inputs) = plan;
        d_states.clear();
        d_states.resize(states.len(), [0.0; 5]);
        d_inputs.clear();
        d_inputs.resize(inputs.len(), [0.0; 2]);
        let steps = valid.min(inputs.len()).min(expert.1.len());
        let share = 1.0 / steps.max(1) as f64;
        let mut loss = 0.0;
        for k in 1..=steps {
            let (x, wanted) = (&states[k], &expert.0[k]);
            let (value, slope) = self.position(x[0] - wanted[0], x[1] - wanted[1]);
            let (sin, cos) = (x[2] - wanted[2]).sin_cos();
            let (dv, dw) = (x[3] - wanted[3], x[4] - wanted[4]);
            loss += share
                * (value
                    + 2.0 * self.heading_weight * (1.0 - cos)
                    + self.speed_weight * dv * dv
                    + self.turn_rate_weight * dw * dw);
            d_states[k] = [
                share * slope[0],
                share * slope[1],
                share * 2.0 * self.heading_weight * sin,
                share * 2.0 * self.speed_weight * dv,
                share * 2.0 * self.turn_rate_weight * dw,
            ];
            for axis in 0..2 {
                let off = inputs[k - 1][axis] - expert.1[k - 1][axis];
                loss += share * self.input_weight[axis] * off * off;
                d_inputs[k - 1][axis] = share * 2.0 * self.input_weight[axis] * off;
            }
        }
        loss
    }

    /// Loss of the parameters: references against the expert's `z` at their knots (`None` if
    /// unknown), and the size of the factors. Adds the derivative to `gradient`.
    pub fn parameters(
        &self,
        parameters: &CostParameters,
        expert: &[Option<[f64; FEATURES]>],
        gradient: &mut CostParameters,
    ) -> f64 {
        let share = 1.0 / parameters.knots().max(1) as f64;
        let mut loss = 0.0;
        for (knot, wanted) in expert.iter().enumerate().take(parameters.knots()) {
            let slots = &mut gradient.0[knot * KNOT_LEN..][..KNOT_LEN];
            for (entry, factor) in parameters.factor(knot).iter().enumerate() {
                loss += share * self.factor_weight * factor * factor;
                slots[FEATURES + entry] += share * 2.0 * self.factor_weight * factor;
            }
            let Some(wanted) = wanted else { continue };
            let share = share * self.reference_weight;
            loss += self.knot(parameters.reference(knot), wanted, share, slots);
        }
        loss
    }

    /// Mean loss of a regressed path against the expert's known `z` at its knots (`None` if
    /// unknown). Adds the derivative to `gradient`.
    pub fn path(
        &self,
        path: &PathParameters,
        expert: &[Option<[f64; FEATURES]>],
        gradient: &mut [f64],
    ) -> f64 {
        let share = 1.0 / expert.iter().flatten().count().max(1) as f64;
        let knots = expert.iter().enumerate().take(path.knots());
        knots
            .zip(gradient.chunks_exact_mut(FEATURES))
            .filter_map(|((knot, wanted), slots)| {
                let wanted = wanted.as_ref()?;
                Some(self.knot(path.knot(knot), wanted, share, slots))
            })
            .sum()
    }

    /// Loss of one `z` against another, times `share`. Adds the derivative to `slots`.
    fn knot(&self, z: &[f64], wanted: &[f64; FEATURES], share: f64, slots: &mut [f64]) -> f64 {
        let (value, slope) = self.position(z[0] - wanted[0], z[1] - wanted[1]);
        let mut loss = share * value;
        slots[0] += share * slope[0];
        slots[1] += share * slope[1];
        let weights = [
            self.heading_weight,
            self.heading_weight,
            self.speed_weight,
            self.turn_rate_weight,
        ];
        for (entry, weight) in (2..FEATURES).zip(weights) {
            let off = z[entry] - wanted[entry];
            loss += share * weight * off * off;
            slots[entry] += share * 2.0 * weight * off;
        }
        loss
    }

    fn position(&self, dx: f64, dy: f64) -> (f64, [f64; 2]) {
        let scale = self.position_scale_m;
        let root = (1.0 + (dx * dx + dy * dy) / (scale * scale)).sqrt();
        let weight = self.position_weight;
        (
            2.0 * weight * scale * scale * (root - 1.0),
            [2.0 * weight * dx / root, 2.0 * weight * dy / root],
        )
    }
}

/// Hausdorff distance between two paths given by points, m: the maximum distance of a point of one
/// from the other. Infinite if exactly one is empty.
pub fn hausdorff_m(a: &[[f64; 2]], b: &[[f64; 2]]) -> f64 {
    let stray = |from: &[[f64; 2]], to: &[[f64; 2]]| {
        from.iter()
            .map(|p| {
                to.iter()
                    .map(|q| (p[0] - q[0]).hypot(p[1] - q[1]))
                    .fold(f64::INFINITY, f64::min)
            })
            .fold(0.0, f64::max)
    };
    stray(a, b).max(stray(b, a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_the_loss() {
        let settings = LossSettings::default();
        let states = vec![
            [0.0; 5],
            [0.3, -0.2, 0.4, 0.5, -0.1],
            [1.0, 2.0, -3.0, 0.1, 0.2],
        ];
        let inputs = vec![[0.3, -0.4], [0.1, 0.9]];
        let expert = (vec![[0.0; 5], [0.1; 5], [0.2; 5]], vec![[0.0; 2]; 2]);
        let value = |states: &[[f64; 5]], inputs: &[[f64; 2]]| {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            settings.plan((states, inputs), (&expert.0, &expert.1), 2, &mut a, &mut b)
        };
        let (mut d_states, mut d_inputs) = (Vec::new(), Vec::new());
        settings.plan(
            (&states, &inputs),
            (&expert.0, &expert.1),
            2,
            &mut d_states,
            &mut d_inputs,
        );
        let step = 1e-6;
        for k in 0..3 {
            for i in 0..5 {
                let (mut up, mut down) = (states.clone(), states.clone());
                up[k][i] += step;
                down[k][i] -= step;
                let slope = (value(&up, &inputs) - value(&down, &inputs)) / (2.0 * step);
                assert!((slope - d_states[k][i]).abs() < 1e-7, "{k} {i}");
            }
        }
        for k in 0..2 {
            for i in 0..2 {
                let (mut up, mut down) = (inputs.clone(), inputs.clone());
                up[k][i] += step;
                down[k][i] -= step;
                let slope = (value(&states, &up) - value(&states, &down)) / (2.0 * step);
                assert!((slope - d_inputs[k][i]).abs() < 1e-7);
            }
        }
    }

    #[test]
    fn slopes_of_the_parameters_are_those_of_their_loss() {
        let settings = LossSettings::default();
        let start = CostParameters((0..2 * KNOT_LEN).map(|i| (i as f64 * 0.7).sin()).collect());
        let expert = [Some([0.5, -0.5, 0.8, 0.6, 0.3, 0.1]), None];
        let value = |parameters: &CostParameters| {
            settings.parameters(parameters, &expert, &mut CostParameters::zeros(2))
        };
        let mut gradient = CostParameters::zeros(2);
        settings.parameters(&start, &expert, &mut gradient);
        for i in 0..start.0.len() {
            let (mut up, mut down) = (start.clone(), start.clone());
            up.0[i] += 1e-6;
            down.0[i] -= 1e-6;
            let slope = (value(&up) - value(&down)) / 2e-6;
            assert!((slope - gradient.0[i]).abs() < 1e-7, "{i}");
        }
    }

    #[test]
    fn slopes_of_a_path_are_those_of_its_loss() {
        let settings = LossSettings::default();
        let start = PathParameters((0..3 * FEATURES).map(|i| (i as f64 * 0.7).sin()).collect());
        let expert = [
            Some([0.5, -0.5, 0.8, 0.6, 0.3, 0.1]),
            Some([3.0, 0.2, 1.0, 0.0, 0.5, 0.0]),
            None,
        ];
        let value = |path: &PathParameters| settings.path(path, &expert, &mut [0.0; 3 * FEATURES]);
        let mut gradient = [0.0; 3 * FEATURES];
        settings.path(&start, &expert, &mut gradient);
        for (i, slope) in gradient.iter().enumerate() {
            let (mut up, mut down) = (start.clone(), start.clone());
            up.0[i] += 1e-6;
            down.0[i] -= 1e-6;
            let found = (value(&up) - value(&down)) / 2e-6;
            assert!((found - slope).abs() < 1e-7, "{i}");
        }
    }

    #[test]
    fn the_distance_of_paths_is_that_of_the_farthest_point() {
        let line = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]];
        let bend = [[0.0, 0.0], [1.0, 0.5], [2.0, 0.0]];
        assert_eq!(hausdorff_m(&line, &line), 0.0);
        assert!((hausdorff_m(&line, &bend) - 0.5).abs() < 1e-12);
        assert_eq!(hausdorff_m(&line, &bend), hausdorff_m(&bend, &line));
        assert_eq!(hausdorff_m(&line, &[]), f64::INFINITY);
    }
}
