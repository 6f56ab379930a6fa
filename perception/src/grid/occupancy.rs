//! Log-odds occupancy grid (Moravec and Elfes 1985; Thrun, Burgard, Fox 2005, table 4.2).

use serde::{Deserialize, Serialize};

use super::{GridFrame, roll};
use crate::{Point2, SettingsError};

/// Occupancy state of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Free: beams passed through the cell.
    Free,
    /// Unobserved, or not observed for long.
    Unknown,
    /// Occupied by an obstacle.
    Occupied,
}

/// Largest magnitude of log-odds parameters; it corresponds to odds of e^100 to 1.
const EVIDENCE_MAX: f32 = 100.0;

/// Log-odds update parameters and classification thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogOdds {
    /// Log-odds added to a cell in which a beam ended.
    pub hit: f32,
    /// Log-odds added to a cell that a beam passed; negative.
    pub miss: f32,
    /// Lower limit of log-odds; negative.
    pub min: f32,
    /// Upper limit of log-odds.
    pub max: f32,
    /// Log-odds above which a cell is occupied.
    pub occupied_above: f32,
    /// Log-odds below which a cell is free.
    pub free_below: f32,
}

impl Default for LogOdds {
    fn default() -> Self {
        Self {
            hit: 0.9,
            miss: -0.45,
            min: -2.0,
            max: 3.5,
            occupied_above: 0.5,
            free_below: -0.3,
        }
    }
}

impl LogOdds {
    /// Rejects parameters with which free and occupied cells cannot be distinguished.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let fields: [(&'static str, f32, bool, &'static str); 6] = [
            ("hit", self.hit, self.hit > 0.0, "above 0, up to 100"),
            ("miss", self.miss, self.miss < 0.0, "below 0, from -100"),
            (
                "occupied_above",
                self.occupied_above,
                self.occupied_above >= 0.0,
                "0 to 100",
            ),
            (
                "free_below",
                self.free_below,
                self.free_below <= 0.0,
                "-100 to 0",
            ),
            (
                "max",
                self.max,
                self.max > self.occupied_above,
                "above occupied_above, up to 100",
            ),
            (
                "min",
                self.min,
                self.min < self.free_below,
                "below free_below, from -100",
            ),
        ];
        fields
            .iter()
            .try_for_each(|&(field, value, allowed, expected)| {
                let allowed = allowed && value.abs() <= EVIDENCE_MAX;
                SettingsError::ensure(allowed, "mapper.evidence", field, &value, expected)
            })
    }
}

/// Log-odds of occupancy, one number per cell; 0 is unobserved.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OccupancyGrid {
    frame: GridFrame,
    log_odds: Vec<f32>,
    evidence: LogOdds,
}

impl OccupancyGrid {
    /// Creates a grid of unobserved cells.
    pub fn unknown(frame: GridFrame, evidence: LogOdds) -> Self {
        Self {
            frame,
            log_odds: vec![0.0; frame.len()],
            evidence,
        }
    }

    /// Placement of the grid in the plane.
    pub fn frame(&self) -> &GridFrame {
        &self.frame
    }

    /// Log-odds, `[height, width]`, row-major.
    pub fn log_odds(&self) -> &[f32] {
        &self.log_odds
    }

    /// State of a cell of the grid.
    pub fn cell(&self, column: usize, row: usize) -> Cell {
        self.classify(self.log_odds[self.frame.index(column, row)])
    }

    /// State at a point; [`Cell::Unknown`] outside the grid.
    pub fn at(&self, point: Point2) -> Cell {
        self.frame
            .cell_of(point)
            .map_or(Cell::Unknown, |(column, row)| self.cell(column, row))
    }

    /// State that corresponds to a log-odds value.
    pub fn classify(&self, log_odds: f32) -> Cell {
        if log_odds > self.evidence.occupied_above {
            Cell::Occupied
        } else if log_odds < self.evidence.free_below {
            Cell::Free
        } else {
            Cell::Unknown
        }
    }

    /// Adds a hit: a beam ended in this cell.
    pub fn mark(&mut self, index: usize) {
        let value = &mut self.log_odds[index];
        *value = (*value + self.evidence.hit).min(self.evidence.max);
    }

    /// Adds a miss: a beam passed this cell.
    pub fn clear(&mut self, index: usize) {
        let value = &mut self.log_odds[index];
        *value = (*value + self.evidence.miss).max(self.evidence.min);
    }

    /// Sets an unobserved cell free, such as one under the robot itself.
    pub fn declare_free(&mut self, index: usize) {
        if self.classify(self.log_odds[index]) == Cell::Unknown {
            self.declare(index, Cell::Free);
        }
    }

    /// Sets the state of a cell regardless of its evidence.
    pub fn declare(&mut self, index: usize, cell: Cell) {
        self.log_odds[index] = self.declared(cell);
    }

    /// Log-odds assigned to a cell with this declared state.
    pub(crate) fn declared(&self, cell: Cell) -> f32 {
        match cell {
            Cell::Free => 0.5 * (self.evidence.free_below + self.evidence.min),
            Cell::Unknown => 0.0,
            Cell::Occupied => self.evidence.max,
        }
    }

    /// Copies another grid and sets each cell to the state that `say` computes from it and from a
    /// second layer, row-major.
    pub(crate) fn combine<T: Copy>(
        &mut self,
        other: &Self,
        layer: &[T],
        say: impl Fn(Cell, T) -> Cell,
    ) {
        self.frame = other.frame;
        let values = [Cell::Free, Cell::Unknown, Cell::Occupied].map(|cell| self.declared(cell));
        for ((value, log_odds), second) in self.log_odds.iter_mut().zip(&other.log_odds).zip(layer)
        {
            *value = values[say(other.classify(*log_odds), *second) as usize];
        }
    }

    /// Decays all log-odds toward unobserved by a factor.
    pub fn fade(&mut self, factor: f32) {
        for value in &mut self.log_odds {
            *value *= factor;
        }
    }

    /// Resets all cells to unobserved.
    pub fn forget(&mut self) {
        self.log_odds.fill(0.0);
    }

    /// Moves the window by whole cells; cells that leave are discarded, new ones are unobserved.
    pub fn roll(&mut self, columns: i64, rows: i64) {
        self.frame.origin.x += columns as f64 * self.frame.resolution_m;
        self.frame.origin.y += rows as f64 * self.frame.resolution_m;
        roll(&mut self.log_odds, self.frame.width, columns, rows, 0.0);
    }

    /// Copies the evidence into a larger grid, whose cells must be aligned with these.
    pub fn grown(&self, frame: GridFrame) -> Self {
        let mut grown = Self::unknown(frame, self.evidence);
        let offset = (self.frame.origin - frame.origin) / frame.resolution_m;
        let (left, bottom) = (offset.x.round() as usize, offset.y.round() as usize);
        for row in 0..self.frame.height {
            let from = row * self.frame.width;
            let to = frame.index(left, bottom + row);
            grown.log_odds[to..to + self.frame.width]
                .copy_from_slice(&self.log_odds[from..from + self.frame.width]);
        }
        grown
    }

    /// Copies the content of another grid and keeps the memory allocated for this one.
    pub fn copy_from(&mut self, other: &Self) {
        self.frame = other.frame;
        self.evidence = other.evidence;
        self.log_odds.resize(other.log_odds.len(), 0.0);
        self.log_odds.copy_from_slice(&other.log_odds);
    }
}
