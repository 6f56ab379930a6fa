//! Exact sensing of scenes made of convex solids.
#![allow(dead_code, clippy::unwrap_used)] // each test file uses a part of it

pub mod drive;

use perception::{
    CloudPoint, DepthImage, DepthPixels, Distortion, LaserScan, Odometry, PinholeCamera, Point3,
    PointCloud, Pose2, Pose3, SensorEvent, Stamp, Stamped, Twist,
};

type Vector3 = nalgebra::Vector3<f64>;

/// A convex solid: the points with `normal · p <= offset` for every face.
#[derive(Debug, Clone)]
pub struct Solid(Vec<(Vector3, f64)>);

impl Solid {
    pub fn cuboid(low: [f64; 3], high: [f64; 3]) -> Self {
        Self(
            (0..3)
                .flat_map(|axis| {
                    let normal = Vector3::ith(axis, 1.0);
                    [(normal, high[axis]), (-normal, -low[axis])]
                })
                .collect(),
        )
    }

    /// What of this lies below the plane that rises from `z = 0` at `x` by `slope`.
    pub fn below_slope(mut self, x: f64, slope: f64) -> Self {
        self.0.push((Vector3::new(-slope, 0.0, 1.0), -slope * x));
        self
    }

    /// The same solid elsewhere.
    pub fn moved(&self, pose: &Pose3) -> Self {
        Self(
            self.0
                .iter()
                .map(|(normal, offset)| {
                    let normal = pose.rotation * normal;
                    (normal, offset + normal.dot(&pose.translation.vector))
                })
                .collect(),
        )
    }

    /// Distance to the surface along a unit vector.
    fn cast(&self, from: &Point3, along: &Vector3) -> Option<f64> {
        let (mut enter, mut leave) = (0.0_f64, f64::INFINITY);
        for (normal, offset) in &self.0 {
            let (speed, gap) = (normal.dot(along), offset - normal.dot(&from.coords));
            if speed == 0.0 {
                if gap < 0.0 {
                    return None;
                }
            } else if speed < 0.0 {
                enter = enter.max(gap / speed);
            } else {
                leave = leave.min(gap / speed);
            }
        }
        (enter < leave && enter > 0.0).then_some(enter)
    }
}

/// A floor of 20 m without gaps.
pub fn floor() -> Solid {
    Solid::cuboid([-10.0, -10.0, -1.0], [10.0, 10.0, 0.0])
}

/// A floor with a pit: x from 1.5 to 2.3 m, y from -0.4 to 0.4 m, so deep.
pub fn pit(depth_m: f64) -> Vec<Solid> {
    vec![
        Solid::cuboid([-10.0, -10.0, -1.0], [1.5, 10.0, 0.0]),
        Solid::cuboid([2.3, -10.0, -1.0], [10.0, 10.0, 0.0]),
        Solid::cuboid([1.5, -10.0, -1.0], [2.3, -0.4, 0.0]),
        Solid::cuboid([1.5, 0.4, -1.0], [2.3, 10.0, 0.0]),
        Solid::cuboid([1.5, -0.4, -1.0], [2.3, 0.4, -depth_m]),
    ]
}

/// A table about (x, y): top 0.8 m square from 0.70 to 0.74 m, four legs of 4 cm.
pub fn table(x: f64, y: f64) -> Vec<Solid> {
    let mut solids = vec![Solid::cuboid(
        [x - 0.4, y - 0.4, 0.70],
        [x + 0.4, y + 0.4, 0.74],
    )];
    for (right, up) in [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)] {
        let (x, y) = (x + 0.37 * right, y + 0.37 * up);
        solids.push(Solid::cuboid(
            [x - 0.02, y - 0.02, 0.0],
            [x + 0.02, y + 0.02, 0.7],
        ));
    }
    solids
}

/// What stands as tall as a person about (x, y).
pub fn person(x: f64, y: f64) -> Solid {
    Solid::cuboid([x - 0.2, y - 0.2, 0.0], [x + 0.2, y + 0.2, 1.75])
}

pub fn cast(scene: &[Solid], from: &Point3, along: &Vector3) -> Option<f64> {
    scene
        .iter()
        .filter_map(|solid| solid.cast(from, along))
        .min_by(f64::total_cmp)
}

/// A LiDAR: rings evenly from `low` to `high` rad, so many columns a turn.
#[derive(Debug, Clone, Copy)]
pub struct Rings {
    pub count: usize,
    pub low: f64,
    pub high: f64,
    pub columns: usize,
}

pub const SIXTEEN: Rings = Rings {
    count: 16,
    low: -0.26,
    high: 0.26,
    columns: 900,
};

impl Rings {
    /// A sweep whose columns are measured from poses of the sensor, times over `sweep_s`.
    pub fn sweep(&self, scene: &[Solid], sweep_s: f64, pose: impl Fn(f64) -> Pose3) -> PointCloud {
        let mut cloud = PointCloud::default();
        for column in 0..self.columns {
            let share = column as f64 / self.columns as f64;
            let time_s = share * sweep_s;
            let pose = pose(time_s);
            let from = pose * Point3::origin();
            for ring in 0..self.count {
                let up = self.low
                    + (self.high - self.low) * ring as f64 / (self.count - 1).max(1) as f64;
                let turn = std::f64::consts::TAU * share;
                let along = Vector3::new(up.cos() * turn.cos(), up.cos() * turn.sin(), up.sin());
                if let Some(range) = cast(scene, &from, &(pose.rotation * along))
                    && range < 30.0
                {
                    let point = along * range;
                    cloud.points.push(CloudPoint {
                        position: [point.x as f32, point.y as f32, point.z as f32],
                        time_s: time_s as f32,
                    });
                    cloud.rings.push(ring as u16);
                }
            }
        }
        cloud
    }
}

/// What a planar scanner of 720 beams sees from a pose, also behind.
pub fn planar(scene: &[Solid], height_m: f64, base: Pose2) -> LaserScan {
    let increment = std::f64::consts::TAU / 720.0;
    let pose = base.lifted(height_m);
    let from = pose * Point3::origin();
    let range = |beam: u32| {
        let turn = f64::from(beam) * increment - std::f64::consts::PI;
        let along = Vector3::new(turn.cos(), turn.sin(), 0.0);
        cast(scene, &from, &(pose.rotation * along)).map_or(f32::INFINITY, |range| range as f32)
    };
    LaserScan {
        angle_min: -std::f64::consts::PI,
        angle_increment: increment,
        time_increment: 0.0,
        range_min: 0.05,
        range_max: 12.0,
        ranges: (0..720).map(range).collect(),
    }
}

/// A depth camera of a quarter of 640 x 480, 79 degrees wide.
pub const CAMERA: PinholeCamera = PinholeCamera {
    width: 320,
    height: 240,
    fx: 194.0,
    fy: 194.0,
    cx: 159.5,
    cy: 119.5,
    distortion: Distortion {
        k1: 0.0,
        k2: 0.0,
        p1: 0.0,
        p2: 0.0,
        k3: 0.0,
    },
};

/// A depth image in metres: infinity where nothing is within `range_m`, NaN where `blind` says so.
pub fn image(
    scene: &[Solid],
    camera: &PinholeCamera,
    pose: &Pose3,
    range_m: f64,
    blind: impl Fn(&Point3) -> bool,
) -> DepthImage {
    let from = pose * Point3::origin();
    let pixels = (0..camera.width * camera.height)
        .map(|pixel| {
            let (column, row) = (pixel % camera.width, pixel / camera.width);
            let [x, y] = camera.direction(column as f64, row as f64).unwrap();
            let along = Vector3::new(x, y, 1.0);
            let length = along.norm();
            let along = pose.rotation * along / length;
            match cast(scene, &from, &along) {
                Some(range) if blind(&(from + along * range)) => f32::NAN,
                Some(range) if range / length <= range_m => (range / length) as f32,
                _ => f32::INFINITY,
            }
        })
        .collect();
    DepthImage {
        width: camera.width,
        height: camera.height,
        pixels: DepthPixels::Metres(pixels),
    }
}

/// A camera's optical frame at a height, looking forward and down by `pitch`, rad.
pub fn camera_mount(x: f64, height_m: f64, pitch: f64) -> Pose3 {
    let forward = nalgebra::UnitQuaternion::from_euler_angles(0.0, pitch, 0.0);
    // optical z is forward, x right, y down
    let optical = nalgebra::UnitQuaternion::from_basis_unchecked(&[
        Vector3::new(0.0, -1.0, 0.0),
        Vector3::new(0.0, 0.0, -1.0),
        Vector3::new(1.0, 0.0, 0.0),
    ]);
    Pose3::from_parts(
        nalgebra::Translation3::new(x, 0.0, height_m),
        forward * optical,
    )
}

pub fn lidar_mount(height_m: f64) -> Pose3 {
    Pose3::translation(0.0, 0.0, height_m)
}

pub fn odometry(t_s: f64, pose: Pose2, velocity: Twist) -> Stamped<SensorEvent> {
    Stamped {
        stamp: Stamp::from_secs(t_s),
        value: SensorEvent::Odometry(Odometry::level(pose, velocity)),
    }
}

pub fn scan(t_s: f64, scan: LaserScan) -> Stamped<SensorEvent> {
    Stamped {
        stamp: Stamp::from_secs(t_s),
        value: SensorEvent::Scan {
            base_from_lidar: Pose2::IDENTITY,
            scan,
        },
    }
}

pub fn cloud(t_s: f64, mount: Pose3, cloud: PointCloud) -> Stamped<SensorEvent> {
    Stamped {
        stamp: Stamp::from_secs(t_s),
        value: SensorEvent::Cloud {
            base_from_lidar: mount,
            cloud,
        },
    }
}

pub fn depth(t_s: f64, mount: Pose3, image: DepthImage) -> Stamped<SensorEvent> {
    Stamped {
        stamp: Stamp::from_secs(t_s),
        value: SensorEvent::Depth {
            base_from_camera: mount,
            camera: CAMERA,
            image,
        },
    }
}
