//! Furniture, each piece around the origin of a plot with its front along x.

use perception::{Pose2, Vector2};

use crate::{FloorPatch, Material, Obstacle, Shape};

/// Height of a step of stairs, m.
const RISE_M: f64 = 0.17;

/// A box of a piece: centre and extents along x and y, height band, m.
fn block(pose: Pose2, [x, y]: [f64; 2], size: [f64; 2], z: [f64; 2]) -> Obstacle {
    let middle = pose * Pose2::new(x, y, 0.0);
    Obstacle::between(Shape::rectangle(middle, size[0], size[1]), z[0], z[1])
}

fn post(pose: Pose2, [x, y]: [f64; 2], radius_m: f64, z: [f64; 2]) -> Obstacle {
    let centre = (pose * Pose2::new(x, y, 0.0)).position();
    Obstacle::between(Shape::Circle { centre, radius_m }, z[0], z[1])
}

/// Four square legs at the corners of a rectangle.
fn legs(pose: Pose2, size: Vector2, thick_m: f64, height_m: f64) -> Vec<Obstacle> {
    let half = 0.5 * (size - Vector2::repeat(thick_m));
    [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)]
        .map(|(x, y)| {
            let at = [x * half.x, y * half.y];
            block(pose, at, [thick_m, thick_m], [0.0, height_m])
        })
        .to_vec()
}

/// A top on four legs.
pub(super) fn table(pose: Pose2, size: Vector2, height_m: f64) -> Vec<Obstacle> {
    let under = height_m - 0.04;
    let mut parts = legs(pose, size, 0.05, under);
    parts.push(block(pose, [0.0; 2], size.into(), [under, height_m]));
    parts
}

/// Seat, back and four thin legs; 0.45 m square, its back at -x.
pub(super) fn chair(pose: Pose2) -> Vec<Obstacle> {
    let mut parts = legs(pose, Vector2::repeat(0.45), 0.035, 0.42);
    parts.push(block(pose, [0.0; 2], [0.45, 0.45], [0.42, 0.46]));
    parts.push(block(pose, [-0.205, 0.0], [0.04, 0.45], [0.46, 0.9]));
    parts
}

/// A chair on castors: a star of five feet, a column, a round seat and a back; 0.6 m across.
pub(super) fn swivel_chair(pose: Pose2) -> Vec<Obstacle> {
    let mut parts: Vec<Obstacle> = (0..5)
        .map(|foot| {
            let turn = Pose2::new(0.0, 0.0, f64::from(foot) * std::f64::consts::TAU / 5.0);
            block(pose * turn, [0.15, 0.0], [0.3, 0.04], [0.0, 0.09])
        })
        .collect();
    parts.push(post(pose, [0.0; 2], 0.03, [0.09, 0.42]));
    parts.push(post(pose, [0.0; 2], 0.24, [0.42, 0.5]));
    parts.push(block(pose, [-0.24, 0.0], [0.06, 0.4], [0.55, 1.0]));
    parts
}

/// A sofa: a seat above a low gap, with back and arms.
pub(super) fn sofa(pose: Pose2, size: Vector2) -> Vec<Obstacle> {
    let (back, side) = (-0.5 * size.x + 0.1, 0.5 * size.y - 0.08);
    vec![
        block(pose, [0.0; 2], size.into(), [0.06, 0.42]),
        block(pose, [back, 0.0], [0.2, size.y], [0.42, 0.8]),
        block(pose, [0.0, side], [size.x, 0.16], [0.42, 0.6]),
        block(pose, [0.0, -side], [size.x, 0.16], [0.42, 0.6]),
    ]
}

/// A desk: a top on two side panels with a panel at its back.
pub(super) fn desk(pose: Pose2, size: Vector2, height_m: f64) -> Vec<Obstacle> {
    let side = 0.5 * size.y - 0.015;
    let under = height_m - 0.03;
    vec![
        block(pose, [0.0; 2], size.into(), [under, height_m]),
        block(pose, [0.0, side], [size.x, 0.03], [0.0, under]),
        block(pose, [0.0, -side], [size.x, 0.03], [0.0, under]),
        block(
            pose,
            [-0.5 * size.x + 0.1, 0.0],
            [0.02, size.y - 0.06],
            [0.3, under],
        ),
    ]
}

/// A box on the floor.
pub(super) fn crate_of(pose: Pose2, size: Vector2, height_m: f64) -> Vec<Obstacle> {
    vec![block(pose, [0.0; 2], size.into(), [0.0, height_m])]
}

/// A pot, and leaves that overhang it.
pub(super) fn plant(pose: Pose2) -> Vec<Obstacle> {
    vec![
        post(pose, [0.0; 2], 0.15, [0.0, 0.35]),
        post(pose, [0.0; 2], 0.28, [0.55, 1.3]),
    ]
}

/// An upright pane of glass, 1 cm thick.
pub(super) fn pane(pose: Pose2, width_m: f64) -> Vec<Obstacle> {
    vec![block(pose, [0.0; 2], [0.01, width_m], [0.0, 2.0]).made_of(Material::Glass)]
}

/// A lamp that hangs above the floor.
pub(super) fn lamp(pose: Pose2, height_m: f64) -> Obstacle {
    post(pose, [0.0; 2], 0.22, [height_m, height_m + 0.25])
}

/// A rectangle of floor at another height.
pub(super) fn hole(pose: Pose2, size: Vector2, z_m: f64) -> Vec<FloorPatch> {
    vec![FloorPatch::ramp(pose, size.x, size.y, [z_m, z_m])]
}

/// Stairs down along -x.
pub(super) fn stairs_down(pose: Pose2, size: Vector2, treads: usize) -> Vec<FloorPatch> {
    let tread_m = size.x / treads as f64;
    let corner = |line: usize, side: f64| {
        let x = 0.5 * size.x - tread_m * line as f64;
        pose * perception::Point2::new(x, side * 0.5 * size.y)
    };
    (0..treads)
        .map(|tread| {
            let corners = vec![
                corner(tread, -1.0),
                corner(tread, 1.0),
                corner(tread + 1, 1.0),
                corner(tread + 1, -1.0),
            ];
            FloorPatch::level(corners, -RISE_M * (tread + 1) as f64)
        })
        .collect()
}

/// A slope up along -x over the first part of the length, and a platform at its end.
pub(super) fn ramp(pose: Pose2, size: Vector2, slope_m: f64, height_m: f64) -> Vec<FloorPatch> {
    let front = 0.5 * size.x;
    let corner = |x: f64, side: f64| pose * perception::Point2::new(x, side * 0.5 * size.y);
    let strip = |near: f64, far: f64| {
        vec![
            corner(near, -1.0),
            corner(near, 1.0),
            corner(far, 1.0),
            corner(far, -1.0),
        ]
    };
    let top = front - slope_m;
    let middle = pose * Pose2::new(0.5 * (front + top), 0.0, 0.0);
    let rising = FloorPatch {
        vertices: strip(front, top),
        ..FloorPatch::ramp(middle, slope_m, size.y, [height_m, 0.0])
    };
    vec![rising, FloorPatch::level(strip(top, -front), height_m)]
}
