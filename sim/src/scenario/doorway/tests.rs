use perception::Footprint;

use super::*;
use crate::Scenario;
use crate::scenario::{Lattice, Survey, Walker};

const ROBOT: Footprint = Footprint::Disc { radius_m: 0.3 };

fn situation(seed: u64) -> Situation {
    Scenario::Doorway(DoorwaySettings::default())
        .situation(seed)
        .unwrap()
}

/// Corners of the two parts of the wall with the door.
fn inner_walls(situation: &Situation) -> Vec<Vec<Point2>> {
    situation.world.obstacles()[..2]
        .iter()
        .map(|obstacle| match &obstacle.shape {
            Shape::Polygon { vertices } => vertices.clone(),
            other => panic!("a wall is {other:?}"),
        })
        .collect()
}

/// Minimum clearance of the round robot on the straight line between two points, m.
fn clearance_between(world: &World, a: Point2, b: Point2) -> f64 {
    let steps = ((b - a).norm() / 0.02).ceil().max(1.0);
    (0..=steps as usize)
        .map(|step| a + (b - a) * (step as f64 / steps))
        .map(|p| {
            world
                .gap(&ROBOT, 1.5, Pose2::new(p.x, p.y, 0.0), 100.0)
                .unwrap()
                .distance_m
        })
        .fold(f64::INFINITY, f64::min)
}

#[test]
fn every_seed_gives_two_rooms_that_the_door_joins() {
    let (mut widths, mut direct, mut distances) = (Vec::new(), 0, Vec::new());
    for seed in 0..1000 {
        let situation = situation(seed);
        let walls = inner_walls(&situation);
        // corners are ordered from the far upper one: the door is between those that face it
        let jambs = [[walls[0][0], walls[0][1]], [walls[1][3], walls[1][2]]];
        let door: Vec<Point2> = (0..2)
            .map(|side| nalgebra::center(&jambs[0][side], &jambs[1][side]))
            .collect();
        let width = (jambs[0][0] - jambs[1][0]).norm();
        assert!((0.8 - 1e-9..=1.2 + 1e-9).contains(&width), "seed {seed}");
        let start = situation.start.position();
        let goal = situation.goal.position;
        let across = door[0] - door[1];
        let outside = |p: Point2, jamb: Point2, away: f64| (p - jamb).dot(&across) * away > 0.0;
        let (first, second) = if outside(start, door[0], 1.0) {
            (0, 1)
        } else {
            (1, 0)
        };
        let away = if first == 0 { 1.0 } else { -1.0 };
        assert!(outside(start, door[first], away) && outside(goal, door[second], -away));
        // before the door, through it, and on: rooms are convex, so this path exists
        let out = across.normalize() * (away * 0.35);
        let (before, behind) = (door[first] + out, door[second] - out);
        for (a, b, least) in [
            (start, before, 0.049),
            (before, behind, 0.5 * width - 0.3 - 1e-9),
            (behind, goal, 0.049),
        ] {
            let clear = clearance_between(&situation.world, a, b);
            assert!(clear >= least.min(0.049), "seed {seed}: {clear}");
        }
        let at_start = clearance_between(&situation.world, start, start);
        let at_goal = clearance_between(&situation.world, goal, goal);
        assert!(
            at_start >= 0.2 - 1e-9 && at_goal >= 0.2 - 1e-9,
            "seed {seed}"
        );
        direct += usize::from(clearance_between(&situation.world, start, goal) > 0.0);
        widths.push(width);
        distances.push((goal - start).norm());
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    println!(
        "door {:.3} m, distance {:.2} m, straight way free in {direct} of 1000",
        mean(&widths),
        mean(&distances)
    );
    // uniform over [0.8, 1.2]: mean 1.0, standard deviation of the mean 0.004
    assert!((mean(&widths) - 1.0).abs() < 0.02);
    // direct situations are not rejected, but rare
    assert!((20..250).contains(&direct), "{direct} of 1000 are direct");
}

#[test]
fn the_same_seed_gives_the_same_rooms() {
    let (a, b) = (situation(7), situation(7));
    assert_eq!(a.world.obstacles(), b.world.obstacles());
    assert_eq!((a.start, a.goal), (b.start, b.goal));
    assert_ne!(situation(8).start, a.start);
}

#[test]
fn clutter_changes_no_other_value_and_blocks_no_path() {
    let cluttered = Scenario::Doorway(DoorwaySettings {
        clutter: [0, 20],
        ..DoorwaySettings::default()
    });
    let mut counts = Vec::new();
    for seed in 0..60 {
        let (clear, full) = (situation(seed), cluttered.situation(seed).unwrap());
        assert_eq!((clear.start, clear.goal), (full.start, full.goal));
        let walls = clear.world.obstacles();
        assert_eq!(walls, &full.world.obstacles()[..walls.len()]);
        counts.push(full.world.obstacles().len() - walls.len());
        for end in [full.start.position(), full.goal.position] {
            assert!(clearance_between(&full.world, end, end) >= 0.2 - 1e-9);
        }
        // the path is verified by a new search on other nodes
        let low = full.world.bounds().0;
        let moved = Pose2::new(-low.x, -low.y, 0.0);
        let obstacles = full.world.obstacles().iter().map(|obstacle| Obstacle {
            shape: obstacle.shape.moved(moved),
            ..obstacle.clone()
        });
        let world = World::new(obstacles.collect()).unwrap();
        let walker = Walker {
            radius_m: 0.29,
            height_m: 1.5,
            step_max_m: 0.0,
        };
        let survey = Survey::on(
            &world,
            full.world.bounds().1 - low,
            &walker,
            Lattice::fine(0.05, 0.29),
        );
        let [start, goal] = [full.start.position(), full.goal.position].map(|end| moved * end);
        assert!(survey.are_joined(start, goal, 0.3), "seed {seed}");
    }
    assert!(counts.contains(&0) && counts.iter().any(|&count| count > 20));
}

#[test]
fn a_door_too_narrow_for_the_robot_is_refused() {
    let settings = DoorwaySettings {
        door_width_m: [0.5, 0.9],
        ..DoorwaySettings::default()
    };
    let error = Scenario::Doorway(settings).situation(1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "doorway.door_width_m is [0.5, 0.9]: expected [low, high] in order, from 0.62 to 10"
    );
}
