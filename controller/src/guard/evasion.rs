//! Evasion of moving objects along the plan of the policy, when braking would end in a contact.
//!
//! ```text
//! gap_i(motion)     = min over t ≤ T of | p_disc(t) − (p_i + v_i t) | − r_disc − r_i
//! contact(motion)   = the first t with a gap below margin_i = margin + σ_p for some i
//! clears(plan, s)   = the gap to each i is at least margin_i + s t at every t ≤ T
//! stops             = the stop after the command ends before the robust contact (passive.rs)
//!
//! contact(brake) finite: the plan passes if
//!                   clears(plan, evasion_pass_spread), or
//!                   stops, and contact(plan) is later than contact(brake) by at least the time of
//!                   a stop from the speed of the plan at its contact
//! brake not passively safe for some i (passive.rs): the plan passes if
//!                   gap_i(plan) ≥ min(margin_i + evasion_gap, gap_i(brake) + gain) for all i, and
//!                   stops or clears(plan, evasion_spread)
//! ```
//!
//! `brake` is a stop now, followed by rest. Along an accepted plan the robot can therefore still
//! stop before a contact, or passes all objects with a margin for changes of their velocity. That
//! margin is smaller where the object would otherwise hit the robot at rest. Every tick evaluates
//! the plan again. An accepted plan is followed while it still passes, because the policy may
//! change its plan halfway, where a robot at rest is most exposed.
//!
//! Sources as in [`super::passive`]; Fraichard and Asama, "Inevitable collision states: a step
//! towards safer robots?", 2004: among moving objects a robot at rest is not in a safe state by
//! itself.

use perception::{Pose2, Stamp, Track, Twist, wrap_angle};

use super::BrakingTrajectory;
use super::braking::STEP_S;
use super::passive::{Among, PassiveSettings};
use super::tick::Tick;
use crate::limits::Limits;
use crate::policy::Plan;

/// Minimum gain in gap of a plan over the brake, for a plan that leaves less than the margin, m.
const GAIN_M: f64 = 0.02;
/// Tolerance of comparisons of times, s.
const SAME_S: f64 = 1e-9;
/// Lookahead at which the velocity of the plan becomes the command, s: compensates the drive lag.
const LEAD_S: f64 = 0.15;
/// Capacity in knots of the stored plan.
const KNOTS: usize = 128;

/// The first time at which a moving object comes nearer than its margin.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Contact {
    at_s: f64,
    /// Speed of the robot at the contact, m/s.
    robot_mps: f64,
}

impl Contact {
    const NEVER: Self = Self {
        at_s: f64::INFINITY,
        robot_mps: 0.0,
    };

    /// The earlier of two contacts; of simultaneous ones that at the higher speed.
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

/// Predicted motion of the robot relative to one moving object.
#[derive(Debug, Clone, Copy)]
struct Encounter {
    /// Smallest gap, m.
    gap_m: f64,
    contact: Contact,
    /// Largest growth rate of the margin that the gaps exceed at every time, m/s.
    spread_mps: f64,
}

/// The plan that is followed for evasion, and the time at which it began.
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

    /// Stores the plan of the policy if it is safer than braking; true if so.
    pub(super) fn begins(
        &mut self,
        settings: &PassiveSettings,
        among: &Among<'_>,
        tick: &Tick<'_>,
        command: Twist,
        plan: &Plan,
    ) -> bool {
        let way = Way {
            states: &plan.states,
            dt_s: plan.dt_s,
            driven_s: 0.0,
            late_s: tick.brakes.latency_s,
        };
        let is_better = way.passes(settings, among, tick, command);
        if is_better {
            self.states.clear();
            self.states.extend_from_slice(&plan.states);
            (self.dt_s, self.began) = (plan.dt_s, Some(tick.seen.now));
        }
        is_better
    }

    /// The next command along the stored plan within the limits, while the plan is safer than
    /// braking.
    pub(super) fn goes_on(
        &mut self,
        settings: &PassiveSettings,
        among: &Among<'_>,
        tick: &Tick<'_>,
        limits: &Limits,
    ) -> Option<Twist> {
        let length_s = self.states.len().saturating_sub(1) as f64 * self.dt_s;
        let driven_s = tick.seen.now.secs_since(self.began?);
        if !(0.0..length_s).contains(&driven_s) {
            return None;
        }
        let [.., linear, angular] = state_at(&self.states, self.dt_s, driven_s + LEAD_S);
        let command = limits.within(Twist::new(linear, angular), tick.last, tick.elapsed_s);
        let way = Way {
            states: &self.states,
            dt_s: self.dt_s,
            driven_s,
            late_s: tick.brakes.latency_s,
        };
        way.passes(settings, among, tick, command)
            .then_some(command)
    }
}

/// Predicted execution of a plan.
#[derive(Debug, Clone, Copy)]
struct Way<'a> {
    states: &'a [[f64; 5]],
    dt_s: f64,
    /// Time already executed, s.
    driven_s: f64,
    /// Time until the robot reaches the current pose of the plan, s.
    late_s: f64,
}

impl Way<'_> {
    /// True when executing the plan, `command` now, is safer than braking.
    fn passes(
        &self,
        settings: &PassiveSettings,
        among: &Among<'_>,
        tick: &Tick<'_>,
        command: Twist,
    ) -> bool {
        if settings.evasion_s == 0.0 || self.states.len() < 2 {
            return false;
        }
        let brake = tick.stop();
        let moving = |track: &&Track| track.moves(settings.speed_min_mps);
        let (mut is_safe, mut clears_wide) = (true, true);
        let (mut braked, mut driven) = (Contact::NEVER, Contact::NEVER);
        let mut spread_mps = f64::INFINITY;
        for track in among.tracks.iter().filter(moving) {
            let margin_m = settings.margin_m + track.position_sd_m;
            let within = [settings.evasion_s, margin_m];
            let (stay, drive) = (
                among.braked(track, brake, within),
                among.driven(track, self, within),
            );
            braked = braked.sooner(stay.contact);
            driven = driven.sooner(drive.contact);
            spread_mps = spread_mps.min(drive.spread_mps);
            is_safe &= settings.rests_in_time(track, among, brake);
            clears_wide &=
                drive.gap_m >= (margin_m + settings.evasion_gap_m).min(stay.gap_m + GAIN_M);
        }
        let stops = || settings.rests_untouched(among, tick.after(command));
        if braked.at_s.is_finite() {
            let stop_s = brake.time_from_s(driven.robot_mps) + settings.evasion_rest_s;
            let is_later = driven.at_s >= braked.at_s + stop_s - SAME_S;
            spread_mps >= settings.evasion_pass_spread_mps || (is_later && stops())
        } else {
            !is_safe && clears_wide && (spread_mps >= settings.evasion_spread_mps || stops())
        }
    }

    /// Predicted pose after `time_s` of the robot that is now at `base`.
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

/// State of a plan at a time after its start, interpolated; constant after the last state.
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
    /// The encounter while the robot brakes and rests. `within` holds the time ahead, s, and the
    /// margin below which a gap is a contact, m.
    fn braked(&self, track: &Track, mut brake: BrakingTrajectory, within: [f64; 2]) -> Encounter {
        let mut base = self.base;
        self.approach(track, within, |_| {
            if let Some(next) = brake.next_pose(base, STEP_S) {
                base = next;
            }
            base
        })
    }

    /// The encounter, as [`Self::braked`], along a plan.
    fn driven(&self, track: &Track, way: &Way<'_>, within: [f64; 2]) -> Encounter {
        self.approach(track, within, |time_s| way.pose_at(self.base, time_s))
    }

    fn approach(
        &self,
        track: &Track,
        [ahead_s, margin_m]: [f64; 2],
        mut next: impl FnMut(f64) -> Pose2,
    ) -> Encounter {
        let mut met = Encounter {
            gap_m: f64::INFINITY,
            contact: Contact::NEVER,
            spread_mps: f64::INFINITY,
        };
        let (mut base, mut elapsed_s) = (self.base, 0.0);
        while elapsed_s < ahead_s {
            let to = (next(elapsed_s + STEP_S), elapsed_s + STEP_S);
            let gap_m = self.gap_between_m(track, (base, elapsed_s), to);
            met.gap_m = met.gap_m.min(gap_m);
            if gap_m < margin_m {
                let robot = (to.0.position() - base.position()) / STEP_S;
                met.contact = met.contact.sooner(Contact {
                    at_s: elapsed_s,
                    robot_mps: robot.norm(),
                });
                met.spread_mps = f64::NEG_INFINITY;
            } else if elapsed_s > 0.0 {
                met.spread_mps = met.spread_mps.min((gap_m - margin_m) / elapsed_s);
            }
            (base, elapsed_s) = to;
        }
        met
    }
}
