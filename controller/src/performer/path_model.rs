//! The network as a path model: from observation to view to knots.

use perception::SettingsError;

use super::sight::Sight;
use super::{Backend, Head, Weights};
use crate::explicit::{PathHeadSettings, PathModel, RegressedPath};
use crate::policy::{Observation, PolicyError};

/// A Performer that regresses a path, with the history of its views.
pub struct PerformerPath {
    sight: Sight,
    settings: PathHeadSettings,
}

impl PerformerPath {
    /// A model with these weights and without history. Rejects weights with a cost head.
    pub fn new(weights: &Weights, backend: Backend) -> Result<Self, SettingsError> {
        weights.config().ensure_head(Head::Path)?;
        Ok(Self {
            sight: Sight::new(weights, backend),
            settings: weights.config().path.clone(),
        })
    }
}

impl PathModel for PerformerPath {
    fn reset(&mut self) {
        self.sight.reset();
    }

    fn regress(
        &mut self,
        observation: &Observation<'_>,
        into: &mut RegressedPath,
    ) -> Result<(), PolicyError> {
        let raw = self.sight.look(observation)?;
        self.settings.bound(raw, &mut into.parameters);
        into.odom_from_view = self.sight.view().odom_from_view;
        Ok(())
    }
}
