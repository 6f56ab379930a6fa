//! The floor: z = 0 except on planar patches.
//!
//! ```text
//! h(x, y) = z₀ + gx x + gy y   inside a patch,   0 elsewhere
//! ```
//!
//! Holes, steps, stairs and ramps are patches. At a jump of the height at the edge of a patch, a
//! vertical face closes the gap: everything below the floor is solid. A ray hits the floor at the
//! first point below `h`. Between two edges the floor is one plane, so that the search from edge to
//! edge is exact.

use nalgebra::Vector3;
use perception::{Point2, Point3, Vector2};

use super::FloorPatch;
use super::bundle::RayBundle;

/// Distance along a ray within which edges count as one, m.
const SLIVER_M: f64 = 1e-9;
/// Tolerance at the ends of an edge, share of its length.
const END_SHARE: f64 = 1e-12;

/// All patches.
#[derive(Debug, Clone, Default)]
pub(super) struct Floor {
    patches: Vec<FloorPatch>,
    bounds: Vec<(Point3, Point3)>,
}

impl Floor {
    /// Validates patches; the error is the index of the patch and its flaw.
    pub fn new(patches: Vec<FloorPatch>) -> Result<Self, (usize, String)> {
        for (number, patch) in patches.iter().enumerate() {
            if let Some(flaw) = patch.flaw() {
                return Err((number, flaw));
            }
            if let Some(other) = patches[..number].iter().position(|p| p.overlaps(patch)) {
                let flaw = format!("lies over patch {other}: expected patches without common area");
                return Err((number, flaw));
            }
        }
        Ok(Self {
            bounds: patches.iter().map(FloorPatch::bounds).collect(),
            patches,
        })
    }

    pub fn patches(&self) -> &[FloorPatch] {
        &self.patches
    }

    /// Lowest and highest corner of the bounding box of a patch and its vertical faces.
    pub fn bounds_of(&self, number: usize) -> (Point3, Point3) {
        self.bounds[number]
    }

    /// The patch that contains a point.
    pub fn patch_at(&self, point: Point2) -> Option<usize> {
        (0..self.patches.len()).find(|&number| {
            let (low, high) = self.bounds[number];
            (low.x..=high.x).contains(&point.x)
                && (low.y..=high.y).contains(&point.y)
                && self.patches[number].contains(point)
        })
    }

    pub fn height_m(&self, point: Point2) -> f64 {
        self.patch_at(point)
            .map_or(0.0, |number| self.patches[number].plane_m(point))
    }

    /// Shortens the rays of a bundle that hit the floor.
    pub fn cast(&self, rays: &mut RayBundle, tag: u32) {
        let mut near = std::mem::take(&mut rays.patches);
        near.clear();
        for (number, (low, high)) in self.bounds.iter().enumerate() {
            if rays.may_meet(low, high) {
                near.push(number as u32);
            }
        }
        if near.is_empty() {
            rays.strike_level_floor(tag);
        } else {
            let origin = rays.origin();
            rays.strike_each(tag, |along, reach_m| {
                self.ray_hit_m(&near, origin, along, reach_m)
            });
        }
        rays.patches = near;
    }

    /// Range of a ray to the floor, m, if `near` contains all patches that it can hit.
    fn ray_hit_m(
        &self,
        near: &[u32],
        origin: Point3,
        along: Vector3<f64>,
        reach_m: f64,
    ) -> Option<f64> {
        // the floor can be hit only between its lowest and highest point
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for number in near {
            let (least, most) = &self.bounds[*number as usize];
            low = low.min(least.z);
            high = high.max(most.z);
        }
        let mut t = 0.0;
        if origin.z > high {
            if along.z >= 0.0 {
                return None;
            }
            t = (high - origin.z) / along.z;
        }
        let end = if along.z < 0.0 {
            reach_m.min(((low - origin.z) / along.z).max(t) + SLIVER_M)
        } else {
            reach_m
        };
        while t <= end {
            let next = self.next_edge(near, origin, along, t).min(end);
            let plane = self.plane_under(near, origin + along * (0.5 * (t + next)));
            let above = |at: f64| {
                let point = origin + along * at;
                point.z - (plane[0] + plane[1] * point.x + plane[2] * point.y)
            };
            let (here, there) = (above(t), above(next));
            if here <= 0.0 {
                return Some(t).filter(|t| *t <= reach_m);
            }
            if there <= 0.0 {
                return Some(t + (next - t) * here / (here - there)).filter(|t| *t <= reach_m);
            }
            if next >= end {
                break;
            }
            t = next;
        }
        None
    }

    /// The next crossing of a patch edge after `t` along a ray, m.
    fn next_edge(&self, near: &[u32], origin: Point3, along: Vector3<f64>, t: f64) -> f64 {
        let (origin, along) = (origin.xy(), along.xy());
        let mut next = f64::INFINITY;
        for number in near {
            for (a, b) in self.patches[*number as usize].edges() {
                let edge = b - a;
                let across = along.perp(&edge);
                let to_a = a - origin;
                let at = to_a.perp(&edge) / across;
                let share = to_a.perp(&along) / across;
                if at > t + SLIVER_M && at < next && (-END_SHARE..=1.0 + END_SHARE).contains(&share)
                {
                    next = at;
                }
            }
        }
        next
    }

    /// Height at the origin and gradient of the floor plane under a point.
    fn plane_under(&self, near: &[u32], point: Point3) -> [f64; 3] {
        let point = point.xy();
        near.iter()
            .map(|number| &self.patches[*number as usize])
            .find(|patch| patch.contains(point))
            .map_or([0.0; 3], |patch| {
                [patch.z0_m, patch.gradient[0], patch.gradient[1]]
            })
    }

    /// The upward or sideways unit normal of the floor at a point of its surface.
    pub fn normal_at(&self, point: Point3) -> Vector3<f64> {
        const NEAR_M: f64 = 1e-6;
        let flat = point.xy();
        let level = (point.z.abs() < NEAR_M).then(Vector3::z);
        let mut nearest = (f64::INFINITY, level.unwrap_or_else(Vector3::z));
        for (patch, (low, high)) in self.patches.iter().zip(&self.bounds) {
            let inside =
                (0..2).all(|axis| (low[axis] - NEAR_M..=high[axis] + NEAR_M).contains(&flat[axis]));
            if !inside {
                continue;
            }
            let edge_m = patch.edge_distance_m(flat);
            if (point.z - patch.plane_m(flat)).abs() < NEAR_M
                && (patch.contains(flat) || edge_m < NEAR_M)
            {
                return Vector3::new(-patch.gradient[0], -patch.gradient[1], 1.0).normalize();
            }
            for (a, b) in patch.edges() {
                let distance_m = super::floor_patch::distance_m(a, b, flat);
                if distance_m < nearest.0 {
                    let across = Vector2::new(b.y - a.y, a.x - b.x).normalize();
                    nearest = (distance_m, Vector3::new(across.x, across.y, 0.0));
                }
            }
        }
        match level {
            Some(level) if self.patch_at(flat).is_none() => level,
            _ => nearest.1,
        }
    }
}
