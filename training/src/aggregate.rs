//! `DAgger`: the learner drives, the expert labels the visited states with its plans (Ross, Gordon
//! and Bagnell, "A reduction of imitation learning and structured prediction to no-regret online
//! learning", 2011).
//!
//! A cloned policy drifts to states without demonstrations. The labels of its own drives cover
//! these states.

use std::time::Duration;

use controller::{Agent, ControllerSettings, Plan, Policy};
use perception::SettingsError;
use sim::{DriveSettings, Episode, Expert, RobotModel, Situation, drive};

use crate::demonstration::{Demonstration, Recorder};

/// Drives `situation` with the learner's `policy` and records the expert's plan every `period_s`.
pub fn roll_out(
    situation: &Situation,
    robot: &RobotModel,
    rates: &DriveSettings,
    controller: &ControllerSettings,
    policy: Box<dyn Policy>,
    seed: u64,
    period_s: f64,
) -> Result<(Demonstration, Episode), SettingsError> {
    let mut expert = Expert::new(controller, robot, situation)?;
    let company = expert.company();
    let mut agent = Agent::new(controller, policy)?;
    let mut recorder = Recorder::new(period_s);
    let mut plan = Plan::default();
    let episode = drive(
        situation,
        robot,
        rates,
        &mut agent,
        seed,
        &mut || Duration::ZERO,
        &mut |view| {
            let is_due = view.snapshot.scan_stamp.is_some() && recorder.wants_advice(view);
            if is_due {
                let from = view.world_from_base.position();
                company.meet(view.crowd, view.world, from, view.t_s);
            }
            let is_advised =
                is_due && expert.advise(&view.observation(), view.world_from_base, &mut plan);
            recorder.watch(view, is_advised.then_some(&plan));
        },
    )?;
    let demonstration = recorder.finish(&episode, &robot.name, agent.policy_name());
    Ok((demonstration, episode))
}
