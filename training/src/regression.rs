//! Loss of a regressed path: raw outputs to their cotangent without a solve.

use controller::{FEATURES, PathHeadSettings, Plan, RegressedPath};

use crate::backprop::{Tally, stray_m};
use crate::dataset::Sample;
use crate::loss::LossSettings;

/// Workspace of one thread.
#[derive(Debug, Default)]
pub(crate) struct Regression {
    path: RegressedPath,
    gradient: Vec<f64>,
    plan: Plan,
    expert: Vec<Option<[f64; FEATURES]>>,
}

impl Regression {
    /// Tallies a sample; returns the derivative of its loss with respect to the raw outputs.
    pub fn sample(
        &mut self,
        head: &PathHeadSettings,
        loss: &LossSettings,
        sample: &Sample,
        raw: &[f32],
        tally: &mut Tally,
    ) -> &[f64] {
        head.bound(raw, &mut self.path.parameters);
        self.path.odom_from_view = sample.odom_from_view;
        sample.expert_at_knots(head.knots, &mut self.expert);
        self.gradient.clear();
        self.gradient.resize(raw.len(), 0.0);
        tally.samples += 1.0;
        tally.loss += loss.path(&self.path.parameters, &self.expert, &mut self.gradient);
        // the step length is arbitrary: only positions are used
        self.path.spread(sample.inputs.len(), 1.0, &mut self.plan);
        tally.hausdorff_m += stray_m(&self.plan.states, sample);
        head.bound_vjp(raw, &mut self.gradient);
        &self.gradient
    }
}
