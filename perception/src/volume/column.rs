//! Evidence of the 64 voxels above one cell.
//!
//! Each voxel has a counter from 0 to 7: log-odds in steps of 0.45, saturating at both ends. The
//! counters are stored as three planes of bits, so that a column is updated by a few logic
//! operations whatever the number of its voxels that were seen.
//!
//! ```text
//! level   0 1      2 3       4 5 6 7
//!         free     unknown   occupied      hit +2, weak hit +1, passed −1
//! ```
//!
//! What comes to stand where sight had been clear twice is a mover, and so is what comes near one,
//! in its column or beside it, or where a planar scan follows a track. Movers have no more evidence than level 5, so that two sweeps clear
//! them. Upright ones lose it when sight passes near them, within [`spread`], where nothing was
//! hit: the rings of a moving LiDAR seldom pass at the height at which they hit before. A mover
//! that was confirmed for long becomes part of what stands.

use crate::Stamp;

/// Voxels in a column.
pub(crate) const LAYERS: usize = 64;

/// Layers above a flat surface that hold nothing.
const FLAT_LAYERS: u32 = 10;

/// Movers that reach from layer to layer over so many are upright, as people are.
const TALL_LAYERS: u32 = 8;

/// Layers of a column as a set: bit 0 is the lowest.
pub(crate) type LayerSet = u64;

/// What one stamp says of a column.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sighting {
    pub hit: LayerSet,
    pub weak: LayerSet,
    pub passed: LayerSet,
}

/// What is about a column.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About {
    /// Movers of the columns beside it.
    pub movers: LayerSet,
    /// Layers that are floor: what comes to lie there is no mover.
    pub floor: LayerSet,
    /// A track takes up the column: what comes is a mover, also where sight had never been clear.
    pub is_tracked: bool,
}

/// How long movers are remembered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Those that sight has passed by without meeting them, s.
    pub mover_s: f64,
    /// What was confirmed for so long is none any more, s.
    pub settle_s: f64,
}

/// Evidence of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    level: [LayerSet; 3],
    /// Reached level 0 once.
    cleared: LayerSet,
    /// Occupied after they were clear.
    mover: LayerSet,
    /// When the movers came.
    since: Stamp,
    /// When they were last hit.
    confirmed: Stamp,
    /// Sight has passed by since then.
    is_doubted: bool,
    /// A track took up the column when they came.
    is_tracked: bool,
    /// Images in a row in which the floor was missing.
    pub missing: u8,
}

/// The column of which nothing is known: level 2 throughout.
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

    /// The lowest occupied layer, if it is flat: nothing stands on it within [`FLAT_LAYERS`].
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

    /// Free beyond doubt: level 0.
    pub(crate) fn clear(&self) -> LayerSet {
        !(self.level[2] | self.level[1] | self.level[0])
    }

    pub(crate) fn movers(&self) -> LayerSet {
        self.mover
    }

    /// The occupied layers of level surfaces that sight only skimmed: layers are thicker than such a
    /// surface, and what went through it passed the layers above and below it, too.
    fn skimmed(&self, passed: LayerSet) -> LayerSet {
        let occupied = self.occupied();
        let level = occupied & !(reach_up(occupied) | reach_down(occupied));
        let (over, under) = (level & level << 1, level & level >> 1);
        let alone = level & !(over | under);
        (alone & !(passed << 1 & passed >> 1))
            | (over & !(passed << 2 & passed >> 1))
            | (under & !(passed << 1 & passed >> 2))
    }

    /// Layers that were clear once, with two above and two below unless what is seen is upright:
    /// where sight skims a level surface, its layer may look clear, but not those on either side.
    fn surely_cleared(&self, seen: LayerSet) -> LayerSet {
        if seen & reach_up(seen) != 0 {
            return self.cleared;
        }
        let near = self.cleared & self.cleared << 1 & self.cleared >> 1;
        near & self.cleared << 2 & self.cleared >> 2
    }

    /// True when something is seen that may be a mover because there are some about.
    pub(crate) fn may_be_mover(&self, sighting: &Sighting) -> bool {
        let seen = sighting.hit | sighting.weak;
        seen & !self.occupied() & !self.surely_cleared(seen) != 0
    }

    /// True when what was seen adds nothing: there is all the evidence of it that counts.
    pub(crate) fn is_settled(&self, sighting: &Sighting) -> bool {
        let [low, middle, high] = self.level;
        let seen = sighting.hit | sighting.weak;
        let adds =
            (seen & !(low & middle & high)) | (sighting.passed & !seen & (low | middle | high));
        (adds | self.mover) == 0
    }

    /// Adds what was seen at `now`.
    pub(crate) fn update(&mut self, sighting: Sighting, about: About, now: Stamp, memory: Memory) {
        let seen = sighting.hit | sighting.weak;
        // a surface on the border of two layers is hit in one or the other
        let passed = sighting.passed & !(seen | seen << 1 | seen >> 1);
        let was = self.occupied();
        self.add_two(sighting.hit);
        self.add_one(sighting.weak & !sighting.hit);
        // where sight passes, no such mover is left
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
            // what is hit though it was clear is about to be a mover
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

    /// What is known moves down by so many layers, up for a negative number; what enters is unknown.
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

    /// A planar scan passes through the column and what it follows is elsewhere: what came with a track
    /// has left with it, unless it is seen again.
    pub(crate) fn doubt_tracked(&mut self) {
        self.is_doubted |= self.is_tracked;
    }

    /// All that stands in the column, floor aside, has left at `now`, unless it is seen again.
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

    /// Makes movers unknown that sight passed by, and nothing confirmed for longer than `memory_s`;
    /// true when it did.
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

/// The layers from two to nine above one of the set.
fn reach_up(layers: LayerSet) -> LayerSet {
    let two = layers << 2 | layers << 3;
    let four = two | two << 2;
    four | four << 4
}

/// The layers from two to nine below one of the set.
fn reach_down(layers: LayerSet) -> LayerSet {
    let two = layers >> 2 | layers >> 3;
    let four = two | two >> 2;
    four | four >> 4
}

/// True for a set that reaches as high as no table top is thick.
fn is_tall(layers: LayerSet) -> bool {
    layers != 0 && 64 - layers.leading_zeros() - layers.trailing_zeros() >= TALL_LAYERS
}

/// The layers of the set and up to three above and below each.
pub(crate) fn spread(layers: LayerSet) -> LayerSet {
    let up = layers | layers << 1;
    let down = layers | layers >> 1;
    up | up << 2 | down | down >> 2
}

/// The set moved down by so many layers, up for a negative number.
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
