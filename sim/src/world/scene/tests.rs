use perception::{Point2, Vector2};
use proptest::prelude::*;

use super::*;
use crate::{FloorPatch, Material, Obstacle, Shape};

type V = Vector3<f64>;

/// Tolerance between two computations of a distance, m.
const CLOSE_M: f64 = 1e-7;

fn flat() -> impl Strategy<Value = Point2> {
    (-4.0..4.0, -4.0..4.0).prop_map(|(x, y)| Point2::new(x, y))
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        (flat(), flat()).prop_map(|(a, b)| Shape::Segment { a, b }),
        (flat(), 0.05..0.8).prop_map(|(centre, radius_m)| Shape::Circle { centre, radius_m }),
        (flat(), -3.0..3.0, 0.1..2.0, 0.1..2.0).prop_map(|(p, yaw, l, w)| Shape::rectangle(
            Pose2::new(p.x, p.y, yaw),
            l,
            w
        )),
        // an L, concave
        (flat(), -3.0..3.0, 0.3..2.0).prop_map(|(p, yaw, size)| {
            let corners = [(0., 0.), (2., 0.), (2., 1.), (1., 1.), (1., 2.), (0., 2.)];
            let pose = Pose2::new(p.x, p.y, yaw);
            let vertices = corners.map(|(x, y)| pose * Point2::new(x * size, y * size));
            Shape::Polygon {
                vertices: vertices.to_vec(),
            }
        }),
    ]
}

fn obstacle() -> impl Strategy<Value = Obstacle> {
    (shape(), -0.5..1.5, 0.05..1.5, 0..4).prop_map(|(shape, bottom, height, kind)| {
        let material = [Material::Opaque, Material::Glass][usize::from(kind == 0)];
        Obstacle::between(shape, bottom, bottom + height).made_of(material)
    })
}

/// Cells of a transformed checkerboard, each a patch with its own plane; neighbours share edges.
fn floor() -> impl Strategy<Value = Vec<FloorPatch>> {
    let cell = (0..6_i32, 0..6_i32, -0.8..0.8, -0.3..0.3, -0.3..0.3);
    (prop::collection::vec(cell, 0..14), flat(), -3.0..3.0).prop_map(|(cells, at, yaw)| {
        let mut taken = Vec::new();
        let world_from_board = Pose2::new(at.x, at.y, yaw);
        let mut patches = Vec::new();
        for (column, row, z0_m, gx, gy) in cells {
            if taken.contains(&(column, row)) {
                continue;
            }
            taken.push((column, row));
            let corner = |i: i32, j: i32| {
                let (x, y) = (f64::from(column + i - 3), f64::from(row + j - 3));
                world_from_board * Point2::new(x, y)
            };
            let patch = FloorPatch {
                vertices: vec![corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)],
                z0_m: 0.0,
                gradient: [gx, gy],
            };
            let lift = z0_m - patch.plane_m(corner(0, 0));
            patches.push(FloorPatch {
                z0_m: lift,
                ..patch
            });
        }
        patches
    })
}

fn mover() -> impl Strategy<Value = Mover> {
    (obstacle(), flat(), -3.0..3.0).prop_map(|(mut body, at, yaw)| {
        body.shape = body.shape.moved(Pose2::new(-at.x, -at.y, 0.0));
        Mover::new(body, Pose2::new(at.y, at.x, yaw)).unwrap()
    })
}

fn direction() -> impl Strategy<Value = V> {
    (-1.0..1.0, -1.0..1.0, -1.0..1.0)
        .prop_map(|(x, y, z)| V::new(x, y, z))
        .prop_filter("no direction", |v| v.norm() > 0.1)
        .prop_map(|v| v.normalize())
}

/// Twice the winding number of a polygon around a point, rounded: 0 outside.
fn winds_around(vertices: &[Point2], point: Point2) -> bool {
    let turn: f64 = (0..vertices.len())
        .map(|i| {
            let to = vertices[i] - point;
            let next = vertices[(i + 1) % vertices.len()] - point;
            to.perp(&next).atan2(to.dot(&next))
        })
        .sum();
    turn.abs() > 3.0
}

fn within(shape: &Shape, point: Point2) -> bool {
    match shape {
        Shape::Segment { .. } => false,
        Shape::Circle { centre, radius_m } => (point - centre).norm() < *radius_m,
        Shape::Polygon { vertices } => winds_around(vertices, point),
    }
}

/// All ranges at which a ray hits a face of an obstacle, face by face.
fn faces(obstacle: &Obstacle, origin: Point3, along: V) -> Vec<f64> {
    let mut found = Vec::new();
    if obstacle.material == Material::Glass {
        return found;
    }
    let at = |t: f64| origin + along * t;
    for z in [obstacle.z_min_m, obstacle.z_max_m] {
        let t = (z - origin.z) / along.z;
        if within(&obstacle.shape, at(t).xy()) {
            found.push(t);
        }
    }
    let mut side = |t: f64| {
        if (obstacle.z_min_m..=obstacle.z_max_m).contains(&at(t).z) {
            found.push(t);
        }
    };
    let mut edge = |a: Point2, b: Point2| {
        // origin + t along = a + s (b − a), solved as a linear system
        let matrix = nalgebra::Matrix2::from_columns(&[along.xy(), a - b]);
        if let Some(solution) = matrix.lu().solve(&(a - origin.xy()))
            && (0.0..=1.0).contains(&solution.y)
        {
            side(solution.x);
        }
    };
    match &obstacle.shape {
        Shape::Segment { a, b } => edge(*a, *b),
        Shape::Polygon { vertices } => {
            for i in 0..vertices.len() {
                edge(vertices[i], vertices[(i + 1) % vertices.len()]);
            }
        }
        Shape::Circle { centre, radius_m } => {
            let from = origin.xy() - centre;
            let (a, b) = (along.xy().norm_squared(), 2.0 * from.dot(&along.xy()));
            let c = from.norm_squared() - radius_m * radius_m;
            let root = (b * b - 4.0 * a * c).sqrt();
            if root.is_finite() {
                side((-b - root) / (2.0 * a));
                side((-b + root) / (2.0 * a));
            }
        }
    }
    found
}

/// Height of the floor by a test of every patch.
fn height(patches: &[FloorPatch], point: Point2) -> f64 {
    patches
        .iter()
        .find(|patch| winds_around(&patch.vertices, point))
        .map_or(0.0, |patch| patch.plane_m(point))
}

fn floor_faces(patches: &[FloorPatch], origin: Point3, along: V) -> Vec<f64> {
    let mut found = Vec::new();
    let at = |t: f64| origin + along * t;
    let ground = -origin.z / along.z;
    let level = |patch: &&FloorPatch| winds_around(&patch.vertices, at(ground).xy());
    if patches.iter().find(level).is_none() {
        found.push(ground);
    }
    for patch in patches {
        let uphill = Vector2::from(patch.gradient);
        let t = (patch.plane_m(origin.xy()) - origin.z) / (along.z - uphill.dot(&along.xy()));
        if winds_around(&patch.vertices, at(t).xy()) {
            found.push(t);
        }
        for i in 0..patch.vertices.len() {
            let (a, b) = (
                patch.vertices[i],
                patch.vertices[(i + 1) % patch.vertices.len()],
            );
            let matrix = nalgebra::Matrix2::from_columns(&[along.xy(), a - b]);
            let Some(solution) = matrix.lu().solve(&(a - origin.xy())) else {
                continue;
            };
            if (0.0..=1.0).contains(&solution.y) {
                let t = solution.x;
                let side = |by: f64| height(patches, at(t + by).xy());
                let (before, after) = (side(-1e-8), side(1e-8));
                if (before.min(after)..=before.max(after)).contains(&at(t).z) {
                    found.push(t);
                }
            }
        }
    }
    found
}

fn brute_force(world: &World, movers: &[Mover], origin: Point3, along: V) -> Option<f64> {
    let placed: Vec<Obstacle> = movers.iter().map(Mover::placed).collect();
    let all = || world.obstacles().iter().chain(&placed);
    let buried = origin.z <= height(world.floor_patches(), origin.xy())
        || all().any(|o| {
            o.material == Material::Opaque
                && (o.z_min_m..=o.z_max_m).contains(&origin.z)
                && within(&o.shape, origin.xy())
        });
    if buried {
        return Some(0.0);
    }
    all()
        .flat_map(|obstacle| faces(obstacle, origin, along))
        .chain(floor_faces(world.floor_patches(), origin, along))
        .filter(|t| *t >= 0.0)
        .reduce(f64::min)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn rays_agree_with_trying_every_face(
        obstacles in prop::collection::vec(obstacle(), 0..14),
        patches in floor(),
        movers in prop::collection::vec(mover(), 0..3),
        from in flat(), z in -0.2..2.5, directions in prop::collection::vec(direction(), 24),
    ) {
        let world = World::with_floor(obstacles, patches).unwrap();
        let scene = Scene { world: &world, movers: &movers };
        let origin = Point3::new(from.x, from.y, z);
        for along in directions {
            let expected = brute_force(&world, &movers, origin, along).filter(|t| *t <= 20.0);
            let found = scene.cast(origin, along, 20.0);
            match (expected, found) {
                (None, None) => {}
                (Some(expected), Some(hit)) => {
                    prop_assert!((expected - hit.distance_m).abs() < CLOSE_M,
                        "{expected} m, found {} m along {along:?}", hit.distance_m);
                    prop_assert!((hit.normal.norm() - 1.0).abs() < 1e-9);
                    prop_assert!(hit.normal.dot(&along) <= 0.0);
                }
                _ => prop_assert!(false, "{expected:?}, found {found:?} along {along:?}"),
            }
        }
    }

    #[test]
    fn rays_of_a_bundle_go_as_far_as_alone(
        obstacles in prop::collection::vec(obstacle(), 0..14),
        patches in floor(),
        movers in prop::collection::vec(mover(), 0..3),
        from in flat(), z in 0.9..2.5, middle in direction(), is_fan in any::<bool>(),
        spread in 0.01..0.7,
    ) {
        let world = World::with_floor(obstacles, patches).unwrap();
        let scene = Scene { world: &world, movers: &movers };
        let origin = Point3::new(from.x, from.y, z);
        let side = middle.cross(&V::new(0.3, 0.5, 0.8)).normalize();
        let up = side.cross(&middle);
        let mut rays = RayBundle::new();
        rays.start(origin, 9.0);
        let steps = || (0..8).map(|step| -> f64 { spread * (f64::from(step) - 3.5) / 3.5 });
        if is_fan {
            steps().for_each(|a| rays.push((middle + up * a).normalize()));
            rays.is_fan();
        } else {
            for a in steps() {
                steps().for_each(|b| rays.push((middle + up * a + side * b).normalize()));
            }
            rays.is_pyramid([0, 7, 63, 56]);
        }
        scene.cast_bundle(&mut rays, &mut RayBundle::new());
        for ray in 0..rays.len() {
            let alone = scene.cast(origin, rays.along(ray), 9.0).map(|hit| hit.distance_m);
            // the sets of visible patches differ, and with them the rounding
            prop_assert_eq!(rays.hit_m(ray).is_some(), alone.is_some());
            let apart_m = rays.hit_m(ray).unwrap_or(0.0) - alone.unwrap_or(0.0);
            prop_assert!(apart_m.abs() < 1e-9, "{apart_m} m");
        }
    }
}

#[test]
fn glass_transmits_light_and_blocks_the_robot() {
    let pane = Shape::rectangle(Pose2::new(1.0, 0.0, 0.0), 0.02, 2.0);
    let wall = Shape::rectangle(Pose2::new(3.0, 0.0, 0.0), 0.2, 4.0);
    let world = World::new(vec![
        Obstacle::standing(pane, 2.0).made_of(Material::Glass),
        Obstacle::standing(wall, 2.0),
    ])
    .unwrap();
    let scene = Scene {
        world: &world,
        movers: &[],
    };
    let hit = scene
        .cast(Point3::new(0.0, 0.0, 1.0), V::x(), 10.0)
        .unwrap();
    assert!((hit.distance_m - 2.9).abs() < 1e-12);
    assert!((hit.normal + V::x()).norm() < 1e-12);
    let flat = world.cast(Point2::origin(), Vector2::x(), 1.0, 10.0);
    assert_eq!(flat, Some(2.9));
    let robot = Footprint::Disc { radius_m: 0.3 };
    let gap = scene.gap(&robot, 1.0, Pose2::IDENTITY, 5.0).unwrap();
    assert!((gap.distance_m - 0.69).abs() < 1e-12);
}

#[test]
fn a_robot_keeps_its_distance_from_movers() {
    let world = World::new(Vec::new()).unwrap();
    let movers = [Mover::upright(0.25, 1.8, Pose2::new(1.0, 0.0, 0.3)).unwrap()];
    let scene = Scene {
        world: &world,
        movers: &movers,
    };
    let robot = Footprint::Disc { radius_m: 0.3 };
    let gap = |x: f64| scene.gap(&robot, 1.4, Pose2::new(x, 0.0, 0.0), 5.0);
    assert!((gap(0.0).unwrap().distance_m - 0.45).abs() < 1e-12);
    assert!((gap(0.0).unwrap().point - Point2::new(0.75, 0.0)).norm() < 1e-12);
    assert!(gap(0.9).unwrap().distance_m < 0.0);
    assert!(gap(-6.0).is_none());
}

#[test]
fn patches_that_share_area_are_refused() {
    let square = |x: f64| {
        let rectangle = FloorPatch::ramp(Pose2::new(x, 0.0, 0.4), 1.0, 1.0, [0.0, 0.2]);
        FloorPatch { ..rectangle }
    };
    let step = Vector2::new(0.4_f64.cos(), 0.4_f64.sin());
    let beside = FloorPatch::ramp(Pose2::new(step.x, step.y, 0.4), 1.0, 1.0, [0.2, 0.2]);
    assert!(World::with_floor(Vec::new(), vec![square(0.0), beside]).is_ok());
    for x in [0.0, 0.05, 0.9] {
        let error = World::with_floor(Vec::new(), vec![square(0.0), square(x)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "floor patch 1: lies over patch 0: expected patches without common area"
        );
    }
}
