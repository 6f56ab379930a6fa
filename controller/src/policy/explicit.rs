//! The explicit policy: a path is regressed, and followed as it is.

use perception::{Pose2, SettingsError};

use super::{Action, MpcSettings, Observation, Policy, PolicyError, SolveStatus};
use crate::explicit::{PathModel, PurePursuit, RegressedPath};

/// A model of the path and who follows it. The plan is the path.
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
    /// A policy without a past. Times and horizon are those of the MPC, so that both are taught the
    /// same.
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
        // where the robot is when its command takes effect, which is where the path begins
        let base = snapshot.odom_from_base * Pose2::exp(velocity, self.latency_s);
        action.command = self
            .pursuit
            .command(&action.plan, base, velocity, self.lead_s);
        action.status = SolveStatus::Solved;
        Ok(())
    }
}
