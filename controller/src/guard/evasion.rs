//! Out of the way of movers by the policy's own plan, where to brake would be to be hit.
//!
//! ```text
//! gap_i(way)      = min over t ≤ T of | p_disc(t) − (p_i + v_i t) | − r_disc − r_i
//! contact(way)    = the first t with a gap below margin_i = margin + σ_p for some i
//! brake touched   passes where contact(plan) is later than contact(brake) by the time of a stop from the
//!                 speed of the plan then
//! brake unsafe    (some i finds the robot not at rest in time, passive.rs) passes where
//!                 gap_i(plan) ≥ min(margin_i + evasion_gap, gap_i(brake) + gain) for all i
//! ```
//!
//! `brake` is a stop now and standing after it. So along the plan the robot can still stop before it is
//! touched, and no sooner than where it stands. The next tick judges anew; a plan that passed is driven on
//! while it still passes, for a policy may change its mind halfway, where standing is worst.
//!
//! Sources as in [`super::passive`]; Fraichard and Asama, "Inevitable collision states: a step towards
//! safer robots?", 2004, for braking being no safe state among movers.

use perception::{Pose2, Stamp, Track, Twist, wrap_angle};

use super::BrakingTrajectory;
use super::braking::STEP_S;
use super::passive::{Among, PassiveSettings};
use super::tick::Tick;
use crate::policy::Plan;

/// A plan must leave this much more than the brake where it leaves less than the margin, m.
const GAIN_M: f64 = 0.02;
/// Times this near are the same, s.
const SAME_S: f64 = 1e-9;
/// The command is the plan's velocity this long ahead, s: the drive lags.
const LEAD_S: f64 = 0.15;
/// Knots of a plan that there is room for.
const KNOTS: usize = 128;

/// The first time that a mover comes nearer than its margin.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Contact {
    at_s: f64,
    /// Speed of the robot then, m/s.
    robot_mps: f64,
}

impl Contact {
    const NEVER: Self = Self {
        at_s: f64::INFINITY,
        robot_mps: 0.0,
    };

    /// The sooner of two, at the same time the faster.
    fn sooner(self, other: Self) -> Self {
        let is_sooner = other.at_s < self.at_s - SAME_S;
        let is_same = other.at_s <= self.at_s + SAME_S;
        if is_sooner || (is_same && other.robot_mps > self.robot_mps) {
            other
        } else {
            self
        }
    }
}

/// A plan, and since when it is driven.
#[derive(Debug, Clone)]
pub(super) struct Evasion {
    states: Vec<[f64; 5]>,
    dt_s: f64,
    began: Option<Stamp>,
}

impl Evasion {
    pub(super) fn new() -> Self {
        Self {
            states: Vec::with_capacity(KNOTS),
            dt_s: 0.0,
            began: None,
        }
    }

    pub(super) fn end(&mut self) {
        self.began = None;
    }

    /// Takes a policy's plan where it is better than to brake; true if so.
    pub(super) fn begins(
        &mut self,
        settings: &PassiveSettings,
        among: &Among<'_>,
        tick: &Tick<'_>,
        plan: &Plan,
    ) -> bool {
        let way = Way {
            states: &plan.states,
            dt_s: plan.dt_s,
            driven_s: 0.0,
            late_s: tick.brakes.latency_s,
        };
        let is_better = way.passes(settings, among, tick.stop());
        if is_better {
            self.states.clear();
            self.states.extend_from_slice(&plan.states);
            (self.dt_s, self.began) = (plan.dt_s, Some(tick.seen.now));
        }
        is_better
    }

    /// The velocity that the plan goes on with, while it is better than to brake.
    pub(super) fn goes_on(
        &mut self,
        settings: &PassiveSettings,
        among: &Among<'_>,
        tick: &Tick<'_>,
    ) -> Option<Twist> {
        let length_s = self.states.len().saturating_sub(1) as f64 * self.dt_s;
        let driven_s = tick.seen.now.secs_since(self.began?);
        let way = Way {
            states: &self.states,
            dt_s: self.dt_s,
            driven_s,
            late_s: tick.brakes.latency_s,
        };
        let is_under_way = (0.0..length_s).contains(&driven_s);
        if !is_under_way || !way.passes(settings, among, tick.stop()) {
            return None;
        }
        let [.., linear, angular] = state_at(&self.states, self.dt_s, driven_s + LEAD_S);
        Some(Twist::new(linear, angular))
    }
}

/// A plan as it will be driven.
#[derive(Debug, Clone, Copy)]
struct Way<'a> {
    states: &'a [[f64; 5]],
    dt_s: f64,
    /// How much of it lies behind, s.
    driven_s: f64,
    /// Time until the robot is where the plan has it now, s.
    late_s: f64,
}

impl Way<'_> {
    /// True when it is better to drive it than to brake.
    fn passes(
        &self,
        settings: &PassiveSettings,
        among: &Among<'_>,
        brake: BrakingTrajectory,
    ) -> bool {
        if settings.evasion_s == 0.0 || self.states.len() < 2 {
            return false;
        }
        let moving = |track: &&Track| track.moves(settings.speed_min_mps);
        let (mut is_safe, mut clears_wide) = (true, true);
        let (mut braked, mut driven) = (Contact::NEVER, Contact::NEVER);
        for track in among.tracks.iter().filter(moving) {
            let margin_m = settings.margin_m + track.position_sd_m;
            let ahead_s = settings.evasion_s;
            let (brake_m, touch) = among.braked(track, brake, [ahead_s, margin_m]);
            braked = braked.sooner(touch);
            let (drive_m, touch) = among.driven(track, self, [ahead_s, margin_m]);
            driven = driven.sooner(touch);
            is_safe &= settings.rests_in_time(track, among, brake);
            clears_wide &= drive_m >= (margin_m + settings.evasion_gap_m).min(brake_m + GAIN_M);
        }
        if braked.at_s.is_finite() {
            driven.at_s >= braked.at_s + STEP_S.max(brake.time_from_s(driven.robot_mps)) - SAME_S
        } else {
            !is_safe && clears_wide
        }
    }

    /// Where the robot, now at `base`, will be.
    fn pose_at(&self, base: Pose2, time_s: f64) -> Pose2 {
        let pose = |time_s: f64| {
            let [x, y, yaw, ..] = state_at(self.states, self.dt_s, self.driven_s + time_s);
            Pose2::new(x, y, yaw)
        };
        if time_s >= self.late_s {
            return pose(time_s - self.late_s);
        }
        let (first, share) = (pose(0.0), time_s / self.late_s);
        Pose2::new(
            base.x + share * (first.x - base.x),
            base.y + share * (first.y - base.y),
            base.yaw + share * wrap_angle(first.yaw - base.yaw),
        )
    }
}

/// State of a plan at a time after its first, its last one ever after.
fn state_at(states: &[[f64; 5]], dt_s: f64, time_s: f64) -> [f64; 5] {
    let last = states.len() - 1;
    let knot = (time_s / dt_s.max(1e-9)).clamp(0.0, last as f64);
    let k = (knot as usize).min(last.saturating_sub(1));
    let share = knot - k as f64;
    let (from, to) = (states[k], states[(k + 1).min(last)]);
    let mut state = [0.0; 5];
    for (axis, value) in state.iter_mut().enumerate() {
        let step = to[axis] - from[axis];
        let step = if axis == 2 { wrap_angle(step) } else { step };
        *value = from[axis] + share * step;
    }
    state
}

impl Among<'_> {
    /// How near a mover comes while the robot brakes and for the rest of `ahead_s`, m, and when it is
    /// nearer than `margin_m`.
    fn braked(
        &self,
        track: &Track,
        mut brake: BrakingTrajectory,
        within: [f64; 2],
    ) -> (f64, Contact) {
        let mut base = self.base;
        self.approach(track, within, |_| {
            if let Some(next) = brake.next_pose(base, STEP_S) {
                base = next;
            }
            base
        })
    }

    /// The same along a way.
    fn driven(&self, track: &Track, way: &Way<'_>, within: [f64; 2]) -> (f64, Contact) {
        self.approach(track, within, |time_s| way.pose_at(self.base, time_s))
    }

    fn approach(
        &self,
        track: &Track,
        [ahead_s, margin_m]: [f64; 2],
        mut next: impl FnMut(f64) -> Pose2,
    ) -> (f64, Contact) {
        let (mut nearest_m, mut contact) = (f64::INFINITY, Contact::NEVER);
        let (mut base, mut elapsed_s) = (self.base, 0.0);
        while elapsed_s < ahead_s {
            let to = (next(elapsed_s + STEP_S), elapsed_s + STEP_S);
            let gap_m = self.gap_between_m(track, (base, elapsed_s), to);
            nearest_m = nearest_m.min(gap_m);
            if gap_m < margin_m {
                let robot = (to.0.position() - base.position()) / STEP_S;
                contact = contact.sooner(Contact {
                    at_s: elapsed_s,
                    robot_mps: robot.norm(),
                });
            }
            (base, elapsed_s) = to;
        }
        (nearest_m, contact)
    }
}
