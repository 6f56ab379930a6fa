//! Teleoperation of the simulator in real time, in a terminal.
//!
//! ```text
//! key ─▶ Press ─▶ Wheel ─▶ wanted speeds ─▶ Hand (a policy) ─▶ guard ─▶ robot
//! ```

mod screen;
mod wheel;

pub use wheel::{Press, Wheel};

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use controller::{Action, Agent, GuardMode, Limits, Observation, Policy, PolicyError, SolveStatus};
use perception::Twist;
use sim::{Episode, TickView};
use training::Recorder;

use crate::config::Config;
use crate::evaluation::Trial;
use crate::learning::{DemonstrateError, Demonstrated, keep};
use crate::view::top_view;
use screen::{Screen, presses};

/// Settings of teleoperation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TeleopSettings {
    /// True: the guard stops before occupied and unknown space, and the last monitor before close
    /// obstacles. False: only velocity and acceleration limits apply.
    pub is_guarded: bool,
    /// Time at rest after which the drive ends, s.
    pub patience_s: f64,
    /// Factor on the time limit of a trial.
    pub time_factor: f64,
}

impl Default for TeleopSettings {
    fn default() -> Self {
        Self {
            is_guarded: true,
            patience_s: 60.0,
            time_factor: 5.0,
        }
    }
}

impl TeleopSettings {
    /// An agent that executes the operator's commands.
    fn agent(&self, config: &Config, hand: Hand) -> Result<Agent, perception::SettingsError> {
        let mut controller = config.controller.clone();
        controller.planning.enabled = false;
        controller.monitor.enabled &= self.is_guarded;
        let mode = if self.is_guarded {
            GuardMode::Full
        } else {
            GuardMode::Teleoperated
        };
        Agent::with_mode(&controller, Box::new(hand), mode)
    }

    /// The trial with the extended time limit.
    fn relaxed(&self, trial: &Trial) -> Trial {
        let mut trial = trial.clone();
        trial.situation.rules.stuck_after_s = self.patience_s;
        trial.situation.time_limit_s *= self.time_factor;
        trial
    }
}

/// Policy that commands the operator's speeds.
struct Hand {
    wanted: Arc<Mutex<Twist>>,
}

impl Policy for Hand {
    fn name(&self) -> &'static str {
        "person"
    }

    fn reset(&mut self) {}

    fn act(&mut self, _: &Observation<'_>, action: &mut Action) -> Result<(), PolicyError> {
        action.command = *self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        action.plan.states.clear();
        action.plan.inputs.clear();
        action.status = SolveStatus::Solved;
        Ok(())
    }
}

/// Lets the operator drive the trials in sequence, until the last one or `q`, and records them like
/// an expert's drives.
pub(crate) fn teleoperate(
    config: &Config,
    trials: &[Trial],
    settings: &TeleopSettings,
    directory: &Path,
    keep_failures: bool,
) -> Result<Vec<Demonstrated>, DemonstrateError> {
    let mut screen = Screen::open()?;
    let mut drives = Vec::new();
    for trial in trials {
        let trial = settings.relaxed(trial);
        let (episode, recorder, over) = drive_by_hand(config, &trial, settings, &mut screen)?;
        let robot = &config.robot.name;
        drives.push(keep(
            robot,
            "person",
            &trial,
            episode,
            recorder,
            directory,
            keep_failures,
        )?);
        if over {
            break;
        }
    }
    Ok(drives)
}

/// Drives one trial; true if the operator quits.
fn drive_by_hand(
    config: &Config,
    trial: &Trial,
    settings: &TeleopSettings,
    screen: &mut Screen,
) -> Result<(Episode, Recorder, bool), DemonstrateError> {
    let wanted = Arc::new(Mutex::new(Twist::ZERO));
    let hand = Hand {
        wanted: Arc::clone(&wanted),
    };
    let mut agent = settings.agent(config, hand)?;
    let mut recorder = Recorder::new(f64::INFINITY);
    let mut seat = Seat {
        wheel: Wheel::new(config.controller.limits),
        screen,
        limits: config.controller.limits,
        begun: Instant::now(),
        over: false,
        failure: None,
    };
    let begun = Instant::now();
    let episode = sim::drive(
        &trial.situation,
        &config.robot,
        &config.drive,
        &mut agent,
        trial.seed,
        &mut || begun.elapsed(),
        &mut |view| {
            if seat.over {
                return;
            }
            recorder.watch(view, None);
            let turned = seat.tick(view, config);
            *wanted.lock().unwrap_or_else(PoisonError::into_inner) = turned;
        },
    )?;
    match seat.failure {
        Some(failure) => Err(failure.into()),
        None => Ok((episode, recorder, seat.over)),
    }
}

/// The operator's terminal: display and keys.
struct Seat<'a> {
    wheel: Wheel,
    screen: &'a mut Screen,
    limits: Limits,
    begun: Instant,
    over: bool,
    failure: Option<std::io::Error>,
}

impl Seat<'_> {
    /// Waits for the time of the tick, draws it, and reads the keys.
    fn tick(&mut self, view: &TickView<'_>, config: &Config) -> Twist {
        let due = Duration::from_secs_f64(view.t_s);
        std::thread::sleep(due.saturating_sub(self.begun.elapsed()));
        self.wheel.wait(config.drive.control_period_s);
        let outcome = presses().and_then(|presses| {
            for press in presses {
                self.over |= press == Press::Quit;
                self.wheel.press(press);
            }
            self.screen.show(&self.picture(view, config))
        });
        if let Err(failure) = outcome {
            self.failure = Some(failure);
            self.over = true;
        }
        if self.over {
            Twist::ZERO
        } else {
            self.wheel.wanted()
        }
    }

    fn picture(&self, view: &TickView<'_>, config: &Config) -> Vec<String> {
        let mut lines = top_view(view.snapshot, &view.goal, &config.robot.footprint);
        let base = view.snapshot.odom_from_base;
        let command = view.action.command;
        let guard = view
            .action
            .intervention
            .map_or(String::new(), |reason| format!("   guard: {reason:?}"));
        lines.push(format!(
            "{:.1} s   speed {:+.2} of {:.1} m/s   turn {:+.2} of {:.1} rad/s   goal {:.1} m{guard}",
            view.t_s,
            command.linear,
            self.limits.speed_max_mps,
            command.angular,
            self.limits.turn_rate_max_radps,
            (view.goal.position - base.position()).norm(),
        ));
        lines.push("arrows or WASD drive, space stops, q quits".to_owned());
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::{Outcome, Scenario};

    /// Drives straight towards a wall.
    fn toward_the_wall(is_guarded: bool) -> Outcome {
        let config = Config::load("round", None, &[]).unwrap();
        let settings = TeleopSettings {
            is_guarded,
            ..TeleopSettings::default()
        };
        let hand = Hand {
            wanted: Arc::new(Mutex::new(Twist::new(0.5, 0.0))),
        };
        let mut agent = settings.agent(&config, hand).unwrap();
        let situation = Scenario::named("doorway").unwrap().situation(2).unwrap();
        let mut driven_m = 0.0;
        let episode = sim::drive(
            &situation,
            &config.robot,
            &config.drive,
            &mut agent,
            2,
            &mut || Duration::ZERO,
            &mut |_| {},
        )
        .unwrap();
        driven_m += episode.metrics.path_length_m;
        assert!(driven_m > 0.3);
        episode.outcome
    }

    #[test]
    fn the_guard_is_there_and_can_be_sent_away() {
        assert_eq!(toward_the_wall(true), Outcome::Stuck);
        assert_eq!(toward_the_wall(false), Outcome::Collided);
    }

    #[test]
    fn a_person_has_more_time() {
        let trial = Trial {
            name: "doorway".to_owned(),
            situation: Scenario::named("doorway").unwrap().situation(2).unwrap(),
            seed: 2,
        };
        let relaxed = TeleopSettings::default().relaxed(&trial);
        assert_eq!(relaxed.situation.rules.stuck_after_s, 60.0);
        assert_eq!(relaxed.situation.time_limit_s, 300.0);
    }
}
