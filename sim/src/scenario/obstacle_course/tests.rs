use perception::Footprint;

use super::*;
use crate::Scenario;

fn situation(style: Style, seed: u64) -> Situation {
    let settings = ObstacleCourseSettings {
        style,
        ..ObstacleCourseSettings::default()
    };
    Scenario::ObstacleCourse(settings).situation(seed).unwrap()
}

#[test]
fn every_course_is_passable_along_its_waypoints() {
    let disc = Footprint::Disc { radius_m: 0.3 };
    for style in [Style::Home, Style::Office] {
        let mut tops = 0;
        for seed in (0..60).step_by(2) {
            let Situation {
                world,
                start,
                goal,
                path,
                ..
            } = situation(style, seed);
            assert_eq!(world.gap(&disc, 1.4, start, 0.0), None, "seed {seed}");
            assert!(goal.position.x - start.x > 6.0);
            assert!(path.len() >= 4, "seed {seed}: {} waypoints", path.len());
            assert!((path[path.len() - 1] - goal.position).norm() < 0.05);
            let mut last = start.position();
            for waypoint in path {
                let pose = Pose2::new(waypoint.x, waypoint.y, 0.0);
                assert_eq!(world.gap(&disc, 1.4, pose, 0.0), None, "seed {seed}");
                // the start lies beside the lattice, by at most half a diagonal
                assert!((waypoint - last).norm() < 1.52, "seed {seed}");
                // the robot can follow the straight line
                for step in 0..=20 {
                    let at = last + (waypoint - last) * (f64::from(step) / 20.0);
                    let pose = Pose2::new(at.x, at.y, 0.0);
                    assert_eq!(world.gap(&disc, 1.4, pose, 0.0), None, "seed {seed}");
                }
                last = waypoint;
            }
            tops += world
                .obstacles()
                .iter()
                .filter(|o| o.z_min_m > 0.5 && (0.68..=0.8).contains(&o.z_max_m))
                .count();
        }
        assert!(tops > 20, "{style:?}: {tops} tops");
    }
}

#[test]
fn rows_are_impassable_for_a_robot_wider_than_their_gaps() {
    // every path must pass gaps of 0.7 m: a wider robot finds none
    let narrow = ObstacleCourseSettings {
        gap_spare_m: [0.1, 0.1],
        rows: [2, 2],
        pieces: [0, 0],
        ..ObstacleCourseSettings::default()
    };
    let wide = Walker {
        radius_m: 0.36,
        height_m: 1.4,
        step_max_m: 0.0,
    };
    for seed in (0..20).step_by(2) {
        let scenario = Scenario::ObstacleCourse(narrow.clone());
        let situation = scenario.situation(seed).unwrap();
        let (_, high) = situation.world.bounds();
        let size = high - Point2::origin() - Vector2::repeat(0.15);
        let survey = Survey::of(&situation.world, size, &wide);
        let way = survey.way(situation.start.position(), situation.goal.position);
        assert!(way.is_none(), "seed {seed}");
    }
}

#[test]
fn styles_and_seeds_differ_and_repeat() {
    let world = |style, seed| situation(style, seed).world.obstacles().to_vec();
    assert_eq!(world(Style::Home, 4), world(Style::Home, 4));
    assert_ne!(world(Style::Home, 4), world(Style::Home, 6));
    assert_ne!(world(Style::Home, 4), world(Style::Office, 4));
    let quiet = ObstacleCourseSettings {
        waypoints: false,
        ..ObstacleCourseSettings::default()
    };
    let scenario = Scenario::ObstacleCourse(quiet);
    assert!(scenario.situation(4).unwrap().path.is_empty());
}
