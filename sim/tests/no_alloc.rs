//! Sensors do not allocate once every buffer has its size.
#![allow(clippy::unwrap_used)]

use perception::{DepthImage, DepthPixels, LaserScan, PointCloud, Pose2, Twist};
use sim::{
    DepthCamera, DepthCameraSettings, Lidar, LidarSettings, Mover, RingLidar, RingLidarSettings,
    Scenario, Scene,
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Warm sensors do not allocate.
fn main() {
    // a room with uneven floor and a pedestrian
    let situation = (0..100)
        .step_by(2)
        .map(|seed| Scenario::named("rooms").unwrap().situation(seed).unwrap())
        .find(|situation| situation.world.floor_patches().len() > 3)
        .unwrap();
    let aside = situation.start * Pose2::new(0.8, 0.3, 0.0);
    let movers = [Mover::upright(0.2, 1.7, aside).unwrap()];
    let scene = Scene {
        world: &situation.world,
        movers: &movers,
    };
    let mut lidar = Lidar::new(LidarSettings::default(), 1).unwrap();
    let mut rings = RingLidar::new(RingLidarSettings::default(), 1).unwrap();
    let mut camera = DepthCamera::new(DepthCameraSettings::default(), 1).unwrap();
    let mut scan = LaserScan {
        angle_min: 0.0,
        angle_increment: 0.0,
        time_increment: 0.0,
        range_min: 0.0,
        range_max: 0.0,
        ranges: Vec::new(),
    };
    let mut cloud = PointCloud::default();
    let mut image = DepthImage {
        width: 0,
        height: 0,
        pixels: DepthPixels::Millimetres(Vec::new()),
    };
    let mut sense = |turn: f64| {
        let start = situation.start * Pose2::new(0.0, 0.0, turn);
        lidar.scan(scene, |_| start, &mut scan);
        rings.sweep(
            scene,
            |elapsed_s| start * Pose2::exp(Twist::new(0.5, 0.5), elapsed_s),
            &mut cloud,
        );
        camera.expose(scene, start, &mut image);
    };
    (0..8).for_each(|turn| sense(f64::from(turn)));
    // a cloud may grow by a few returns, so that its capacity is checked at earlier azimuths
    let _profiler = dhat::Profiler::builder().testing().build();
    let before = dhat::HeapStats::get().total_blocks;
    (0..8).for_each(|turn| sense(f64::from(turn)));
    assert_eq!(dhat::HeapStats::get().total_blocks, before);
}
