//! The outline of the robot, divided into parts.

use std::f64::consts::{PI, TAU};

use perception::{Footprint, Point2};

/// Length of a part of the outline, m.
const PART_M: f64 = 0.06;
/// Minimum number of parts.
const PARTS_MIN: usize = 16;
/// Maximum slip of a robot that turns on the spot, m.
const DRIFT_M: f64 = 0.03;
/// Maximum number of parts.
const PARTS_MAX: usize = 256;

/// An outline divided into parts, each of which is checked by itself.
#[derive(Debug, Clone)]
pub(crate) struct Outline {
    /// Corners, counter-clockwise; empty for a disc.
    corners: Vec<Point2>,
    radius_m: f64,
    turning_drift_m: f64,
    /// First part of each edge, and the number of parts after the last.
    first_parts: Vec<usize>,
    /// Start points of the parts.
    points: Vec<Point2>,
}

impl Outline {
    pub(crate) fn new(footprint: &Footprint) -> Self {
        let radius_m = footprint.circumscribed_radius_m();
        let [back_m, front_m] = footprint.reach_x_m();
        let corners = footprint.corners();
        let (mut first_parts, mut points) = (vec![0], Vec::new());
        if corners.is_empty() {
            let count = ((TAU * radius_m / PART_M).ceil() as usize).clamp(PARTS_MIN, PARTS_MAX);
            points.extend((0..count).map(|part| {
                let angle = TAU * part as f64 / count as f64 - PI;
                Point2::new(radius_m * angle.cos(), radius_m * angle.sin())
            }));
            first_parts.push(count);
        } else {
            let edges_m = (0..corners.len()).map(|index| {
                let to = corners[(index + 1) % corners.len()];
                (to - corners[index]).norm()
            });
            // longer parts if there would be too many: each edge may have one that is shorter
            let part_m = PART_M.max(edges_m.sum::<f64>() / (PARTS_MAX - corners.len()) as f64);
            for (index, &from) in corners.iter().enumerate() {
                let along = corners[(index + 1) % corners.len()] - from;
                let count = ((along.norm() / part_m).ceil() as usize).max(1);
                points.extend((0..count).map(|part| from + along * (part as f64 / count as f64)));
                first_parts.push(points.len());
            }
        }
        Self {
            corners,
            radius_m,
            turning_drift_m: (radius_m - front_m.max(-back_m)).max(DRIFT_M),
            first_parts,
            points,
        }
    }

    /// Points on the outline, base frame, at most [`PART_M`] apart up to a perimeter of 14 m.
    pub(crate) fn points(&self) -> &[Point2] {
        &self.points
    }

    /// Number of parts.
    pub(crate) fn parts(&self) -> usize {
        self.points.len()
    }

    /// Circumscribed radius about the base, m.
    pub(crate) fn radius_m(&self) -> f64 {
        self.radius_m
    }

    /// Maximum distance of the base from a pose while the robot counts as turning there, m: the gap
    /// between the circumscribed circle and the front or the rear, whichever is less.
    pub(crate) fn turning_drift_m(&self) -> f64 {
        self.turning_drift_m
    }

    /// Distance from the outline to a point of the base frame, m, negative inside, and the part
    /// that is nearest.
    pub(crate) fn nearest(&self, point: Point2) -> (f64, usize) {
        if self.corners.is_empty() {
            let turn = (point.y.atan2(point.x) + PI) / TAU;
            let part = (turn * self.parts() as f64) as usize;
            return (
                point.coords.norm() - self.radius_m,
                part.min(self.parts() - 1),
            );
        }
        let (mut nearest, mut part, mut is_inside) = (f64::INFINITY, 0, false);
        for (index, &from) in self.corners.iter().enumerate() {
            let to = self.corners[(index + 1) % self.corners.len()];
            let (along, offset) = (to - from, point - from);
            let share = (offset.dot(&along) / along.norm_squared()).clamp(0.0, 1.0);
            let squared = (offset - along * share).norm_squared();
            if squared < nearest {
                nearest = squared;
                let (first, next) = (self.first_parts[index], self.first_parts[index + 1]);
                part = (first + (share * (next - first) as f64) as usize).min(next - 1);
            }
            if (from.y > point.y) != (to.y > point.y) {
                let crossing = from.x + (point.y - from.y) / along.y * along.x;
                is_inside ^= point.x < crossing;
            }
        }
        let distance = nearest.sqrt();
        (if is_inside { -distance } else { distance }, part)
    }

    /// Distance from the outline to a point of the base frame, m, negative inside.
    pub(crate) fn distance_m(&self, point: Point2) -> f64 {
        if self.corners.is_empty() {
            point.coords.norm() - self.radius_m
        } else {
            self.nearest(point).0
        }
    }
}
