//! The learner drives, the expert says what it would have done (Ross, Gordon and Bagnell, "A reduction of
//! imitation learning and structured prediction to no-regret online learning", 2011).
//!
//! A cloned policy strays into places where no expert was, and has not learned what to do there.
//! Its own drives, with the expert's advice at every sample, show it just those places.

use std::time::Duration;

use controller::{Agent, ControllerSettings, Plan, Policy};
use perception::SettingsError;
use sim::{DriveSettings, Episode, Expert, RobotModel, Situation, drive};

use crate::demonstration::{Demonstration, Recorder};

/// Drives `situation` by the learner's `policy` and keeps the expert's advice every `period_s`.
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
