//! Watching a simulated drive.

use controller::{Intervention, Plan, SolveStatus};
use perception::Stamp;
use sim::{Episode, Outcome, TickView};

use super::{About, Demonstration, Entry, Record};

/// Takes down a drive, tick by tick.
#[derive(Debug, Default)]
pub struct Recorder {
    /// Time between plans that are kept, s; none keeps none.
    advice_period_s: Option<f64>,
    last_advice_s: Option<f64>,
    entries: Vec<Entry>,
}

impl Recorder {
    /// A recorder that keeps the driver's plan this often, s, as advice; a driver who is no expert
    /// gives none.
    pub fn new(advice_period_s: Option<f64>) -> Self {
        Self {
            advice_period_s,
            ..Self::default()
        }
    }

    /// Takes down one tick.
    pub fn watch(&mut self, view: &TickView<'_>) {
        let now = Stamp::from_secs(view.t_s);
        if self.entries.is_empty() {
            self.push(now, now, Record::Goal(view.goal));
        }
        for event in view.events {
            self.push(now, event.stamp, Record::Sensor(event.value.clone()));
        }
        let action = view.action;
        let is_solved = matches!(
            action.status,
            SolveStatus::Solved | SolveStatus::MaxIterations
        ) && action.intervention != Some(Intervention::Stale);
        let is_due = self.advice_period_s.is_some_and(|period_s| {
            self.last_advice_s
                .is_none_or(|last_s| view.t_s - last_s >= period_s - 1e-6)
        });
        if is_due && is_solved {
            self.last_advice_s = Some(view.t_s);
            self.push(now, now, Record::Advice(action.plan.clone()));
        }
        self.push(now, now, Record::Command(action.command));
    }

    /// Takes down what an expert would do at `now`; the tick itself must follow.
    pub fn advise(&mut self, now: Stamp, plan: &Plan) {
        self.push(now, now, Record::Advice(plan.clone()));
    }

    fn push(&mut self, arrival: Stamp, stamp: Stamp, record: Record) {
        self.entries.push(Entry {
            arrival,
            stamp,
            record,
        });
    }

    /// The drive that was watched.
    pub fn finish(self, episode: &Episode, robot: &str, driver: &str) -> Demonstration {
        Demonstration {
            about: About {
                scenario: episode.scenario.clone(),
                seed: episode.seed,
                robot: robot.to_owned(),
                driver: driver.to_owned(),
                reached: episode.outcome == Outcome::Reached,
            },
            entries: self.entries,
        }
    }
}
