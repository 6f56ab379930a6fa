//! Views against lookups one by one.
#![allow(clippy::unwrap_used)]

use std::f64::consts::FRAC_PI_2;

use controller::performer::{View, ViewBuilder, ViewSettings};
use controller::{Goal, Observation};
use perception::{
    Cell, DistanceField, GridFrame, LogOdds, MotionLayer, OccupancyGrid, Point2, Pose2, Snapshot,
    Stamp, Twist,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

fn settings() -> ViewSettings {
    ViewSettings {
        cells: 40,
        cell_m: 0.2,
        ..ViewSettings::default()
    }
}

/// Scattered cells in a square window about the origin, smaller than the view.
fn grid(seed: u64) -> OccupancyGrid {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let frame = GridFrame {
        origin: Point2::new(-3.5, -3.5),
        resolution_m: 0.05,
        width: 140,
        height: 140,
    };
    let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
    for index in 0..frame.len() {
        match rng.random_range(0..20) {
            0 => grid.mark(index),
            1..=12 => grid.clear(index),
            _ => {}
        }
    }
    grid
}

fn snapshot(t_s: f64, pose: Pose2, grid: OccupancyGrid) -> Snapshot {
    let mut field = DistanceField::new(3.0);
    field.update(&grid);
    Snapshot {
        stamp: Stamp::from_secs(t_s),
        odom_from_base: pose,
        velocity: Twist::new(0.7, -0.2),
        grid,
        field,
        ..Snapshot::default()
    }
}

fn observation(snapshot: &Snapshot, goal: Point2, yaw: Option<f64>) -> Observation<'_> {
    Observation::new(
        snapshot.stamp,
        snapshot,
        Goal {
            position: goal,
            yaw,
            tolerance_m: 0.3,
            yaw_tolerance_rad: 0.1,
        },
        &[],
    )
}

/// The point of the odometry frame in the cell, `x` and `y` cells from the view's corner.
fn point(settings: &ViewSettings, view: &View, x: f64, y: f64) -> Point2 {
    let half = 0.5 * settings.cells as f64;
    let inside = Point2::new((x - half) * settings.cell_m, (y - half) * settings.cell_m);
    view.odom_from_view * inside
}

fn occupied(settings: &ViewSettings, view: &View, grid: &OccupancyGrid) -> Vec<u8> {
    let mut image = Vec::new();
    let lookups = settings.lookups;
    for row in 0..settings.cells {
        for column in 0..settings.cells {
            let any = (0..lookups * lookups).any(|lookup| {
                let inside = |step: usize| (step as f64 + 0.5) / lookups as f64;
                let x = column as f64 + inside(lookup % lookups);
                let y = row as f64 + inside(lookup / lookups);
                grid.at(point(settings, view, x, y)) == Cell::Occupied
            });
            image.push(if any { 255 } else { 0 });
        }
    }
    image
}

#[test]
fn motion_is_the_strongest_of_the_lookups_of_each_kind() {
    let settings = ViewSettings {
        motion: true,
        ..settings()
    };
    let pose = Pose2::new(0.4, -0.3, 1.1);
    let mut now = snapshot(1.0, pose, grid(2));
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let frame = *now.grid.frame();
    let values = (0..frame.len()).map(|_| rng.random_range(-1.0..1.0));
    now.motion = MotionLayer::new(frame, values.collect());
    let mut view = View::default();
    ViewBuilder::new(&settings).build(&observation(&now, Point2::new(3.0, 1.0), None), &mut view);
    let area = settings.cells * settings.cells;
    let channels: Vec<&[u8]> = view.image.chunks_exact(area).collect();
    assert_eq!(channels.len(), 8);
    let lookups = settings.lookups;
    for index in 0..area {
        let (column, row) = (index % settings.cells, index / settings.cells);
        let mut strongest = [0.0_f32; 2];
        for lookup in 0..lookups * lookups {
            let inside = |step: usize| (step as f64 + 0.5) / lookups as f64;
            let x = column as f64 + inside(lookup % lookups);
            let y = row as f64 + inside(lookup / lookups);
            let value = now.motion.at(point(&settings, &view, x, y));
            strongest = [strongest[0].max(value), strongest[1].max(-value)];
        }
        for (channel, strongest) in channels[5..7].iter().zip(strongest) {
            let error = f32::from(channel[index]) - 255.0 * strongest;
            assert!(error.abs() <= 0.5 + 1e-3, "cell {index}: {error}");
        }
    }
}

#[test]
fn channels_equal_lookups_one_by_one() {
    let settings = settings();
    for seed in [2, 4, 6] {
        let pose = Pose2::new(0.313 + 0.1 * seed as f64, -0.207, 0.3 * seed as f64);
        let now = snapshot(1.0, pose, grid(seed));
        let goal = pose * Point2::new(2.1, 1.7);
        let mut view = View::default();
        ViewBuilder::new(&settings).build(&observation(&now, goal, None), &mut view);
        let area = settings.cells * settings.cells;
        let channels: Vec<&[u8]> = view.image.chunks_exact(area).collect();
        assert_eq!(channels.len(), settings.channels());
        let expected = occupied(&settings, &view, &now.grid);
        assert!(expected.contains(&0) && expected.contains(&255));
        // with no past yet, the past is the present
        for channel in [0, 3, 4] {
            assert_eq!(channels[channel], expected, "channel {channel}");
        }
        for (index, (&free, &clearance)) in channels[1].iter().zip(channels[2]).enumerate() {
            let (column, row) = (index % settings.cells, index / settings.cells);
            let centre = point(&settings, &view, column as f64 + 0.5, row as f64 + 0.5);
            assert_eq!(free == 255, now.grid.at(centre) == Cell::Free);
            let share = now.field.sample(centre).distance_m / settings.clearance_max_m;
            let error = f64::from(clearance) - 255.0 * share.min(1.0);
            assert!(error.abs() <= 0.5 + 1e-6);
        }
    }
}

#[test]
fn the_past_is_brought_into_todays_frame() {
    let settings = settings();
    let mut builder = ViewBuilder::new(&settings);
    let at = |tick: usize| {
        let t_s = 0.1 * tick as f64;
        let pose = Pose2::new(0.0171 + t_s, 0.0113, 0.5 * t_s);
        let mut grid = grid(2 * tick as u64);
        grid.roll(3 * tick as i64, 0);
        snapshot(t_s, pose, grid)
    };
    let mut view = View::default();
    for tick in 0..20 {
        let now = at(tick);
        builder.remember(&now);
        builder.build(&observation(&now, Point2::new(9.0, 4.0), None), &mut view);
        let area = settings.cells * settings.cells;
        for (age_ticks, image) in [3, 6]
            .into_iter()
            .zip(view.image.chunks_exact(area).skip(3))
        {
            let then = at(tick.saturating_sub(age_ticks));
            assert_eq!(image, occupied(&settings, &view, &then.grid), "tick {tick}");
        }
    }
}

#[test]
fn ticks_that_come_fast_still_look_back_as_far() {
    let settings = settings();
    let mut builder = ViewBuilder::new(&settings);
    let first = snapshot(0.0, Pose2::new(0.013, 0.017, 0.0), grid(2));
    let mut view = View::default();
    builder.remember(&first);
    let mut later = snapshot(0.0, first.odom_from_base, grid(4));
    for tick in 1..=600 {
        later.stamp = Stamp::from_secs(0.001 * f64::from(tick));
        builder.remember(&later);
    }
    builder.build(&observation(&later, Point2::new(3.0, 0.0), None), &mut view);
    let area = settings.cells * settings.cells;
    let expected = occupied(&settings, &view, &first.grid);
    assert_eq!(view.image[4 * area..5 * area], expected);
}

#[test]
fn a_reset_and_time_running_backward_forget() {
    let settings = settings();
    let pose = Pose2::new(0.013, 0.017, 0.0);
    let (old, new) = (snapshot(5.0, pose, grid(2)), snapshot(6.0, pose, grid(4)));
    let early = snapshot(1.0, pose, grid(4));
    let goal = Point2::new(3.0, 0.0);
    let fresh = |now: &Snapshot| {
        let mut view = View::default();
        ViewBuilder::new(&settings).build(&observation(now, goal, None), &mut view);
        view
    };
    let mut view = View::default();
    let mut builder = ViewBuilder::new(&settings);
    builder.remember(&old);
    builder.build(&observation(&early, goal, None), &mut view);
    assert_eq!(view, fresh(&early));
    builder.remember(&old);
    builder.build(&observation(&new, goal, None), &mut view);
    assert_ne!(view, fresh(&new));
    builder.remember(&old);
    builder.reset();
    builder.build(&observation(&new, goal, None), &mut view);
    assert_eq!(view, fresh(&new));
}

/// A way with a bend to the left, 3 m and 4 m long.
fn bend(pose: Pose2) -> Vec<Point2> {
    [(0.0, 0.0), (3.0, 0.0), (3.0, 4.0)]
        .map(|(x, y)| pose * Point2::new(x, y))
        .to_vec()
}

#[test]
fn the_view_faces_along_the_path_and_contains_it() {
    let settings = settings();
    let way = bend(Pose2::new(0.5, -0.4, 0.7));
    // a little beside the way's second metre
    let pose = Pose2::new(0.5, -0.4, 0.7) * Pose2::new(2.0, -0.2, 0.3);
    let now = snapshot(1.0, pose, grid(2));
    let goal = way[2];
    let mut view = View::default();
    let followed = Observation {
        path: &way,
        ..observation(&now, goal, None)
    };
    ViewBuilder::new(&settings).build(&followed, &mut view);
    // 1 m to the bend, 4 m beyond it; 3 m ahead is 2 m beyond the bend
    assert!((f64::from(view.state[0]) - 0.5).abs() < 1e-6);
    let aim = Pose2::new(0.5, -0.4, 0.7) * Point2::new(3.0, 2.0);
    let to_aim = view.odom_from_view.inverse() * aim;
    assert!(to_aim.x > 0.0 && to_aim.y.abs() < 1e-9, "{to_aim}");
    let area = settings.cells * settings.cells;
    let drawn = &view.image[5 * area..];
    let ahead = [
        Pose2::new(0.5, -0.4, 0.7) * Point2::new(2.0, 0.0),
        way[1],
        way[2],
    ];
    for (index, &cell) in drawn.iter().enumerate() {
        let (column, row) = (index % settings.cells, index / settings.cells);
        let centre = point(&settings, &view, column as f64 + 0.5, row as f64 + 0.5);
        let beside_m = ahead
            .windows(2)
            .map(|pair| distance_m(centre, pair[0], pair[1]))
            .fold(f64::INFINITY, f64::min);
        // a cell that the way runs through has its middle within half a diagonal of it
        assert!(cell == 0 || beside_m <= 0.5 * settings.cell_m * std::f64::consts::SQRT_2 + 1e-9);
        assert!(cell == 255 || beside_m > 0.25 * settings.cell_m, "{index}");
    }
}

/// From a point to a piece of a way.
fn distance_m(point: Point2, from: Point2, to: Point2) -> f64 {
    let along = to - from;
    let share = ((point - from).dot(&along) / along.norm_squared()).clamp(0.0, 1.0);
    (from + along * share - point).norm()
}

#[test]
fn without_a_path_channel_the_view_does_not_depend_on_the_path() {
    let settings = ViewSettings {
        route: false,
        ..settings()
    };
    let now = snapshot(1.0, Pose2::new(0.313, -0.207, 0.9), grid(2));
    let goal = Point2::new(2.3, 1.1);
    let way = bend(Pose2::IDENTITY);
    let (mut with, mut without) = (View::default(), View::default());
    let mut builder = ViewBuilder::new(&settings);
    builder.build(&observation(&now, goal, None), &mut without);
    let followed = Observation {
        path: &way,
        ..observation(&now, goal, None)
    };
    builder.build(&followed, &mut with);
    assert_eq!(with, without);
    assert_eq!(with.image.len(), 5 * settings.cells * settings.cells);
}

/// The world turned a quarter about the origin.
fn turned(grid: &OccupancyGrid) -> OccupancyGrid {
    let frame = *grid.frame();
    let mut turned = OccupancyGrid::unknown(frame, LogOdds::default());
    for row in 0..frame.height {
        for column in 0..frame.width {
            let index = frame.index(frame.width - 1 - row, column);
            match grid.cell(column, row) {
                Cell::Occupied => turned.mark(index),
                Cell::Free => turned.clear(index),
                Cell::Unknown => {}
            }
        }
    }
    turned
}

#[test]
fn a_turned_world_looks_the_same() {
    let settings = settings();
    let quarter = Pose2::new(0.0, 0.0, FRAC_PI_2);
    let pose = Pose2::new(0.313, -0.207, 0.9);
    let (goal, goal_yaw) = (Point2::new(2.3, 1.1), 0.4);
    let here = snapshot(1.0, pose, grid(2));
    let there = snapshot(1.0, quarter * pose, turned(&here.grid));
    let (mut before, mut after) = (View::default(), View::default());
    let mut builder = ViewBuilder::new(&settings);
    builder.build(&observation(&here, goal, Some(goal_yaw)), &mut before);
    builder.reset();
    let yaw = Some(goal_yaw + FRAC_PI_2);
    builder.build(&observation(&there, quarter * goal, yaw), &mut after);
    assert_eq!(before.image, after.image);
    for (before, after) in before.state.iter().zip(after.state) {
        assert!((before - after).abs() < 1e-6);
    }
}

#[test]
fn the_state_is_in_the_view_frame() {
    let now = snapshot(1.0, Pose2::new(1.0, 2.0, 0.8), grid(2));
    let mut view = View::default();
    let mut builder = ViewBuilder::new(&settings());
    let close = |view: &View, expected: [f64; 8]| {
        for (found, expected) in view.state.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{view:?}");
        }
    };
    // 5 m away, in direction atan2(4, 3)
    let goal = Point2::new(4.0, 6.0);
    builder.build(&observation(&now, goal, Some(1.0)), &mut view);
    let yaw = 4.0_f64.atan2(3.0);
    let (sin, cos) = (0.8 - yaw).sin_cos();
    let (goal_sin, goal_cos) = (1.0 - yaw).sin_cos();
    let far = (-2.5_f64).exp();
    close(&view, [0.5, far, cos, sin, 0.7, -0.2, goal_cos, goal_sin]);
    assert!((view.odom_from_view.yaw - yaw).abs() < 1e-12);

    let goal = Point2::new(1.0, 2.04);
    builder.build(&observation(&now, goal, None), &mut view);
    close(
        &view,
        [0.004, (-0.02_f64).exp(), 1.0, 0.0, 0.7, -0.2, 0.0, 0.0],
    );
    assert_eq!(view.odom_from_view, now.odom_from_base);
}
