//! Notices that a learned cost leads nowhere, and does without it for a while.
//!
//! ```text
//! trusting ── less than within_m moved in after_s, nobody moving near ──> doubting
//! doubting ── away_m moved, or for_s 2^(doubts - 1) over ──> trusting
//! ```
//!
//! A network may hold a robot where the hand-engineered cost would go on. Each alone gets stuck at
//! places of its own; taking turns, each brings the robot out of the other's. Waiting for people is
//! no stall.

use perception::{Point2, SettingsError, Snapshot, Stamp};
use serde::{Deserialize, Serialize};

use super::{Goal, Observation};

/// Doublings of `for_s` at most.
const DOUBLINGS: i32 = 4;

/// When a robot stalls, and for how long its learned cost is then left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StallSettings {
    /// False: the learned cost always counts.
    pub enabled: bool,
    /// Less than this ...
    pub within_m: f64,
    /// ... in this time is a stall, s.
    pub after_s: f64,
    /// People who move this near are waited for, m ...
    pub people_m: f64,
    /// ... and at least so fast, m/s.
    pub people_mps: f64,
    /// The learned cost is left out for this long at first, twice as long the next time, s ...
    pub for_s: f64,
    /// ... or until the robot is this far from where it stalled, m.
    pub away_m: f64,
}

impl Default for StallSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            within_m: 0.15,
            after_s: 2.5,
            people_m: 4.0,
            people_mps: 0.2,
            for_s: 4.0,
            away_m: 1.0,
        }
    }
}

impl StallSettings {
    /// Refuses what makes no sense, naming the field.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mpc.stall";
        SettingsError::ensure_not_negative(
            section,
            &[
                ("within_m", self.within_m),
                ("people_m", self.people_m),
                ("people_mps", self.people_mps),
            ],
        )?;
        SettingsError::ensure_positive(
            section,
            &[
                ("after_s", self.after_s),
                ("for_s", self.for_s),
                ("away_m", self.away_m),
            ],
        )
    }

    fn someone_moves(&self, snapshot: &Snapshot) -> bool {
        let robot = snapshot.odom_from_base.position();
        snapshot.tracks.iter().any(|track| {
            track.moves(self.people_mps) && (track.position - robot).norm() <= self.people_m
        })
    }
}

/// Whether the learned cost counts, from what the robot has got done with it.
#[derive(Debug, Clone)]
pub struct Stall {
    settings: StallSettings,
    goal: Option<Goal>,
    /// Where and when the robot last was on its way.
    anchor: Option<(Stamp, Point2)>,
    doubting: bool,
    /// Stalls on the way to this goal.
    doubts: i32,
}

impl Stall {
    /// Trusting, without a past.
    pub fn new(settings: StallSettings) -> Self {
        Self {
            settings,
            goal: None,
            anchor: None,
            doubting: false,
            doubts: 0,
        }
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        *self = Self::new(self.settings);
    }

    /// Whether the learned cost counts at this tick, and whether that has just changed.
    pub fn look(&mut self, observation: &Observation<'_>) -> Trust {
        let was_doubting = self.doubting;
        self.step(observation);
        Trust {
            learned: !self.doubting,
            changed: was_doubting != self.doubting,
        }
    }

    fn step(&mut self, observation: &Observation<'_>) {
        let position = observation.snapshot.odom_from_base.position();
        let (now, settings) = (observation.now, self.settings);
        let goal = observation.goal;
        let same = |old: Goal| (old.position - goal.position).norm() <= goal.tolerance_m;
        if !self.goal.is_some_and(same) {
            self.goal = Some(goal);
            (self.anchor, self.doubting, self.doubts) = (None, false, 0);
        }
        let Some((since, anchor)) = self.anchor.filter(|&(since, _)| now >= since) else {
            self.anchor = Some((now, position));
            return;
        };
        let (moved, waited) = ((position - anchor).norm(), now.secs_since(since));
        if self.doubting {
            let patience = settings.for_s * 2f64.powi((self.doubts - 1).min(DOUBLINGS));
            if moved >= settings.away_m || waited >= patience {
                self.doubting = false;
                self.anchor = Some((now, position));
            }
            return;
        }
        let arrived = (goal.position - position).norm() <= goal.tolerance_m;
        let on_its_way =
            moved >= settings.within_m || arrived || settings.someone_moves(observation.snapshot);
        if !settings.enabled || on_its_way {
            self.anchor = Some((now, position));
        } else if waited >= settings.after_s {
            self.doubting = true;
            self.doubts += 1;
            self.anchor = Some((now, position));
        }
    }
}

/// What [`Stall::look`] finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trust {
    /// The learned cost counts.
    pub learned: bool,
    /// It did not a tick ago, or the other way round.
    pub changed: bool,
}
