//! A drive under faults, and the judgement on it.

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

/// What is driven under which faults, and what stop it is judged by.
#[derive(Debug, Clone)]
pub struct FaultyDrive<'a> {
    /// Where.
    pub situation: &'a Situation,
    /// The robot as it is configured.
    pub robot: &'a RobotModel,
    /// Rates of the loop.
    pub settings: &'a DriveSettings,
    /// The faults.
    pub plan: &'a FaultPlan,
    /// The stop that contacts and rests are judged by.
    pub stopping: Stopping,
}

impl FaultyDrive<'_> {
    /// Drives to the end and judges. `seed` draws noise of sensors and plant as in [`crate::drive`];
    /// `clock` times the ticks, nothing else; `watch` sees every tick.
    pub fn run(
        &self,
        agent: &mut Agent,
        seed: u64,
        clock: &mut dyn FnMut() -> Duration,
        watch: &mut dyn FnMut(&TickView<'_>),
    ) -> Result<(Episode, GroundTruth), SettingsError> {
        // the robot must be one before it is made worse
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
