//! Inference from an observation to raw outputs, shared by the models of cost and path.

use super::{Backend, Performer, View, ViewBuilder, Weights};
use crate::policy::{Observation, PolicyError};

/// A network with its view and the history of its views.
pub(super) struct Sight {
    builder: ViewBuilder,
    view: View,
    performer: Performer,
}

impl Sight {
    /// A network with these weights and without history.
    pub fn new(weights: &Weights, backend: Backend) -> Self {
        Self {
            builder: ViewBuilder::new(&weights.config().view),
            view: View::default(),
            performer: Performer::with_backend(weights, backend),
        }
    }

    /// The last view.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Clears the history.
    pub fn reset(&mut self) {
        self.builder.reset();
    }

    /// Raw outputs of this tick, all finite.
    pub fn look(&mut self, observation: &Observation<'_>) -> Result<&[f32], PolicyError> {
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
        Ok(raw)
    }
}
