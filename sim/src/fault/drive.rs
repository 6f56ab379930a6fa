//! A drive under faults and its evaluation.

use std::time::Duration;

use controller::Agent;

use super::injector::Injector;
use super::plan::FaultPlan;
use super::stopping::Stopping;
use super::truth::GroundTruth;
use crate::SettingsError;
use crate::drive::{DriveSettings, Stage, TickView, run};
use crate::episode::Episode;
use crate::robot::RobotModel;
use crate::scenario::Situation;

/// Situation, robot, faults and reference stop of a drive.
#[derive(Debug, Clone)]
pub struct FaultyDrive<'a> {
    /// Situation.
    pub situation: &'a Situation,
    /// Robot as configured.
    pub robot: &'a RobotModel,
    /// Rates of the loop.
    pub settings: &'a DriveSettings,
    /// The faults.
    pub plan: &'a FaultPlan,
    /// Reference stop for the evaluation of contacts and rest.
    pub stopping: Stopping,
}

impl FaultyDrive<'_> {
    /// Simulates to the end and evaluates. `seed` draws noise of sensors and plant as in
    /// [`crate::drive`], `clock` measures the ticks and has no other effect, `watch` receives every
    /// tick.
    pub fn run(
        &self,
        agent: &mut Agent,
        seed: u64,
        clock: &mut dyn FnMut() -> Duration,
        watch: &mut dyn FnMut(&TickView<'_>),
    ) -> Result<(Episode, GroundTruth), SettingsError> {
        // the configured robot must be valid before faults change it
        self.robot.validate()?;
        self.plan.validate()?;
        let robot = self.plan.robot(self.robot);
        let situation = self.plan.situation(self.situation);
        let mut injector = Injector::new(self.plan, &robot, self.stopping)?;
        let stage = Stage {
            situation: &situation,
            robot: &robot,
            settings: self.settings,
        };
        let (episode, truth) = run(&stage, agent, seed, Some(&mut injector), clock, watch)?;
        Ok((episode, truth.unwrap_or_default()))
    }
}
