//! Recording of a simulated drive.

use controller::{Plan, SolveStatus};
use perception::{Point2, Stamp};
use sim::{Episode, Outcome, TickView};

use super::{About, Demonstration, Entry, Record};

/// Records a drive tick by tick.
#[derive(Debug)]
pub struct Recorder {
    advice_period_s: f64,
    last_advice_s: Option<f64>,
    route: Vec<Point2>,
    entries: Vec<Entry>,
}

impl Recorder {
    /// A recorder of an expert's plan every `advice_period_s`, s.
    pub fn new(advice_period_s: f64) -> Self {
        Self {
            advice_period_s,
            last_advice_s: None,
            route: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// True if an expert's plan is due at this tick.
    pub fn wants_advice(&self, view: &TickView<'_>) -> bool {
        self.last_advice_s
            .is_none_or(|last_s| view.t_s - last_s >= self.advice_period_s - 1e-6)
    }

    /// Records one tick and the expert's plan.
    pub fn watch(&mut self, view: &TickView<'_>, advice: Option<&Plan>) {
        let now = Stamp::from_secs(view.t_s);
        if self.entries.is_empty() {
            self.push(now, now, Record::Goal(view.goal));
        }
        if view.route != self.route {
            self.route = view.route.to_vec();
            self.push(now, now, Record::Path(self.route.clone()));
        }
        for event in view.events {
            self.push(now, event.stamp, Record::Sensor(event.value.clone()));
        }
        if let Some(plan) = advice {
            self.last_advice_s = Some(view.t_s);
            self.push(now, now, Record::Advice(plan.clone()));
        }
        self.push(now, now, Record::Command(view.action.command));
    }

    /// Records one tick of an expert, with its own plan as the label.
    pub fn watch_expert(&mut self, view: &TickView<'_>) {
        let action = view.action;
        let is_plan = matches!(
            action.status,
            SolveStatus::Solved | SolveStatus::MaxIterations
        );
        let advice = (is_plan && self.wants_advice(view)).then_some(&action.plan);
        self.watch(view, advice);
    }

    fn push(&mut self, arrival: Stamp, stamp: Stamp, record: Record) {
        self.entries.push(Entry {
            arrival,
            stamp,
            record,
        });
    }

    /// The demonstration.
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
