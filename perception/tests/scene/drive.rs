//! A robot taken through a scene.

use perception::{
    Cell, ColumnClass, Mapper, MapperSettings, Point2, Pose2, Snapshot, Twist, VolumeSettings,
};

use super::{
    CAMERA, Rings, Solid, camera_mount, cloud, depth, image, lidar_mount, odometry, planar, scan,
};

pub const LIDAR_HEIGHT_M: f64 = 0.5;
/// Height and pitch of a camera on the robot's front, and of one on a mast.
pub const LOW: (f64, f64) = (0.4, 0.35);
pub const HIGH: (f64, f64) = (1.2, 0.6);

pub fn settings() -> MapperSettings {
    // the cameras here have a quarter of the usual pixels: each counts
    let mut volume = VolumeSettings {
        enabled: true,
        ..VolumeSettings::default()
    };
    volume.depth.decimation = 1;
    MapperSettings {
        size_m: 12.0,
        field_size_m: 8.0,
        volume,
        ..MapperSettings::default()
    }
}

/// A robot with a 16-ring LiDAR at 10 Hz and a depth camera at 15 Hz, taken through a scene.
pub struct Drive {
    pub mapper: Mapper,
    pub snapshot: Snapshot,
    /// Ticks of a thirtieth of a second.
    tick: u32,
    rings: Option<Rings>,
    pub camera: Option<(f64, f64)>,
    /// Height of a planar scanner.
    planar_m: Option<f64>,
}

impl Drive {
    pub fn new(settings: MapperSettings, rings: Option<Rings>, camera: Option<(f64, f64)>) -> Self {
        Self {
            mapper: Mapper::new(settings).unwrap(),
            snapshot: Snapshot::default(),
            tick: 0,
            rings,
            camera,
            planar_m: None,
        }
    }

    /// With a planar scanner at 15 Hz, at a height above the floor.
    pub fn with_planar(mut self, height_m: f64) -> Self {
        self.planar_m = Some(height_m);
        self
    }

    /// Drives on for so many ticks; after each, the snapshot is shown.
    pub fn go(
        &mut self,
        scene: &[Solid],
        ticks: u32,
        velocity: Twist,
        pose: impl Fn(f64) -> Pose2,
        mut show: impl FnMut(f64, &Snapshot, &Mapper),
    ) {
        for _ in 0..ticks {
            let t_s = f64::from(self.tick) / 30.0;
            let base = pose(t_s);
            self.mapper.observe(&odometry(t_s, base, velocity)).unwrap();
            if self.tick.is_multiple_of(3)
                && let Some(rings) = self.rings
            {
                let mount = lidar_mount(LIDAR_HEIGHT_M);
                let swept = rings.sweep(scene, 0.0, |_| base.lifted(0.0) * mount);
                self.mapper.observe(&cloud(t_s, mount, swept)).unwrap();
            }
            if self.tick.is_multiple_of(2)
                && let Some((height_m, pitch)) = self.camera
            {
                let mount = camera_mount(0.2, height_m, pitch);
                let taken = image(scene, &CAMERA, &(base.lifted(0.0) * mount), 6.0, |_| false);
                self.mapper.observe(&depth(t_s, mount, taken)).unwrap();
            }
            if self.tick.is_multiple_of(2)
                && let Some(height_m) = self.planar_m
            {
                let seen = planar(scene, height_m, base);
                self.mapper.observe(&scan(t_s, seen)).unwrap();
            }
            self.mapper.refresh(&mut self.snapshot);
            show(t_s, &self.snapshot, &self.mapper);
            self.tick += 1;
        }
    }

    /// Stands at the origin for half a second.
    pub fn stand(&mut self, scene: &[Solid]) {
        self.go(scene, 15, Twist::ZERO, |_| Pose2::IDENTITY, |_, _, _| {});
    }

    pub fn cell(&self, x: f64, y: f64) -> Cell {
        self.snapshot.grid.at(Point2::new(x, y))
    }

    pub fn class(&self, x: f64, y: f64) -> ColumnClass {
        let volume = self.mapper.volume().unwrap();
        let (column, row) = volume.frame().cell_of(Point2::new(x, y)).unwrap();
        volume.class(column, row)
    }

    /// Classes of the cells whose centres lie in a rectangle.
    pub fn classes(&self, low: [f64; 2], high: [f64; 2]) -> Vec<ColumnClass> {
        let frame = *self.mapper.volume().unwrap().frame();
        let cells = (0..frame.len()).map(|index| (index % frame.width, index / frame.width));
        cells
            .filter(|&(column, row)| {
                let centre = frame.centre_of(column, row);
                low[0] < centre.x && centre.x < high[0] && low[1] < centre.y && centre.y < high[1]
            })
            .map(|(column, row)| self.mapper.volume().unwrap().class(column, row))
            .collect()
    }
}

pub fn share(classes: &[ColumnClass], wanted: ColumnClass) -> f64 {
    classes.iter().filter(|class| **class == wanted).count() as f64 / classes.len() as f64
}
