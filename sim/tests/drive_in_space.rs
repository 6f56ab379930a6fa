//! Laws of a drive in three dimensions: holes, steps and movers are judged, and messages of 3D
//! sensors arrive in order.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use controller::{
    Action, Agent, ControllerSettings, GuardMode, Observation, Policy, PolicyError, SolveStatus,
};
use perception::{DepthPixels, Point2, Pose2, SensorEvent, Stamp, Stamped, Twist};
use sim::{
    DriveSettings, Episode, FloorPatch, Hazard, Obstacle, Outcome, RobotModel, Rules, Shape,
    SimGoal, Situation, TickView, Walk, World, drive,
};

/// Drives straight on and ignores observations.
struct Straight;

impl Policy for Straight {
    fn name(&self) -> &'static str {
        "straight"
    }

    fn reset(&mut self) {}

    fn act(&mut self, _: &Observation<'_>, action: &mut Action) -> Result<(), PolicyError> {
        action.command = Twist::new(0.6, 0.0);
        action.status = SolveStatus::Solved;
        Ok(())
    }
}

fn lane(obstacles: Vec<Obstacle>, patches: Vec<FloorPatch>) -> Situation {
    Situation {
        scenario: "lane".to_owned(),
        seed: 0,
        world: World::with_floor(obstacles, patches).unwrap(),
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

fn watched(
    situation: &Situation,
    robot: &RobotModel,
    watch: &mut dyn FnMut(&TickView<'_>),
) -> Episode {
    let mut settings = ControllerSettings::default();
    settings.planning.enabled = false;
    settings.monitor.enabled = false;
    // without a guard
    let mode = GuardMode::Teleoperated;
    let mut agent = Agent::with_mode(&settings, Box::new(Straight), mode).unwrap();
    drive(
        situation,
        robot,
        &DriveSettings::default(),
        &mut agent,
        2,
        &mut || Duration::ZERO,
        watch,
    )
    .unwrap()
}

fn driven(situation: &Situation) -> Episode {
    watched(situation, &RobotModel::round(), &mut |_| {})
}

fn across(from_x: f64, to_x: f64, heights: [f64; 2]) -> FloorPatch {
    let middle = Pose2::new(0.5 * (from_x + to_x), 0.0, 0.0);
    FloorPatch::ramp(middle, to_x - from_x, 4.0, heights)
}

#[test]
fn a_hole_and_a_step_end_the_drive_and_a_ramp_does_not() {
    let hole = driven(&lane(Vec::new(), vec![across(1.5, 2.0, [-0.5, -0.5])]));
    assert_eq!(
        (hole.outcome, hole.hazard),
        (Outcome::Collided, Some(Hazard::Fell))
    );
    // the front of the disc, 0.3 m ahead, is over the edge
    assert!((hole.path.last().unwrap()[1] - 1.2).abs() < 0.02);
    assert!((hole.contact.unwrap().x - 1.5).abs() < 1e-3);
    let step = driven(&lane(Vec::new(), vec![across(1.5, 2.0, [0.15, 0.15])]));
    assert_eq!(
        (step.outcome, step.hazard),
        (Outcome::Collided, Some(Hazard::Step))
    );
    let sill = driven(&lane(Vec::new(), vec![across(1.5, 2.0, [0.03, 0.03])]));
    assert_eq!((sill.outcome, sill.hazard), (Outcome::Reached, None));
    let ramp = [across(1.0, 2.0, [0.0, 0.1]), across(2.0, 4.0, [0.1, 0.1])];
    assert_eq!(
        driven(&lane(Vec::new(), ramp.to_vec())).outcome,
        Outcome::Reached
    );
}

#[test]
fn a_robot_on_a_platform_collides_with_obstacles_there() {
    let beam = |z: f64| {
        let shape = Shape::rectangle(Pose2::new(2.0, 0.0, 0.0), 0.1, 2.0);
        Obstacle::between(shape, z, z + 0.1)
    };
    let raised = || vec![across(0.5, 1.5, [0.0, 0.1]), across(1.5, 4.0, [0.1, 0.1])];
    // 1.55 m is above the robot of 1.5 m on the floor, and not on the platform
    let below = driven(&lane(vec![beam(1.55)], raised()));
    assert_eq!((below.outcome, below.hazard), (Outcome::Collided, None));
    assert_eq!(
        driven(&lane(vec![beam(1.65)], raised())).outcome,
        Outcome::Reached
    );
    assert_eq!(
        driven(&lane(vec![beam(1.55)], Vec::new())).outcome,
        Outcome::Reached
    );
}

#[test]
fn a_crossing_mover_is_hit_at_its_current_position() {
    let walk = |late_s: f64| Walk {
        comes_and_goes: false,
        body: Obstacle::standing(
            Shape::Circle {
                centre: Point2::origin(),
                radius_m: 0.25,
            },
            1.8,
        ),
        // across the lane at 1.5 m, from 4 m beside it, at 1 m/s
        stops: vec![
            (late_s, Pose2::new(1.5, -4.0, 0.0)),
            (late_s + 8.0, Pose2::new(1.5, 4.0, 0.0)),
        ],
    };
    let mut situation = lane(Vec::new(), Vec::new());
    // the robot is at 1.5 m after about 3 s; the walker reaches the lane 4 s after its start
    situation.walks = vec![walk(-1.2)];
    let met = driven(&situation);
    assert_eq!(
        (met.outcome, met.hazard),
        (Outcome::Collided, Some(Hazard::Mover))
    );
    situation.walks = vec![walk(4.0)];
    let passed = driven(&situation);
    assert_eq!(passed.outcome, Outcome::Reached);
    assert!(passed.metrics.clearance_m_min < 5.0);
    let mut twice = walk(0.0);
    twice.stops.swap(0, 1);
    situation.walks = vec![twice];
    let mut agent = Agent::new(&ControllerSettings::default(), Box::new(Straight)).unwrap();
    let refused = drive(
        &situation,
        &RobotModel::round(),
        &DriveSettings::default(),
        &mut agent,
        2,
        &mut || Duration::ZERO,
        &mut |_| {},
    );
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .starts_with("walk.stops is ")
    );
}

#[test]
fn clouds_and_images_come_at_their_times() {
    let post = Shape::rectangle(Pose2::new(5.0, 0.0, 0.0), 0.2, 8.0);
    let situation = lane(vec![Obstacle::standing(post, 2.0)], Vec::new());
    let robot = RobotModel::mobile_base();
    let mut heard: Vec<Stamped<SensorEvent>> = Vec::new();
    let mut ends = Vec::new();
    let episode = watched(&situation, &robot, &mut |view| {
        heard.extend_from_slice(view.events);
        ends.push((heard.len(), view.t_s));
    });
    assert_eq!(episode.outcome, Outcome::Reached);
    let of = |kind: fn(&SensorEvent) -> bool| -> Vec<Stamp> {
        let some = heard.iter().filter(|event| kind(&event.value));
        some.map(|event| event.stamp).collect()
    };
    let clouds = of(|event| matches!(event, SensorEvent::Cloud { .. }));
    let images = of(|event| matches!(event, SensorEvent::Depth { .. }));
    for (stamps, period_s) in [(&clouds, 0.1), (&images, 0.065)] {
        assert_eq!(stamps[0], Stamp(0));
        for pair in stamps.windows(2) {
            // a camera at 15 Hz fires every 13 steps of 5 ms
            assert!((pair[1].secs_since(pair[0]) - period_s).abs() < 1e-9);
        }
    }
    // no message arrives before its measurement
    let mut begin = 0;
    for (end, t_s) in ends {
        for event in &heard[begin..end] {
            let took_s = match &event.value {
                SensorEvent::Cloud { cloud, .. } => {
                    cloud.validate().unwrap();
                    assert!(cloud.points.len() > 2000);
                    0.1
                }
                SensorEvent::Depth { camera, image, .. } => {
                    image.validate(camera).unwrap();
                    assert!(matches!(image.pixels, DepthPixels::Millimetres(_)));
                    0.0
                }
                _ => 0.0,
            };
            assert!(event.stamp.as_secs() + took_s <= t_s + 1e-9);
        }
        begin = end;
    }
    // without these sensors the other messages and the motion are the same
    let plain = RobotModel {
        ring_lidars: Vec::new(),
        depth_cameras: Vec::new(),
        ..robot
    };
    let without = watched(&situation, &plain, &mut |_| {});
    assert_eq!(without.path, episode.path);
}
