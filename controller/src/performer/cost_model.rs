//! The network as a cost model: from observation to view to parameters.

use perception::SettingsError;

use super::sight::Sight;
use super::{Backend, Head, View, Weights};
use crate::cost::{CostHeadSettings, CostModel, LearnedCost};
use crate::policy::{Observation, PolicyError};

/// A Performer that parameterises the cost, with the history of its views.
pub struct PerformerCost {
    sight: Sight,
    settings: CostHeadSettings,
}

impl PerformerCost {
    /// A model with these weights and without history. Rejects weights with a path head.
    pub fn new(weights: &Weights, backend: Backend) -> Result<Self, SettingsError> {
        weights.config().ensure_head(Head::Cost)?;
        Ok(Self {
            sight: Sight::new(weights, backend),
            settings: weights.config().cost.clone(),
        })
    }

    /// The last view of the network.
    pub fn view(&self) -> &View {
        self.sight.view()
    }
}

impl CostModel for PerformerCost {
    fn name(&self) -> &'static str {
        "performer"
    }

    fn reset(&mut self) {
        self.sight.reset();
    }

    fn learned(
        &mut self,
        observation: &Observation<'_>,
        into: &mut LearnedCost,
    ) -> Result<bool, PolicyError> {
        let raw = self.sight.look(observation)?;
        self.settings.bound(raw, &mut into.parameters);
        into.odom_from_view = self.sight.view().odom_from_view;
        Ok(true)
    }
}
