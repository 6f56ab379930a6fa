//! Comparison of the map of a drive with the true world, within the field of view.
//!
//! ```text
//! in view    cells with endpoints of error-free sensors at the robot's true poses in two samples
//! recall     share of those that are occupied in the map, in the cell or a neighbour
//! precision  share of the map's occupied cells with a true obstacle in the cell or a neighbour
//! ```
//!
//! The tolerance is one cell, because edges often lie on the border of two cells. The figures
//! without tolerance are `strict`.

mod objects;
mod witness;

use std::collections::BTreeMap;

use perception::{Cell, OccupancyGrid, Point2, Pose2};
use serde::Serialize;

use crate::{Band, CellTruth, RobotModel, SettingsError, TickView, Truth, World};
use objects::Objects;
pub use objects::{ObjectFinding, ObjectKind};
use witness::{Sight, Witness};

/// Settings of an inspection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InspectionSettings {
    /// Height band of obstacles.
    pub band: Band,
    /// Depth below the floor at which a line of sight proves a drop, m.
    pub drop_m: f64,
    /// Maximum used depth of depth cameras, m.
    pub depth_max_m: f64,
    /// Maximum distance from the robot of cells in view, m.
    pub range_m: f64,
    /// Sampling period, s.
    pub period_s: f64,
}

/// A ratio of counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Numerator.
    pub good: usize,
    /// Denominator.
    pub all: usize,
}

impl Share {
    /// Counts one sample.
    pub fn count(&mut self, good: bool) {
        self.good += usize::from(good);
        self.all += 1;
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: Self) {
        self.good += other.good;
        self.all += other.all;
    }

    /// The ratio, 0 to 1; 1 without samples.
    pub fn value(&self) -> f64 {
        if self.all == 0 {
            1.0
        } else {
            self.good as f64 / self.all as f64
        }
    }
}

/// Result of an inspection.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Findings {
    /// Cells in view that are occupied in the map.
    pub recall: Share,
    /// The same without tolerance.
    pub recall_strict: Share,
    /// Occupied cells with a true obstacle.
    pub precision: Share,
    /// The same without tolerance.
    pub precision_strict: Share,
    /// Results for each object that a planar scan misses, and for holes.
    pub objects: Vec<ObjectFinding>,
    /// Centres of missed cells in view, odometry frame.
    #[serde(skip)]
    pub missed: Vec<Point2>,
    /// Centres of falsely occupied cells, odometry frame.
    #[serde(skip)]
    pub invented: Vec<Point2>,
    /// The map that was judged, odometry frame.
    #[serde(skip)]
    pub map: OccupancyGrid,
}

/// An inspection in progress: observes a drive, then evaluates its last map.
pub struct Inspection<'a> {
    settings: InspectionSettings,
    resolution_m: f64,
    truth: Truth<'a>,
    world: &'a World,
    witness: Witness,
    objects: Objects,
    /// Observed cells of the odometry frame, with the indices of the first and last sample.
    seen: BTreeMap<(i64, i64), [usize; 2]>,
    looks: usize,
    looked_s: Option<f64>,
    grid: OccupancyGrid,
    odom_from_world: Pose2,
    base: Point2,
}

impl<'a> Inspection<'a> {
    /// Inspection of a robot's map of a world, with cells of `resolution_m`.
    pub fn new(
        world: &'a World,
        robot: &RobotModel,
        resolution_m: f64,
        settings: InspectionSettings,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            resolution_m,
            truth: Truth::new(world, settings.band),
            world,
            witness: Witness::new(robot, settings.depth_max_m)?,
            objects: Objects::new(world, robot.lidar.height_m, settings.band),
            seen: BTreeMap::new(),
            looks: 0,
            looked_s: None,
            grid: OccupancyGrid::default(),
            odom_from_world: Pose2::IDENTITY,
            base: Point2::origin(),
            settings,
        })
    }

    /// Observes a tick of the drive.
    pub fn watch(&mut self, view: &TickView<'_>) {
        self.grid.copy_from(&view.snapshot.grid);
        self.odom_from_world = view.odom_from_base * view.world_from_base.inverse();
        self.base = view.odom_from_base.position();
        let due = self
            .looked_s
            .is_none_or(|then| view.t_s - then >= self.settings.period_s - 1e-9);
        if due {
            self.looked_s = Some(view.t_s);
            self.look(view.world_from_base);
        }
    }

    fn look(&mut self, at: Pose2) {
        let Self {
            settings,
            resolution_m,
            world,
            witness,
            objects,
            seen,
            looks,
            odom_from_world,
            ..
        } = self;
        *looks += 1;
        let cell = |point: Point2| {
            let scaled = (*odom_from_world * point) / *resolution_m;
            (scaled.x.floor() as i64, scaled.y.floor() as i64)
        };
        witness.look(world, at, &mut |sight: Sight| {
            let point = sight.to.xy();
            if (point - at.position()).norm() > settings.range_m {
                return;
            }
            let above_m = sight.to.z - world.floor_m(point);
            let in_band = above_m > settings.band.clearance_m + BORDER_M
                && above_m < settings.band.height_m - BORDER_M
                && sight.to.z > BORDER_M;
            if in_band {
                seen.entry(cell(point)).or_insert([*looks; 2])[1] = *looks;
                objects.see(sight.to, cell(point));
            }
            if sight.to.z < -settings.drop_m {
                // the part of the line of sight below the surrounding floor
                let below = (sight.to.z + settings.drop_m) / (sight.to.z - sight.from.z);
                let steps = (below * (sight.to - sight.from).norm() / (0.5 * *resolution_m)).ceil();
                for step in 0..steps as usize {
                    let share = below * step as f64 / steps;
                    let place = sight.to + (sight.from - sight.to) * share;
                    objects.see_below(place, cell(place.xy()));
                }
            }
        });
    }

    /// Evaluates the last map.
    pub fn finish(self) -> Findings {
        let mut findings = Findings::default();
        let occupied = |cell: (i64, i64), slack: i64| self.is_occupied(cell, slack);
        for (&cell, [first, last]) in &self.seen {
            if first == last || !self.in_view(cell) {
                continue;
            }
            let found = occupied(cell, 1);
            findings.recall.count(found);
            findings.recall_strict.count(occupied(cell, 0));
            if !found {
                findings.missed.push(self.middle_of(cell));
            }
        }
        let frame = *self.grid.frame();
        let world_from_odom = self.odom_from_world.inverse();
        for row in 0..frame.height {
            for column in 0..frame.width {
                let centre = frame.centre_of(column, row);
                let is_near = (centre - self.base).norm() <= self.settings.range_m;
                if !is_near || self.grid.cell(column, row) != Cell::Occupied {
                    continue;
                }
                let point = world_from_odom * centre;
                let true_within = |cells: f64| {
                    self.truth.cell(point, cells * self.resolution_m) != CellTruth::Free
                };
                let good = true_within(1.5);
                findings.precision.count(good);
                findings.precision_strict.count(good && true_within(0.5));
                if !good {
                    findings.invented.push(centre);
                }
            }
        }
        findings.objects = self
            .objects
            .judge(|cell| self.in_view(cell).then(|| occupied(cell, 1)));
        findings.map = self.grid;
        findings
    }

    /// True for a cell of the odometry frame that the last map covers.
    fn in_view(&self, cell: (i64, i64)) -> bool {
        let centre = self.middle_of(cell);
        self.grid.frame().cell_of(centre).is_some()
            && (centre - self.base).norm() <= self.settings.range_m
    }

    fn middle_of(&self, (x, y): (i64, i64)) -> Point2 {
        Point2::new(x as f64 + 0.5, y as f64 + 0.5) * self.resolution_m
    }

    fn is_occupied(&self, cell: (i64, i64), slack: i64) -> bool {
        let frame = self.grid.frame();
        let (column, row) = frame.signed_cell(self.middle_of(cell));
        (-slack..=slack).any(|up| {
            (-slack..=slack).any(|right| {
                let (column, row) = (column + right, row + up);
                frame.contains(column, row)
                    && self.grid.cell(column as usize, row as usize) == Cell::Occupied
            })
        })
    }
}

/// Distance from a border of the band within which either side is accepted, m.
const BORDER_M: f64 = 0.015;
