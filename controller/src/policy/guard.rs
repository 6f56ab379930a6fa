//! The last word before the wheels.
//!
//! ```text
//! policy ─▶ finite? ─▶ fresh? ─▶ within limits ─▶ can it stop before an obstacle,
//!                                                  and stand before a person comes? ─▶ wheels
//! ```

use std::f64::consts::TAU;

use perception::{
    Cell, DistanceField, Footprint, OccupancyGrid, Point2, Pose2, SettingsError, Snapshot, Twist,
};
use serde::{Deserialize, Serialize};

use super::passive::{Among, PassiveSettings};
use super::stop::Stop;
use super::{Action, Intervention, Observation, Policy, PolicyError, SolveStatus};
use crate::cost::{FootprintDiscs, LearnedCost};
use crate::limits::Limits;

/// What the guard insists on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuardSettings {
    /// Older scans are no ground to drive on, s.
    pub scan_age_max_s: f64,
    /// Nor is older odometry, s.
    pub odometry_age_max_s: f64,
    /// Distance that a stop must leave to obstacles, beyond what the map may be wrong by, m. In a gap
    /// too tight for that it is kept from where the map has them.
    pub margin_m: f64,
    /// True: unknown space is driven into as if it were free.
    pub enter_unknown: bool,
    /// Time for which a command holds before braking can take effect, s.
    pub reaction_s: f64,
    /// Share of the deceleration limit that stops are reckoned with.
    pub braking_share: f64,
    /// Time between commands that limits are applied over when the last one is older, s.
    pub period_max_s: f64,
    /// Discs that cover a rectangular footprint.
    pub footprint_discs: usize,
    /// How movers find the robot at rest.
    pub passive: PassiveSettings,
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self {
            scan_age_max_s: 0.5,
            odometry_age_max_s: 0.25,
            margin_m: 0.005,
            enter_unknown: false,
            reaction_s: 0.15,
            braking_share: 0.9,
            period_max_s: 0.2,
            footprint_discs: 4,
            passive: PassiveSettings::default(),
        }
    }
}

impl GuardSettings {
    /// Refuses what guards nothing.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "guard";
        self.passive.validate()?;
        SettingsError::ensure_positive(
            section,
            &[
                ("scan_age_max_s", self.scan_age_max_s),
                ("odometry_age_max_s", self.odometry_age_max_s),
                ("braking_share", self.braking_share),
                ("period_max_s", self.period_max_s),
            ],
        )?;
        SettingsError::ensure_not_negative(
            section,
            &[("margin_m", self.margin_m), ("reaction_s", self.reaction_s)],
        )?;
        SettingsError::ensure(
            (1..=8).contains(&self.footprint_discs),
            section,
            "footprint_discs",
            &self.footprint_discs,
            "1 to 8",
        )
    }
}

/// Points of the outline that are looked up in the map.
const OUTLINE_POINTS: usize = 24;
/// Shares of the command that are tried in turn.
const SHARES: [f64; 6] = [1.0, 0.8, 0.6, 0.4, 0.2, 0.1];
/// A robot that is already too near may move if it comes no nearer.
const NEARER_M: f64 = 1e-6;
/// Along a surface it may come nearer by this share of its way,
const GRAZING: f64 = 0.3;
/// and at most by what the map changes from scan to scan, m.
const FLICKER_M: f64 = 0.003;

/// A policy whose commands are held to the limits, to fresh data, and to what can be stopped.
#[derive(Debug)]
pub struct Guarded<P> {
    policy: P,
    settings: GuardSettings,
    limits: Limits,
    discs: FootprintDiscs,
    outline: Vec<Point2>,
    last: Option<(f64, Twist)>,
    /// When there was something to drive on for the first time, s.
    woke_s: Option<f64>,
}

impl<P: Policy> Guarded<P> {
    /// Guards a policy.
    pub fn new(
        policy: P,
        footprint: &Footprint,
        limits: Limits,
        settings: GuardSettings,
    ) -> Result<Self, SettingsError> {
        limits.validate()?;
        settings.validate()?;
        Ok(Self {
            policy,
            discs: FootprintDiscs::cover(footprint, settings.footprint_discs),
            outline: outline(footprint),
            settings,
            limits,
            last: None,
            woke_s: None,
        })
    }

    /// What stands behind the guard.
    pub fn policy(&self) -> &P {
        &self.policy
    }

    fn is_stale(&self, observation: &Observation<'_>) -> bool {
        let snapshot = observation.snapshot;
        let too_old = |age: f64, age_max: f64| age > age_max || age < -age_max;
        too_old(
            observation.now.secs_since(snapshot.stamp),
            self.settings.odometry_age_max_s,
        ) || snapshot.scan_stamp.is_none_or(|stamp| {
            too_old(
                observation.now.secs_since(stamp),
                self.settings.scan_age_max_s,
            )
        })
    }

    /// Smallest distance of the footprint from what the map holds, m.
    fn clearance_m(&self, field: &DistanceField, base: Pose2) -> f64 {
        let (sin, cos) = base.yaw.sin_cos();
        self.discs
            .offsets_m
            .iter()
            .map(|&offset| {
                let centre = Point2::new(base.x + offset * cos, base.y + offset * sin);
                field.sample(centre).distance_m - field.slack_m() - self.discs.radius_m
            })
            .fold(f64::INFINITY, f64::min)
    }

    /// Points of the outline that lie in unknown space.
    fn unseen(&self, grid: &OccupancyGrid, base: Pose2) -> usize {
        if self.settings.enter_unknown {
            return 0;
        }
        self.outline
            .iter()
            .filter(|&&point| grid.at(base * point) == Cell::Unknown)
            .count()
    }

    /// True when the robot, told `command` and then to brake along the same arc, stays clear of
    /// obstacles and of the unknown, or at least comes no nearer than it is. Moving along what the
    /// map has beside it, by the margin, counts as no nearer.
    /// A turn on the spot is let into the unknown: it is how the robot comes to see.
    fn can_stop(&self, snapshot: &Snapshot, command: Twist) -> bool {
        let mut base = snapshot.odom_from_base;
        let mut nearest = self.clearance_m(&snapshot.field, base);
        let (start, before) = (base, nearest);
        let unseen = self.unseen(&snapshot.grid, base);
        let margin_m = self.settings.margin_m;
        let mut stop = self.stop(command);
        while let Some(next) = stop.next_pose(base) {
            base = next;
            let clearance = self.clearance_m(&snapshot.field, base);
            let way_m = (base.position() - start.position()).norm();
            let along = before - FLICKER_M.min(GRAZING * way_m);
            let is_nearer = clearance < nearest - NEARER_M;
            let is_along = clearance >= along.max(margin_m - snapshot.field.slack_m());
            if clearance < margin_m && is_nearer && !is_along {
                return false;
            }
            if command.linear != 0.0 && self.unseen(&snapshot.grid, base) > unseen {
                return false;
            }
            nearest = nearest.min(clearance);
        }
        true
    }

    /// True when movers that go on as they do find the robot at rest, if they find it at all, or
    /// when braking would serve no better.
    fn can_wait(&self, observation: &Observation<'_>, command: Twist) -> bool {
        let snapshot = observation.snapshot;
        let among = Among {
            tracks: &snapshot.tracks,
            late_s: observation.now.secs_since(snapshot.stamp),
            discs: &self.discs,
            base: snapshot.odom_from_base,
        };
        let brake = self.stop(self.driven(observation)).at_once();
        self.settings
            .passive
            .holds(&among, &self.stop(command), &brake)
    }

    fn stop(&self, command: Twist) -> Stop {
        let share = self.settings.braking_share;
        Stop::new(
            command,
            self.settings.reaction_s,
            share * self.limits.deceleration_max_mps2,
            share * self.limits.turn_acceleration_max_radps2,
        )
    }

    fn brake(&self, observation: &Observation<'_>, elapsed_s: f64) -> Twist {
        self.limits.brake(self.driven(observation), elapsed_s)
    }

    /// What the robot does: the last command, or what is measured.
    fn driven(&self, observation: &Observation<'_>) -> Twist {
        let measured = observation.snapshot.velocity;
        let last = self.last.map_or(measured, |(_, last)| last);
        if last.is_finite() { last } else { Twist::ZERO }
    }
}

/// Points on the outline, base frame, about as far apart as cells are wide.
fn outline(footprint: &Footprint) -> Vec<Point2> {
    let corners = match *footprint {
        Footprint::Disc { radius_m } => (0..OUTLINE_POINTS)
            .map(|point| {
                let angle = TAU * point as f64 / OUTLINE_POINTS as f64;
                Point2::new(radius_m * angle.cos(), radius_m * angle.sin())
            })
            .collect(),
        Footprint::Rectangle { .. } => footprint.corners(),
    };
    let per_side = OUTLINE_POINTS / corners.len().max(1);
    (0..corners.len())
        .flat_map(|index| {
            let (from, to) = (corners[index], corners[(index + 1) % corners.len()]);
            (0..per_side).map(move |step| from + (to - from) * (step as f64 / per_side as f64))
        })
        .collect()
}

impl<P: Policy> Policy for Guarded<P> {
    fn name(&self) -> &str {
        self.policy.name()
    }

    fn reset(&mut self) {
        self.policy.reset();
        self.last = None;
        self.woke_s = None;
    }

    /// Never fails: what goes wrong is a braking command with its reason.
    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        let now_s = observation.now.as_secs();
        let elapsed_s = self
            .last
            .map_or(self.settings.period_max_s, |(then_s, _)| now_s - then_s)
            .clamp(0.0, self.settings.period_max_s);
        action.intervention = None;
        let outcome = if self.is_stale(observation) {
            Some(Intervention::Stale)
        } else {
            action.status = SolveStatus::NotRun;
            let failed = self.policy.act(observation, action).is_err()
                || !action.command.is_finite()
                || !matches!(
                    action.status,
                    SolveStatus::Solved | SolveStatus::MaxIterations
                );
            failed.then_some(Intervention::PolicyFailed)
        };
        if let Some(reason) = outcome {
            if reason == Intervention::Stale {
                action.status = SolveStatus::NotRun;
            }
            action.command = self.brake(observation, elapsed_s);
            action.intervention = Some(reason);
        } else {
            let last = self
                .last
                .map_or(observation.snapshot.velocity, |(_, last)| last);
            let within = self.limits.within(action.command, last, elapsed_s);
            if (within.linear - action.command.linear).abs() > 1e-6
                || (within.angular - action.command.angular).abs() > 1e-6
            {
                action.intervention = Some(Intervention::Limited);
            }
            action.command = within;
        }
        if action.intervention != Some(Intervention::Stale) {
            self.woke_s.get_or_insert(now_s);
        }
        let awake_s = self.woke_s.map_or(0.0, |woke_s| now_s - woke_s);
        let is_looking = self.settings.passive.looks(observation.snapshot, awake_s);
        let driven_mps = self.driven(observation).linear.abs();
        let is_early = |command: Twist| is_looking && command.linear.abs() > driven_mps;
        let reason = if is_early(action.command) {
            Some(Intervention::Person)
        } else if !self.can_stop(observation.snapshot, action.command) {
            Some(Intervention::Obstacle)
        } else if !self.can_wait(observation, action.command) {
            Some(Intervention::Person)
        } else {
            None
        };
        if let Some(reason) = reason {
            let wanted = action.command;
            action.command = SHARES
                .iter()
                .map(|share| Twist::new(share * wanted.linear, share * wanted.angular))
                .chain([Twist::new(0.0, wanted.angular)])
                .find(|&command| {
                    !is_early(command)
                        && self.can_stop(observation.snapshot, command)
                        && self.can_wait(observation, command)
                })
                .unwrap_or(Twist::ZERO);
            action.intervention = Some(match action.intervention {
                None | Some(Intervention::Limited) => reason,
                Some(earlier) => earlier,
            });
        }
        self.last = Some((now_s, action.command));
        Ok(())
    }

    fn learned(&self) -> Option<&LearnedCost> {
        self.policy.learned()
    }
}
