//! Laws of the expert: it passes doors with clearance, and labels states of other drivers.
#![allow(clippy::unwrap_used)]

use std::f64::consts::FRAC_PI_2;
use std::time::Duration;

use controller::{Agent, ControllerSettings, Goal, Observation, Plan, Policy as _};
use perception::{DistanceField, Point2, Pose2, Snapshot, Stamp, Twist, Vector2};
use sim::{
    DriveSettings, Episode, Expert, Obstacle, Outcome, RobotModel, Scenario, Shape, Situation,
    TickView, World, drive,
};

fn settings() -> ControllerSettings {
    let mut settings = ControllerSettings::default();
    settings.planning.enabled = false;
    settings
}

fn demonstrated(situation: &Situation, watch: &mut dyn FnMut(&TickView<'_>)) -> Episode {
    let robot = RobotModel::round();
    let expert = Expert::new(&settings(), &robot, situation).unwrap();
    let mut agent = Agent::new(&settings(), Box::new(expert)).unwrap();
    drive(
        situation,
        &robot,
        &DriveSettings::default(),
        &mut agent,
        situation.seed,
        &mut || Duration::ZERO,
        watch,
    )
    .unwrap()
}

/// Angle between the path and the wall's normal, and offset from the centre, at the door.
fn crossing(situation: &Situation, episode: &Episode) -> (f64, f64) {
    // the first two obstacles are the wall on either side of the door
    let ends: Vec<Point2> = situation.world.obstacles()[..2]
        .iter()
        .map(|obstacle| match &obstacle.shape {
            Shape::Polygon { vertices } => vertices[0] + (vertices[2] - vertices[0]) * 0.5,
            _ => unreachable!("walls are polygons"),
        })
        .collect();
    let along_wall = (ends[1] - ends[0]).normalize();
    let normal = Vector2::new(along_wall.y, -along_wall.x);
    let place = |row: &[f64; 4]| Point2::new(row[1], row[2]) - ends[0];
    let pair = episode
        .path
        .windows(2)
        .find(|pair| place(&pair[0]).dot(&normal) * place(&pair[1]).dot(&normal) <= 0.0)
        .unwrap();
    let step = place(&pair[1]) - place(&pair[0]);
    let angle = (step.dot(&along_wall) / step.norm()).asin().abs();
    let gap = |obstacle: usize| {
        let at = Point2::new(pair[0][1], pair[0][2]);
        situation.world.obstacles()[obstacle]
            .shape
            .signed_distance_m(at)
    };
    (angle, 0.5 * (gap(0) - gap(1)).abs())
}

#[test]
fn doors_are_passed_squarely_in_the_middle_and_smoothly() {
    let scenario = Scenario::named("doorway").unwrap();
    for seed in (0..24).step_by(2) {
        let situation = scenario.situation(seed).unwrap();
        let (mut ticks, mut jerks) = (0, 0);
        let mut last = Twist::ZERO;
        let episode = demonstrated(&situation, &mut |view| {
            // approximately the limits of brakes and motors from tick to tick
            let command = view.action.command;
            let speed = (command.linear - last.linear).abs() > 0.07;
            let turn = (command.angular - last.angular).abs() > 0.14;
            jerks += u32::from(speed || turn);
            ticks += 1;
            last = command;
        });
        assert_eq!(episode.outcome, Outcome::Reached, "seed {seed}");
        let (angle, offset) = crossing(&situation, &episode);
        assert!(angle < 0.3, "seed {seed}: {angle} rad");
        assert!(offset < 0.05, "seed {seed}: {offset} m");
        assert!(jerks * 10 < ticks, "seed {seed}: {jerks} of {ticks}");
        assert!(episode.metrics.interventions.obstacle <= 2, "seed {seed}");
    }
}

/// With drifted odometry of the learner, the expert's plan is correct at the true pose.
#[test]
fn advice_is_about_the_true_place_in_the_learners_frame() {
    let situation = Scenario::named("doorway").unwrap().situation(4).unwrap();
    let robot = RobotModel::round();
    let mut expert = Expert::new(&settings(), &robot, &situation).unwrap();
    let (mut plan, mut shifted_plan) = (Plan::default(), Plan::default());
    let drift = Pose2::new(3.0, -2.0, 0.8);
    let mut shifted_mpc = Expert::new(&settings(), &robot, &situation).unwrap();
    let (mut asked, mut answered) = (0, 0);
    demonstrated(&situation, &mut |view| {
        if !(view.t_s * 20.0).round().rem_euclid(20.0).eq(&0.0) || view.t_s < 0.5 {
            return;
        }
        asked += 1;
        expert.reset();
        shifted_mpc.reset();
        answered += i32::from(expert.advise(&view.observation(), view.world_from_base, &mut plan));
        assert_eq!((plan.states.len(), plan.inputs.len()), (31, 30));
        // the same tick in another odometry frame, with an empty map
        let mut shifted = view.snapshot.clone();
        shifted.odom_from_base = drift * shifted.odom_from_base;
        shifted.field = DistanceField::new(3.0);
        let mut straight = view.snapshot.clone();
        straight.field = DistanceField::new(3.0);
        let observation = |snapshot| Observation {
            snapshot,
            ..view.observation()
        };
        expert.reset();
        expert.advise(&observation(&straight), view.world_from_base, &mut plan);
        shifted_mpc.advise(
            &observation(&shifted),
            view.world_from_base,
            &mut shifted_plan,
        );
        for (here, there) in plan.states.iter().zip(&shifted_plan.states) {
            let moved = drift * Point2::new(here[0], here[1]);
            assert!((moved - Point2::new(there[0], there[1])).norm() < 0.01);
        }
    });
    assert!(asked >= 5 && answered == asked, "{answered} of {asked}");
}

#[test]
fn without_a_path_the_expert_has_no_plan() {
    let mut situation = Scenario::named("doorway").unwrap().situation(4).unwrap();
    let start = situation.start;
    let walls = (0..4).map(|side| {
        let turned = start * Pose2::new(0.0, 0.0, f64::from(side) * FRAC_PI_2);
        let wall = Shape::rectangle(turned * Pose2::new(0.8, 0.0, 0.0), 0.2, 1.8);
        Obstacle::standing(wall, 2.0)
    });
    situation.world = World::new(walls.collect()).unwrap();
    let mut expert = Expert::new(&settings(), &RobotModel::round(), &situation).unwrap();
    let snapshot = Snapshot::default();
    let observation = Observation::new(
        Stamp(0),
        &snapshot,
        Goal {
            position: Point2::new(4.0, 0.0),
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: 0.1,
        },
        &[],
    );
    let mut plan = Plan::default();
    assert!(!expert.advise(&observation, start, &mut plan));
    assert!(plan.states.is_empty() && expert.way().is_empty());
    let episode = demonstrated(&situation, &mut |_| {});
    assert_eq!(episode.outcome, Outcome::Stuck);
}

#[test]
fn the_expert_drives_around_holes_and_stairs() {
    let rooms = Scenario::named("rooms").unwrap();
    let mut broken = 0;
    let mut reached = 0;
    for seed in (0..40).step_by(2) {
        let situation = rooms.situation(seed).unwrap();
        if situation.world.is_level() {
            continue;
        }
        broken += 1;
        let episode = demonstrated(&situation, &mut |_| {});
        println!("seed {seed}: {:?} {:?}", episode.outcome, episode.hazard);
        reached += u32::from(episode.outcome == Outcome::Reached);
    }
    assert!(broken > 8 && reached + 1 >= broken, "{reached} of {broken}");
}
