//! One zone of the monitor: the share of a command that it permits.

use perception::{Footprint, Point2, Twist, Vector2};

use super::approach::Approach;
use super::settings::{Travel, ZoneAction, ZoneSettings, ZoneShape};
use super::shape::Shape;
use crate::limits::Limits;

/// A zone with its outline resolved.
#[derive(Debug)]
pub(super) struct Zone {
    name: String,
    is_enabled: bool,
    shape: Shape,
    ahead_m: f64,
    travel: Travel,
    min_points: usize,
    effect: Effect,
}

/// Reaction of a zone, with resolved geometry.
#[derive(Debug)]
enum Effect {
    Scale { factor: f64 },
    Limit { speed_mps: f64, turn_radps: f64 },
    Approach(Approach),
}

impl Zone {
    pub(super) fn new(settings: &ZoneSettings, footprint: &Footprint, limits: &Limits) -> Self {
        Self {
            name: settings.name.clone(),
            is_enabled: settings.enabled,
            shape: Shape::new(&settings.shape, footprint),
            ahead_m: match settings.shape {
                ZoneShape::Footprint { ahead_m, .. } => ahead_m,
                _ => 0.0,
            },
            travel: settings.travel,
            min_points: settings.min_points,
            effect: match settings.action {
                ZoneAction::Stop => Effect::Scale { factor: 0.0 },
                ZoneAction::Slowdown { factor } => Effect::Scale { factor },
                ZoneAction::Limit {
                    speed_max_mps,
                    turn_rate_max_radps,
                } => Effect::Limit {
                    speed_mps: speed_max_mps,
                    turn_radps: turn_rate_max_radps,
                },
                ZoneAction::Approach {
                    time_before_collision_s,
                } => Effect::Approach(Approach::new(time_before_collision_s, limits)),
            },
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Distance from the base up to which points are relevant, m.
    pub(super) fn reach_m(&self) -> f64 {
        let beyond_m = match &self.effect {
            Effect::Approach(approach) => approach.reach_m(),
            _ => self.ahead_m,
        };
        self.shape.extent_m() + beyond_m
    }

    /// The share of the command that may be sent, 0 to 1.
    pub(super) fn share(&mut self, points: &[Point2], command: Twist) -> f64 {
        if !self.is_enabled || !self.concerns(command) {
            return 1.0;
        }
        match &mut self.effect {
            Effect::Approach(approach) => {
                approach.share(&self.shape, points, command, self.min_points)
            }
            Effect::Scale { factor } => {
                let factor = *factor;
                if self.is_occupied(points, command) {
                    factor
                } else {
                    1.0
                }
            }
            Effect::Limit {
                speed_mps,
                turn_radps,
            } => {
                let share = (*speed_mps / command.linear.abs())
                    .min(*turn_radps / command.angular.abs())
                    .min(1.0);
                if share < 1.0 && self.is_occupied(points, command) {
                    share
                } else {
                    1.0
                }
            }
        }
    }

    fn concerns(&self, command: Twist) -> bool {
        let is_direction = match self.travel {
            Travel::Any => true,
            Travel::Forward => command.linear > 0.0,
            Travel::Backward => command.linear < 0.0,
        };
        is_direction && (self.ahead_m == 0.0 || command.linear != 0.0)
    }

    /// True when enough points are inside.
    fn is_occupied(&self, points: &[Point2], command: Twist) -> bool {
        let ahead = Vector2::new(self.ahead_m.copysign(command.linear), 0.0);
        let inside = points
            .iter()
            .filter(|&point| self.shape.signed_distance_m(point - ahead) < 0.0);
        inside.take(self.min_points).count() == self.min_points
    }
}
