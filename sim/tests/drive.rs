//! Laws of a drive: the same seed gives the same bytes, and the outcome is the true one.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use controller::{
    Action, Agent, ControllerSettings, GuardMode, Observation, Policy, PolicyError, SolveStatus,
};
use perception::{Point2, Pose2, Twist};
use sim::{
    DriveSettings, Episode, Obstacle, Outcome, RobotModel, Rules, Scenario, Shape, SimGoal,
    Situation, World, drive,
};

/// Drives straight on at a speed.
struct Straight(f64);

impl Policy for Straight {
    fn name(&self) -> &'static str {
        "straight"
    }

    fn reset(&mut self) {}

    fn act(&mut self, _: &Observation<'_>, action: &mut Action) -> Result<(), PolicyError> {
        action.command = Twist::new(self.0, 0.0);
        action.status = SolveStatus::Solved;
        Ok(())
    }
}

fn driven(situation: &Situation, speed: f64, sees: bool, seed: u64) -> Episode {
    let mut settings = ControllerSettings::default();
    settings.planning.enabled = false;
    settings.monitor.enabled = sees;
    let mode = if sees {
        GuardMode::Full
    } else {
        GuardMode::Teleoperated
    };
    let mut agent = Agent::with_mode(&settings, Box::new(Straight(speed)), mode).unwrap();
    let mut clock = 0;
    drive(
        situation,
        &RobotModel::round(),
        &DriveSettings::default(),
        &mut agent,
        seed,
        &mut || {
            clock += 1;
            Duration::from_micros(clock)
        },
        &mut |_| {},
    )
    .unwrap()
}

/// Start at the origin, a goal 3 m ahead, and a post.
fn lane(post: Point2) -> Situation {
    let shape = Shape::Circle {
        centre: post,
        radius_m: 0.1,
    };
    Situation {
        scenario: "lane".to_owned(),
        seed: 0,
        world: World::new(vec![Obstacle::standing(shape, 1.0)]).unwrap(),
        start: Pose2::IDENTITY,
        goal: SimGoal {
            position: Point2::new(3.0, 0.0),
            yaw: None,
            tolerance_m: 0.3,
        },
        path: Vec::new(),
        inner_corners: Vec::new(),
        walks: Vec::new(),
        people: Vec::new(),
        time_limit_s: 20.0,
        rules: Rules::default(),
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let bytes = |seed: u64, before: u64| {
        let situation = Scenario::named("doorway").unwrap().situation(4).unwrap();
        // earlier drives must have no effect
        driven(&lane(Point2::new(1.0, 2.0)), 0.3, true, before);
        serde_json::to_string(&driven(&situation, 0.5, true, seed)).unwrap()
    };
    assert_eq!(bytes(8, 1), bytes(8, 2));
    assert_ne!(bytes(8, 1), bytes(9, 1));
}

#[test]
fn a_clear_lane_is_driven_to_its_end() {
    let episode = driven(&lane(Point2::new(1.5, 1.0)), 0.8, true, 2);
    assert_eq!(episode.outcome, Outcome::Reached);
    assert!((episode.metrics.path_length_m - 2.7).abs() < 0.05);
    // 1 m less both radii, up to the drift of the path
    assert!((episode.metrics.clearance_m_min - 0.6).abs() < 0.1);
    assert_eq!(episode.metrics.refused_messages, 0);
    assert_eq!(episode.tick_ms.len(), episode.metrics.ticks as usize);
}

#[test]
fn a_guarded_robot_stops_before_the_post_and_a_blind_one_touches_it() {
    let lane = lane(Point2::new(1.5, 0.05));
    let sees = driven(&lane, 0.8, true, 2);
    assert_eq!(sees.outcome, Outcome::Stuck);
    assert!(sees.metrics.interventions.obstacle > 0);
    assert!(sees.metrics.clearance_m_min > 0.0);
    let blind = driven(&lane, 0.8, false, 2);
    assert_eq!(blind.outcome, Outcome::Collided);
    assert_eq!(blind.metrics.clearance_m_min, 0.0);
    assert!((blind.contact.unwrap() - Point2::new(1.4, 0.05)).norm() < 0.05);
}

#[test]
fn a_robot_at_rest_is_stuck_and_a_slow_one_times_out() {
    let lane = lane(Point2::new(1.5, 1.0));
    assert_eq!(driven(&lane, 0.0, true, 2).outcome, Outcome::Stuck);
    let slow = driven(&lane, 0.06, true, 2);
    assert_eq!(slow.outcome, Outcome::TimedOut);
    assert!((slow.metrics.time_s - 20.0).abs() < 0.01);
}

#[test]
fn the_challenge_starts_its_clock_once_the_robot_has_moved() {
    let mut lane = lane(Point2::new(1.5, 1.0));
    lane.rules = Rules::barn(3.0);
    let episode = driven(&lane, 0.5, true, 2);
    let time_s = episode.metrics.time_s;
    assert!(time_s < episode.path.last().unwrap()[0] - 0.2);
    let optimal = 1.5;
    let expected = optimal / time_s.clamp(2.0 * optimal, 8.0 * optimal);
    assert_eq!(episode.metrics.score, Some(expected));
}
