//! How long a cloud, a depth image and the grid that they make take, by their size.

use std::f64::consts::TAU;

use divan::Bencher;
use divan::counter::ItemsCount;
use perception::{
    CloudPoint, DepthImage, DepthPixels, Distortion, Mapper, MapperSettings, Odometry,
    PinholeCamera, PointCloud, PointCloud2, PointField, Pose2, Pose3, SensorEvent, Snapshot, Stamp,
    Stamped, Twist, VolumeSettings,
};

fn main() {
    divan::main();
}

/// Distance from (x, y, z) along a unit vector to the inside of a hall of 16 x 12 x 4 m, with
/// columns of 0.6 m every 4 m.
fn hall([x, y, z]: [f64; 3], [dx, dy, dz]: [f64; 3]) -> f64 {
    let inside = |from: f64, along: f64, low: f64, high: f64| {
        if along > 0.0 {
            (high - from) / along
        } else {
            (low - from) / along
        }
    };
    let mut range = inside(x, dx, -8.0, 8.0)
        .min(inside(y, dy, -6.0, 6.0))
        .min(inside(z, dz, 0.0, 4.0));
    for column in 0..12 {
        let (cx, cy) = (
            f64::from(column % 4) * 4.0 - 6.0,
            f64::from(column / 4) * 4.0 - 4.0,
        );
        let slab = |from: f64, along: f64, low: f64, high: f64| {
            let (one, other) = ((low - from) / along, (high - from) / along);
            (one.min(other), one.max(other))
        };
        let (ax, bx) = slab(x, dx, cx - 0.3, cx + 0.3);
        let (ay, by) = slab(y, dy, cy - 0.3, cy + 0.3);
        let (enter, leave) = (ax.max(ay), bx.min(by));
        if enter > 0.0 && enter < leave {
            range = range.min(enter);
        }
    }
    range
}

/// A sweep of 64 rings from 0.6 m above the floor, from 15 degrees up to 25 degrees down.
fn sweep(points: usize) -> PointCloud {
    let columns = points / 64;
    let mut cloud = PointCloud::default();
    for column in 0..columns {
        let share = column as f64 / columns as f64;
        for ring in 0..64_u16 {
            let up = 0.26 - 0.69 * f64::from(ring) / 63.0;
            let turn = TAU * share + 1e-4;
            let along = [up.cos() * turn.cos(), up.cos() * turn.sin(), up.sin()];
            let range = hall([0.05, 0.02, 0.6], along);
            cloud.points.push(CloudPoint {
                position: along.map(|part| (part * range) as f32),
                time_s: (share * 0.1) as f32,
            });
            cloud.rings.push(ring);
        }
    }
    cloud
}

fn camera(width: usize) -> PinholeCamera {
    let focal = width as f64 * 0.6;
    PinholeCamera {
        width,
        height: width * 3 / 4,
        fx: focal,
        fy: focal,
        cx: width as f64 * 0.5 - 0.5,
        cy: width as f64 * 0.375 - 0.5,
        distortion: Distortion::default(),
    }
}

/// An image from 0.5 m above the floor, looking ahead and 15 degrees down.
fn image(camera: &PinholeCamera) -> DepthImage {
    let (sin, cos) = 0.26_f64.sin_cos();
    let pixels = (0..camera.width * camera.height)
        .map(|pixel| {
            let x = ((pixel % camera.width) as f64 - camera.cx) / camera.fx;
            let y = ((pixel / camera.width) as f64 - camera.cy) / camera.fy;
            let along = [cos - y * sin, -x, -sin - y * cos];
            let depth = hall([0.05, 0.02, 0.5], along);
            (depth * 1000.0).round().min(65535.0) as u16
        })
        .collect();
    DepthImage {
        width: camera.width,
        height: camera.height,
        pixels: DepthPixels::Millimetres(pixels),
    }
}

fn camera_mount() -> Pose3 {
    let quaternion = nalgebra::UnitQuaternion::from_euler_angles(0.0, 0.26, 0.0)
        * nalgebra::UnitQuaternion::from_euler_angles(-TAU / 4.0, 0.0, -TAU / 4.0);
    Pose3::from_parts(nalgebra::Translation3::new(0.0, 0.0, 0.5), quaternion)
}

/// A mapper that drives slowly; messages come a tenth of a second apart.
struct Drive {
    mapper: Mapper,
    snapshot: Snapshot,
    tick: i64,
}

impl Drive {
    fn new(volume: VolumeSettings) -> Self {
        let settings = MapperSettings {
            volume: VolumeSettings {
                enabled: true,
                ..volume
            },
            ..MapperSettings::default()
        };
        let mut drive = Self {
            mapper: Mapper::new(settings).expect("defaults are valid"),
            snapshot: Snapshot::default(),
            tick: 0,
        };
        drive.move_on();
        drive
    }

    fn move_on(&mut self) -> Stamp {
        for _ in 0..2 {
            self.tick += 1;
            self.mapper
                .observe(&Stamped {
                    stamp: Stamp(self.tick * 50_000_000),
                    value: SensorEvent::Odometry(Odometry::level(
                        Pose2::new(0.002 * (self.tick % 100) as f64, 0.0, 0.0),
                        Twist::new(0.04, 0.0),
                    )),
                })
                .expect("in order");
        }
        Stamp((self.tick - 2) * 50_000_000)
    }

    fn see(&mut self, event: &mut Stamped<SensorEvent>) {
        event.stamp = self.move_on();
        self.mapper.observe(event).expect("in order");
        self.mapper.refresh(&mut self.snapshot);
    }
}

/// A sweep into the map, and nothing else: what it says becomes evidence with the next.
#[divan::bench(args = [16_384, 32_768, 65_536, 131_072])]
fn cloud(bencher: Bencher<'_, '_>, points: usize) {
    let mut drive = Drive::new(VolumeSettings::default());
    let mut event = Stamped {
        stamp: Stamp(0),
        value: SensorEvent::Cloud {
            base_from_lidar: Pose3::translation(0.0, 0.0, 0.6),
            cloud: sweep(points),
        },
    };
    for _ in 0..5 {
        drive.see(&mut event);
    }
    bencher.counter(ItemsCount::new(points)).bench_local(|| {
        event.stamp = drive.move_on();
        drive.mapper.observe(&event).expect("in order");
    });
}

/// A sweep, its evidence, and a snapshot of the fused grid with its distances.
#[divan::bench(args = [16_384, 32_768, 65_536, 131_072])]
fn cloud_to_snapshot(bencher: Bencher<'_, '_>, points: usize) {
    to_snapshot(bencher, sweep(points));
}

fn to_snapshot(bencher: Bencher<'_, '_>, cloud: PointCloud) {
    let mut drive = Drive::new(VolumeSettings::default());
    let points = ItemsCount::new(cloud.points.len());
    let mut event = Stamped {
        stamp: Stamp(0),
        value: SensorEvent::Cloud {
            base_from_lidar: Pose3::translation(0.0, 0.0, 0.6),
            cloud,
        },
    };
    bencher
        .counter(points)
        .bench_local(|| drive.see(&mut event));
}

/// Points without any order, as far as 8 m ahead and aside, on the floor.
fn scattered(points: usize) -> PointCloud {
    // Roberts's sequence of low discrepancy
    let places = (0..points).map(|index| {
        let [x, y] = [0.754_877_666, 0.569_840_29].map(|step| (index as f64 * step).fract());
        CloudPoint {
            position: [(16.0 * x - 8.0) as f32, (16.0 * y - 8.0) as f32, -0.6],
            time_s: 0.0,
        }
    });
    PointCloud {
        points: places.collect(),
        rings: Vec::new(),
    }
}

/// The same of points without any order: no two that follow each other are neighbours.
#[divan::bench(args = [16_384, 131_072])]
fn scattered_cloud_to_snapshot(bencher: Bencher<'_, '_>, points: usize) {
    to_snapshot(bencher, scattered(points));
}

/// The bytes of a sweep, as a driver lays them out, read.
#[divan::bench(args = [16_384, 131_072])]
fn decode(bencher: Bencher<'_, '_>, points: usize) {
    let cloud = sweep(points);
    let field = |name: &str, offset, datatype| PointField {
        name: name.to_owned(),
        offset,
        datatype,
        count: 1,
    };
    let fields = [
        field("x", 0, 7),
        field("y", 4, 7),
        field("z", 8, 7),
        field("intensity", 12, 7),
        field("ring", 16, 4),
        field("time", 18, 7),
    ];
    let mut data = Vec::new();
    for (point, ring) in cloud.points.iter().zip(&cloud.rings) {
        for value in point.position.into_iter().chain([1.0]) {
            data.extend(value.to_le_bytes());
        }
        data.extend(ring.to_le_bytes());
        data.extend(point.time_s.to_le_bytes());
    }
    let message = PointCloud2 {
        height: 1,
        width: points as u32,
        fields: &fields,
        is_bigendian: false,
        point_step: 22,
        row_step: 22 * points as u32,
        data: &data,
    };
    let mut decoded = PointCloud::default();
    bencher
        .counter(ItemsCount::new(points))
        .bench_local(|| message.decode_into(Stamp(0), &mut decoded));
    assert_eq!(decoded, cloud);
}

fn depth_event(width: usize) -> Stamped<SensorEvent> {
    let camera = camera(width);
    Stamped {
        stamp: Stamp(0),
        value: SensorEvent::Depth {
            base_from_camera: camera_mount(),
            camera,
            image: image(&camera),
        },
    }
}

/// An image into the map.
#[divan::bench(args = [320, 640])]
fn depth(bencher: Bencher<'_, '_>, width: usize) {
    let mut drive = Drive::new(VolumeSettings::default());
    let mut event = depth_event(width);
    for _ in 0..5 {
        drive.see(&mut event);
    }
    bencher.bench_local(|| {
        event.stamp = drive.move_on();
        drive.mapper.observe(&event).expect("in order");
    });
}

/// An image of which every pixel counts.
#[divan::bench]
fn depth_of_every_pixel(bencher: Bencher<'_, '_>) {
    let mut volume = VolumeSettings::default();
    volume.depth.decimation = 1;
    let mut drive = Drive::new(volume);
    let mut event = depth_event(640);
    for _ in 0..5 {
        drive.see(&mut event);
    }
    bencher.bench_local(|| {
        event.stamp = drive.move_on();
        drive.mapper.observe(&event).expect("in order");
    });
}

/// An image, its evidence, and a snapshot of the fused grid with its distances.
#[divan::bench(args = [320, 640])]
fn depth_to_snapshot(bencher: Bencher<'_, '_>, width: usize) {
    let mut drive = Drive::new(VolumeSettings::default());
    let mut event = depth_event(width);
    bencher.bench_local(|| drive.see(&mut event));
}

/// The grid alone after a sweep became evidence: floor, classes, both layers, distances, copies.
#[divan::bench]
fn refresh(bencher: Bencher<'_, '_>) {
    let mut drive = Drive::new(VolumeSettings::default());
    let mut event = Stamped {
        stamp: Stamp(0),
        value: SensorEvent::Cloud {
            base_from_lidar: Pose3::translation(0.0, 0.0, 0.6),
            cloud: sweep(131_072),
        },
    };
    for _ in 0..5 {
        drive.see(&mut event);
    }
    let nothing = |stamp| Stamped {
        stamp,
        value: SensorEvent::Cloud {
            base_from_lidar: Pose3::identity(),
            cloud: PointCloud::default(),
        },
    };
    bencher.bench_local(|| {
        let stamp = drive.move_on();
        drive.mapper.observe(&nothing(stamp)).expect("in order");
        drive.mapper.refresh(&mut drive.snapshot);
    });
}
