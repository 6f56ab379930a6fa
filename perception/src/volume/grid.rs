//! Volume: a rolling window of voxel columns around the robot.

use super::class::{ColumnClass, around};
use super::column::{About, Column, LAYERS, Memory, UNKNOWN, between};
use super::depth::{DepthReader, DepthView};
use super::ground::{GroundMap, PATCH};
use super::lattice::{Placement, SelfShape, SensorPath, SensorPose};
use super::layers::Layers;
use super::leaving::Followed;
use super::levelling::Levelling;
use super::settings::VolumeSettings;
use super::sightings::{Known, Sightings};
use crate::grid::{roll, roll_indices};
use crate::{
    Cell, DepthImage, GridFrame, PinholeCamera, Point2, PointCloud, SensorError, SettingsError,
    SightLayer, Stamp, Surface,
};

/// Window of columns, each 64 voxels high, that moves up and down with the robot.
///
/// Observations of one stamp are collected and committed as evidence together, when a later stamp
/// arrives or the classes are requested. The result does not depend on the order of the sensors.
#[derive(Debug, Clone)]
pub struct VolumeGrid {
    pub(super) settings: VolumeSettings,
    pub(super) layers: Layers,
    self_shape: SelfShape,
    pub(super) frame: GridFrame,
    pub(super) columns: Vec<Column>,
    pub(super) sightings: Sightings,
    pending: Option<Stamp>,
    pub(super) placements: Vec<Placement>,
    depth: DepthReader,
    pub(super) ground: GroundMap,
    pub(super) levelling: Levelling,
    /// Maximum slope of the floor, in layers per patch.
    slope_layers: f32,
    pub(super) classes: Vec<ColumnClass>,
    /// Number of cells that are a drop.
    pub(super) drops: usize,
    is_stale: Vec<bool>,
    stale: Vec<u32>,
    /// Cells with dynamic voxels.
    pub(super) movers: Vec<u32>,
    pub(super) followed: Followed,
    /// Time of the last observation of the columns.
    pub(crate) sight: SightLayer,
}

impl VolumeGrid {
    /// Creates unobserved columns over the cells of `frame`. Points within `self_radius_m` of the
    /// base and lower than the robot belong to the robot itself.
    pub fn unknown(
        settings: VolumeSettings,
        frame: GridFrame,
        self_radius_m: f64,
    ) -> Result<Self, SettingsError> {
        settings.validate()?;
        let layers = Layers::new(&settings);
        let cells = frame.len();
        Ok(Self {
            layers,
            self_shape: SelfShape {
                radius_m: self_radius_m,
                height_m: settings.robot_height_m,
            },
            frame,
            columns: vec![UNKNOWN; cells],
            sightings: Sightings::new(frame.width, frame.height, settings.trace_cells),
            pending: None,
            placements: Vec::with_capacity(64),
            depth: DepthReader::default(),
            ground: GroundMap::new(frame.width, frame.height, &layers),
            levelling: Levelling::default(),
            slope_layers: (settings.slope_max * PATCH as f64 * frame.resolution_m
                / settings.layer_m) as f32,
            classes: vec![ColumnClass::Unknown; cells],
            drops: 0,
            is_stale: vec![false; cells],
            stale: Vec::with_capacity(cells),
            movers: Vec::with_capacity(cells / 8),
            followed: Followed::new(cells),
            sight: SightLayer::default(),
            settings,
        })
    }

    /// Placement of the cells in the plane.
    pub fn frame(&self) -> &GridFrame {
        &self.frame
    }

    /// Settings of the volume.
    pub fn settings(&self) -> &VolumeSettings {
        &self.settings
    }

    /// Layer at a height above the floor, m; `None` outside the volume.
    pub fn layer_at(&self, height_m: f64) -> Option<usize> {
        self.layers.at(height_m)
    }

    /// State of a voxel: layer 0 is the lowest of 64.
    pub fn voxel(&self, column: usize, row: usize, layer: usize) -> Cell {
        let cell = &self.columns[self.frame.index(column, row)];
        let layer = layer.min(LAYERS - 1) as i32;
        let voxel = between(layer, layer);
        if cell.occupied() & voxel != 0 {
            Cell::Occupied
        } else if cell.free() & voxel != 0 {
            Cell::Free
        } else {
            Cell::Unknown
        }
    }

    /// Class of a column as of the last update.
    pub fn class(&self, column: usize, row: usize) -> ColumnClass {
        self.classes[self.frame.index(column, row)]
    }

    /// Class of every column, `[height, width]`, row-major.
    pub fn classes(&self) -> &[ColumnClass] {
        &self.classes
    }

    /// Height of the floor at a cell, observed or extrapolated, m.
    pub fn floor_m(&self, column: usize, row: usize) -> f64 {
        let floor = self.ground.floor(column, row);
        self.layers.middle_m(i32::from(floor.layer))
    }

    /// Clears all evidence; the cached cameras remain.
    pub fn forget(&mut self) {
        self.sightings.forget();
        self.pending = None;
        self.columns.fill(UNKNOWN);
        self.layers = Layers::new(&self.settings);
        self.levelling.forget();
        self.ground.forget(&self.layers);
        self.classes.fill(ColumnClass::Unknown);
        self.drops = 0;
        self.is_stale.fill(false);
        self.stale.clear();
        self.movers.clear();
        self.followed.forget();
        self.sight.forget();
    }

    /// Adds a sweep to the observations of its stamp.
    pub(crate) fn add_cloud(&mut self, stamp: Stamp, path: &SensorPath<'_>, cloud: &PointCloud) {
        self.begin(stamp);
        self.placements.clear();
        for pose in path.poses {
            let placement = Placement::new(&self.frame, &self.layers, pose, self.self_shape);
            self.placements.push(placement);
        }
        let (ground, layers) = (&self.ground, &self.layers);
        let (columns, width) = (&self.columns, self.frame.width);
        self.sightings.add_cloud(
            &self.settings.cloud,
            path,
            &self.placements,
            cloud,
            |column, row| known(ground, &columns[row * width + column], layers, column, row),
        );
    }

    /// Adds a depth image to the observations of its stamp.
    pub(crate) fn add_depth(
        &mut self,
        stamp: Stamp,
        pose: &SensorPose,
        camera: &PinholeCamera,
        image: &DepthImage,
    ) -> Result<(), SensorError> {
        self.depth.prepare(camera)?;
        self.begin(stamp);
        let view = DepthView {
            camera,
            image,
            placement: &Placement::new(&self.frame, &self.layers, pose, self.self_shape),
            resolution_m: self.frame.resolution_m,
        };
        let (ground, layers) = (&self.ground, &self.layers);
        let (columns, width) = (&self.columns, self.frame.width);
        self.depth.add(
            &mut self.sightings,
            &self.settings.depth,
            &self.layers,
            &view,
            |column, row| known(ground, &columns[row * width + column], layers, column, row),
        );
        Ok(())
    }

    /// Surface in an occupied cell.
    pub(crate) fn surface(&self, index: usize) -> Surface {
        match self.classes[index] {
            ColumnClass::Obstacle => self.sightings.surfaces.surface(index),
            _ => Surface::SOMEWHERE,
        }
    }

    /// Begins observations at a stamp and commits those of another stamp.
    pub(crate) fn begin(&mut self, stamp: Stamp) {
        if self.pending.is_some_and(|pending| pending != stamp) {
            self.commit();
        }
        self.pending = Some(stamp);
    }

    /// Commits the observations of the last stamp as evidence.
    pub(crate) fn commit(&mut self) {
        let Some(now) = self.pending.take() else {
            return;
        };
        let Self {
            settings,
            layers,
            frame,
            columns,
            ground,
            is_stale,
            stale,
            movers,
            followed,
            sight,
            ..
        } = self;
        let memory = Memory {
            mover_s: settings.mover_memory_s,
            settle_s: settings.settle_s,
        };
        let mut touch = |ground: &mut GroundMap, index: usize| {
            if !is_stale[index] {
                is_stale[index] = true;
                stale.push(index as u32);
            }
            ground.touch(index % frame.width, index / frame.width);
        };
        self.sightings.drain(|index, sighting, missing| {
            let centre = frame.centre_of(index % frame.width, index / frame.width);
            sight.see(centre, now);
            let cell = &columns[index];
            if cell.missing == 0 && !missing && cell.is_settled(&sighting) {
                return;
            }
            let beside =
                if !movers.is_empty() && (cell.movers() != 0 || cell.may_be_mover(&sighting)) {
                    around(frame, index).fold(0, |all, other| all | columns[other].movers())
                } else {
                    0
                };
            let comes = (sighting.hit | sighting.weak) & !cell.occupied() != 0;
            let cell = &mut columns[index];
            let before = (cell.occupied(), cell.free(), cell.clear(), cell.missing);
            let had_movers = cell.movers() != 0;
            let floor = ground.floor(index % frame.width, index / frame.width);
            let about = About {
                movers: beside,
                floor: layers.floor_about(i32::from(floor.layer)),
                is_tracked: comes && followed.is_tracked(centre),
            };
            cell.update(sighting, about, now, memory);
            if !had_movers && cell.movers() != 0 {
                movers.push(index as u32);
            }
            let seen = sighting.hit | sighting.weak;
            if seen & layers.floor_about(layers.floor) != 0 {
                cell.missing = 0;
            } else if missing && seen == 0 {
                cell.missing = cell.missing.saturating_add(1);
            }
            if before != (cell.occupied(), cell.free(), cell.clear(), cell.missing) {
                touch(ground, index);
            }
        });
        movers.retain(|&index| {
            let cell = &mut columns[index as usize];
            if cell.forget_movers(now, memory.mover_s) {
                touch(ground, index as usize);
            }
            cell.movers() != 0
        });
        if settings.levelling.enabled {
            self.levelling
                .follow(&settings.levelling, now, layers.layer_m, frame.resolution_m);
        }
    }

    /// Updates the classes; the floor is tracked from the cell under `base`.
    pub(crate) fn update(&mut self, base: Point2) {
        self.sight.follow(base);
        self.commit();
        let clamped = |cell: i64, count: usize| cell.clamp(0, count as i64 - 1) as usize;
        let (column, row) = self.frame.signed_cell(base);
        let from = [
            clamped(column, self.frame.width),
            clamped(row, self.frame.height),
        ];
        let Self {
            frame,
            layers,
            columns,
            ground,
            is_stale,
            stale,
            ..
        } = self;
        ground.update(
            columns,
            frame.width,
            layers,
            self.slope_layers,
            from,
            |left, bottom| {
                for row in bottom..(bottom + PATCH).min(frame.height) {
                    for column in left..(left + PATCH).min(frame.width) {
                        let index = frame.index(column, row);
                        if !is_stale[index] {
                            is_stale[index] = true;
                            stale.push(index as u32);
                        }
                    }
                }
            },
        );
        while let Some(index) = self.stale.pop() {
            let index = index as usize;
            self.is_stale[index] = false;
            let class = self.classify(index);
            let before = std::mem::replace(&mut self.classes[index], class);
            // a drop extends as far as there is no evidence of floor
            if (class == ColumnClass::Drop) != (before == ColumnClass::Drop) {
                self.drops += usize::from(class == ColumnClass::Drop);
                self.drops -= usize::from(before == ColumnClass::Drop);
                for beside in around(&self.frame, index) {
                    if !self.is_stale[beside] {
                        self.is_stale[beside] = true;
                        self.stale.push(beside as u32);
                    }
                }
            }
        }
    }

    /// Moves the window by whole cells, multiples of [`PATCH`]; columns that enter are unobserved.
    /// The robot is at `base`.
    pub(crate) fn roll(&mut self, columns: i64, rows: i64, base: Point2) {
        self.update(base);
        let width = self.frame.width;
        self.frame.origin.x += columns as f64 * self.frame.resolution_m;
        self.frame.origin.y += rows as f64 * self.frame.resolution_m;
        roll(&mut self.columns, width, columns, rows, UNKNOWN);
        roll(
            &mut self.classes,
            width,
            columns,
            rows,
            ColumnClass::Unknown,
        );
        self.sightings.surfaces.roll(width, columns, rows);
        let drops = self.classes.iter();
        self.drops = drops.filter(|class| **class == ColumnClass::Drop).count();
        self.ground.roll(columns, rows, &self.layers);
        roll_indices(&mut self.movers, &self.frame, columns, rows);
        self.followed.roll(&self.frame, columns, rows);
    }
}

/// State of the column in which a ray ends.
fn known(ground: &GroundMap, cell: &Column, layers: &Layers, column: usize, row: usize) -> Known {
    let floor = i32::from(ground.floor(column, row).layer);
    Known {
        floor,
        occupied: cell.occupied(),
        body: layers.band(floor),
    }
}
