//! Depth images of a real camera, moved about a room, in one grid.
#![allow(clippy::unwrap_used)]

mod shared;

use std::path::Path;

use perception::{
    Cell, ColumnClass, DepthImage, DepthPixels, Distortion, GridFrame, GroundPlane,
    GroundPlaneSearch, LogOdds, OccupancyGrid, PinholeCamera, Point2, Point3, Pose3, VolumeBuilder,
    VolumeGrid, VolumeSettings,
};
use shared::shared;

const CAMERA: PinholeCamera = PinholeCamera {
    width: 640,
    height: 480,
    fx: 518.0,
    fy: 519.0,
    cx: 325.5,
    cy: 253.5,
    distortion: Distortion {
        k1: 0.0,
        k2: 0.0,
        p1: 0.0,
        p2: 0.0,
        k3: 0.0,
    },
};

/// Images and the poses of their cameras.
fn frames(data: &Path) -> Vec<(Pose3, DepthImage)> {
    let poses = std::fs::read_to_string(data.join("pose.txt")).unwrap();
    let lines = poses.lines().filter(|line| !line.trim().is_empty());
    lines
        .enumerate()
        .map(|(index, line)| {
            let v: Vec<f64> = line
                .split_whitespace()
                .map(|v| v.parse().unwrap())
                .collect();
            let rotation = nalgebra::Quaternion::new(v[6], v[3], v[4], v[5]);
            let world_from_camera = Pose3::from_parts(
                nalgebra::Translation3::new(v[0], v[1], v[2]),
                nalgebra::UnitQuaternion::from_quaternion(rotation),
            );
            let file = data.join(format!("depth_{}.png", index + 1));
            let image = image::open(file).unwrap().into_luma16();
            let image = DepthImage {
                width: image.width() as usize,
                height: image.height() as usize,
                pixels: DepthPixels::Millimetres(image.into_raw()),
            };
            (world_from_camera, image)
        })
        .collect()
}

/// Every twentieth pixel as a point of the world, none farther than 4 m.
fn points(frames: &[(Pose3, DepthImage)]) -> Vec<Point3> {
    let mut points = Vec::new();
    for (world_from_camera, image) in frames {
        let DepthPixels::Millimetres(pixels) = &image.pixels else {
            unreachable!()
        };
        for pixel in (0..pixels.len()).step_by(41) {
            let depth = f64::from(pixels[pixel]) * 1e-3;
            let (column, row) = (pixel % image.width, pixel / image.width);
            let [x, y] = CAMERA.direction(column as f64, row as f64).unwrap();
            if depth > 0.3 && depth < 4.0 {
                points.push(world_from_camera * Point3::new(x * depth, y * depth, depth));
            }
        }
    }
    points
}

fn occupied(grid: &OccupancyGrid) -> Vec<Point2> {
    let frame = grid.frame();
    (0..frame.len())
        .map(|index| (index % frame.width, index / frame.width))
        .filter(|&(column, row)| grid.cell(column, row) == Cell::Occupied)
        .map(|(column, row)| frame.centre_of(column, row))
        .collect()
}

#[test]
fn overlapping_images_of_a_room_agree() {
    let Some(data) = shared("data/sensors/rgbd_slambook") else {
        return;
    };
    let frames = frames(&data);
    // the world of the poses is an optical frame: y points down, more or less
    let plane = GroundPlane::find(
        &points(&frames),
        &GroundPlaneSearch {
            up: -nalgebra::Vector3::y(),
            tilt_max: 0.6,
            ..GroundPlaneSearch::default()
        },
    )
    .unwrap();
    let level_from_world = plane.level_from_points();
    // the camera was held at 1.4 m, and a plane that it stands that high above is the floor
    assert!(plane.share > 0.2, "{plane:?}");
    let frame = GridFrame {
        origin: Point2::new(-8.0, -8.0),
        resolution_m: 0.05,
        width: 320,
        height: 320,
    };
    let built = |chosen: &[(Pose3, DepthImage)], times: usize| {
        let mut builder = VolumeBuilder::new(VolumeSettings::default(), frame).unwrap();
        for (world_from_camera, image) in chosen {
            let pose = level_from_world * world_from_camera;
            assert!((1.2..1.6).contains(&pose.translation.z), "{pose}");
            // as a camera at rest sends it: what is far takes more than one image
            for _ in 0..times {
                builder.add_depth(&pose, &CAMERA, image).unwrap();
            }
        }
        builder
    };
    let mut all = built(&frames, 1);
    let found = occupied(&all.occupancy(LogOdds::default())).len();
    let drops = all.volume().classes().iter();
    let drops = drops.filter(|class| **class == ColumnClass::Drop).count();
    // there is no hole in that room
    assert!(
        found > 500 && drops * 50 < found,
        "{found} occupied, {drops} drops"
    );
    let (mut shared, mut agree) = (0, 0);
    for pair in 0..frames.len() - 1 {
        let mut one = built(&frames[pair..=pair], 3);
        let mut other = built(&frames[pair + 1..=pair + 1], 3);
        let (one, other) = (one.volume(), other.volume());
        // of what one holds, the part that the other saw, and the other way round
        compare(one, other, &mut shared, &mut agree);
        compare(other, one, &mut shared, &mut agree);
    }
    println!("{agree} of {shared} agree; {found} cells, {drops} drops");
    assert!(shared > 300);
    assert!(
        f64::from(agree) >= 0.9 * f64::from(shared),
        "{agree} of {shared}"
    );
}

/// Counts the obstacles of one volume that the other saw, at a height at which there is one, and
/// those that are within 5 cm of an obstacle of its own.
fn compare(one: &VolumeGrid, other: &VolumeGrid, shared: &mut i32, agree: &mut i32) {
    let frame = one.frame();
    let layer = |height_m| one.layer_at(height_m).unwrap();
    let band = layer(0.07)..=layer(0.8);
    for row in 1..frame.height - 1 {
        for column in 1..frame.width - 1 {
            let seen = one.class(column, row) == ColumnClass::Obstacle
                && band.clone().any(|layer| {
                    one.voxel(column, row, layer) == Cell::Occupied
                        && other.voxel(column, row, layer) != Cell::Unknown
                });
            if seen {
                let beside = [
                    (column, row),
                    (column + 1, row),
                    (column - 1, row),
                    (column, row + 1),
                    (column, row - 1),
                ];
                *shared += 1;
                *agree += i32::from(
                    beside
                        .iter()
                        .any(|&(column, row)| other.class(column, row) == ColumnClass::Obstacle),
                );
            }
        }
    }
}
