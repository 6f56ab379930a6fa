use super::*;
use crate::{FloorPatch, Obstacle, Shape};

const BAND: Band = Band {
    clearance_m: 0.05,
    height_m: 1.4,
    step_max_m: 0.03,
    slope_max: 0.1,
    glass: true,
};

fn at(world: &World, x: f64, y: f64) -> CellTruth {
    Truth::new(world, BAND).cell(Point2::new(x, y), 0.025)
}

fn square(x: f64, size: f64, z: [f64; 2]) -> Obstacle {
    Obstacle::between(
        Shape::rectangle(Pose2::new(x, 0.0, 0.0), size, size),
        z[0],
        z[1],
    )
}

#[test]
fn only_objects_in_the_height_band_occupy_cells() {
    let world = World::new(vec![
        square(0.0, 0.5, [0.0, 0.04]),
        square(2.0, 0.5, [0.0, 0.08]),
        square(4.0, 0.5, [1.6, 1.9]),
        square(6.0, 0.5, [0.7, 0.74]),
    ])
    .unwrap();
    assert_eq!(at(&world, 0.0, 0.0), CellTruth::Free);
    assert_eq!(at(&world, 2.0, 0.0), CellTruth::Occupied);
    assert_eq!(at(&world, 4.0, 0.0), CellTruth::Free);
    assert_eq!(at(&world, 6.0, 0.0), CellTruth::Occupied);
    // a cell is occupied if any part of it is: the face is at 2.25 m
    assert_eq!(at(&world, 2.274, 0.0), CellTruth::Occupied);
    assert_eq!(at(&world, 2.276, 0.0), CellTruth::Free);
}

#[test]
fn glass_counts_only_if_enabled() {
    let pane = square(0.0, 0.5, [0.0, 2.0]).made_of(Material::Glass);
    let world = World::new(vec![pane]).unwrap();
    let seen = Band {
        glass: false,
        ..BAND
    };
    let middle = Point2::origin();
    assert_eq!(
        Truth::new(&world, BAND).cell(middle, 0.05),
        CellTruth::Occupied
    );
    assert_eq!(Truth::new(&world, seen).cell(middle, 0.05), CellTruth::Free);
}

#[test]
fn floor_is_free_where_it_can_be_driven_to() {
    let flat = |x: f64, z: f64| FloorPatch::ramp(Pose2::new(x, 0.0, 0.0), 1.0, 1.0, [z, z]);
    let up = FloorPatch::ramp(Pose2::new(2.0, 0.0, 0.0), 1.0, 1.0, [0.0, 0.09]);
    let steep = FloorPatch::ramp(Pose2::new(8.0, 0.0, 0.0), 1.0, 1.0, [0.0, 0.3]);
    let patches = vec![
        up,
        flat(3.0, 0.09),
        flat(5.5, -0.17),
        flat(6.5, -0.34),
        steep,
        flat(-2.0, 0.2),
    ];
    let world = World::with_floor(vec![square(3.0, 0.2, [0.0, 0.13])], patches).unwrap();
    assert_eq!(at(&world, 2.0, 0.0), CellTruth::Free);
    assert_eq!(at(&world, 2.5, 0.3), CellTruth::Free);
    assert_eq!(at(&world, 3.2, 0.3), CellTruth::Free);
    // 4 cm above the platform: low enough to drive over
    assert_eq!(at(&world, 3.0, 0.0), CellTruth::Free);
    // the side of the platform is a wall
    assert_eq!(at(&world, 3.5, 0.3), CellTruth::Occupied);
    assert_eq!(at(&world, 5.5, 0.0), CellTruth::Drop);
    assert_eq!(at(&world, 6.5, 0.0), CellTruth::Drop);
    assert_eq!(at(&world, 5.01, 0.0), CellTruth::Drop);
    assert_eq!(at(&world, 4.99, 0.0), CellTruth::Drop);
    assert_eq!(at(&world, 4.97, 0.0), CellTruth::Free);
    assert_eq!(at(&world, 8.0, 0.0), CellTruth::Occupied);
    assert_eq!(at(&world, -2.0, 0.0), CellTruth::Occupied);
}
