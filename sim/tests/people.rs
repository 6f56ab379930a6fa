//! Pedestrians: the same seed gives the same bytes, contacts are attributed to the party in motion,
//! and the expert yields.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use controller::{
    Action, Agent, ControllerSettings, Observation, Policy, PolicyError, RegularMpc, SolveStatus,
};
use perception::{Point2, Pose2, Twist};
use sim::{
    ContactBy, DriveSettings, Episode, Expert, Habit, Hazard, Obstacle, Outcome,
    PedestrianSettings, Person, Place, RobotModel, Rules, Scenario, Shape, SimGoal, Situation,
    Temper, World, drive,
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

fn settings() -> ControllerSettings {
    let mut settings = ControllerSettings::default();
    settings.planning.enabled = false;
    settings
}

fn driven(situation: &Situation, policy: Box<dyn Policy>) -> Episode {
    let mut agent = Agent::new(&settings(), policy).unwrap();
    drive(
        situation,
        &RobotModel::round(),
        &DriveSettings::default(),
        &mut agent,
        situation.seed,
        &mut || Duration::ZERO,
        &mut |_| {},
    )
    .unwrap()
}

fn driven_by_expert(situation: &Situation) -> Episode {
    let robot = RobotModel::round();
    let expert = Expert::new(&settings(), &robot, situation).unwrap();
    let company = expert.company();
    let mut agent = Agent::new(&settings(), Box::new(expert)).unwrap();
    drive(
        situation,
        &robot,
        &DriveSettings::default(),
        &mut agent,
        situation.seed,
        &mut || Duration::ZERO,
        &mut |view| {
            let from = view.world_from_base.position();
            company.meet(view.crowd, view.world, from, view.t_s);
        },
    )
    .unwrap()
}

/// A wide floor with a wall to the left, a goal far ahead, and a pedestrian whose path leads past or
/// through the robot. Without the wall the scanner has no return and counts as defective.
fn meeting(from: Point2, to: Point2, heed: f64) -> Situation {
    let wall = Shape::Segment {
        a: Point2::new(-10.0, 4.0),
        b: Point2::new(20.0, 4.0),
    };
    Situation {
        scenario: "meeting".to_owned(),
        seed: 0,
        world: World::new(vec![Obstacle::standing(wall, 2.0)]).unwrap(),
        start: Pose2::IDENTITY,
        goal: SimGoal {
            position: Point2::new(8.0, 0.0),
            yaw: None,
            tolerance_m: 0.3,
        },
        path: Vec::new(),
        inner_corners: Vec::new(),
        walks: Vec::new(),
        people: vec![Person {
            radius_m: 0.25,
            height_m: 1.7,
            way: vec![from, to],
            speed_mps: 1.3,
            temper: Temper {
                relaxation_s: 0.5,
                push_m2ps2: 2.1,
                reach_m: 0.3,
                foresight_s: 1.0,
                heed,
            },
            habit: Habit::Steady,
        }],
        time_limit_s: 20.0,
        rules: Rules::default(),
    }
}

#[test]
fn contacts_are_attributed_to_the_party_in_motion() {
    // from behind, outside the robot's field of view
    let behind = meeting(Point2::new(-3.0, 0.0), Point2::new(9.0, 0.0), 0.0);
    let stood = driven(&behind, Box::new(Straight(0.0)));
    assert_eq!(stood.outcome, Outcome::Collided);
    assert_eq!(stood.hazard, Some(Hazard::Mover));
    assert_eq!(stood.contact_by, Some(ContactBy::Other));
    let moved = driven(&behind, Box::new(Straight(0.5)));
    assert_eq!(moved.contact_by, Some(ContactBy::Robot));
    assert_eq!(moved.metrics.nearness.unwrap().gap_m_min, 0.0);
    // a pedestrian that reacts to the robot walks around it
    let heeded = meeting(Point2::new(-3.0, 0.05), Point2::new(9.0, 0.0), 1.0);
    let passed = driven(&heeded, Box::new(Straight(0.0)));
    assert_eq!(passed.contact_by, None);
}

#[test]
fn nearness_is_the_share_of_time_with_a_pedestrian_near() {
    // 1.05 m to the side at 1.3 m/s past a robot at rest, until it leaves after 6 m
    let beside = meeting(Point2::new(3.0, 1.05), Point2::new(-3.0, 1.05), 0.0);
    let episode = driven(&beside, Box::new(Straight(0.0)));
    let nearness = episode.metrics.nearness.unwrap();
    assert!((nearness.gap_m_min - 0.5).abs() < 0.01, "{nearness:?}");
    assert_eq!(nearness.near_share + nearness.intimate_share, 0.0);
    // within 1.2 m of the outlines: a chord of 2 sqrt(1.75² - 1.05²) = 2.8 m
    let expected = 2.8 / 1.3 / episode.metrics.time_s;
    assert!(
        (nearness.personal_share / expected - 1.0).abs() < 0.05,
        "{nearness:?}"
    );
    assert_eq!(episode.movers.len(), episode.metrics.ticks as usize);
    let left = episode.movers.last().unwrap()[0];
    assert!((left[0] + 3.0).abs() < 0.5, "{left:?}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_among_pedestrians() {
    let situation = Scenario::named("pedestrian").unwrap().situation(6).unwrap();
    let bytes = || serde_json::to_string(&driven_by_expert(&situation)).unwrap();
    assert_eq!(bytes(), bytes());
}

#[test]
fn the_expert_yields_where_regular_mpc_does_not() {
    for place in [Place::Corridor, Place::Hall] {
        let scenario = Scenario::Pedestrian(PedestrianSettings {
            place,
            ..PedestrianSettings::default()
        });
        let (mut reached, mut by_robot) = (0, 0);
        let mut near_share = [0.0; 2];
        for seed in (2..18).step_by(2) {
            let situation = scenario.situation(seed).unwrap();
            let episode = driven_by_expert(&situation);
            println!(
                "{place:?} {seed}: {:?} {:?}",
                episode.outcome, episode.contact_by
            );
            reached += u32::from(episode.outcome == Outcome::Reached);
            by_robot += u32::from(episode.contact_by == Some(ContactBy::Robot));
            near_share[0] += episode.metrics.nearness.unwrap().near_share;
            let c = settings();
            let (cost, mpc) = (c.cost.clone(), c.mpc.clone());
            let regular = RegularMpc::new(&c.footprint, c.limits, cost, c.pace, mpc).unwrap();
            let episode = driven(&situation, Box::new(regular));
            near_share[1] += episode.metrics.nearness.unwrap().near_share;
        }
        assert!(reached >= 7, "{place:?}: {reached} of 8");
        assert_eq!(by_robot, 0, "{place:?}");
        let [expert, regular] = near_share;
        assert!(expert < 0.5 * regular, "{place:?}: {expert} {regular}");
    }
}
