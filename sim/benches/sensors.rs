//! How long does a second of what a robot sees in three dimensions take to simulate?
//!
//! A furnished room, one LiDAR of 16 rings by 1024 azimuths at 10 Hz that moves, and one depth
//! camera of 160 by 120 pixels at 15 Hz: 451 840 rays.

use divan::Bencher;
use perception::{DepthImage, DepthPixels, PointCloud, Pose2, Twist};
use sim::{DepthCamera, DepthCameraSettings, RingLidar, RingLidarSettings, Scenario, Situation};

/// Rooms to see, by seed.
const ROOMS: [u64; 3] = [2, 4, 6];
const SPEED: Twist = Twist::new(0.5, 0.5);

fn main() {
    divan::main();
}

fn room(seed: u64) -> Situation {
    let scenario = Scenario::named("rooms").expect("a scenario of this name");
    scenario.situation(seed).expect("a room of this seed")
}

fn sweep(situation: &Situation, lidar: &mut RingLidar, cloud: &mut PointCloud) {
    let pose = |elapsed_s: f64| situation.start * Pose2::exp(SPEED, elapsed_s);
    lidar.sweep(&situation.world, pose, cloud);
}

fn lidar() -> RingLidar {
    RingLidar::new(RingLidarSettings::default(), 1).expect("default settings")
}

fn camera() -> DepthCamera {
    DepthCamera::new(DepthCameraSettings::default(), 1).expect("default settings")
}

fn blank() -> DepthImage {
    DepthImage {
        width: 0,
        height: 0,
        pixels: DepthPixels::Millimetres(Vec::new()),
    }
}

/// 16 384 rays.
#[divan::bench(args = ROOMS)]
fn one_sweep(bencher: Bencher<'_, '_>, seed: u64) {
    let (situation, mut lidar, mut cloud) = (room(seed), lidar(), PointCloud::default());
    bencher.bench_local(|| sweep(&situation, &mut lidar, &mut cloud));
}

/// 19 200 rays.
#[divan::bench(args = ROOMS)]
fn one_image(bencher: Bencher<'_, '_>, seed: u64) {
    let (situation, mut camera, mut image) = (room(seed), camera(), blank());
    bencher.bench_local(|| camera.expose(&situation.world, situation.start, &mut image));
}

/// Twenty times real time is 50 ms.
#[divan::bench(args = ROOMS)]
fn one_second_of_both(bencher: Bencher<'_, '_>, seed: u64) {
    let (situation, mut lidar, mut cloud) = (room(seed), lidar(), PointCloud::default());
    let (mut camera, mut image) = (camera(), blank());
    bencher.bench_local(|| {
        for _ in 0..10 {
            sweep(&situation, &mut lidar, &mut cloud);
        }
        for _ in 0..15 {
            camera.expose(&situation.world, situation.start, &mut image);
        }
    });
}
