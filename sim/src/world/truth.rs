//! What a perfect map of a world would say, for maps to be measured against.
//!
//! A robot's band of heights goes from just above the floor, where things are low enough to drive
//! over, up to its own height, both over the floor where it stands. What reaches into the band
//! occupies; floor that cannot be driven to is a drop or a block. Everything is exact but for the
//! neighbourhood of patches of floor, which is tried every centimetre.

use perception::{Footprint, Point2, Pose2, Vector2};

use super::{Material, World};

/// Distance between the places where it is tried whether one patch leads to another, m.
const TRIAL_M: f64 = 0.01;
/// How far beside an edge the neighbour is looked for, m.
const BESIDE_M: f64 = 1e-6;

/// What the truth is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// What ends below this height over the floor is not in the way, m.
    pub clearance_m: f64,
    /// What begins above this height over the floor is not in the way, m.
    pub height_m: f64,
    /// Steps up and down that are driven over, m.
    pub step_max_m: f64,
    /// Steepest floor that is driven on, m/m.
    pub slope_max: f64,
    /// True to count glass, which light does not show.
    pub glass: bool,
}

/// What a cell of a perfect map holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellTruth {
    /// Floor to drive on, in all of the cell.
    Free,
    /// Something in the band, or floor too high to drive onto, in some of the cell.
    Occupied,
    /// Floor too low to drive onto in some of the cell.
    Drop,
}

/// The true map of a world for one band.
#[derive(Debug, Clone)]
pub struct Truth<'a> {
    world: &'a World,
    band: Band,
    /// Patches of floor that can be driven to from the floor around them.
    drivable: Vec<bool>,
}

impl<'a> Truth<'a> {
    /// Finds out which patches of floor can be driven to.
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

    /// What a square cell along the axes of the world holds: its middle and half its side, m.
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

    /// True for a place on a patch that cannot be driven to, at a height of which `counts` holds.
    fn is_out_of_reach(&self, place: Point2, counts: impl Fn(f64) -> bool) -> bool {
        self.world.floor.patch_at(place).is_some_and(|number| {
            !self.drivable[number] && counts(self.world.floor_patches()[number].plane_m(place))
        })
    }

    /// True when somewhere along its edges a patch joins floor that can be driven to.
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
