//! Exact clearance of the robot from the nearest obstacle.

use perception::{Footprint, Point2, Pose2, Vector2};

use super::{Material, World};

/// Gap between the robot and its nearest obstacle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// Minimum distance between the outlines, m; 0 or below in contact. A negative value is only a
    /// rough penetration depth.
    pub distance_m: f64,
    /// The nearest or touched point of the obstacle, world frame.
    pub point: Point2,
}

impl Gap {
    pub(super) const NONE: Self = Self {
        distance_m: f64::INFINITY,
        point: Point2::new(f64::NAN, f64::NAN),
    };

    pub(super) fn nearer(self, other: Self) -> Self {
        if other.distance_m < self.distance_m {
            other
        } else {
            self
        }
    }
}

impl World {
    /// The gap between a robot of `height_m` at a pose and the nearest obstacle below that height
    /// and above the floor under the base; none beyond `reach_m`. Does not allocate.
    pub fn gap(
        &self,
        footprint: &Footprint,
        height_m: f64,
        world_from_base: Pose2,
        reach_m: f64,
    ) -> Option<Gap> {
        let floor_m = self.floor_m(world_from_base.position());
        let heights = [floor_m, floor_m + height_m];
        self.gap_between(footprint, heights, world_from_base, reach_m, |_| true)
    }

    /// The gap between an outline at a pose and the nearest obstacle of an accepted material within
    /// a height band, m.
    pub(super) fn gap_between(
        &self,
        footprint: &Footprint,
        [bottom_m, top_m]: [f64; 2],
        world_from_base: Pose2,
        reach_m: f64,
        counts: impl Fn(Material) -> bool,
    ) -> Option<Gap> {
        let centre = world_from_base.position();
        let radius = footprint.circumscribed_radius_m();
        let meets = |z_min_m: f64, z_max_m: f64, material: Material| {
            z_max_m > bottom_m && z_min_m < top_m && counts(material)
        };
        if let Some(gap) = self.enclosing(meets, centre, radius) {
            return Some(gap);
        }
        let (low, high) = self.bounds();
        let farthest = (centre - low).abs().sup(&(centre - high).abs()).max();
        // the box contains everything nearer than `reach`, so that a gap within it is the smallest
        let mut reach = reach_m.min(self.index.cell_m());
        loop {
            let half = Vector2::repeat(radius + reach);
            let mut nearest = Gap::NONE;
            self.index
                .for_each_near(centre - half, centre + half, |part| {
                    let part = &self.parts[part];
                    if meets(part.z_min_m, part.z_max_m, part.material) {
                        nearest = nearest.nearer(part.primitive.gap(footprint, world_from_base));
                    }
                });
            if nearest.distance_m <= reach {
                return Some(nearest);
            }
            if reach >= reach_m || reach >= farthest + radius {
                return Some(nearest).filter(|gap| gap.distance_m <= reach_m);
            }
            reach = (2.0 * reach).min(reach_m);
        }
    }

    /// Contact of a robot entirely inside a polygon, which touches no edge.
    fn enclosing(
        &self,
        meets: impl Fn(f64, f64, Material) -> bool,
        centre: Point2,
        radius: f64,
    ) -> Option<Gap> {
        self.obstacles()
            .iter()
            .filter(|obstacle| meets(obstacle.z_min_m, obstacle.z_max_m, obstacle.material))
            .find(|obstacle| {
                matches!(obstacle.shape, super::Shape::Polygon { .. })
                    && obstacle.shape.encloses(centre)
            })
            .map(|obstacle| Gap {
                distance_m: obstacle.shape.signed_distance_m(centre) - radius,
                point: centre,
            })
    }
}

#[cfg(test)]
mod tests;
