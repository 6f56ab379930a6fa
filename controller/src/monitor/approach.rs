//! Time to contact along an arc, and the largest share of a command that stops before the contact.
//!
//! At a share `s` of the command the robot reaches the pose of contact, which lies `t_c` seconds
//! along the arc at full command, unless it stops before. With the reaction `T` and the time `B` in
//! which it brakes from the full command,
//!
//! ```text
//! stopping distance at s, in seconds of the full command     s (T + s B / 2)
//! largest share that stops before the contact                s = (√(T² + 2 B t_c) − T) / B
//! ```
//!
//! With `B = 0` this is Nav2's rule `s = t_c / T`.

use perception::{Point2, Pose2, Twist};

use super::shape::Shape;
use crate::limits::Limits;

/// Step along the arc, m of the outermost point of the shape.
const STEP_M: f64 = 0.02;
/// Maximum number of steps along an arc.
const STEPS_MAX: usize = 400;
/// Bisections of the step that contains the contact.
const HALVINGS: usize = 4;
/// Increase of depth at which a point that is inside from the start counts as a contact, m.
const DEEPER_M: f64 = 1e-3;

/// Forward simulation of a motion with the shape of a zone.
#[derive(Debug)]
pub(super) struct Approach {
    time_before_collision_s: f64,
    deceleration_mps2: f64,
    turn_deceleration_radps2: f64,
    /// Maximum simulated time, s.
    horizon_max_s: f64,
    speed_max_mps: f64,
    near: Vec<Candidate>,
}

/// A scan point within reach of the motion, and its current distance from the shape, m.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    point: Point2,
    distance_m: f64,
}

impl Approach {
    pub(super) fn new(time_before_collision_s: f64, limits: &Limits) -> Self {
        let speed_max_mps = limits.speed_max_mps.max(limits.reverse_speed_max_mps);
        let mut this = Self {
            time_before_collision_s,
            deceleration_mps2: limits.deceleration_max_mps2,
            turn_deceleration_radps2: limits.turn_acceleration_max_radps2,
            horizon_max_s: 0.0,
            speed_max_mps,
            near: Vec::new(),
        };
        let fastest = Twist::new(speed_max_mps, limits.turn_rate_max_radps);
        this.horizon_max_s = time_before_collision_s + 0.5 * this.braking_s(fastest);
        this
    }

    /// Distance from the shape up to which points are relevant, m.
    pub(super) fn reach_m(&self) -> f64 {
        self.speed_max_mps * self.horizon_max_s
    }

    /// Largest share of `motion` that stops before `min_points` points are inside the shape, 0 to
    /// 1.
    pub(super) fn share(
        &mut self,
        shape: &Shape,
        points: &[Point2],
        motion: Twist,
        min_points: usize,
    ) -> f64 {
        let (reaction_s, braking_s) = (self.time_before_collision_s, self.braking_s(motion));
        // commands beyond the limits: simulated only as far as points are kept
        let horizon_s = (reaction_s + 0.5 * braking_s).min(self.horizon_max_s);
        let Some(contact_s) = self.contact_s(shape, points, motion, horizon_s, min_points) else {
            return 1.0;
        };
        let share = if braking_s > 0.0 {
            let root = (reaction_s * reaction_s + 2.0 * braking_s * contact_s).sqrt();
            (root - reaction_s) / braking_s
        } else {
            contact_s / reaction_s
        };
        share.clamp(0.0, 1.0)
    }

    /// Braking time from a motion, s.
    fn braking_s(&self, motion: Twist) -> f64 {
        let speed_s = motion.linear.abs() / self.deceleration_mps2;
        let turn_s = motion.angular.abs() / self.turn_deceleration_radps2;
        speed_s.max(turn_s)
    }

    /// Time until enough points are inside, s; `None` without contact within the horizon.
    fn contact_s(
        &mut self,
        shape: &Shape,
        points: &[Point2],
        motion: Twist,
        horizon_s: f64,
        min_points: usize,
    ) -> Option<f64> {
        let extent_m = shape.extent_m();
        let reach_m = extent_m + motion.linear.abs() * horizon_s;
        self.near.clear();
        self.near.extend(
            points
                .iter()
                .filter(|point| point.coords.norm() <= reach_m)
                .map(|&point| Candidate {
                    point,
                    distance_m: shape.signed_distance_m(point),
                }),
        );
        if self.near.len() < min_points {
            return None;
        }
        let outermost_m = (motion.linear.abs() + motion.angular.abs() * extent_m) * horizon_s;
        let steps = ((outermost_m / STEP_M).ceil() as usize).clamp(1, STEPS_MAX);
        let step_s = horizon_s / steps as f64;
        let touches = |at_s: f64| self.touches(shape, motion, at_s, min_points);
        let first = (1..=steps).find(|&step| touches(step as f64 * step_s))?;
        let (mut free_s, mut touching_s) = ((first - 1) as f64 * step_s, first as f64 * step_s);
        for _ in 0..HALVINGS {
            let middle_s = 0.5 * (free_s + touching_s);
            if touches(middle_s) {
                touching_s = middle_s;
            } else {
                free_s = middle_s;
            }
        }
        Some(free_s)
    }

    /// True when enough points are inside after a time, and deeper than they are now.
    fn touches(&self, shape: &Shape, motion: Twist, at_s: f64, min_points: usize) -> bool {
        let then_from_now = Pose2::exp(motion, at_s).inverse();
        let inside = self.near.iter().filter(|candidate| {
            let distance_m = shape.signed_distance_m(then_from_now * candidate.point);
            distance_m < 0.0 && distance_m < candidate.distance_m - DEEPER_M
        });
        inside.take(min_points).count() == min_points
    }
}
