//! Occupancy evidence of the 64 voxels above one cell.
//!
//! Each voxel has a counter from 0 to 7: log-odds in steps of 0.45 that saturate at both ends. The
//! counters are stored as three bit planes, so that a few logic operations update a column whatever
//! the number of its voxels that were observed.
//!
//! ```text
//! level   0 1      2 3       4 5 6 7
//!         free     unknown   occupied      hit +2, weak hit +1, passed −1
//! ```
//!
//! A voxel is dynamic if it becomes occupied after rays have passed it twice, if it becomes
//! occupied near dynamic voxels in its column or beside it, or if a planar scan tracks an object
//! there. Dynamic voxels are limited to level 5, so that two sweeps clear them. Upright ones also
//! lose evidence if rays pass near them, within [`spread`], and nothing was hit, because the rings
//! of a moving LiDAR seldom pass at the height of an earlier hit. A dynamic voxel that is confirmed
//! for long becomes static.

use crate::Stamp;

/// Number of voxels in a column.
pub(crate) const LAYERS: usize = 64;

/// Number of layers above a flat surface that must be empty.
const FLAT_LAYERS: u32 = 10;

/// Extent in layers from which connected dynamic voxels count as upright, as people are.
const TALL_LAYERS: u32 = 8;

/// Set of layers of a column: bit 0 is the lowest.
pub(crate) type LayerSet = u64;

/// Observations of a column at one stamp.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sighting {
    pub hit: LayerSet,
    pub weak: LayerSet,
    pub passed: LayerSet,
}

/// Context of a column for the classification of dynamic voxels.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About {
    /// Dynamic voxels of the neighbouring columns.
    pub movers: LayerSet,
    /// Layers that belong to the floor: voxels that become occupied there are not dynamic.
    pub floor: LayerSet,
    /// A track covers the column: voxels that become occupied are dynamic, even if they were never
    /// cleared.
    pub is_tracked: bool,
}

/// Retention times of dynamic voxels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Time after which dynamic voxels are forgotten if rays passed nearby without hitting them, s.
    pub mover_s: f64,
    /// Time of confirmation after which a dynamic voxel becomes static, s.
    pub settle_s: f64,
}

/// Occupancy evidence of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    level: [LayerSet; 3],
    /// Voxels that once reached level 0.
    cleared: LayerSet,
    /// Dynamic voxels: occupied after they were cleared.
    mover: LayerSet,
    /// Time at which the dynamic voxels became occupied.
    since: Stamp,
    /// Time of their last hit.
    confirmed: Stamp,
    /// True if rays have passed by since then.
    is_doubted: bool,
    /// True if a track covered the column when they became occupied.
    is_tracked: bool,
    /// Consecutive images in which the floor was missing.
    pub missing: u8,
}

/// Unobserved column: level 2 throughout.
pub(crate) const UNKNOWN: Column = Column {
    level: [0, !0, 0],
    cleared: 0,
    mover: 0,
    since: Stamp(0),
    confirmed: Stamp(0),
    is_doubted: false,
    is_tracked: false,
    missing: 0,
};

impl Column {
    pub(crate) fn occupied(&self) -> LayerSet {
        self.level[2]
    }

    /// Lowest occupied layer if it is flat, that is, if the next [`FLAT_LAYERS`] above it are
    /// empty.
    pub(crate) fn surface(&self) -> LayerSet {
        let occupied = self.occupied();
        let lowest = occupied & occupied.wrapping_neg();
        // a surface across the border of two layers is flat, too
        let above = (lowest << FLAT_LAYERS).wrapping_sub(lowest << 2);
        if occupied & above == 0 { lowest } else { 0 }
    }

    pub(crate) fn free(&self) -> LayerSet {
        !(self.level[2] | self.level[1])
    }

    /// Layers that are certainly free: level 0.
    pub(crate) fn clear(&self) -> LayerSet {
        !(self.level[2] | self.level[1] | self.level[0])
    }

    pub(crate) fn movers(&self) -> LayerSet {
        self.mover
    }

    /// Occupied layers of level surfaces that rays only grazed. Layers are thicker than such a
    /// surface, and a ray through it would also have passed the layers above and below it.
    fn skimmed(&self, passed: LayerSet) -> LayerSet {
        let occupied = self.occupied();
        let level = occupied & !(reach_up(occupied) | reach_down(occupied));
        let (over, under) = (level & level << 1, level & level >> 1);
        let alone = level & !(over | under);
        (alone & !(passed << 1 & passed >> 1))
            | (over & !(passed << 2 & passed >> 1))
            | (under & !(passed << 1 & passed >> 2))
    }

    /// Layers that were cleared before, including two above and two below unless the observation is
    /// upright. If rays graze a level surface, its layer may appear free, but not those on either
    /// side.
    fn surely_cleared(&self, seen: LayerSet) -> LayerSet {
        if seen & reach_up(seen) != 0 {
            return self.cleared;
        }
        let near = self.cleared & self.cleared << 1 & self.cleared >> 1;
        near & self.cleared << 2 & self.cleared >> 2
    }

    /// True if a hit may be dynamic because of dynamic voxels around it.
    pub(crate) fn may_be_mover(&self, sighting: &Sighting) -> bool {
        let seen = sighting.hit | sighting.weak;
        seen & !self.occupied() & !self.surely_cleared(seen) != 0
    }

    /// True if the observations add no evidence because it is saturated.
    pub(crate) fn is_settled(&self, sighting: &Sighting) -> bool {
        let [low, middle, high] = self.level;
        let seen = sighting.hit | sighting.weak;
        let adds =
            (seen & !(low & middle & high)) | (sighting.passed & !seen & (low | middle | high));
        (adds | self.mover) == 0
    }

    /// Updates the column with observations at `now`.
    pub(crate) fn update(&mut self, sighting: Sighting, about: About, now: Stamp, memory: Memory) {
        let seen = sighting.hit | sighting.weak;
        // a surface on the border of two layers is hit in one or the other
        let passed = sighting.passed & !(seen | seen << 1 | seen >> 1);
        let was = self.occupied();
        self.add_two(sighting.hit);
        self.add_one(sighting.weak & !sighting.hit);
        // an upright moving object has left where rays pass
        let (contradicted, near) = if is_tall(self.mover | about.movers) {
            let near = spread(passed);
            (self.mover & near & !spread(seen), near)
        } else {
            (0, passed)
        };
        let is_passed = near & self.mover != 0;
        let skimmed = self.skimmed(passed) & !self.mover;
        self.take_one(passed & !skimmed | contradicted);
        let occupied = self.occupied();
        let (came, went) = (occupied & !was, was & !occupied);
        if (self.mover | came | went) != 0 {
            // a hit in a cleared voxel is likely to become dynamic
            let clear = self.surely_cleared(seen);
            let likely = if about.is_tracked {
                came
            } else {
                came & (clear | spread(self.mover | about.movers | (seen & clear)))
            };
            self.follow_movers(
                (likely | spread(went)) & !about.floor,
                seen,
                now,
                memory.settle_s,
            );
            self.is_doubted |= is_passed && seen & self.mover == 0;
            self.is_tracked = (self.is_tracked || about.is_tracked) && self.mover != 0;
        }
        self.cleared |= self.clear();
    }

    /// Shifts the evidence down by a number of layers, up for a negative number; layers that enter
    /// are unobserved.
    pub(crate) fn lower(&mut self, layers: i32) {
        let [low, middle, high] = self.level.map(|set| lowered(set, layers));
        self.level = [low, middle | !lowered(!0, layers), high];
        self.cleared = lowered(self.cleared, layers);
        self.mover = lowered(self.mover, layers);
    }

    fn follow_movers(&mut self, likely: LayerSet, seen: LayerSet, now: Stamp, settle_s: f64) {
        let were = self.mover;
        self.mover = (self.mover | likely) & self.occupied();
        if self.mover == 0 {
            return;
        }
        if were == 0 {
            (self.since, self.confirmed) = (now, now);
            self.is_doubted = false;
        }
        if seen & self.mover != 0 {
            self.confirmed = self.confirmed.max(now);
            self.is_doubted = false;
            if now.secs_since(self.since) >= settle_s {
                self.cleared &= !self.mover;
                self.mover = 0;
            }
        }
        self.level[1] &= !(self.mover & self.level[2]);
    }

    /// Marks voxels that became occupied under a track as doubtful, because a planar scan passes
    /// through the column and the track is elsewhere. They are forgotten unless they are observed
    /// again.
    pub(crate) fn doubt_tracked(&mut self) {
        self.is_doubted |= self.is_tracked;
    }

    /// Marks all voxels of the column except the floor as having left at `now`, unless they are
    /// observed again.
    pub(crate) fn leave(&mut self, floor: LayerSet, now: Stamp) {
        let body = self.occupied() & !floor;
        if body == 0 {
            return;
        }
        if self.mover == 0 {
            (self.since, self.confirmed) = (now, now);
        }
        self.mover |= body;
        self.level[1] &= !(self.mover & self.level[2]);
        (self.is_doubted, self.is_tracked) = (true, true);
    }

    /// Resets dynamic voxels that rays have passed by and that were not confirmed for longer than
    /// `memory_s`. Returns true if it did.
    pub(crate) fn forget_movers(&mut self, now: Stamp, memory_s: f64) -> bool {
        let are_gone =
            self.mover != 0 && self.is_doubted && now.secs_since(self.confirmed) > memory_s;
        if are_gone {
            let [low, middle, high] = &mut self.level;
            *low &= !self.mover;
            *middle |= self.mover;
            *high &= !self.mover;
            self.mover = 0;
            self.is_tracked = false;
        }
        are_gone
    }

    fn add_two(&mut self, layers: LayerSet) {
        let [low, middle, high] = &mut self.level;
        let top = layers & *middle & *high;
        *low |= top;
        let layers = layers & !top;
        let carry = *middle & layers;
        *middle ^= layers;
        *high |= carry;
    }

    fn add_one(&mut self, layers: LayerSet) {
        let [low, middle, high] = &mut self.level;
        let layers = layers & !(*low & *middle & *high);
        let carry = *low & layers;
        *low ^= layers;
        *high |= *middle & carry;
        *middle ^= carry;
    }

    fn take_one(&mut self, layers: LayerSet) {
        let [low, middle, high] = &mut self.level;
        let layers = layers & (*low | *middle | *high);
        let borrow = !*low & layers;
        *low ^= layers;
        *high &= *middle | !borrow;
        *middle ^= borrow;
    }
}

/// Layers from two to nine above each layer of the set.
fn reach_up(layers: LayerSet) -> LayerSet {
    let two = layers << 2 | layers << 3;
    let four = two | two << 2;
    four | four << 4
}

/// Layers from two to nine below each layer of the set.
fn reach_down(layers: LayerSet) -> LayerSet {
    let two = layers >> 2 | layers >> 3;
    let four = two | two >> 2;
    four | four >> 4
}

/// True for a set whose vertical extent exceeds the thickness of any table top.
fn is_tall(layers: LayerSet) -> bool {
    layers != 0 && 64 - layers.leading_zeros() - layers.trailing_zeros() >= TALL_LAYERS
}

/// Layers of the set and up to three above and below each.
pub(crate) fn spread(layers: LayerSet) -> LayerSet {
    let up = layers | layers << 1;
    let down = layers | layers >> 1;
    up | up << 2 | down | down >> 2
}

/// The set shifted down by a number of layers, up for a negative number.
pub(crate) fn lowered(set: LayerSet, layers: i32) -> LayerSet {
    let far = layers.unsigned_abs();
    let moved = if layers < 0 {
        set.checked_shl(far)
    } else {
        set.checked_shr(far)
    };
    moved.unwrap_or(0)
}

/// The layers from `low` to `high`, both included, as far as they exist.
pub(crate) fn between(low: i32, high: i32) -> LayerSet {
    let top = LAYERS as i32 - 1;
    if high < low || high < 0 || low > top {
        return 0;
    }
    (!0 >> (top - high.min(top))) & (!0 << low.max(0))
}

#[cfg(test)]
mod tests;
