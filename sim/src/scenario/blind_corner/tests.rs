use super::*;
use crate::{Body, Crowd};
use perception::{Footprint, Point2};

const PLACES: [Building; 2] = [Building::Corner, Building::Junction];

fn situation(place: Building, seed: u64) -> Situation {
    let settings = BlindCornerSettings {
        place,
        ..BlindCornerSettings::default()
    };
    settings.situation(seed).unwrap()
}

fn is_free(situation: &Situation, at: Point2, radius_m: f64) -> bool {
    let disc = Footprint::Disc { radius_m };
    let pose = Pose2::new(at.x, at.y, 0.0);
    situation.world.gap(&disc, 1.0, pose, 0.01).is_none()
}

#[test]
fn robot_and_pedestrians_start_on_free_floor_and_corners_are_walls() {
    for place in PLACES {
        for seed in (0..200).step_by(2) {
            let situation = situation(place, seed);
            assert!(is_free(&situation, situation.start.position(), 0.3));
            assert!(is_free(&situation, situation.goal.position, 0.3));
            for person in &situation.people {
                assert!(is_free(&situation, person.way[0], person.radius_m));
            }
            assert!(!situation.inner_corners.is_empty());
            for corner in &situation.inner_corners {
                assert!(!is_free(&situation, *corner, 0.01), "seed {seed}");
            }
        }
    }
}

#[test]
fn goal_and_pedestrian_are_hidden_at_the_start() {
    let mut counts = [0, 0, 0];
    for seed in (0..400).step_by(2) {
        let situation = situation(Building::Corner, seed);
        let from = situation.start.position();
        let to = situation.goal.position - from;
        let is_hidden = situation
            .world
            .cast(from, to.normalize(), 0.5, to.norm())
            .is_some();
        counts[0] += usize::from(is_hidden);
        if !situation.people.is_empty() {
            let crowd = Crowd::new(&situation.people).unwrap();
            let seen = crowd.seen_from(&situation.world, from);
            counts[1] += 1;
            counts[2] += usize::from(seen.is_empty());
        }
    }
    let [hidden_goals, people, hidden] = counts;
    assert!(hidden_goals >= 190, "{hidden_goals} of 200");
    assert!((140..=180).contains(&people), "{people} of 200");
    assert!(hidden * 20 >= people * 19, "{hidden} of {people}");
}

/// Without a robot, pedestrians reach the corner within the drawn time of an undelayed robot, cross
/// no wall, and leave.
#[test]
fn the_pedestrian_meets_the_robot_at_the_corner() {
    for place in PLACES {
        let (mut left, mut met, mut all) = (0, 0, 0);
        for seed in (0..80).step_by(2) {
            let situation = situation(place, seed);
            let Some(person) = situation.people.first() else {
                continue;
            };
            let corner = person.way[1];
            let robot_s = (corner - situation.start.position()).norm() / ROBOT_MPS;
            let mut crowd = Crowd::new(&situation.people).unwrap();
            let mut nearest = (f64::INFINITY, 0.0);
            for step in 0..12_000 {
                crowd.step(&situation.world, None, 0.005);
                for Body { position, .. } in crowd.bodies().filter(|_| step % 10 == 0) {
                    assert!(is_free(&situation, *position, 0.1), "seed {seed}");
                    let away_m = (position - corner).norm();
                    if away_m < nearest.0 {
                        nearest = (away_m, f64::from(step) * 0.005);
                    }
                }
            }
            left += situation.people.len() - crowd.bodies().count();
            all += situation.people.len();
            // the drawn delay plus the delay of walking between walls
            let is_met = (nearest.1 - robot_s).abs() < 1.5 + 1.2 && nearest.0 < 1.0;
            met += usize::from(is_met);
        }
        assert!(left * 20 >= all * 19, "{place:?}: {left} of {all} left");
        assert!(met * 20 >= all * 19, "{place:?}: {met} of {all} met");
    }
}

#[test]
fn paths_turn_to_both_sides_and_junctions_look_different() {
    let turns = (0..100).map(|seed| {
        let situation = situation(Building::Corner, 2 * seed);
        let towards = |at: Point2| at - situation.inner_corners[0];
        let back = towards(situation.start.position());
        -back.perp(&towards(situation.goal.position)).signum() as i32
    });
    let left = turns.filter(|turn| *turn > 0).count();
    assert!((35..=65).contains(&left), "{left} of 100");
    let walls = |place, seed| situation(place, seed).world.obstacles().len();
    for seed in (0..40).step_by(2) {
        assert_eq!(walls(Building::Corner, seed), 6);
        assert!(walls(Building::Junction, seed) > 12, "seed {seed}");
        let junction = situation(Building::Junction, seed);
        assert!([3, 5].contains(&junction.inner_corners.len()));
    }
}

#[test]
fn settings_that_make_no_situation_are_refused() {
    let refused = |settings: BlindCornerSettings| settings.validate().unwrap_err().to_string();
    let narrow = BlindCornerSettings {
        width_m: [1.0, 2.0],
        ..BlindCornerSettings::default()
    };
    assert!(refused(narrow).starts_with("blind_corner.width_m is [1, 2]"));
    let straight = BlindCornerSettings {
        turn_deg: [0.0, 90.0],
        ..BlindCornerSettings::default()
    };
    assert!(refused(straight).starts_with("blind_corner.turn_deg is [0, 90]"));
}
