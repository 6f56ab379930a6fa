//! Support of the robot by the floor: drops and steps under its footprint.
//!
//! ```text
//! P(q) = the plane of the floor under the base, extended
//! drop = max over the footprint of P(q) − h(q),   step = max of h(q) − P(q)
//! ```
//!
//! `h` is a plane on every patch, so both maxima lie at a corner of the footprint, at the corner of
//! a patch, where an edge of a patch leaves the footprint, or, for a disc, at the point of its rim
//! in the direction of the gradient. All of these are evaluated.

use nalgebra::{Rotation3, Translation3, UnitQuaternion, Vector3};
use perception::{Footprint, Point2, Pose2, Pose3, Vector2};

use super::World;

/// Offset of the evaluated points from the ends of patch edges, and a thousandth of it beside the
/// edges, m.
const PROBE_M: f64 = 1e-6;
/// Distance of the contact points of wheels from the centre of the base, m.
const CONTACT_M: f64 = 0.2;

/// Unevenness of the floor under a footprint relative to the plane under the base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Footing {
    /// Maximum depth of the floor below that plane, m.
    pub drop_m: f64,
    /// Point of the maximum depth, world frame.
    pub lowest: Point2,
    /// Maximum height of the floor above that plane, m.
    pub step_m: f64,
    /// Point of the maximum height, world frame.
    pub highest: Point2,
}

impl World {
    /// True if the whole floor is level.
    pub fn is_level(&self) -> bool {
        self.floor.patches().is_empty()
    }

    /// Unevenness of the floor under a footprint, exact to 1 µm of position. Does not allocate.
    pub fn footing(&self, footprint: &Footprint, world_from_base: Pose2) -> Footing {
        let base = world_from_base.position();
        let mut footing = Footing {
            drop_m: 0.0,
            lowest: base,
            step_m: 0.0,
            highest: base,
        };
        let radius = footprint.circumscribed_radius_m();
        let is_near = |number: usize| {
            let (low, high) = self.floor.bounds_of(number);
            let reach = radius + PROBE_M;
            (0..2).all(|axis| low[axis] - reach <= base[axis] && base[axis] <= high[axis] + reach)
        };
        let patches = self.floor.patches();
        if !(0..patches.len()).any(is_near) {
            return footing;
        }
        let under = self.floor.patch_at(base);
        let (level_m, slope) = under.map_or((0.0, Vector2::zeros()), |number| {
            (
                patches[number].plane_m(base),
                Vector2::from(patches[number].gradient),
            )
        });
        let base_from_world = world_from_base.inverse();
        let mut probe = |point: Point2| {
            if footprint.signed_distance_m(base_from_world * point) > 0.0 {
                return;
            }
            let above = self.floor_m(point) - level_m - slope.dot(&(point - base));
            if above > footing.step_m {
                (footing.step_m, footing.highest) = (above, point);
            }
            if -above > footing.drop_m {
                (footing.drop_m, footing.lowest) = (-above, point);
            }
        };
        let inward = |point: Point2| point + (base - point).normalize() * PROBE_M;
        // extreme heights of the floor in the direction of a slope
        let slopes = (0..patches.len())
            .filter(|&number| is_near(number))
            .map(|number| Vector2::from(patches[number].gradient));
        for relative in slopes.chain([Vector2::zeros()]).map(|other| other - slope) {
            if let (Footprint::Disc { radius_m }, Some(uphill)) =
                (footprint, relative.try_normalize(1e-12))
            {
                probe(inward(base + uphill * *radius_m));
                probe(inward(base - uphill * *radius_m));
            }
        }
        match footprint {
            Footprint::Disc { .. } => {}
            Footprint::Rectangle { length_m, width_m } => {
                for (x, y) in [(0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5), (0.5, -0.5)] {
                    probe(inward(
                        world_from_base * Point2::new(x * length_m, y * width_m),
                    ));
                }
            }
            Footprint::Polygon { vertices } => {
                for corner in vertices.shifted(-PROBE_M).vertices() {
                    probe(world_from_base * *corner);
                }
            }
        }
        for number in (0..patches.len()).filter(|&number| is_near(number)) {
            for (a, b) in patches[number].edges() {
                let (edge, length) = (b - a, (b - a).norm());
                let aside = Vector2::new(-edge.y, edge.x) * (1e-3 * PROBE_M / length);
                let short = PROBE_M / length;
                for (enter, leave) in footprint.clip(base_from_world * a, base_from_world * b) {
                    // the centre covers slivers beyond an edge that is barely reached
                    for share in [enter + short, 0.5 * (enter + leave), leave - short] {
                        probe(a + edge * share + aside);
                        probe(a + edge * share - aside);
                    }
                }
            }
        }
        footing
    }

    /// Pose in space of a robot at a planar pose: mean height and tilt of the floor at four points
    /// 0.2 m around its base. On level floor it is upright at z = 0.
    pub fn standing(&self, world_from_base: Pose2) -> Pose3 {
        if self.is_level() {
            return world_from_base.lifted(0.0);
        }
        let height = |x: f64, y: f64| self.floor_m(world_from_base * Point2::new(x, y));
        let (front, back) = (height(CONTACT_M, 0.0), height(-CONTACT_M, 0.0));
        let (left, right) = (height(0.0, CONTACT_M), height(0.0, -CONTACT_M));
        let along = Vector3::new(2.0 * CONTACT_M, 0.0, front - back).normalize();
        let up = along.cross(&Vector3::new(0.0, 2.0 * CONTACT_M, left - right));
        let up = up.normalize();
        let tilt = Rotation3::from_basis_unchecked(&[along, up.cross(&along), up]);
        let upright = world_from_base.lifted(0.25 * (front + back + left + right));
        upright
            * Pose3::from_parts(
                Translation3::identity(),
                UnitQuaternion::from_rotation_matrix(&tilt),
            )
    }
}

#[cfg(test)]
mod tests;
