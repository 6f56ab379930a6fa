//! Time of the last observation of the ground around the robot.

use crate::grid::roll;
use crate::{GridFrame, LaserScan, Point2, Pose2, Stamp, Vector2};

/// Side of a cell, m: at this size the beams of a sparse scanner hit every cell within a braking
/// distance.
const CELL_M: f64 = 0.1;
/// Cells along a side: 12.8 m.
const CELLS: usize = 128;
/// The window moves in steps of this many cells.
const ROLL_CELLS: i64 = 8;
/// Maximum range of planar scans that is evaluated, m: longer than any braking distance.
const REACH_M: f64 = 4.0;
/// Distance from the centre of a cell to its corner, m.
const HALF_DIAGONAL_M: f64 = 0.071;
/// Angle between beams above which the space between them counts as unobserved, rad.
const BEAMS_APART_MAX_RAD: f64 = 0.105;
/// Marks a cell that was never observed.
const NEVER: Stamp = Stamp(i64::MIN);

/// Time of the last observation of each cell around the robot, odometry frame.
///
/// A cell is observed if a beam ends in it or passes it. The cells are coarser than those of the
/// map, so that the space between two neighbouring beams counts as observed.
#[derive(Debug, Clone, PartialEq)]
pub struct SightLayer {
    frame: GridFrame,
    seen: Vec<Stamp>,
}

impl Default for SightLayer {
    fn default() -> Self {
        let half_m = 0.5 * CELLS as f64 * CELL_M;
        let frame = GridFrame {
            origin: Point2::new(-half_m, -half_m),
            resolution_m: CELL_M,
            width: CELLS,
            height: CELLS,
        };
        Self {
            frame,
            seen: vec![NEVER; frame.len()],
        }
    }
}

impl SightLayer {
    /// Time since the ground at `point` was last observed, s; infinite if it never was.
    pub fn age_s(&self, point: Point2, now: Stamp) -> f64 {
        let Some((column, row)) = self.frame.cell_of(point) else {
            return f64::INFINITY;
        };
        match self.seen[self.frame.index(column, row)] {
            NEVER => f64::INFINITY,
            stamp => now.secs_since(stamp).max(0.0),
        }
    }

    /// Marks the whole window as observed at `stamp`: for tests and ground-truth maps.
    pub fn see_all(&mut self, stamp: Stamp) {
        self.seen.fill(stamp);
    }

    /// Marks the ground at `point` as observed at `stamp`.
    pub fn see(&mut self, point: Point2, stamp: Stamp) {
        if let Some((column, row)) = self.frame.cell_of(point) {
            let seen = &mut self.seen[self.frame.index(column, row)];
            *seen = stamp.max(*seen);
        }
    }

    /// Marks all cells as never observed.
    pub(crate) fn forget(&mut self) {
        self.seen.fill(NEVER);
    }

    /// Copies another layer and keeps the memory allocated for this one.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.frame = other.frame;
        self.seen.copy_from_slice(&other.seen);
    }

    /// Adopts later observations of another layer. The cells of all layers are aligned.
    pub(crate) fn merge(&mut self, other: &Self) {
        let offset = (other.frame.origin - self.frame.origin) / CELL_M;
        let (columns, rows) = (offset.x.round() as i64, offset.y.round() as i64);
        for row in rows.max(0)..(rows + CELLS as i64).min(CELLS as i64) {
            for column in columns.max(0)..(columns + CELLS as i64).min(CELLS as i64) {
                let from = other
                    .frame
                    .index((column - columns) as usize, (row - rows) as usize);
                let to = self.frame.index(column as usize, row as usize);
                self.seen[to] = self.seen[to].max(other.seen[from]);
            }
        }
    }

    /// Moves the window so that `base` is near its centre.
    pub(crate) fn follow(&mut self, base: Point2) {
        let (column, row) = self.frame.signed_cell(base);
        let steps = |cell: i64| {
            let off = cell - CELLS as i64 / 2;
            if off.abs() > ROLL_CELLS { off } else { 0 }
        };
        let (columns, rows) = (steps(column), steps(row));
        if columns != 0 || rows != 0 {
            self.frame.origin += Vector2::new(columns as f64, rows as f64) * CELL_M;
            roll(&mut self.seen, CELLS, columns, rows, NEVER);
        }
    }

    /// Processes a planar scan. `reach_m[i]` is the range over which beam i was free, m; negative
    /// for a beam without information.
    pub(crate) fn observe(
        &mut self,
        stamp: Stamp,
        lidar: Pose2,
        scan: &LaserScan,
        reach_m: &[f32],
    ) {
        let (column, row) = self.frame.signed_cell(lidar.position());
        let reach = (REACH_M / CELL_M) as i64;
        let beams = Beams::new(lidar, scan, reach_m);
        let columns = (column - reach).max(0)..(column + reach + 1).min(CELLS as i64);
        for row in (row - reach).max(0)..(row + reach + 1).min(CELLS as i64) {
            for column in columns.clone() {
                let (column, row) = (column as usize, row as usize);
                let offset = self.frame.centre_of(column, row) - lidar.position();
                if beams.see(offset) {
                    let seen = &mut self.seen[self.frame.index(column, row)];
                    *seen = stamp.max(*seen);
                }
            }
        }
    }
}

/// Beams of a scan, indexed by direction.
struct Beams<'a> {
    reach_m: &'a [f32],
    /// Bearing of the first beam, odometry frame, rad.
    first_rad: f32,
    /// Beams per radian; negative for a scanner that turns clockwise.
    per_rad: f32,
    /// Beams per full turn, if the scan covers one.
    full_turn: Option<f32>,
    /// Beams are close enough to each other for the space between them to count as observed.
    are_dense: bool,
}

impl<'a> Beams<'a> {
    fn new(lidar: Pose2, scan: &LaserScan, reach_m: &'a [f32]) -> Self {
        let step = scan.angle_increment.abs();
        let turn = std::f64::consts::TAU / step;
        Self {
            reach_m,
            first_rad: (lidar.yaw + scan.angle_min) as f32,
            per_rad: scan.angle_increment.recip() as f32,
            full_turn: (reach_m.len() as f64 + 1.0 >= turn).then_some(turn as f32),
            are_dense: step <= BEAMS_APART_MAX_RAD,
        }
    }

    /// True if a beam reaches the cell whose centre is at `offset` from the scanner.
    fn see(&self, offset: Vector2) -> bool {
        let (x, y) = (offset.x as f32, offset.y as f32);
        let distance = (x * x + y * y).sqrt();
        if distance <= HALF_DIAGONAL_M as f32 {
            return true;
        }
        if !self.are_dense || distance > REACH_M as f32 {
            return false;
        }
        let turn = std::f32::consts::TAU;
        let sign = self.per_rad.signum();
        let ahead = ((y.atan2(x) - self.first_rad) * sign).rem_euclid(turn);
        let middle = ahead * self.per_rad.abs();
        let half = (HALF_DIAGONAL_M as f32 / distance).min(1.0).asin() * self.per_rad.abs();
        let (low, high) = (
            (middle - half).floor() as i64,
            (middle + half).ceil() as i64,
        );
        let count = self.reach_m.len() as i64;
        let least = distance - HALF_DIAGONAL_M as f32;
        let reaches = |beam: i64| self.reach_m[beam as usize] >= least;
        (low..=high).any(|beam| match self.full_turn {
            Some(full) => {
                let beam = beam.rem_euclid(full.round() as i64);
                beam < count && reaches(beam)
            }
            None => (0..count).contains(&beam) && reaches(beam),
        })
    }
}
