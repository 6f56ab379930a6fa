//! Passive motion safety: the robot is at rest before a moving object can touch it.
//!
//! ```text
//! for all t ≤ t_stop + t_rest, all moving objects i:
//!     | p_disc(min(t, t_stop)) − (p_i + v_i t) |  ≥  r_disc + r_i + margin + σ_p + spread · t
//! ```
//!
//! `t_stop` is the time at which the robot is at rest after it executes the command for its
//! reaction time and then brakes. At a contact, if there is one, the robot has been at rest for
//! `t_rest`. Contact is not excluded: a faster pedestrian can still reach a robot at rest.
//!
//! A command that violates this condition may still be safer than braking: a robot that leaves the
//! path of a pedestrian should not stop in it. A command also passes if, for every object at
//! constant velocity and including the stop that follows, the robot comes no nearer to the object
//! than if it braked now, and does not touch it:
//!
//! ```text
//! gap_i(u) = min over t ≤ t_stop + evasion of | p_disc(min(t, t_stop)) − (p_i + v_i t) | − r_disc − r_i
//! gap_i(u)  ≥  max(gap_i(brake), margin + σ_p)
//! ```
//!
//! If braking alone satisfies the condition, the risk of a contact in motion is unnecessary: the
//! command must then leave an additional gap of `evasion_gap`.
//!
//! Objects do not keep their velocity. A command that evades must therefore still leave time for a
//! stop before the robust contact with every track older than
//! `look_s`, the first time with
//!
//! ```text
//! | p_disc(t) − (p_i + v_i t) |  <  r_disc + r_i + margin + σ_p + evasion_spread · t
//! ```
//!
//! Evasion along a plan (`evasion.rs`) has the same condition, with `evasion_rest` at rest before
//! the contact, and an alternative to it.
//!
//! Sources: Bouraine, Fraichard, Salhi, "Provably safe navigation for mobile robots with limited
//! field-of-views in dynamic environments", 2012; Maček, Vasquez Govea, Fraichard, Siegwart,
//! "Towards safe vehicle navigation in dynamic urban scenarios", 2009.

use perception::{Point2, Pose2, SettingsError, Snapshot, Track, Vector2};
use serde::{Deserialize, Serialize};

use super::braking::STEP_S;
use super::tick::Tick;
use super::{BrakingTrajectory, Finding};
use crate::cost::FootprintDiscs;

/// Smallest difference between gaps that counts as nearer, m.
const NEARER_M: f64 = 1e-6;

/// Settings of the passive safety check: margins around moving objects and times at rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PassiveSettings {
    /// Time after the first data during which the robot gains no speed near tentative tracks, s: a
    /// moving object is known only after some scans.
    pub look_s: f64,
    /// Distance within which a tentative track prevents a gain of speed during `look_s`, m.
    pub look_m: f64,
    /// Minimum time at rest before a contact, s.
    pub standing_for_s: f64,
    /// Distance between outlines that counts as contact, m.
    pub margin_m: f64,
    /// Growth rate of the position uncertainty of a moving object about its constant-velocity
    /// prediction, m/s.
    pub spread_mps: f64,
    /// Minimum speed of a moving object, m/s. A slower track counts as static: the map contains it.
    pub speed_min_mps: f64,
    /// Time after a stop over which a command is compared with braking now, s; 0 disables the
    /// comparison.
    pub evasion_s: f64,
    /// Gap beyond the margin that such a command leaves to a moving object if braking alone is
    /// passively safe, m.
    pub evasion_gap_m: f64,
    /// Growth rate of the position uncertainty of a moving object in evasion, m/s: in the stop that
    /// an evading robot can still make, and along a plan where braking would not be touched.
    pub evasion_spread_mps: f64,
    /// The same along a plan that passes an object which would touch the robot if it braked, m/s.
    pub evasion_pass_spread_mps: f64,
    /// Minimum time at rest before a contact, for the stop that a robot that evades along a plan can
    /// still make, s.
    pub evasion_rest_s: f64,
}

impl Default for PassiveSettings {
    fn default() -> Self {
        Self {
            look_s: 0.5,
            look_m: 2.0,
            standing_for_s: 1.0,
            margin_m: 0.05,
            spread_mps: 0.6,
            speed_min_mps: 0.35,
            evasion_s: 2.0,
            evasion_gap_m: 0.25,
            evasion_spread_mps: 0.3,
            evasion_pass_spread_mps: 0.1,
            evasion_rest_s: 0.2,
        }
    }
}

impl PassiveSettings {
    /// Checks every value against its bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::ensure_within(
            "guard.passive",
            &[
                ("look_s", self.look_s, 0.0..=5.0),
                ("look_m", self.look_m, 0.0..=20.0),
                ("standing_for_s", self.standing_for_s, 0.0..=5.0),
                ("margin_m", self.margin_m, 0.0..=1.0),
                ("spread_mps", self.spread_mps, 0.0..=3.0),
                ("speed_min_mps", self.speed_min_mps, 0.0..=1.0),
                ("evasion_s", self.evasion_s, 0.0..=5.0),
                ("evasion_gap_m", self.evasion_gap_m, 0.0..=2.0),
                ("evasion_spread_mps", self.evasion_spread_mps, 0.0..=3.0),
                (
                    "evasion_pass_spread_mps",
                    self.evasion_pass_spread_mps,
                    0.0..=3.0,
                ),
                ("evasion_rest_s", self.evasion_rest_s, 0.0..=5.0),
            ],
        )
    }

    /// True while a tentative track near the robot may turn out to move, `awake_s` after the first
    /// data.
    pub(super) fn looks(&self, snapshot: &Snapshot, awake_s: f64) -> bool {
        let robot = snapshot.odom_from_base.position();
        let is_near = |suspect: &Point2| (suspect - robot).norm() <= self.look_m;
        awake_s < self.look_s && snapshot.suspects.iter().any(is_near)
    }

    /// The moving object that touches the robot before it is at rest. `stop` is the trajectory of a
    /// command, `brake` a stop now. `None` when the robot is at rest in time, or comes no nearer to
    /// any object than by braking.
    pub(super) fn touched(
        &self,
        among: &Among<'_>,
        stop: BrakingTrajectory,
        brake: BrakingTrajectory,
    ) -> Option<Finding> {
        let turns_in_place = among.discs.offsets_m.iter().all(|offset| *offset == 0.0);
        if stop.rests() || (stop.only_turns() && turns_in_place) {
            return None;
        }
        among
            .tracks
            .iter()
            .filter(|track| track.moves(self.speed_min_mps))
            .find(|track| {
                !self.rests_in_time(track, among, stop) && !self.evades(track, among, stop, brake)
            })
            .map(|track| Finding::Mover {
                id: track.id,
                distance_m: (track.position - among.base.position()).norm(),
            })
    }

    /// True when the robot has been at rest for `standing_for_s` before the object touches it.
    pub(super) fn rests_in_time(
        &self,
        track: &Track,
        among: &Among<'_>,
        stop: BrakingTrajectory,
    ) -> bool {
        self.rests_for([self.standing_for_s, self.spread_mps], track, among, stop)
    }

    /// True when the robot is at rest for `evasion_rest_s` before any moving object touches it, with
    /// the uncertainty of evasion.
    pub(super) fn rests_untouched(&self, among: &Among<'_>, stop: BrakingTrajectory) -> bool {
        let mut moving = (among.tracks.iter()).filter(|track| track.moves(self.speed_min_mps));
        moving.all(|track| self.stops_before(self.evasion_rest_s, track, among, stop))
    }

    /// The same for one object. A track younger than `look_s` may be a wall that seems to move; its
    /// spread is left to the other conditions.
    fn stops_before(
        &self,
        rest_s: f64,
        track: &Track,
        among: &Among<'_>,
        stop: BrakingTrajectory,
    ) -> bool {
        track.age_s < self.look_s
            || self.rests_for([rest_s, self.evasion_spread_mps], track, among, stop)
    }

    fn rests_for(
        &self,
        [standing_for_s, spread_mps]: [f64; 2],
        track: &Track,
        among: &Among<'_>,
        mut stop: BrakingTrajectory,
    ) -> bool {
        let (mut base, mut elapsed_s, mut rested_s) = (among.base, 0.0, 0.0);
        loop {
            let margin_m = self.margin_m + track.position_sd_m + spread_mps * elapsed_s;
            if among.gap_m(track, base, elapsed_s) < margin_m {
                return false;
            }
            if let Some(next) = stop.next_pose(base, STEP_S) {
                base = next;
            } else if rested_s >= standing_for_s {
                return true;
            } else {
                rested_s += STEP_S;
            }
            elapsed_s += STEP_S;
        }
    }

    fn evades(
        &self,
        track: &Track,
        among: &Among<'_>,
        stop: BrakingTrajectory,
        brake: BrakingTrajectory,
    ) -> bool {
        if self.evasion_s == 0.0 || !self.stops_before(0.0, track, among, stop) {
            return false;
        }
        let nearest_m = |stop: BrakingTrajectory| self.nearest_m(track, among, stop);
        let apart_m = nearest_m(stop);
        if apart_m < nearest_m(brake) - NEARER_M {
            return false;
        }
        let margin_m = self.margin_m + track.position_sd_m;
        let would_stand = || brake.rests() || self.rests_in_time(track, among, brake);
        apart_m >= margin_m + self.evasion_gap_m || (apart_m >= margin_m && !would_stand())
    }

    /// Smallest gap to a moving object while the robot stops and for `evasion_s` after, m.
    fn nearest_m(&self, track: &Track, among: &Among<'_>, mut stop: BrakingTrajectory) -> f64 {
        let (mut base, mut elapsed_s) = (among.base, 0.0);
        let mut nearest_m = f64::INFINITY;
        while let Some(next) = stop.next_pose(base, STEP_S) {
            let then = (next, elapsed_s + STEP_S);
            nearest_m = nearest_m.min(among.gap_between_m(track, (base, elapsed_s), then));
            (base, elapsed_s) = then;
        }
        let rested = (base, elapsed_s + self.evasion_s);
        nearest_m.min(among.gap_between_m(track, (base, elapsed_s), rested))
    }
}

/// Geometry of a passive safety query: the robot and the tracks around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Among<'a> {
    /// All tracks, of moving and of static objects.
    pub(super) tracks: &'a [Track],
    /// Age of the tracks, s.
    pub(super) late_s: f64,
    /// Discs that cover the footprint. A single disc about the axis is invariant to rotation.
    pub(super) discs: &'a FootprintDiscs,
    /// Pose of the robot, odometry frame.
    pub(super) base: Pose2,
}

impl<'a> Among<'a> {
    /// The query for the robot and the tracks of a tick.
    pub(super) fn new(tick: &Tick<'a>, discs: &'a FootprintDiscs) -> Self {
        let snapshot = tick.seen.snapshot;
        Self {
            tracks: &snapshot.tracks,
            late_s: tick.seen.now.secs_since(snapshot.stamp),
            discs,
            base: snapshot.odom_from_base,
        }
    }

    /// Gap between the footprint at `base` and a moving object, `ahead_s` from now, m; negative if
    /// they overlap.
    fn gap_m(&self, track: &Track, base: Pose2, ahead_s: f64) -> f64 {
        self.gap_of(track, |offset_m| self.apart(track, offset_m, base, ahead_s))
    }

    /// Smallest gap during a straight motion at constant velocity from one pose and time to
    /// another, m.
    pub(super) fn gap_between_m(&self, track: &Track, from: (Pose2, f64), to: (Pose2, f64)) -> f64 {
        self.gap_of(track, |offset_m| {
            let [from, to] =
                [from, to].map(|(base, ahead_s)| self.apart(track, offset_m, base, ahead_s));
            let step = to - from;
            let squared = step.norm_squared();
            if squared == 0.0 {
                from
            } else {
                from + step * (-from.dot(&step) / squared).clamp(0.0, 1.0)
            }
        })
    }

    /// The gap of the nearest disc, m. `apart` gives the offset from a disc to the object.
    fn gap_of(&self, track: &Track, apart: impl Fn(f64) -> Vector2) -> f64 {
        let offsets_m = self.discs.offsets_m.iter();
        let squared = offsets_m
            .map(|&offset_m| apart(offset_m).norm_squared())
            .fold(f64::INFINITY, f64::min);
        squared.sqrt() - self.discs.radius_m - track.radius_m
    }

    /// Offset from the centre of a disc to the moving object, m.
    fn apart(&self, track: &Track, offset_m: f64, base: Pose2, ahead_s: f64) -> Vector2 {
        let mover = track.position + track.velocity * (ahead_s + self.late_s);
        let (sin, cos) = base.yaw.sin_cos();
        mover - Point2::new(base.x + offset_m * cos, base.y + offset_m * sin)
    }
}
