use super::*;
use crate::Crowd;
use perception::Footprint;

fn situation(place: Place, seed: u64) -> Situation {
    let settings = PedestrianSettings {
        place,
        ..PedestrianSettings::default()
    };
    settings.situation(seed).unwrap()
}

#[test]
fn robot_and_pedestrians_start_on_free_floor() {
    for place in [Place::Corridor, Place::Hall] {
        for seed in (0..200).step_by(2) {
            let situation = situation(place, seed);
            let free = |at: Point2, radius_m: f64| {
                let disc = Footprint::Disc { radius_m };
                let pose = Pose2::new(at.x, at.y, 0.0);
                situation.world.gap(&disc, 1.0, pose, 0.01).is_none()
            };
            assert!(free(situation.start.position(), 0.3), "seed {seed}");
            assert!(free(situation.goal.position, 0.3), "seed {seed}");
            for person in &situation.people {
                assert!(free(person.way[0], person.radius_m), "seed {seed}");
                let apart = (person.way[0] - situation.start.position()).norm();
                assert!(apart > 2.0, "seed {seed}: {apart} m");
            }
        }
    }
}

#[test]
fn numbers_speeds_and_behaviours_follow_the_settings() {
    let all: Vec<_> = (0..400)
        .map(|seed| situation(Place::Corridor, 2 * seed))
        .collect();
    let mut counts = [0; 7];
    for situation in &all {
        counts[situation.people.len()] += 1;
    }
    assert_eq!(counts[0], 0);
    // few are omitted for lack of room
    assert!(counts[1..].iter().all(|&count| count > 40), "{counts:?}");
    let people: Vec<_> = all.iter().flat_map(|situation| &situation.people).collect();
    let share = |habit: fn(&Habit) -> bool| {
        let having = people.iter().filter(|person| habit(&person.habit)).count();
        having as f64 / people.len() as f64
    };
    let stops = share(|habit| matches!(habit, Habit::Stops { .. }));
    let cuts_in = share(|habit| matches!(habit, Habit::CutsIn { .. }));
    assert!((stops - 0.15).abs() < 0.03, "{stops}");
    assert!((cuts_in - 0.15).abs() < 0.03, "{cuts_in}");
}

/// Without a robot, pedestrians reach their destinations and cross no wall.
#[test]
fn pedestrians_walk_around_walls() {
    for place in [Place::Corridor, Place::Hall] {
        let (mut left, mut all) = (0, 0);
        for seed in (0..60).step_by(2) {
            let situation = situation(place, seed);
            let mut crowd = Crowd::new(&situation.people).unwrap();
            for step in 0..12_000 {
                crowd.step(&situation.world, None, 0.005);
                for body in crowd.bodies().filter(|_| step % 20 == 0) {
                    let disc = Footprint::Disc { radius_m: 0.1 };
                    let pose = Pose2::new(body.position.x, body.position.y, 0.0);
                    let gap = situation.world.gap(&disc, 1.0, pose, 1.0);
                    assert!(gap.is_none_or(|gap| gap.distance_m > 0.0), "seed {seed}");
                }
            }
            left += situation.people.len() - crowd.bodies().count();
            all += situation.people.len();
        }
        assert!(left * 20 >= all * 19, "{place:?}: {left} of {all}");
    }
}

#[test]
fn settings_that_make_no_situation_are_refused() {
    let refused = |settings: PedestrianSettings| settings.validate().unwrap_err().to_string();
    let narrow = PedestrianSettings {
        width_m: [1.0, 2.0],
        ..PedestrianSettings::default()
    };
    assert!(refused(narrow).starts_with("pedestrian.width_m is [1, 2]"));
    let many = PedestrianSettings {
        people: [3, 2],
        ..PedestrianSettings::default()
    };
    assert!(refused(many).starts_with("pedestrian.people is [3, 2]"));
}
