//! Dynamic returns: beam endpoints in cells that were observed free before.
//!
//! The boundary of a static obstacle flickers, because it falls on the border of two cells, and
//! shifts as the pose drifts. Endpoints beside a static obstacle are therefore not dynamic returns.

use crate::grid::roll;
use crate::{Cell, GridFrame, OccupancyGrid, Point2, Stamp};

const NEVER: Stamp = Stamp(i64::MIN);

/// Classification of a beam endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// Dynamic return: the cell was observed free before.
    Arrival,
    /// Static obstacle that has been observed for long.
    Standing,
    /// Surface in a cell that was unobserved before.
    Unknown,
}

/// Time since the first observation after which an obstacle found in an unobserved cell counts as
/// static, s.
const KNOWN_S: f64 = 1.0;
/// Tolerance around cells first observed occupied less than `KNOWN_S` ago, as a share of that
/// around static obstacles.
const NEW_BLUR_SHARE: f64 = 0.5;

/// Time at which each cell of a grid became occupied.
#[derive(Debug, Clone)]
pub(super) struct Arrivals {
    frame: GridFrame,
    came: Vec<Stamp>,
    /// Time at which an unobserved cell was first observed to be occupied.
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

    /// Classifies the endpoint `end` of a beam at `now`. `grid` is the map before this scan; a
    /// static obstacle within `blur_m` explains the endpoint.
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

    /// True if a cell became occupied within `settle_s` before `now`.
    pub(super) fn came_lately(&self, index: usize, now: Stamp) -> bool {
        let came = self.came[index];
        came != NEVER && now.secs_since(came) <= self.settle_s
    }

    /// True if the cell at `place` became occupied within `settle_s` before `now`.
    pub(super) fn came_lately_to(&self, place: Point2, now: Stamp) -> bool {
        let cell = self.frame.cell_of(place);
        cell.is_some_and(|(column, row)| self.came_lately(self.frame.index(column, row), now))
    }

    /// Renews the arrival time of the cell at `place`, which a moving object covers. Pedestrians in
    /// a row leave a cell no time to become free.
    pub(super) fn renew(&mut self, place: Point2, now: Stamp) {
        if let Some((column, row)) = self.frame.cell_of(place) {
            self.came[self.frame.index(column, row)] = now;
        }
    }
}
