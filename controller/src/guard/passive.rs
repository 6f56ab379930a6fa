//! Passive motion safety: at rest before anybody can be touched.
//!
//! ```text
//! for all t ≤ t_stop + t_rest, all movers i:
//!     | p_disc(min(t, t_stop)) − (p_i + v_i t) |  ≥  r_disc + r_i + margin + σ_p + spread · t
//! ```
//!
//! `t_stop` is when the robot, told the command for its reaction time and then to brake, stands. A
//! contact, if there is one, then finds it at rest for `t_rest`. Nobody promises that it is not
//! touched: a robot cannot, where there are people faster than it.
//!
//! Where that does not hold, a command may still be better than to brake: a robot that steps out of a
//! person's way should not stop in it. A command passes, too, if with every mover that goes on as it
//! does, and with the stop that follows, the robot comes no nearer to it than if it braked now, and
//! does not touch it:
//!
//! ```text
//! gap_i(u) = min over t ≤ t_stop + evasion of | p_disc(min(t, t_stop)) − (p_i + v_i t) | − r_disc − r_i
//! gap_i(u)  ≥  max(gap_i(brake), margin + σ_p)
//! ```
//!
//! Where the brake alone would do, there is no need to take the risk of being touched under way: the
//! command must leave `evasion_gap` more.
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

/// Nearer by less than this is not nearer, m.
const NEARER_M: f64 = 1e-6;

/// What is kept clear of movers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PassiveSettings {
    /// In its first time, s, ...
    pub look_s: f64,
    /// ... the robot gains no speed while something so near may be about to move, m: who moves is
    /// known after some scans.
    pub look_m: f64,
    /// Time for which the robot has been at rest before it can be touched, s.
    pub standing_for_s: f64,
    /// Distance between outlines that counts as touching, m.
    pub margin_m: f64,
    /// How fast a mover's way spreads about what its velocity says, m/s.
    pub spread_mps: f64,
    /// What is slower stands: the map holds it, m/s.
    pub speed_min_mps: f64,
    /// How far ahead of a stop a command is compared with braking now, s; 0 never lets it pass by
    /// that.
    pub evasion_s: f64,
    /// What such a command leaves to a mover beyond the margin, where to stand would do as well, m.
    pub evasion_gap_m: f64,
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
        }
    }
}

impl PassiveSettings {
    /// Refuses values outside their bounds.
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
            ],
        )
    }

    /// True while it is too early, `awake_s` after the first data, to know who moves.
    pub(super) fn looks(&self, snapshot: &Snapshot, awake_s: f64) -> bool {
        let robot = snapshot.odom_from_base.position();
        let is_near = |suspect: &Point2| (suspect - robot).norm() <= self.look_m;
        awake_s < self.look_s && snapshot.suspects.iter().any(is_near)
    }

    /// The mover that touches the robot before it rests: `stop` is that of a command, `brake` a stop
    /// now. None when the robot rests in time, or comes no nearer than by braking.
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

    /// True when the robot has stood for long enough before a mover touches it.
    pub(super) fn rests_in_time(
        &self,
        track: &Track,
        among: &Among<'_>,
        mut stop: BrakingTrajectory,
    ) -> bool {
        let (mut base, mut elapsed_s, mut rested_s) = (among.base, 0.0, 0.0);
        loop {
            let margin_m = self.margin_m + track.position_sd_m + self.spread_mps * elapsed_s;
            if among.gap_m(track, base, elapsed_s) < margin_m {
                return false;
            }
            if let Some(next) = stop.next_pose(base, STEP_S) {
                base = next;
            } else if rested_s >= self.standing_for_s {
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
        if self.evasion_s == 0.0 {
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

    /// Smallest gap to a mover while the robot stops and for `evasion_s` after, m.
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

/// A robot among movers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Among<'a> {
    /// The movers, and what stands.
    pub(super) tracks: &'a [Track],
    /// Age of the tracks, s.
    pub(super) late_s: f64,
    /// The footprint. One that is a disc about the axis does not change on the spot.
    pub(super) discs: &'a FootprintDiscs,
    /// Where the robot is.
    pub(super) base: Pose2,
}

impl<'a> Among<'a> {
    /// The robot and the movers of a tick.
    pub(super) fn new(tick: &Tick<'a>, discs: &'a FootprintDiscs) -> Self {
        let snapshot = tick.seen.snapshot;
        Self {
            tracks: &snapshot.tracks,
            late_s: tick.seen.now.secs_since(snapshot.stamp),
            discs,
            base: snapshot.odom_from_base,
        }
    }

    /// Gap between the footprint at `base` and a mover, `ahead_s` from now, m; negative where they
    /// overlap.
    fn gap_m(&self, track: &Track, base: Pose2, ahead_s: f64) -> f64 {
        self.gap_of(track, |offset_m| self.apart(track, offset_m, base, ahead_s))
    }

    /// Smallest gap on the way from a pose at one time to a pose at another, straight between them,
    /// m.
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

    /// The gap of the disc that is nearest, where `apart` has how each disc lies to the mover.
    fn gap_of(&self, track: &Track, apart: impl Fn(f64) -> Vector2) -> f64 {
        let offsets_m = self.discs.offsets_m.iter();
        let squared = offsets_m
            .map(|&offset_m| apart(offset_m).norm_squared())
            .fold(f64::INFINITY, f64::min);
        squared.sqrt() - self.discs.radius_m - track.radius_m
    }

    /// From a disc's middle to the mover, m.
    fn apart(&self, track: &Track, offset_m: f64, base: Pose2, ahead_s: f64) -> Vector2 {
        let mover = track.position + track.velocity * (ahead_s + self.late_s);
        let (sin, cos) = base.yaw.sin_cos();
        mover - Point2::new(base.x + offset_m * cos, base.y + offset_m * sin)
    }
}
