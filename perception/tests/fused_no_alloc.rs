//! A warm mapper that fuses clouds, depth images and scans allocates nothing, while it drives on
//! and somebody walks by.
#![allow(clippy::unwrap_used)]

mod scene;

use perception::{Mapper, MotionSettings, Pose2, SensorEvent, Snapshot, Stamped, Twist};
use scene::drive::{LIDAR_HEIGHT_M, LOW, settings};
use scene::{
    CAMERA, SIXTEEN, camera_mount, cloud, depth, image, lidar_mount, odometry, person, pit,
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// A tick's messages of a robot that circles past a pit, with somebody who walks to and fro.
fn events(tick: u32) -> Vec<Stamped<SensorEvent>> {
    let t_s = 0.1 * f64::from(tick);
    let velocity = Twist::new(0.6, 0.5);
    let base = Pose2::exp(velocity, t_s);
    let mut scene = pit(0.3);
    scene.push(person(-1.0 + (0.8 * t_s).sin(), 2.5));
    let mount = lidar_mount(LIDAR_HEIGHT_M);
    let swept = SIXTEEN.sweep(&scene, 0.0, |_| base.lifted(0.0) * mount);
    let camera = camera_mount(0.2, LOW.0, LOW.1);
    let taken = image(&scene, &CAMERA, &(base.lifted(0.0) * camera), 6.0, |_| {
        false
    });
    vec![
        odometry(t_s, base, velocity),
        cloud(t_s, mount, swept),
        depth(t_s, camera, taken),
    ]
}

/// A warm mapper does not allocate.
fn main() {
    // one turn of the circle takes 12.6 s: the second is like the first
    let ticks: Vec<_> = (0..200).map(events).collect();
    let mut mapper = Mapper::new(perception::MapperSettings {
        motion: MotionSettings {
            enabled: true,
            ..MotionSettings::default()
        },
        ..settings()
    })
    .unwrap();
    let mut snapshot = Snapshot::default();
    let _profiler = dhat::Profiler::builder().testing().build();
    let mut run = |ticks: &[Vec<Stamped<SensorEvent>>]| {
        for events in ticks {
            for event in events {
                mapper.observe(event).unwrap();
            }
            mapper.refresh(&mut snapshot);
        }
    };
    run(&ticks[..100]);
    let before = dhat::HeapStats::get().total_blocks;
    run(&ticks[100..]);
    assert_eq!(dhat::HeapStats::get().total_blocks - before, 0);
}
