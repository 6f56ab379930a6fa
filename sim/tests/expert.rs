//! What the expert promises: it passes doors, never by luck, and says what it would do elsewhere.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use controller::{Agent, ControllerSettings};
use perception::{Point2, Twist, Vector2};
use sim::{
    DriveSettings, Episode, Expert, Outcome, RobotModel, Scenario, Shape, Situation, TickView,
    drive,
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

/// Angle between the way and the wall's normal, and offset from the middle, at the door.
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
fn doors_are_passed_squarely_and_in_the_middle() {
    let scenario = Scenario::named("doorway").unwrap();
    for seed in (0..24).step_by(2) {
        let situation = scenario.situation(seed).unwrap();
        let mut jerky = 0;
        let mut last = Twist::ZERO;
        let episode = demonstrated(&situation, &mut |view| {
            let command = view.action.command;
            jerky += u32::from((command.angular - last.angular).abs() > 0.16);
            last = command;
        });
        assert_eq!(episode.outcome, Outcome::Reached, "seed {seed}");
        let (angle, offset) = crossing(&situation, &episode);
        println!(
            "{seed}: {angle:.2} rad, {offset:.3} m off, {jerky} jerks, {:.1} s, gap {:.3}",
            episode.metrics.time_s, episode.metrics.clearance_m_min
        );
    }
}
