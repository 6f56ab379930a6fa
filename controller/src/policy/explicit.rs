//! The explicit policy: follows the path that a network regresses, without optimal control.

use perception::{Pose2, SettingsError};

use super::{Action, MpcSettings, Observation, Policy, PolicyError, SolveStatus};
use crate::explicit::{PathModel, PurePursuit, RegressedPath};

/// A path model and a pure-pursuit follower. The plan is the regressed path.
pub struct ExplicitPolicy<M> {
    model: M,
    pursuit: PurePursuit,
    path: RegressedPath,
    dt_s: f64,
    horizon: usize,
    latency_s: f64,
    lead_s: f64,
}

impl<M: PathModel> ExplicitPolicy<M> {
    /// A policy without history. Time step and horizon are those of MPC, so that both policies
    /// learn from the same demonstrations.
    pub fn new(
        model: M,
        pursuit: PurePursuit,
        settings: &MpcSettings,
    ) -> Result<Self, SettingsError> {
        settings.validate()?;
        Ok(Self {
            model,
            pursuit,
            path: RegressedPath::default(),
            dt_s: settings.dt_s,
            horizon: settings.horizon,
            latency_s: settings.latency_s,
            lead_s: settings.lead_s,
        })
    }
}

impl<M: PathModel> Policy for ExplicitPolicy<M> {
    fn name(&self) -> &'static str {
        "explicit"
    }

    fn reset(&mut self) {
        self.model.reset();
    }

    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        self.model.regress(observation, &mut self.path)?;
        self.path.spread(self.horizon, self.dt_s, &mut action.plan);
        let snapshot = observation.snapshot;
        let velocity = snapshot.velocity;
        // pose at which the command takes effect: the start of the path
        let base = snapshot.odom_from_base * Pose2::exp(velocity, self.latency_s);
        action.command = self
            .pursuit
            .command(&action.plan, base, velocity, self.lead_s);
        action.status = SolveStatus::Solved;
        Ok(())
    }
}
