//! Estimation of the floor height in patches of a few cells.
//!
//! The floor is tracked outward from under the robot, patch by patch. All observed floor is covered
//! first, before it is extrapolated across unobserved patches. In each patch, the surface that most
//! cells share is floor if its height differs from the neighbour's by no more than a step. Surfaces
//! of obstacles that rise from it, such as walls, are excluded, because the floor estimate would
//! otherwise climb them. Across patches without observed floor the estimate is extrapolated level,
//! and its tolerance grows with the assumed maximum slope. It does not grow across a drop. So ramps
//! and sills are floor, and the top of a box is not.

use std::collections::VecDeque;

use super::column::{Column, LayerSet, between, lowered};
use super::layers::Layers;

/// Side of a patch, cells.
pub(crate) const PATCH: usize = 4;
/// Maximum number of unobserved patches across which the floor is extrapolated.
const UNSEEN_MAX: u8 = 20;
/// Search range for the floor under the robot, layers up and down.
const START_LAYERS: i32 = 3;
/// Maximum rise or fall of unobserved floor, layers; with more, shelves would count as floor.
const RISE_MAX: i32 = 2;

/// Floor estimate of a patch, in layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Floor {
    /// Layer of the floor, observed or extrapolated.
    pub layer: i8,
    /// Lowest floor layer in this patch and its neighbours.
    pub low: i8,
}

/// Combined evidence of the columns of a patch.
#[derive(Debug, Clone, Copy, Default)]
struct Patch {
    /// Layers that are the surface of at least 1, 2, 4 and 8 cells.
    shared: [LayerSet; 4],
    /// Layers that are certainly free in at least one cell.
    clear: LayerSet,
}

/// Floor estimates, `[rows, columns]` of patches, row-major.
#[derive(Debug, Clone)]
pub(crate) struct GroundMap {
    columns: usize,
    rows: usize,
    patches: Vec<Patch>,
    is_dirty: Vec<bool>,
    dirty: Vec<u32>,
    floors: Vec<Floor>,
    next: Vec<Floor>,
    /// Number of patches since observed floor along the search path; `u8::MAX` for patches not yet
    /// reached.
    unseen: Vec<u8>,
    /// Patches with observed floor that are still to be expanded.
    queue: VecDeque<u32>,
    /// Patches in which no floor was found from a neighbour, and that neighbour.
    gaps: VecDeque<(u32, u32)>,
    is_current: bool,
}

impl GroundMap {
    /// Creates a map of level floor.
    pub(crate) fn new(cell_columns: usize, cell_rows: usize, layers: &Layers) -> Self {
        let (columns, rows) = (cell_columns.div_ceil(PATCH), cell_rows.div_ceil(PATCH));
        let count = columns * rows;
        let level = level(layers);
        Self {
            columns,
            rows,
            patches: vec![Patch::default(); count],
            is_dirty: vec![false; count],
            dirty: Vec::with_capacity(count),
            floors: vec![level; count],
            next: vec![level; count],
            unseen: vec![u8::MAX; count],
            queue: VecDeque::with_capacity(count),
            gaps: VecDeque::with_capacity(4 * count),
            is_current: false,
        }
    }

    pub(crate) fn forget(&mut self, layers: &Layers) {
        self.patches.fill(Patch::default());
        self.floors.fill(level(layers));
        self.is_dirty.fill(false);
        self.dirty.clear();
        self.is_current = false;
    }

    /// Floor estimate at a cell.
    #[inline]
    pub(crate) fn floor(&self, column: usize, row: usize) -> Floor {
        self.floors[self.patch_of(column, row)]
    }

    fn patch_of(&self, column: usize, row: usize) -> usize {
        row / PATCH * self.columns + column / PATCH
    }

    /// Marks the patch of a cell as changed.
    pub(crate) fn touch(&mut self, column: usize, row: usize) {
        let patch = self.patch_of(column, row);
        if !self.is_dirty[patch] {
            self.is_dirty[patch] = true;
            self.dirty.push(patch as u32);
        }
    }

    /// Moves with the window by whole patches; patches that enter are level floor.
    pub(crate) fn roll(&mut self, columns: i64, rows: i64, layers: &Layers) {
        use crate::grid::roll;
        let (width, side) = (self.columns, PATCH as i64);
        let (columns, rows) = (columns / side, rows / side);
        roll(&mut self.patches, width, columns, rows, Patch::default());
        roll(&mut self.floors, width, columns, rows, level(layers));
        self.is_current = false;
    }

    /// Shifts the estimates with columns that are lowered by a number of layers.
    pub(crate) fn lower(&mut self, layers: i32) {
        for patch in &mut self.patches {
            for set in patch.shared.iter_mut().chain([&mut patch.clear]) {
                *set = lowered(*set, layers);
            }
        }
        for floor in &mut self.floors {
            let moved = |layer: i8| i32::from(layer).saturating_sub(layers);
            let held = |layer: i32| layer.clamp(i32::from(i8::MIN), i32::from(i8::MAX)) as i8;
            floor.layer = held(moved(floor.layer));
            floor.low = held(moved(floor.low));
        }
        self.is_current = false;
    }

    /// Tracks the floor again from the cell under the robot, and reports the patches in which it
    /// changed by their lowest cell.
    pub(crate) fn update(
        &mut self,
        cells: &[Column],
        cell_columns: usize,
        layers: &Layers,
        slope_layers: f32,
        from: [usize; 2],
        mut changed: impl FnMut(usize, usize),
    ) {
        if self.is_current && self.dirty.is_empty() {
            return;
        }
        while let Some(patch) = self.dirty.pop() {
            self.is_dirty[patch as usize] = false;
            self.patches[patch as usize] = self.gather(cells, cell_columns, patch as usize);
        }
        self.follow_floor(layers, slope_layers, from);
        for row in 0..self.rows {
            for column in 0..self.columns {
                let patch = row * self.columns + column;
                let mut floor = self.next[patch];
                for beside in self.beside(column, row).into_iter().flatten() {
                    if self.unseen[beside] == 0 && self.unseen[patch] == 0 {
                        floor.low = floor.low.min(self.next[beside].layer);
                    }
                }
                if floor != self.floors[patch] {
                    self.floors[patch] = floor;
                    changed(column * PATCH, row * PATCH);
                }
            }
        }
        self.is_current = true;
    }

    /// Counts the surfaces of a patch's cells with carry-save adders over sets of layers.
    fn gather(&self, cells: &[Column], cell_columns: usize, patch: usize) -> Patch {
        let (column, row) = (patch % self.columns * PATCH, patch / self.columns * PATCH);
        let cell_rows = cells.len() / cell_columns;
        let mut count = [0_u64; 4];
        let mut clear = 0;
        for row in row..(row + PATCH).min(cell_rows) {
            for column in column..(column + PATCH).min(cell_columns) {
                let cell = &cells[row * cell_columns + column];
                let mut carry = cell.surface();
                for plane in &mut count {
                    (*plane, carry) = (*plane ^ carry, *plane & carry);
                }
                // the sixteenth cell stays counted as fifteen
                for plane in &mut count {
                    *plane |= carry;
                }
                clear |= cell.clear();
            }
        }
        let [ones, twos, fours, eights] = count;
        Patch {
            shared: [
                ones | twos | fours | eights,
                twos | fours | eights,
                fours | eights,
                eights,
            ],
            clear,
        }
    }

    /// Breadth-first search: the nearest floor first, and the shortest path across a gap.
    fn follow_floor(&mut self, layers: &Layers, slope_layers: f32, from: [usize; 2]) {
        self.unseen.fill(u8::MAX);
        self.next.fill(level(layers));
        self.queue.clear();
        self.gaps.clear();
        let start = self.patch_of(from[0], from[1]);
        if !self.find_floor(start, layers.floor, START_LAYERS) {
            self.unseen[start] = 1;
            self.spread(start, layers, slope_layers);
        }
        loop {
            if let Some(patch) = self.queue.pop_front() {
                self.spread(patch as usize, layers, slope_layers);
            } else if let Some((patch, near)) = self.gaps.pop_front() {
                let (patch, near) = (patch as usize, near as usize);
                if self.unseen[patch] == u8::MAX {
                    self.next[patch] = Floor {
                        low: self.next[near].layer,
                        ..self.next[near]
                    };
                    self.unseen[patch] = self.reach_beyond(near, layers).max(1);
                    self.spread(patch, layers, slope_layers);
                }
            } else {
                break;
            }
        }
    }

    /// Number of patches from the last observed floor to a neighbour of `patch`. It does not grow
    /// across a drop: the far side must be as high as the near one.
    fn reach_beyond(&self, patch: usize, layers: &Layers) -> u8 {
        let unseen = self.unseen[patch];
        let layer = i32::from(self.next[patch].layer);
        let is_drop = unseen > 0 && self.patches[patch].clear & layers.below(layer) != 0;
        if is_drop {
            unseen
        } else {
            (unseen + 1).min(UNSEEN_MAX)
        }
    }

    /// Expands the floor into the neighbours of a patch.
    fn spread(&mut self, patch: usize, layers: &Layers, slope_layers: f32) {
        let reach = self.reach_beyond(patch, layers);
        let near = i32::from(self.next[patch].layer);
        let rise = ((f32::from(reach) * slope_layers) as i32).min(RISE_MAX);
        let tolerance = layers.step.max(rise);
        let (column, row) = (patch % self.columns, patch / self.columns);
        for beside in self.beside(column, row).into_iter().flatten() {
            if self.unseen[beside] == u8::MAX && !self.find_floor(beside, near, tolerance) {
                self.gaps.push_back((beside as u32, patch as u32));
            }
        }
    }

    /// Searches a patch for floor near a layer. Returns true and queues the patch if there is one.
    fn find_floor(&mut self, patch: usize, near: i32, tolerance: i32) -> bool {
        let Some(layer) = self.patches[patch].nearest(near, tolerance) else {
            return false;
        };
        let layer = layer as i8;
        self.next[patch] = Floor { layer, low: layer };
        self.unseen[patch] = 0;
        self.queue.push_back(patch as u32);
        true
    }

    fn beside(&self, column: usize, row: usize) -> [Option<usize>; 4] {
        let patch = row * self.columns + column;
        [
            (column > 0).then(|| patch - 1),
            (column + 1 < self.columns).then(|| patch + 1),
            (row > 0).then(|| patch - self.columns),
            (row + 1 < self.rows).then(|| patch + self.columns),
        ]
    }
}

impl Patch {
    /// Layer near `near` that most cells share; of two, the nearer one, then the lower one.
    fn nearest(&self, near: i32, tolerance: i32) -> Option<i32> {
        let window = between(near - tolerance, near + tolerance);
        let shared = self.shared.iter().rev().map(|set| set & window);
        let layers = shared.into_iter().find(|set| *set != 0)?;
        (0..=tolerance)
            .flat_map(|off| [near - off, near + off])
            .find(|layer| between(*layer, *layer) & layers != 0)
    }
}

fn level(layers: &Layers) -> Floor {
    let layer = layers.floor as i8;
    Floor { layer, low: layer }
}
