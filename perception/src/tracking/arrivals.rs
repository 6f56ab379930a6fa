//! Beam ends that came where sight had been free.
//!
//! The edge of something that stands flickers, for it falls on the border of two cells, and shifts
//! as the pose drifts: what is beside it is no arrival.

use crate::grid::roll;
use crate::{Cell, GridFrame, OccupancyGrid, Point2, Stamp};

const NEVER: Stamp = Stamp(i64::MIN);

/// What a beam met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// What came where sight had been free.
    Arrival,
    /// What has stood there for long.
    Standing,
    /// What was out of sight before.
    Unknown,
}

/// Time from which what was there when it was first seen stands, s.
const KNOWN_S: f64 = 1.0;
/// Tolerance around cells first seen less than `KNOWN_S` ago, as a share of that around standing objects.
const NEW_BLUR_SHARE: f64 = 0.5;

/// When something came to the cells of a grid.
#[derive(Debug, Clone)]
pub(super) struct Arrivals {
    frame: GridFrame,
    came: Vec<Stamp>,
    /// When a cell that was unknown was first seen to be taken.
    first: Vec<Stamp>,
    settle_s: f64,
}

impl Arrivals {
    pub(super) fn new(frame: GridFrame, settle_s: f64) -> Self {
        Self {
            frame,
            came: vec![NEVER; frame.len()],
            first: vec![NEVER; frame.len()],
            settle_s,
        }
    }

    pub(super) fn forget(&mut self) {
        self.came.fill(NEVER);
        self.first.fill(NEVER);
    }

    /// Follows a window that has moved by whole cells.
    pub(super) fn follow(&mut self, frame: GridFrame) {
        let moved = (frame.origin - self.frame.origin) / frame.resolution_m;
        let (columns, rows) = (moved.x.round() as i64, moved.y.round() as i64);
        if columns != 0 || rows != 0 {
            roll(&mut self.came, frame.width, columns, rows, NEVER);
            roll(&mut self.first, frame.width, columns, rows, NEVER);
        }
        self.frame = frame;
    }

    /// What a beam of `now` that ended at `end` met. `grid` is the map before this scan; what stands
    /// within `blur_m` explains the beam.
    pub(super) fn meets(
        &mut self,
        grid: &OccupancyGrid,
        end: Point2,
        blur_m: f64,
        now: Stamp,
    ) -> Met {
        let Some((column, row)) = self.frame.cell_of(end) else {
            return Met::Unknown;
        };
        let index = self.frame.index(column, row);
        match grid.cell(column, row) {
            Cell::Free => self.came[index] = now,
            Cell::Unknown if self.first[index] == NEVER => self.first[index] = now,
            _ => {}
        }
        let is_late = |came: Stamp| came == NEVER || now.secs_since(came) > self.settle_s;
        let is_new = |first: Stamp| first != NEVER && now.secs_since(first) <= KNOWN_S;
        if is_late(self.came[index]) {
            return match grid.cell(column, row) {
                Cell::Occupied if !is_new(self.first[index]) => Met::Standing,
                _ => Met::Unknown,
            };
        }
        let cells = |blur_m: f64| (blur_m / self.frame.resolution_m).ceil() as i64;
        let (reach, reach_of_new) = (cells(blur_m), cells(NEW_BLUR_SHARE * blur_m));
        let (column, row) = (column as i64, row as i64);
        let mut met = Met::Arrival;
        for (off_row, off_column) in
            (-reach..=reach).flat_map(|row| (-reach..=reach).map(move |column| (row, column)))
        {
            let (column, row) = (column + off_column, row + off_row);
            if !self.frame.contains(column, row) {
                continue;
            }
            let (column, row) = (column as usize, row as usize);
            let near = self.frame.index(column, row);
            if grid.cell(column, row) != Cell::Occupied || !is_late(self.came[near]) {
                continue;
            }
            if !is_new(self.first[near]) {
                return Met::Standing;
            }
            if off_row.abs().max(off_column.abs()) <= reach_of_new {
                met = Met::Unknown;
            }
        }
        met
    }

    /// True when something came to a cell within `settle_s` before `now`.
    pub(super) fn came_lately(&self, index: usize, now: Stamp) -> bool {
        let came = self.came[index];
        came != NEVER && now.secs_since(came) <= self.settle_s
    }

    /// The same for the cell of a place.
    pub(super) fn came_lately_to(&self, place: Point2, now: Stamp) -> bool {
        let cell = self.frame.cell_of(place);
        cell.is_some_and(|(column, row)| self.came_lately(self.frame.index(column, row), now))
    }

    /// Something that moves is at `place`, so what is there has come just now: people who follow
    /// each other leave a cell no time to go free.
    pub(super) fn renew(&mut self, place: Point2, now: Stamp) {
        if let Some((column, row)) = self.frame.cell_of(place) {
            self.came[self.frame.index(column, row)] = now;
        }
    }
}
