//! Builds the map of a whole building from scans at known poses.

use serde::{Deserialize, Serialize};

use crate::StaticMap;
use perception::{
    GridFrame, LaserScan, LogOdds, OccupancyGrid, Point2, Pose2, Ray, ScanIntegrator, SensorError,
    SettingsError, Vector2,
};

/// Margin in cells by which the map grows beyond the required size.
const SPARE_CELLS: f64 = 64.0;

/// Maximum number of cells of a map: a gigabyte, or 800 m square at 5 cm.
const CELLS_MAX: usize = 1 << 28;

/// Parameters of the map builder.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MapBuilderSettings {
    /// Side of a cell, m.
    pub resolution_m: f64,
    /// Maximum range up to which beams clear and mark cells, m.
    pub range_m: f64,
    /// Log-odds update parameters.
    pub evidence: LogOdds,
}

impl Default for MapBuilderSettings {
    fn default() -> Self {
        Self {
            resolution_m: 0.05,
            range_m: 30.0,
            evidence: LogOdds {
                hit: 0.85,
                // weak: a beam at grazing incidence to a wall passes many cells that contain the
                // wall
                miss: -0.2,
                min: -8.0,
                max: 8.0,
                occupied_above: 0.62,
                free_below: -0.62,
            },
        }
    }
}

impl MapBuilderSettings {
    /// Rejects settings with which no map can be built.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::ensure_within(
            "map",
            &[
                ("resolution_m", self.resolution_m, 0.005..=1.0),
                ("range_m", self.range_m, 0.1..=200.0),
            ],
        )?;
        self.evidence.validate()
    }
}

/// Map that grows with the observed area.
#[derive(Debug, Clone)]
pub struct MapBuilder {
    settings: MapBuilderSettings,
    grid: OccupancyGrid,
    integrator: ScanIntegrator,
    rays: Vec<Ray>,
    /// Lowest and highest corner of the observed area.
    seen: Option<(Point2, Point2)>,
}

impl MapBuilder {
    /// Creates an empty map.
    pub fn new(settings: MapBuilderSettings) -> Result<Self, SettingsError> {
        settings.validate()?;
        let frame = GridFrame {
            resolution_m: settings.resolution_m,
            ..GridFrame::default()
        };
        Ok(Self {
            grid: OccupancyGrid::unknown(frame, settings.evidence),
            integrator: ScanIntegrator::default(),
            rays: Vec::new(),
            seen: None,
            settings,
        })
    }

    /// Adds one scan.
    pub fn add(&mut self, map_from_lidar: Pose2, scan: &LaserScan) -> Result<(), SensorError> {
        scan.validate()?;
        if !map_from_lidar.is_finite() {
            return Err(SensorError::NotFinite {
                what: "pose of the lidar",
            });
        }
        let mut rays = std::mem::take(&mut self.rays);
        rays.clear();
        for index in 0..scan.ranges.len() {
            rays.extend(scan.ray(index, map_from_lidar, self.settings.range_m));
        }
        let outcome = self.integrate(map_from_lidar.position(), &rays);
        self.rays = rays;
        outcome
    }

    /// Adds the rays of one scan, map frame, over their full length.
    pub fn add_rays(&mut self, rays: &[Ray]) -> Result<(), SensorError> {
        let finite = |point: Point2| point.x.is_finite() && point.y.is_finite();
        if !rays.iter().all(|ray| finite(ray.origin) && finite(ray.end)) {
            return Err(SensorError::NotFinite { what: "a ray" });
        }
        match rays.first() {
            Some(first) => self.integrate(first.origin, rays),
            None => Ok(()),
        }
    }

    /// Current occupancy grid.
    pub fn grid(&self) -> &OccupancyGrid {
        &self.grid
    }

    fn integrate(&mut self, place: Point2, rays: &[Ray]) -> Result<(), SensorError> {
        let (mut low, mut high) = self.seen.unwrap_or((place, place));
        for ray in rays {
            low = low.inf(&ray.end).inf(&ray.origin);
            high = high.sup(&ray.end).sup(&ray.origin);
        }
        self.grow(low, high)?;
        self.seen = Some((low, high));
        self.integrator.integrate(&mut self.grid, rays);
        Ok(())
    }

    /// Grows the map to contain a rectangle, with a margin so that it grows rarely.
    fn grow(&mut self, low: Point2, high: Point2) -> Result<(), SensorError> {
        let frame = *self.grid.frame();
        if frame.cell_of(low).is_some() && frame.cell_of(high).is_some() {
            return Ok(());
        }
        let side = self.settings.resolution_m;
        let spare = Vector2::repeat(SPARE_CELLS * side);
        let (mut low, mut high) = (low - spare, high + spare);
        if !frame.is_empty() {
            let size = Vector2::new(frame.width as f64, frame.height as f64) * side;
            low = low.inf(&frame.origin);
            high = high.sup(&(frame.origin + size));
        }
        let origin = (low.coords / side).map(f64::floor) * side;
        let cells = ((high.coords - origin) / side).map(f64::ceil);
        let count = cells.x * cells.y;
        if !(count <= CELLS_MAX as f64) {
            return Err(SensorError::MapTooLarge {
                cells: count,
                limit: CELLS_MAX,
            });
        }
        self.grid = self.grid.grown(GridFrame {
            origin: Point2::from(origin),
            resolution_m: side,
            width: cells.x as usize,
            height: cells.y as usize,
        });
        Ok(())
    }

    /// Current map, cropped to the observed area; empty without observations.
    pub fn finish(&self) -> StaticMap {
        let Some((low, high)) = self.seen else {
            return StaticMap::from_grid(&self.grid);
        };
        let frame = self.grid.frame();
        let (left, bottom) = frame.cell_of(low).unwrap_or_default();
        let (right, top) = frame.cell_of(high).unwrap_or_default();
        StaticMap::from_grid(&self.grid).cropped(left, bottom, right + 1, top + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pose_out_of_bounds_is_rejected_without_effect() {
        let mut builder = MapBuilder::new(MapBuilderSettings::default()).unwrap();
        let scan = LaserScan {
            angle_min: -1.0,
            angle_increment: 1.0,
            time_increment: 0.0,
            range_min: 0.1,
            range_max: 10.0,
            ranges: vec![1.0, 2.0, 3.0],
        };
        builder.add(Pose2::IDENTITY, &scan).unwrap();
        let before = builder.finish();
        for far in [1e6, 1e18, 1e300] {
            let error = builder.add(Pose2::new(far, far, 0.0), &scan).unwrap_err();
            assert!(matches!(error, SensorError::MapTooLarge { .. }), "{error}");
        }
        assert_eq!(builder.finish(), before);
        assert!(before.occupancy().contains(&StaticMap::OCCUPIED));
    }
}
