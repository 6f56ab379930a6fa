//! The network as a model of the path: observation to view to knots.

use perception::SettingsError;

use super::sight::Sight;
use super::{Backend, Head, Weights};
use crate::explicit::{PathHeadSettings, PathModel, RegressedPath};
use crate::policy::{Observation, PolicyError};

/// A Performer that learned the path itself, with the memory of what it saw.
pub struct PerformerPath {
    sight: Sight,
    settings: PathHeadSettings,
}

impl PerformerPath {
    /// A model of these weights that remembers nothing yet. Weights that parameterise a cost are
    /// refused.
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
