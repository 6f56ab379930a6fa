//! The network as a model of the cost: observation to view to parameters.

use super::{Kernel, Performer, PerformerConfig, View, ViewBuilder, Weights};
use crate::cost::{CostHeadSettings, CostModel, LearnedCost};
use crate::policy::{Observation, PolicyError};

/// A Performer that learned the cost, with the memory of what it saw.
pub struct PerformerCost {
    builder: ViewBuilder,
    view: View,
    performer: Performer,
    settings: CostHeadSettings,
}

impl PerformerCost {
    /// A model of these weights that remembers nothing yet.
    pub fn new(weights: &Weights, kernel: Kernel) -> Self {
        let PerformerConfig { view, cost, .. } = weights.config();
        Self {
            builder: ViewBuilder::new(view),
            view: View::default(),
            performer: Performer::with_kernel(weights, kernel),
            settings: cost.clone(),
        }
    }

    /// What the network saw last.
    pub fn view(&self) -> &View {
        &self.view
    }
}

impl CostModel for PerformerCost {
    fn name(&self) -> &'static str {
        "performer"
    }

    fn reset(&mut self) {
        self.builder.reset();
    }

    fn learned(
        &mut self,
        observation: &Observation<'_>,
        into: &mut LearnedCost,
    ) -> Result<bool, PolicyError> {
        let snapshot = observation.snapshot;
        let ensure =
            |finite: bool, what| finite.then_some(()).ok_or(PolicyError::NotFinite { what });
        let goal = observation.goal;
        ensure(
            goal.position.iter().all(|entry| entry.is_finite())
                && goal.yaw.is_none_or(f64::is_finite),
            "goal",
        )?;
        ensure(
            snapshot.odom_from_base.is_finite() && snapshot.velocity.is_finite(),
            "measured state",
        )?;
        self.builder.remember(snapshot);
        self.builder.build(observation, &mut self.view);
        let raw = self.performer.forward(&self.view);
        ensure(
            raw.iter().all(|entry| entry.is_finite()),
            "output of the network",
        )?;
        self.settings.bound(raw, &mut into.parameters);
        into.odom_from_view = self.view.odom_from_view;
        Ok(true)
    }
}
