//! Log-odds occupancy (Moravec and Elfes 1985; Thrun, Burgard, Fox 2005, table 4.2).

use serde::{Deserialize, Serialize};

use super::{GridFrame, roll};
use crate::{Point2, SettingsError};

/// What is known of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Sight went through.
    Free,
    /// Not seen, or not for long.
    Unknown,
    /// Something stands here.
    Occupied,
}

/// Evidence beyond this is no evidence: e^100 to 1.
const EVIDENCE_MAX: f32 = 100.0;

/// How evidence adds up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogOdds {
    /// Added to a cell that a beam ended in.
    pub hit: f32,
    /// Added to a cell that a beam passed; negative.
    pub miss: f32,
    /// Evidence stops growing here; negative.
    pub min: f32,
    /// Evidence stops growing here.
    pub max: f32,
    /// Above this a cell is occupied.
    pub occupied_above: f32,
    /// Below this a cell is free.
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
    /// Refuses evidence that cannot tell free from occupied.
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

/// Log-odds of occupancy, one number a cell; 0 is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OccupancyGrid {
    frame: GridFrame,
    log_odds: Vec<f32>,
    evidence: LogOdds,
}

impl OccupancyGrid {
    /// A grid of unknown cells.
    pub fn unknown(frame: GridFrame, evidence: LogOdds) -> Self {
        Self {
            frame,
            log_odds: vec![0.0; frame.len()],
            evidence,
        }
    }

    /// Where the grid lies.
    pub fn frame(&self) -> &GridFrame {
        &self.frame
    }

    /// Log-odds, `[height, width]`, row-major.
    pub fn log_odds(&self) -> &[f32] {
        &self.log_odds
    }

    /// What is known of a cell of the grid.
    pub fn cell(&self, column: usize, row: usize) -> Cell {
        self.classify(self.log_odds[self.frame.index(column, row)])
    }

    /// What is known at a point; unknown outside the grid.
    pub fn at(&self, point: Point2) -> Cell {
        self.frame
            .cell_of(point)
            .map_or(Cell::Unknown, |(column, row)| self.cell(column, row))
    }

    /// What a log-odds value means.
    pub fn classify(&self, log_odds: f32) -> Cell {
        if log_odds > self.evidence.occupied_above {
            Cell::Occupied
        } else if log_odds < self.evidence.free_below {
            Cell::Free
        } else {
            Cell::Unknown
        }
    }

    /// A beam ended in this cell.
    pub fn mark(&mut self, index: usize) {
        let value = &mut self.log_odds[index];
        *value = (*value + self.evidence.hit).min(self.evidence.max);
    }

    /// A beam passed this cell.
    pub fn clear(&mut self, index: usize) {
        let value = &mut self.log_odds[index];
        *value = (*value + self.evidence.miss).max(self.evidence.min);
    }

    /// Sets an unknown cell free, as where the robot itself stands.
    pub fn declare_free(&mut self, index: usize) {
        if self.classify(self.log_odds[index]) == Cell::Unknown {
            self.declare(index, Cell::Free);
        }
    }

    /// Sets what is known of a cell, whatever the evidence was.
    pub fn declare(&mut self, index: usize, cell: Cell) {
        self.log_odds[index] = self.declared(cell);
    }

    /// Evidence that says just this.
    pub(crate) fn declared(&self, cell: Cell) -> f32 {
        match cell {
            Cell::Free => 0.5 * (self.evidence.free_below + self.evidence.min),
            Cell::Unknown => 0.0,
            Cell::Occupied => self.evidence.max,
        }
    }

    /// Takes another grid's place, and declares what `say` makes of its cells and those of a second
    /// layer, row-major.
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

    /// Draws all evidence toward unknown by the factor.
    pub fn fade(&mut self, factor: f32) {
        for value in &mut self.log_odds {
            *value *= factor;
        }
    }

    /// Forgets everything.
    pub fn forget(&mut self) {
        self.log_odds.fill(0.0);
    }

    /// Moves the window by whole cells; cells that leave are forgotten, new ones are unknown.
    pub fn roll(&mut self, columns: i64, rows: i64) {
        self.frame.origin.x += columns as f64 * self.frame.resolution_m;
        self.frame.origin.y += rows as f64 * self.frame.resolution_m;
        roll(&mut self.log_odds, self.frame.width, columns, rows, 0.0);
    }

    /// The same evidence in a larger grid, whose cells must line up with these.
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

    /// Copies another grid's content, keeping this one's memory.
    pub fn copy_from(&mut self, other: &Self) {
        self.frame = other.frame;
        self.evidence = other.evidence;
        self.log_odds.resize(other.log_odds.len(), 0.0);
        self.log_odds.copy_from_slice(&other.log_odds);
    }
}
