//! Event counts of a soak test.

use std::collections::BTreeMap;

use serde::Serialize;
use sim::{ContactClass, Episode, GroundTruth, Outcome};

/// Counts over episodes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Counters {
    /// Episodes.
    pub episodes: u64,
    /// Episodes that reached the goal.
    pub reached: u64,
    /// Episodes with a collision.
    pub collided: u64,
    /// Episodes that ended stuck.
    pub stuck: u64,
    /// Episodes beyond the time limit.
    pub timed_out: u64,
    /// Collisions that the robot caused.
    pub collisions_caused: u64,
    /// Control ticks.
    pub ticks: u64,
    /// Ticks skipped by an injected fault.
    pub missed_ticks: u64,
    /// Ticks that took longer than the control period.
    pub late_ticks: u64,
    /// Ticks whose solve did not converge.
    pub unsolved: u64,
    /// Sensor messages rejected by the controller.
    pub refused_messages: u64,
    /// Ticks since the onset of faults by the guard's reason.
    pub reasons: BTreeMap<String, u64>,
}

impl Counters {
    /// Adds an episode; ticks longer than `period_ms` are late.
    pub fn add(&mut self, episode: &Episode, truth: &GroundTruth, period_ms: f64) {
        self.episodes += 1;
        *match episode.outcome {
            Outcome::Reached => &mut self.reached,
            Outcome::Collided => &mut self.collided,
            Outcome::Stuck => &mut self.stuck,
            Outcome::TimedOut => &mut self.timed_out,
        } += 1;
        let is_caused = |class| class == ContactClass::Caused;
        let contact = truth.contact.map(|contact| contact.class);
        self.collisions_caused += u64::from(contact.is_some_and(is_caused));
        self.ticks += u64::from(episode.metrics.ticks);
        self.missed_ticks += u64::from(truth.missed_ticks);
        let late = episode.tick_ms.iter().filter(|ms| **ms > period_ms);
        self.late_ticks += late.count() as u64;
        self.unsolved += u64::from(episode.metrics.unsolved);
        self.refused_messages += u64::from(episode.metrics.refused_messages);
        for (reason, ticks) in &truth.reasons {
            // avoids allocations for known reasons, since memory is measured here
            if let Some(count) = self.reasons.get_mut(reason) {
                *count += u64::from(*ticks);
            } else {
                self.reasons.insert(reason.clone(), u64::from(*ticks));
            }
        }
    }
}
