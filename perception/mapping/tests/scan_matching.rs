//! Scan matching: the search is exact, the refinement finds small displacements, maps register.
#![allow(clippy::unwrap_used)]

use std::f64::consts::PI;

use mapping::{
    LikelihoodField, MatchedMapBuilder, MatchingSettings, SearchWindow, refine, register_maps,
    search, sweep_rays,
};
use mapping::{MapBuilder, MapBuilderSettings};
use perception::{GridFrame, LaserScan, Point2, Pose2, Stamp, Twist, Vector2, wrap_angle};
use proptest::prelude::*;

const FRAME: GridFrame = GridFrame {
    origin: Point2::new(-3.0, -2.0),
    resolution_m: 0.05,
    width: 120,
    height: 80,
};

/// A field with some occupied cells.
fn field(cells: &[(usize, usize)], levels: usize) -> LikelihoodField {
    let mut field = LikelihoodField::new(0.1, levels);
    field.update(FRAME, |column, row| cells.contains(&(column, row)));
    field
}

fn cells() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0..FRAME.width, 0..FRAME.height), 5..60)
}

fn points() -> impl Strategy<Value = Vec<Point2>> {
    let point = (-2.0_f64..2.0, -2.0_f64..2.0).prop_map(|(x, y)| Point2::new(x, y));
    prop::collection::vec(point, 1..40)
}

/// Walls of an L-shaped room of 8 m, with a pillar; distances along a direction.
fn range_m(from: Point2, yaw: f64) -> f64 {
    const WALLS: [[f64; 4]; 10] = [
        [-4.0, -4.0, 4.0, -4.0],
        [4.0, -4.0, 4.0, 1.0],
        [4.0, 1.0, 1.0, 1.0],
        [1.0, 1.0, 1.0, 4.0],
        [1.0, 4.0, -4.0, 4.0],
        [-4.0, 4.0, -4.0, -4.0],
        [-2.0, 1.5, -1.5, 1.5],
        [-1.5, 1.5, -1.5, 2.2],
        [-1.5, 2.2, -2.0, 2.2],
        [-2.0, 2.2, -2.0, 1.5],
    ];
    let ray = Vector2::new(yaw.cos(), yaw.sin());
    let distances = WALLS.iter().filter_map(|&[ax, ay, bx, by]| {
        let (a, along) = (
            Vector2::new(ax, ay) - from.coords,
            Vector2::new(bx - ax, by - ay),
        );
        let cross = |u: Vector2, v: Vector2| u.x * v.y - u.y * v.x;
        let across = cross(ray, along);
        let (t, s) = (cross(a, along) / across, cross(a, ray) / across);
        (t > 0.0 && (0.0..=1.0).contains(&s)).then_some(t)
    });
    distances.fold(f64::INFINITY, f64::min)
}

/// What a scanner at the base sees that turns for 0.1 s while the base moves.
fn scan(odom_from_base: impl Fn(f64) -> Pose2) -> LaserScan {
    let count = 360;
    let ranges = (0..count)
        .map(|beam| {
            let pose = odom_from_base(0.1 * f64::from(beam) / f64::from(count));
            let yaw = pose.yaw - PI + 2.0 * PI * f64::from(beam) / f64::from(count);
            range_m(pose.position(), yaw) as f32
        })
        .collect();
    LaserScan {
        angle_min: -PI,
        angle_increment: 2.0 * PI / f64::from(count),
        time_increment: 0.1 / f64::from(count),
        range_min: 0.05,
        range_max: 20.0,
        ranges,
    }
}

fn still(pose: Pose2) -> LaserScan {
    LaserScan {
        time_increment: 0.0,
        ..scan(|_| pose)
    }
}

fn apart(a: Pose2, b: Pose2) -> (f64, f64) {
    (
        (a.position() - b.position()).norm(),
        wrap_angle(a.yaw - b.yaw).abs(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Bounds leave nothing out: with any pyramid the best is that of looking at every pose.
    #[test]
    fn the_search_is_exact(
        cells in cells(),
        points in points(),
        (x, y, yaw) in (-2.0_f64..2.0, -2.0_f64..2.0, -3.0_f64..3.0),
        half_side_m in 0.0_f64..0.5,
        levels in 2_usize..6,
    ) {
        let guess = Pose2::new(x, y, yaw);
        let window = SearchWindow { half_side_m, half_turn_rad: 0.05 };
        let plain = search(&field(&cells, 1), &points, guess, window);
        let bounded = search(&field(&cells, levels), &points, guess, window);
        prop_assert_eq!(
            plain.map(|found| found.score),
            bounded.map(|found| found.score)
        );
    }

    /// A scan of a mapped room is placed to a centimetre from up to two cells away, and from
    /// anywhere in the room and in any direction by the search.
    #[test]
    fn a_scan_is_placed_in_a_room(
        (x, y, yaw) in (-3.0_f64..0.5, -3.0_f64..0.5, -3.0_f64..3.0),
        (dx, dy, turn) in (-0.1_f64..0.1, -0.1_f64..0.1, -0.05_f64..0.05),
    ) {
        let mut map = MapBuilder::new(MapBuilderSettings::default()).unwrap();
        for pose in [Pose2::new(0.0, 0.0, 0.0), Pose2::new(-3.0, 0.5, 1.0)] {
            map.add(pose, &still(pose)).unwrap();
        }
        let field = LikelihoodField::of_map(&map.finish(), 0.1, 8);
        let truth = Pose2::new(x, y, yaw);
        let scan = still(truth);
        let points: Vec<Point2> = (0..scan.ranges.len())
            .filter_map(|beam| Some(scan.ray(beam, Pose2::IDENTITY, 20.0)?.end))
            .collect();
        let near = refine(&field, &points, Pose2::new(x + dx, y + dy, yaw + turn), None);
        let (place_m, turn_rad) = apart(near.pose, truth);
        prop_assert!(place_m < 0.03 && turn_rad < 0.01, "{} m, {} rad", place_m, turn_rad);
        let window = SearchWindow { half_side_m: 4.0, half_turn_rad: PI };
        let few: Vec<Point2> = points.iter().copied().step_by(4).collect();
        let found = search(&field, &few, Pose2::new(-1.0, -1.0, 0.0), window).unwrap();
        let fine = refine(&field, &points, found.pose, None);
        let (place_m, turn_rad) = apart(fine.pose, truth);
        prop_assert!(place_m < 0.03 && turn_rad < 0.01, "{} m, {} rad", place_m, turn_rad);
    }

    /// Rays of a moving scanner are those of a scanner that stands at the scan's stamp.
    #[test]
    fn a_sweep_is_undone(linear in -1.0_f64..1.0, angular in -2.0_f64..2.0) {
        let start = Pose2::new(-1.0, -1.0, 0.4);
        let pose_at = |seconds: f64| start * Pose2::exp(Twist::new(linear, angular), seconds);
        let scan = scan(pose_at);
        let mut rays = Vec::new();
        let begin = Stamp::from_secs(5.0);
        let odometry = |stamp: Stamp| Some(pose_at(stamp.secs_since(begin)));
        sweep_rays(&scan, begin, Pose2::IDENTITY, 20.0, odometry, &mut rays).unwrap();
        for ray in rays {
            let (from, to) = (start * ray.origin, start * ray.end);
            let along = to - from;
            let truth = range_m(from, along.y.atan2(along.x));
            prop_assert!((along.norm() - truth).abs() < 1e-3);
        }
    }
}

#[test]
fn a_map_is_found_again_in_another_frame() {
    let settings = MapBuilderSettings::default();
    let (mut one, mut other) = (
        MapBuilder::new(settings).unwrap(),
        MapBuilder::new(settings).unwrap(),
    );
    let other_from_one = Pose2::new(7.0, -3.0, 2.2);
    for pose in [Pose2::new(0.0, 0.0, 0.0), Pose2::new(-3.0, 0.5, 1.0)] {
        one.add(pose, &still(pose)).unwrap();
        other.add(other_from_one * pose, &still(pose)).unwrap();
    }
    let found = register_maps(&one.finish(), &other.finish()).unwrap();
    let (place_m, turn_rad) = apart(found.pose, other_from_one);
    assert!(
        place_m < 0.03 && turn_rad < 0.01,
        "{place_m} m, {turn_rad} rad"
    );
    let empty = MapBuilder::new(settings).unwrap().finish();
    assert!(register_maps(&one.finish(), &empty).is_none());
    assert!(register_maps(&empty, &one.finish()).is_none());
}

/// Odometry that turns a tenth too much and slips is corrected by what the walls say.
#[test]
fn drift_is_corrected() {
    let (map, matching) = (MapBuilderSettings::default(), MatchingSettings::default());
    let mut builder = MatchedMapBuilder::new(map, matching).unwrap();
    let begin = Pose2::new(-2.0, -2.0, 0.3);
    let (mut truth, mut odom) = (begin, begin);
    let mut rays = Vec::new();
    let mut worst_m = 0.0_f64;
    for step in 0..300 {
        // round and round, a metre from where it began at most
        if step > 0 {
            truth = truth * Pose2::exp(Twist::new(0.3, 0.5), 0.1);
            odom = odom * Pose2::exp(Twist::new(0.33, 0.53), 0.1);
        }
        let scan = still(truth);
        let told = |_| Some(odom);
        sweep_rays(&scan, Stamp(0), Pose2::IDENTITY, 20.0, told, &mut rays).unwrap();
        let tracked = builder.add(odom, &rays, true).unwrap();
        worst_m = worst_m.max(apart(tracked.map_from_base, truth).0);
    }
    let drift_m = apart(odom, truth).0;
    assert!(drift_m > 0.5, "odometry is off by {drift_m} m alone");
    assert!(worst_m < 0.08, "off by {worst_m} m");
}
