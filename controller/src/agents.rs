//! Agents and policies from settings and weights.

use crate::performer::{Backend, PerformerCost, PerformerPath, Weights};
use crate::{
    Agent, ControllerSettings, ExplicitPolicy, MpcPolicy, Planner, Policy, PurePursuit, RegularMpc,
};
use perception::SettingsError;

impl Agent {
    /// An agent that plans with the hand-engineered cost alone.
    ///
    /// # Errors
    ///
    /// Names the first setting that is out of bounds.
    pub fn regular(settings: &ControllerSettings) -> Result<Self, SettingsError> {
        Self::new(settings, settings.regular_policy()?)
    }

    /// An agent that plans with the cost of a Vision Performer added (Xiao et al. 2022, equation 3).
    ///
    /// # Errors
    ///
    /// Names the first setting that is out of bounds or does not fit the weights.
    pub fn performer(
        settings: &ControllerSettings,
        weights: &Weights,
        backend: Backend,
    ) -> Result<Self, SettingsError> {
        Self::new(settings, settings.performer_policy(weights, backend)?)
    }

    /// An agent that follows the path that a Vision Performer regresses, without optimal control.
    ///
    /// # Errors
    ///
    /// Names the first setting that is out of bounds or does not fit the weights.
    pub fn explicit(
        settings: &ControllerSettings,
        weights: &Weights,
        backend: Backend,
    ) -> Result<Self, SettingsError> {
        Self::new(settings, settings.explicit_policy(weights, backend)?)
    }
}

impl ControllerSettings {
    /// The planner of these settings.
    ///
    /// # Errors
    ///
    /// Names the first setting that is out of bounds.
    pub fn planner(&self) -> Result<Planner, SettingsError> {
        let (cost, mpc) = (self.cost.clone(), self.mpc.clone());
        Planner::new(&self.footprint, self.limits, cost, self.pace, mpc)
    }

    /// MPC with the hand-engineered cost alone.
    ///
    /// # Errors
    ///
    /// Names the first setting that is out of bounds.
    pub fn regular_policy(&self) -> Result<Box<dyn Policy>, SettingsError> {
        let (cost, mpc) = (self.cost.clone(), self.mpc.clone());
        let policy = RegularMpc::new(&self.footprint, self.limits, cost, self.pace, mpc)?;
        Ok(Box::new(policy))
    }

    /// MPC with a learned cost added.
    ///
    /// # Errors
    ///
    /// Names the first setting that is out of bounds or does not fit the weights.
    pub fn performer_policy(
        &self,
        weights: &Weights,
        backend: Backend,
    ) -> Result<Box<dyn Policy>, SettingsError> {
        self.ensure_view_of(weights)?;
        let cost = PerformerCost::new(weights, backend)?;
        Ok(Box::new(MpcPolicy::with(self.planner()?, cost)))
    }

    /// A follower of the path that a network regresses.
    ///
    /// # Errors
    ///
    /// Names the first setting that is out of bounds or does not fit the weights.
    pub fn explicit_policy(
        &self,
        weights: &Weights,
        backend: Backend,
    ) -> Result<Box<dyn Policy>, SettingsError> {
        self.ensure_view_of(weights)?;
        let path = PerformerPath::new(weights, backend)?;
        let follower = PurePursuit::new(self.pursuit, self.limits)?;
        Ok(Box::new(ExplicitPolicy::new(path, follower, &self.mpc)?))
    }

    /// Rejects a map that lacks a layer that the network reads.
    fn ensure_view_of(&self, weights: &Weights) -> Result<(), SettingsError> {
        SettingsError::ensure(
            self.mapper.motion.enabled || !weights.config().view.motion,
            "mapper.motion",
            "enabled",
            &self.mapper.motion.enabled,
            "true, because the model reads the motion layer",
        )
    }
}
