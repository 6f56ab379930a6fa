//! Ground-truth map of a world.
//!
//! The height band of a robot extends from just above the floor, below which objects can be driven
//! over, to its height; both are relative to the local floor. Objects in the band occupy a cell;
//! floor out of reach is a drop or an obstacle. Results are exact, except that the connections of
//! floor patches are sampled every centimetre.

use perception::{Footprint, Point2, Pose2, Vector2};

use super::{Material, World};

/// Spacing of the samples of connections between patches, m.
const TRIAL_M: f64 = 0.01;
/// Offset from an edge at which the neighbour is sampled, m.
const BESIDE_M: f64 = 1e-6;

/// Height band and limits of the ground truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Objects that end below this height above the floor are ignored, m.
    pub clearance_m: f64,
    /// Objects that begin above this height above the floor are ignored, m.
    pub height_m: f64,
    /// Maximum height of traversable steps, m.
    pub step_max_m: f64,
    /// Maximum traversable slope, m/m.
    pub slope_max: f64,
    /// True to include glass, which reflects no light.
    pub glass: bool,
}

/// True state of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellTruth {
    /// The whole cell is traversable floor.
    Free,
    /// A part of the cell has an object in the band, or floor too high to drive onto.
    Occupied,
    /// A part of the cell has floor too low to drive onto.
    Drop,
}

/// The ground-truth map of a world for one band.
#[derive(Debug, Clone)]
pub struct Truth<'a> {
    world: &'a World,
    band: Band,
    /// Patches of floor that are reachable from the surrounding floor.
    drivable: Vec<bool>,
}

impl<'a> Truth<'a> {
    /// Computes the reachable patches of floor.
    pub fn new(world: &'a World, band: Band) -> Self {
        let mut truth = Self {
            world,
            band,
            drivable: vec![false; world.floor_patches().len()],
        };
        while let Some(found) = (0..truth.drivable.len())
            .find(|&number| !truth.drivable[number] && truth.leads_to(number))
        {
            truth.drivable[found] = true;
        }
        truth
    }

    /// State of an axis-aligned square cell: centre and half its side, m.
    pub fn cell(&self, middle: Point2, half_m: f64) -> CellTruth {
        let square = Footprint::Rectangle {
            length_m: 2.0 * half_m,
            width_m: 2.0 * half_m,
        };
        let pose = Pose2::new(middle.x, middle.y, 0.0);
        let floor_m = self.world.floor_m(middle);
        let heights = [
            floor_m + self.band.clearance_m,
            floor_m + self.band.height_m,
        ];
        let counts = |material| self.band.glass || material == Material::Opaque;
        if self
            .world
            .gap_between(&square, heights, pose, 0.0, counts)
            .is_some()
        {
            return CellTruth::Occupied;
        }
        if self.world.is_level() {
            return CellTruth::Free;
        }
        let footing = self.world.footing(&square, pose);
        let uneven = footing.drop_m.max(footing.step_m) > self.band.step_max_m;
        let places = [middle, footing.lowest, footing.highest];
        if places
            .into_iter()
            .any(|place| self.is_out_of_reach(place, |z_m| z_m < 0.0))
        {
            CellTruth::Drop
        } else if uneven || self.is_out_of_reach(middle, |_| true) {
            CellTruth::Occupied
        } else {
            CellTruth::Free
        }
    }

    /// True for a point on an unreachable patch whose height satisfies `counts`.
    fn is_out_of_reach(&self, place: Point2, counts: impl Fn(f64) -> bool) -> bool {
        self.world.floor.patch_at(place).is_some_and(|number| {
            !self.drivable[number] && counts(self.world.floor_patches()[number].plane_m(place))
        })
    }

    /// True if a patch joins reachable floor along its edges.
    fn leads_to(&self, number: usize) -> bool {
        let patch = &self.world.floor_patches()[number];
        if Vector2::from(patch.gradient).norm() > self.band.slope_max {
            return false;
        }
        patch.edges().any(|(a, b)| {
            let edge = b - a;
            let aside = Vector2::new(-edge.y, edge.x) * (BESIDE_M / edge.norm());
            let trials = (edge.norm() / TRIAL_M).ceil();
            (0..trials as usize).any(|trial| {
                let on = a + edge * ((trial as f64 + 0.5) / trials);
                [on + aside, on - aside].into_iter().any(|beside| {
                    let neighbour = self.world.floor.patch_at(beside);
                    neighbour != Some(number)
                        && neighbour.is_none_or(|other| self.drivable[other])
                        && (self.world.floor_m(beside) - patch.plane_m(on)).abs()
                            <= self.band.step_max_m
                })
            })
        })
    }
}

#[cfg(test)]
mod tests;
