//! Detection of changes between successive maps: cells that became occupied or free.
//!
//! ```text
//! value = ±2^(−t / half_life_s),   + free cell became occupied, − occupied cell became free
//! ```
//!
//! The boundary of a static obstacle flickers from map to map if it falls on the border of two
//! cells. A change beside a cell that has been occupied for long is therefore ignored.

use serde::{Deserialize, Serialize};

use super::{Cell, GridFrame, OccupancyGrid, roll};
use crate::{Point2, SettingsError, Stamp};

/// Values below this are set to zero.
const VALUE_MIN: f32 = 0.02;

/// Parameters that separate motion from flicker and set how long motion remains visible.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MotionSettings {
    /// Enables change detection.
    pub enabled: bool,
    /// Half-life of a value, s.
    pub half_life_s: f64,
    /// Time of continuous occupancy after which a cell counts as static, s.
    pub settle_s: f64,
}

impl Default for MotionSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            half_life_s: 0.5,
            settle_s: 2.0,
        }
    }
}

impl MotionSettings {
    /// Rejects times that are not positive or are out of range.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::ensure_within(
            "mapper.motion",
            &[
                ("half_life_s", self.half_life_s, 0.01..=3600.0),
                ("settle_s", self.settle_s, 0.01..=3600.0),
            ],
        )
    }
}

/// Motion per cell: −1 just became free, 0 unchanged, 1 just became occupied.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MotionLayer {
    frame: GridFrame,
    values: Vec<f32>,
}

impl MotionLayer {
    /// Creates a layer from one value per cell, `[height, width]`, row-major, −1 to 1.
    ///
    /// # Panics
    /// Panics if the number of values differs from the number of cells.
    pub fn new(frame: GridFrame, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), frame.len(), "values of a motion layer");
        Self { frame, values }
    }

    /// Placement of the cells in the plane.
    pub fn frame(&self) -> &GridFrame {
        &self.frame
    }

    /// Values of all cells, `[height, width]`, row-major.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Motion at a point; 0 outside the layer.
    pub fn at(&self, point: Point2) -> f32 {
        self.frame.cell_of(point).map_or(0.0, |(column, row)| {
            self.values[self.frame.index(column, row)]
        })
    }

    /// Copies the content of another layer and keeps the memory allocated for this one.
    pub fn copy_from(&mut self, other: &Self) {
        self.frame = other.frame;
        self.values.resize(other.values.len(), 0.0);
        self.values.copy_from_slice(&other.values);
    }
}

/// Last observed state of a cell that was not unknown, and the time since which it is occupied.
#[derive(Debug, Clone, Copy)]
struct Known {
    cell: Cell,
    since: Stamp,
}

const NOTHING: Known = Known {
    cell: Cell::Unknown,
    since: Stamp(0),
};

/// Compares each map with the previous ones.
#[derive(Debug, Clone)]
pub(crate) struct MotionTracker {
    settings: MotionSettings,
    layer: MotionLayer,
    known: Vec<Known>,
    stamp: Option<Stamp>,
}

impl MotionTracker {
    pub(crate) fn new(settings: MotionSettings, frame: GridFrame) -> Self {
        Self {
            settings,
            layer: MotionLayer::new(frame, vec![0.0; frame.len()]),
            known: vec![NOTHING; frame.len()],
            stamp: None,
        }
    }

    pub(crate) fn layer(&self) -> &MotionLayer {
        &self.layer
    }

    pub(crate) fn forget(&mut self) {
        self.layer.values.fill(0.0);
        self.known.fill(NOTHING);
        self.stamp = None;
    }

    /// Processes the map of `stamp`, whose window may have moved by whole cells.
    pub(crate) fn update(&mut self, grid: &OccupancyGrid, stamp: Stamp) {
        self.follow(*grid.frame());
        let elapsed_s = self
            .stamp
            .map_or(0.0, |last| stamp.secs_since(last).max(0.0));
        self.stamp = self.stamp.max(Some(stamp));
        let fade = (-elapsed_s / self.settings.half_life_s).exp2() as f32;
        for value in &mut self.layer.values {
            let faded = *value * fade;
            *value = if faded.abs() < VALUE_MIN { 0.0 } else { faded };
        }
        for index in 0..self.known.len() {
            let cell = grid.classify(grid.log_odds()[index]);
            let known = self.known[index];
            if cell == Cell::Unknown || cell == known.cell {
                continue;
            }
            if known.cell != Cell::Unknown && !self.is_beside_standing(grid, index, stamp) {
                self.layer.values[index] = if cell == Cell::Occupied { 1.0 } else { -1.0 };
            }
            self.known[index] = Known { cell, since: stamp };
        }
    }

    fn follow(&mut self, frame: GridFrame) {
        let moved = (frame.origin - self.layer.frame.origin) / frame.resolution_m;
        let (columns, rows) = (moved.x.round() as i64, moved.y.round() as i64);
        if columns != 0 || rows != 0 {
            roll(&mut self.layer.values, frame.width, columns, rows, 0.0);
            roll(&mut self.known, frame.width, columns, rows, NOTHING);
        }
        self.layer.frame = frame;
    }

    /// True if one of the eight neighbours has been occupied for long and still is.
    fn is_beside_standing(&self, grid: &OccupancyGrid, index: usize, stamp: Stamp) -> bool {
        let frame = grid.frame();
        let (column, row) = ((index % frame.width) as i64, (index / frame.width) as i64);
        (-1..=1).any(|up| {
            (-1..=1).any(|right| {
                let (column, row) = (column + right, row + up);
                if (right, up) == (0, 0) || !frame.contains(column, row) {
                    return false;
                }
                let known = self.known[frame.index(column as usize, row as usize)];
                known.cell == Cell::Occupied
                    && grid.cell(column as usize, row as usize) == Cell::Occupied
                    && stamp.secs_since(known.since) >= self.settings.settle_s
            })
        })
    }
}
