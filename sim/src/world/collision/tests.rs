use perception::{Footprint, Point2, Polygon, Pose2, Vector2};
use proptest::prelude::*;

use crate::{Obstacle, Shape, World};

const DISC: Footprint = Footprint::Disc { radius_m: 0.3 };
const BOX: Footprint = Footprint::Rectangle {
    length_m: 0.6,
    width_m: 0.4,
};

/// A disc, a centred box, a box ahead of the origin, and a forklift.
fn footprint() -> impl Strategy<Value = Footprint> {
    let polygon = |vertices: &[[f64; 2]]| Footprint::Polygon {
        vertices: Polygon::new(vertices).unwrap(),
    };
    let rear_axle = polygon(&[[0.6, 0.25], [-0.1, 0.25], [-0.1, -0.25], [0.6, -0.25]]);
    let fork_lift = polygon(&[
        [-0.3, -0.25],
        [0.7, -0.25],
        [0.7, -0.1],
        [0.1, -0.1],
        [0.1, 0.05],
        [0.7, 0.05],
        [0.7, 0.2],
        [-0.3, 0.2],
    ]);
    prop_oneof![Just(DISC), Just(BOX), Just(rear_axle), Just(fork_lift)]
}

fn world(shapes: impl IntoIterator<Item = Shape>) -> World {
    let standing = |shape| Obstacle::standing(shape, 1.0);
    World::new(shapes.into_iter().map(standing).collect()).unwrap()
}

fn distance(world: &World, footprint: &Footprint, pose: Pose2) -> f64 {
    world.gap(footprint, 0.5, pose, 100.0).unwrap().distance_m
}

fn point() -> impl Strategy<Value = Point2> {
    (-4.0..4.0, -4.0..4.0).prop_map(|(x, y)| Point2::new(x, y))
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        (point(), point()).prop_map(|(a, b)| Shape::Segment { a, b }),
        (point(), 0.05..1.0).prop_map(|(centre, radius_m)| Shape::Circle { centre, radius_m }),
        (point(), -3.0..3.0, 0.1..2.0, 0.1..2.0).prop_map(|(p, yaw, l, w)| Shape::rectangle(
            Pose2::new(p.x, p.y, yaw),
            l,
            w
        )),
    ]
}

/// Points over a footprint and its outline, base frame, at most about 2 cm apart.
fn samples(footprint: &Footprint) -> Vec<Point2> {
    let reach = footprint.circumscribed_radius_m();
    let mut points = Vec::new();
    for i in -30..=30 {
        for j in -30..=30 {
            let p = Point2::new(f64::from(i) * reach / 30.0, f64::from(j) * reach / 30.0);
            let outside = footprint.signed_distance_m(p);
            if outside <= 0.0 {
                points.push(p);
            }
        }
    }
    points
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn gap_agrees_with_sampling_the_footprint(
        shapes in prop::collection::vec(shape(), 1..8),
        at in point(), yaw in -3.0..3.0, footprint in footprint(),
    ) {
        let pose = Pose2::new(at.x, at.y, yaw);
        let sampled = samples(&footprint)
            .into_iter()
            .flat_map(|p| shapes.iter().map(move |s| s.signed_distance_m(pose * p)))
            .fold(f64::INFINITY, f64::min);
        let exact = distance(&world(shapes), &footprint, pose);
        if sampled <= 0.0 {
            prop_assert!(exact <= 0.0, "exact {exact}, sampled {sampled}");
        } else {
            // the samples miss the outline by up to their spacing
            let spacing_m = 1.5 * footprint.circumscribed_radius_m() / 30.0;
            prop_assert!(exact <= sampled + 1e-12, "exact {exact}, sampled {sampled}");
            prop_assert!(exact.max(0.0) >= sampled - spacing_m, "exact {exact}, sampled {sampled}");
        }
    }

    #[test]
    fn the_nearest_point_lies_at_the_distance(
        shapes in prop::collection::vec(shape(), 1..8),
        at in point(), yaw in -3.0..3.0, footprint in footprint(),
    ) {
        let pose = Pose2::new(at.x, at.y, yaw);
        let gap = world(shapes).gap(&footprint, 0.5, pose, 100.0).unwrap();
        if gap.distance_m > 0.0 {
            let from_outline = footprint.signed_distance_m(pose.inverse() * gap.point);
            prop_assert!((from_outline - gap.distance_m).abs() < 1e-9);
        }
    }

    #[test]
    fn a_rectangle_written_as_a_polygon_has_the_same_gap(
        shapes in prop::collection::vec(shape(), 1..8), at in point(), yaw in -3.0..3.0,
    ) {
        let corners: Vec<[f64; 2]> = BOX.corners().iter().map(|p| [p.x, p.y]).collect();
        let polygon = Footprint::Polygon { vertices: Polygon::new(&corners).unwrap() };
        let (world, pose) = (world(shapes), Pose2::new(at.x, at.y, yaw));
        let [found, expected] = [polygon, BOX].map(|footprint| distance(&world, &footprint, pose));
        let is_far_enough = found.max(expected) > 0.0;
        // the penetration depth is only rough
        prop_assert!((found - expected).abs() < 1e-9 || !is_far_enough, "{found} {expected}");
        prop_assert_eq!(found > 0.0, expected > 0.0);
    }

    #[test]
    fn reach_only_hides_what_is_beyond_it(
        shapes in prop::collection::vec(shape(), 1..8), at in point(), reach in 0.0..3.0,
    ) {
        let world = world(shapes);
        let pose = Pose2::new(at.x, at.y, 0.4);
        let all = world.gap(&BOX, 0.5, pose, 100.0).unwrap();
        let near = world.gap(&BOX, 0.5, pose, reach);
        prop_assert_eq!(near, Some(all).filter(|gap| gap.distance_m <= reach));
    }

    #[test]
    fn a_ray_ends_at_the_nearest_hit_of_all_shapes(
        shapes in prop::collection::vec(shape(), 1..8), at in point(), angle in -3.2..3.2,
    ) {
        let along = Vector2::new(f64::cos(angle), f64::sin(angle));
        let hit = world(shapes.clone()).cast(at, along, 0.2, 30.0);
        let one_by_one = shapes
            .into_iter()
            .filter_map(|shape| world([shape]).cast(at, along, 0.2, 30.0))
            .reduce(f64::min);
        prop_assert_eq!(hit, one_by_one);
        if let Some(distance) = hit {
            prop_assert!((0.0..=30.0).contains(&distance));
        }
    }
}

#[test]
fn distances_of_a_rectangle_are_exact() {
    // the front of the box is at x = 0.3, its left side at y = 0.2
    let post = Shape::Circle {
        centre: Point2::new(1.0, 0.0),
        radius_m: 0.1,
    };
    assert!((distance(&world([post]), &BOX, Pose2::IDENTITY) - 0.6).abs() < 1e-12);
    let wall = Shape::Segment {
        a: Point2::new(-5.0, 0.7),
        b: Point2::new(5.0, 0.7),
    };
    assert!((distance(&world([wall]), &BOX, Pose2::IDENTITY) - 0.5).abs() < 1e-12);
    // a corner pointing at the end of a wall: from (0.3, 0.2) to (0.6, 0.6) is 0.5
    let end = Shape::Segment {
        a: Point2::new(0.6, 0.6),
        b: Point2::new(2.0, 3.0),
    };
    assert!((distance(&world([end]), &BOX, Pose2::IDENTITY) - 0.5).abs() < 1e-12);
}

#[test]
fn a_robot_inside_a_solid_touches_it() {
    let block = Shape::rectangle(Pose2::IDENTITY, 10.0, 10.0);
    assert!(distance(&world([block]), &DISC, Pose2::IDENTITY) < 0.0);
}

#[test]
fn obstacles_above_the_robot_do_not_collide() {
    let shape = Shape::rectangle(Pose2::IDENTITY, 1.0, 1.0);
    let table = World::new(vec![Obstacle::between(shape, 0.7, 0.75)]).unwrap();
    let at = |height| table.gap(&DISC, height, Pose2::new(1.0, 0.0, 0.0), 10.0);
    assert!(at(0.5).is_none());
    assert!(at(1.5).is_some());
    let forward = Vector2::new(1.0, 0.0);
    assert!(
        table
            .cast(Point2::new(-2.0, 0.0), forward, 0.3, 10.0)
            .is_none()
    );
    assert_eq!(
        table.cast(Point2::new(-2.0, 0.0), forward, 0.72, 10.0),
        Some(1.5)
    );
}

#[test]
fn an_empty_world_has_no_hits_or_gaps() {
    let empty = world([]);
    assert!(empty.gap(&DISC, 0.5, Pose2::IDENTITY, 100.0).is_none());
    assert!(
        empty
            .cast(Point2::origin(), Vector2::new(0.0, 1.0), 0.2, 100.0)
            .is_none()
    );
}

#[test]
fn invalid_obstacles_are_rejected_by_index() {
    let good = Shape::rectangle(Pose2::IDENTITY, 1.0, 1.0);
    let bad = Shape::Circle {
        centre: Point2::origin(),
        radius_m: f64::NAN,
    };
    let error = World::new(vec![
        Obstacle::standing(good.clone(), 1.0),
        Obstacle::standing(bad, 1.0),
    ])
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "obstacle 1: radius NaN m: expected 0.0001 to 20000 m"
    );
    assert!(World::new(vec![Obstacle::standing(good, 0.0)]).is_err());
}
