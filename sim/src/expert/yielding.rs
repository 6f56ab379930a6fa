//! Motion among pedestrians: the best of many sampled rollouts.
//!
//! ```text
//! min over (offset o, speed s)   T(x_N) + Σ_k dt [ w_p m_k (0.5 − g_k)₊² + w_s v_k² (1 − g_k)₊
//!                                   + w_w (c⁰ − c_k)₊² + w_r min(2 (1.25 − g_k)₊, 1)
//!                                   + w_a a_k² + w_α α_k² + w_t min(T(x_k), 1 m) ]
//! g_k = min over pedestrians |p_k − [h(t_k), h(t_k + 0.5 s)]| − radii
//! m_k = σ + (1 − σ) v_k / v_max
//! ```
//!
//! Each motion follows the path over the ground-truth map with a lateral offset `o` at a speed `s`,
//! some with a slower first part. `T` is the cost-to-go, `c` the clearance on the ground-truth map,
//! and `h` the predicted position of a pedestrian without the robot: a yielding robot must not rely
//! on pedestrians to yield. A pedestrian occupies the segment of its next 0.5 s, so that the robot
//! passes behind it. The dynamics are those of the controller's plans.
//!
//! At corners the distance is 1.2 m instead of 0.5 m, with other weights: see [`Norm`].
//!
//! The resulting norm: keep 0.5 m where there is room; otherwise wait or drive slowly; slow down
//! early; pass behind pedestrians; and stay in their personal space (1.2 m, Hall 1966) only as long
//! as passing takes, so that the robot does not follow closely.

use controller::{Limits, PaceSettings, Plan};
use perception::{Point2, Pose2, Twist, Vector2, wrap_angle};

use super::marching::CostToGo;
use crate::crowd::Companion;

/// Time step of motions and predictions, s.
pub const STEP_S: f64 = 0.1;
/// States of a motion that are evaluated.
pub const STEPS: usize = 40;
/// Length of the segment that a pedestrian occupies ahead, steps.
const STRIDE: usize = 5;
/// Distance within which the robot passes pedestrians slowly, m.
const SLOW_M: f64 = 1.0;
/// Desired clearance from static obstacles, m.
const WALL_M: f64 = 0.15;
/// Weights of clearance, linear and angular acceleration.
const WALL_WEIGHT: f64 = 60.0;
const INPUT_WEIGHT: [f64; 2] = [0.05, 0.02];
/// Outer border of the priced personal space, m (Hall, "The hidden dimension", 1966: 1.2 m).
const PERSONAL_M: f64 = 1.25;
/// Width of the border over which its price increases, m.
const BORDER_M: f64 = 0.5;
/// Price of a second, reduced within 1 m of the goal: of motions that end equally far, the earlier
/// one is better.
const TIME_PRICE: f64 = 0.5;
/// Additional price of a second of contact.
const CONTACT_PRICE: f64 = 40.0;
/// Gap that counts as contact, a margin for errors of the prediction, m.
const CONTACT_M: f64 = 0.1;
/// Minimum improvement for a change of the motion.
const CHANGE_PRICE: f64 = 0.05;
/// Lateral offsets from the path, m.
const SIDES_M: [f64; 9] = [0.0, 0.25, -0.25, 0.5, -0.5, 0.8, -0.8, 1.2, -1.2];
/// Shares of the maximum speed: at first, duration (s), and after it.
const SPEEDS: [[f64; 3]; 14] = [
    [1.0, 0.0, 1.0],
    [0.75, 9.0, 0.75],
    [0.5, 9.0, 0.5],
    [0.25, 9.0, 0.25],
    [0.0, 9.0, 0.0],
    [0.0, 1.0, 1.0],
    [0.0, 2.0, 1.0],
    [0.3, 1.0, 1.0],
    [0.3, 2.0, 1.0],
    [0.6, 1.0, 1.0],
    [0.6, 2.0, 1.0],
    // wait aside
    [0.5, 0.8, 0.0],
    [0.5, 1.6, 0.0],
    [1.0, 1.2, 0.0],
];
/// Look-ahead distance of the steering point, m.
const LOOK_AHEAD_M: f64 = 0.8;
/// Gain from velocity error to acceleration, 1/s.
const FOLLOW_PER_S: f64 = 3.0;
/// Gain from heading error to turning rate, 1/s.
const STEER_PER_S: f64 = 2.0;
/// Distance at which the end of the path counts as reached, m.
const AT_END_M: f64 = 0.2;
/// Share of the limits that motions use.
const EFFORT: f64 = 0.9;

/// Inputs of the evaluation of motions.
pub(super) struct Judge<'a> {
    pub cost_to_go: &'a CostToGo,
    pub companions: &'a [Companion],
    /// Maximum speed at every point of the path, m/s; empty without a limit.
    pub sight_mps: &'a [f64],
    /// Age of the observation of pedestrians, s.
    pub age_s: f64,
    pub limits: &'a Limits,
    pub pace: &'a PaceSettings,
    pub radius_m: f64,
    pub norm: &'a Norm,
    pub dt_s: f64,
}

/// Distances and weights regarding pedestrians.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Norm {
    /// Desired distance from pedestrians, m.
    keep_m: f64,
    /// Weights of nearness, and of speed near pedestrians.
    people_weight: f64,
    slow_weight: f64,
    /// Share of the price of nearness that remains for a robot at rest.
    standing_share: f64,
    /// Price of a second in the personal space.
    personal_price: f64,
}

impl Norm {
    /// For open space, where pedestrians are visible from afar.
    pub const OPEN: Self = Self {
        keep_m: 0.5,
        people_weight: 40.0,
        slow_weight: 1.0,
        standing_share: 0.5,
        personal_price: 8.0,
    };
    /// For corners, where pedestrians come into sight late: larger distances.
    pub const CORNER: Self = Self {
        keep_m: 1.2,
        people_weight: 80.0,
        slow_weight: 1.0,
        standing_share: 0.9,
        personal_price: 0.0,
    };
}

/// State of a rollout, world frame.
#[derive(Debug, Clone, Copy)]
struct Motion {
    base: Pose2,
    speed: f64,
    turn_rate: f64,
}

/// Selects motions, with hysteresis in favour of the last one.
#[derive(Debug, Clone, Default)]
pub(super) struct Yielding {
    last: Option<(usize, usize)>,
    plan: Plan,
    best: Plan,
}

impl Yielding {
    pub fn reset(&mut self) {
        self.last = None;
    }

    /// The best motion of `horizon` steps along a path, from `base` at `velocity`; world frame.
    pub fn choose(
        &mut self,
        judge: &Judge<'_>,
        way: &[Point2],
        base: Pose2,
        velocity: Twist,
        horizon: usize,
    ) -> &Plan {
        let mut least = f64::INFINITY;
        let last = self.last;
        for (side, &side_m) in SIDES_M.iter().enumerate() {
            for (profile, speeds) in SPEEDS.iter().enumerate() {
                let start = Motion {
                    base,
                    speed: velocity.linear,
                    turn_rate: velocity.angular,
                };
                let mut cost = judge.play(start, way, side_m, speeds, horizon, &mut self.plan);
                if last.is_some_and(|last| last != (side, profile)) {
                    cost += CHANGE_PRICE;
                }
                if cost < least {
                    least = cost;
                    self.last = Some((side, profile));
                    std::mem::swap(&mut self.plan, &mut self.best);
                }
            }
        }
        &self.best
    }
}

impl Judge<'_> {
    /// Simulates a motion, writes its first `horizon` steps and returns its cost.
    fn play(
        &self,
        mut motion: Motion,
        way: &[Point2],
        side_m: f64,
        speeds: &[f64; 3],
        horizon: usize,
        plan: &mut Plan,
    ) -> f64 {
        plan.dt_s = self.dt_s;
        plan.states.clear();
        plan.inputs.clear();
        plan.states.push(motion.state());
        let mut cost = 0.0;
        let mut at = 0;
        for step in 0..STEPS.max(horizon) {
            at = nearest_from(way, at, motion.base.position());
            let t_s = step as f64 * self.dt_s;
            let share = if t_s < speeds[1] {
                speeds[0]
            } else {
                speeds[2]
            };
            let input = self.steer(&motion, way, at, side_m, share * self.limits.speed_max_mps);
            motion = motion.moved(input, self.dt_s);
            if step < horizon {
                plan.inputs.push(input);
                plan.states.push(motion.state());
            }
            cost += self.dt_s * self.rate(&motion, input, t_s + self.dt_s);
        }
        let left = self.cost_to_go.cost_from(motion.base.position());
        cost + if left.is_finite() { left } else { 1e6 }
    }

    /// Cost rate of a state, 1/s.
    fn rate(&self, motion: &Motion, [a, alpha]: [f64; 2], t_s: f64) -> f64 {
        let place = motion.base.position();
        let mut rate = INPUT_WEIGHT[0] * a * a + INPUT_WEIGHT[1] * alpha * alpha;
        let wall = WALL_M - (self.cost_to_go.distance_m(place) - self.radius_m);
        rate += TIME_PRICE * self.cost_to_go.cost_from(place).min(1.0);
        rate += WALL_WEIGHT * wall.max(0.0).powi(2);
        if wall > WALL_M {
            rate += CONTACT_PRICE;
        }
        let gap = self.gap_m(place, t_s);
        // a robot at rest is passed easily; a moving one obstructs
        let moving = (motion.speed.abs() / self.limits.speed_max_mps).min(1.0);
        let standing = self.norm.standing_share;
        let share = standing + (1.0 - standing) * moving;
        rate += share * self.norm.people_weight * (self.norm.keep_m - gap).max(0.0).powi(2);
        rate += self.norm.personal_price * ((PERSONAL_M - gap) / BORDER_M).clamp(0.0, 1.0);
        rate += self.norm.slow_weight
            * motion.speed
            * motion.speed
            * (1.0 - gap / SLOW_M).clamp(0.0, 1.0);
        if gap < CONTACT_M {
            rate += share * CONTACT_PRICE;
        }
        rate
    }

    /// Distance to the nearest segment occupied by a pedestrian at a time from now, m.
    fn gap_m(&self, place: Point2, t_s: f64) -> f64 {
        let step = ((t_s + self.age_s) / STEP_S).round() as usize;
        self.companions
            .iter()
            .filter_map(|companion| {
                let here = *companion.coming.get(step)?;
                let next = companion.coming.get(step + STRIDE).unwrap_or(&here);
                Some(to_piece_m(here, *next, place) - self.radius_m - companion.body.radius_m)
            })
            .fold(f64::INFINITY, f64::min)
    }

    /// Accelerations toward the path with its lateral offset.
    fn steer(
        &self,
        motion: &Motion,
        way: &[Point2],
        at: usize,
        side_m: f64,
        speed_mps: f64,
    ) -> [f64; 2] {
        let limits = self.limits;
        let place = motion.base.position();
        let (aim, left_m) = ahead(way, at, side_m);
        let is_there = left_m < AT_END_M;
        let to_aim = aim - place;
        let error = if is_there {
            0.0
        } else {
            wrap_angle(to_aim.y.atan2(to_aim.x) - motion.base.yaw)
        };
        let stopping = if is_there {
            0.0
        } else {
            (2.0 * EFFORT * limits.deceleration_max_mps2 * left_m).sqrt()
        };
        let ahead = (1.5 * error.cos() - 0.5).max(0.0);
        let sight = self.sight_mps.get(at).copied().unwrap_or(f64::INFINITY);
        let pace = self.pace_mps(place).min(sight);
        let speed = speed_mps.min(pace).min(stopping) * ahead;
        let turn_max = EFFORT * limits.turn_rate_max_radps;
        let turn = (STEER_PER_S * error).clamp(-turn_max, turn_max);
        let a = FOLLOW_PER_S * (speed - motion.speed);
        let alpha = FOLLOW_PER_S * (turn - motion.turn_rate);
        let alpha_max = EFFORT * limits.turn_acceleration_max_radps2;
        [
            a.clamp(
                -EFFORT * limits.deceleration_max_mps2,
                EFFORT * limits.acceleration_max_mps2,
            ),
            alpha.clamp(-alpha_max, alpha_max),
        ]
    }

    /// Maximum speed at a place: lower where it is narrow.
    fn pace_mps(&self, place: Point2) -> f64 {
        let pace = self.pace;
        let open = (self.cost_to_go.distance_m(place) - pace.narrow_clearance_m)
            / (pace.open_clearance_m - pace.narrow_clearance_m);
        let narrow = pace.narrow_speed_mps.min(self.limits.speed_max_mps);
        narrow + open.clamp(0.0, 1.0) * (self.limits.speed_max_mps - narrow)
    }
}

impl Motion {
    fn state(&self) -> [f64; 5] {
        let base = self.base;
        [base.x, base.y, base.yaw, self.speed, self.turn_rate]
    }

    /// The step of `controller::Unicycle`.
    fn moved(&self, [a, alpha]: [f64; 2], dt_s: f64) -> Self {
        let forward = self.base.rotate(Vector2::new(self.speed, 0.0));
        Self {
            base: Pose2::new(
                self.base.x + dt_s * forward.x,
                self.base.y + dt_s * forward.y,
                wrap_angle(self.base.yaw + dt_s * self.turn_rate),
            ),
            speed: self.speed + dt_s * a,
            turn_rate: self.turn_rate + dt_s * alpha,
        }
    }
}

/// The nearest point of a path to a place, searched from an index while the distance decreases.
fn nearest_from(way: &[Point2], from: usize, place: Point2) -> usize {
    let mut at = from;
    while at + 1 < way.len() && (way[at + 1] - place).norm() <= (way[at] - place).norm() {
        at += 1;
    }
    at
}

/// The look-ahead point on a path with a lateral offset to the left, and the remaining length, m.
fn ahead(way: &[Point2], at: usize, side_m: f64) -> (Point2, f64) {
    let mut walked_m = 0.0;
    let mut index = at;
    while index + 1 < way.len() && walked_m < LOOK_AHEAD_M {
        walked_m += (way[index + 1] - way[index]).norm();
        index += 1;
    }
    let left_m: f64 = walked_m
        + way[index..]
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).norm())
            .sum::<f64>();
    let along = (way[index] - way[at]).try_normalize(1e-6);
    let aside = along.map_or(Vector2::zeros(), |along| {
        Vector2::new(-along.y, along.x) * (side_m * (0.5 * left_m).min(1.0))
    });
    (way[index] + aside, left_m)
}

/// Distance from a place to a segment, m.
fn to_piece_m(from: Point2, to: Point2, place: Point2) -> f64 {
    let along = to - from;
    let share = (place - from).dot(&along) / along.norm_squared().max(1e-12);
    (from + along * share.clamp(0.0, 1.0) - place).norm()
}
