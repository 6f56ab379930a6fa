//! Statistics of episodes under faults.

use std::collections::BTreeMap;

use serde::Serialize;
use sim::{ContactClass, FaultCase, Outcome};

use super::episode::FaultEpisode;
use crate::evaluation::statistics::Rate;

/// Counts and rates over episodes, with Wilson intervals of 95 %.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Episodes.
    pub episodes: usize,
    /// Contacts of the moving robot that a timely stop would have avoided.
    pub collisions_caused: usize,
    /// Interval of their share of episodes.
    pub collisions_caused_interval: [f64; 2],
    /// Number of those after the robot had braked and accelerated again since the onset.
    pub caused_after_braking: usize,
    /// Contacts of the moving robot that no timely stop would have avoided.
    pub contacts_unavoidable: usize,
    /// Number of those that a stop with the configured brakes and latency would have avoided.
    pub unavoidable_by_plant: usize,
    /// Contacts of the robot at rest.
    pub contacts_at_rest: usize,
    /// Share of blinding faults after which the robot stopped within its stopping distance; null
    /// without such faults.
    pub rests_in_time_rate: Option<f64>,
    /// Its interval.
    pub rests_in_time_interval: Option<[f64; 2]>,
    /// Number of episodes of the rate.
    pub rests_of: usize,
    /// Share of transient faults after which the robot continued; null without such faults.
    pub recovered_rate: Option<f64>,
    /// Its interval.
    pub recovered_interval: Option<[f64; 2]>,
    /// Number of episodes of the rate.
    pub recovered_of: usize,
    /// Share of episodes that reached the goal.
    pub reached_rate: f64,
    /// Share of episodes that ended stuck.
    pub stuck_rate: f64,
    /// Total path length, m.
    pub path_length_m: f64,
    /// Episodes by the guard's first reason since the onset other than a limited command.
    pub first_reasons: BTreeMap<String, usize>,
    /// Control ticks since the onset by the guard's reason.
    pub reasons: BTreeMap<String, u64>,
}

impl Summary {
    /// Aggregates episodes.
    pub fn of<'a>(episodes: impl Iterator<Item = &'a FaultEpisode> + Clone) -> Self {
        let count = |is: &dyn Fn(&FaultEpisode) -> bool| {
            episodes.clone().filter(|episode| is(episode)).count()
        };
        let contact = |class: ContactClass| {
            let of =
                move |episode: &FaultEpisode| episode.truth.contact.filter(|c| c.class == class);
            episodes.clone().filter_map(of)
        };
        let caused = contact(ContactClass::Caused);
        let unavoidable = contact(ContactClass::Unavoidable);
        let all = count(&|_| true);
        let share = |outcome: Outcome| {
            count(&|episode| episode.outcome == outcome) as f64 / all.max(1) as f64
        };
        let caused_rate = Rate::of(episodes.clone().map(FaultEpisode::is_caused));
        let rests = Rate::of(
            episodes
                .clone()
                .filter_map(|episode| episode.truth.rest)
                .map(|rest| rest.in_time),
        );
        let recovered = Rate::of(
            episodes
                .clone()
                .filter_map(|episode| episode.truth.recovered),
        );
        let mut first_reasons = BTreeMap::new();
        let mut reasons = BTreeMap::new();
        for episode in episodes.clone() {
            if let Some(reason) = &episode.truth.first_reason {
                *first_reasons.entry(reason.clone()).or_default() += 1;
            }
            for (reason, ticks) in &episode.truth.reasons {
                *reasons.entry(reason.clone()).or_default() += u64::from(*ticks);
            }
        }
        let known = |rate: &Rate| (rate.of > 0).then_some(rate.rate);
        let interval = |rate: &Rate| (rate.of > 0).then_some(rate.interval);
        Self {
            episodes: all,
            collisions_caused: caused_rate.count,
            collisions_caused_interval: caused_rate.interval,
            caused_after_braking: caused.filter(|contact| contact.after_braking).count(),
            contacts_unavoidable: unavoidable.clone().count(),
            unavoidable_by_plant: unavoidable
                .filter(|contact| contact.avoidable_as_configured)
                .count(),
            contacts_at_rest: contact(ContactClass::AtRest).count(),
            rests_in_time_rate: known(&rests),
            rests_in_time_interval: interval(&rests),
            rests_of: rests.of,
            recovered_rate: known(&recovered),
            recovered_interval: interval(&recovered),
            recovered_of: recovered.of,
            reached_rate: share(Outcome::Reached),
            stuck_rate: share(Outcome::Stuck),
            path_length_m: episodes.map(|episode| episode.path_length_m).sum(),
            first_reasons,
            reasons,
        }
    }
}

impl FaultEpisode {
    /// True if the robot caused a collision.
    pub fn is_caused(&self) -> bool {
        let contact = self.truth.contact;
        contact.is_some_and(|contact| contact.class == ContactClass::Caused)
    }

    /// True if no collision may be caused under its fault.
    pub fn is_promised(&self) -> bool {
        FaultCase::named(&self.key.fault).is_some_and(|case| case.is_promised)
    }
}
