//! Blind corners: the expert sees no hidden pedestrians, keeps to the outer side and yields.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use controller::{Agent, ControllerSettings, Policy, RegularMpc};
use sim::{
    BlindCornerSettings, Building, Crowd, DriveSettings, Episode, Expert, Outcome, RobotModel,
    Scenario, Situation, drive,
};

fn situation(place: Building, seed: u64) -> Situation {
    let settings = BlindCornerSettings {
        place,
        person_share: 1.0,
        ..BlindCornerSettings::default()
    };
    Scenario::BlindCorner(settings).situation(seed).unwrap()
}

/// Settings of the round robot. The guard ignores pedestrians, so that the test evaluates the
/// driver.
fn settings() -> ControllerSettings {
    let mut settings = ControllerSettings::default();
    settings.mapper.footprint_radius_m = 0.35;
    settings.route.radius_m = 0.31;
    settings.route.clearance_m = 0.7;
    settings.mapper.tracking.enabled = false;
    settings
}

/// The episode, and the time at which a pedestrian was first visible, s.
fn driven_by_expert(situation: &Situation) -> (Episode, f64) {
    let settings = settings();
    let robot = RobotModel::round();
    let expert = Expert::new(&settings, &robot, situation).unwrap();
    let company = expert.company();
    let mut agent = Agent::new(&settings, Box::new(expert)).unwrap();
    let mut seen_s = f64::INFINITY;
    let episode = drive(
        situation,
        &robot,
        &DriveSettings::default(),
        &mut agent,
        situation.seed,
        &mut || Duration::ZERO,
        &mut |view| {
            let from = view.world_from_base.position();
            company.meet(view.crowd, view.world, from, view.t_s);
            if !view.crowd.seen_from(view.world, from).is_empty() {
                seen_s = seen_s.min(view.t_s);
            }
        },
    )
    .unwrap();
    (episode, seen_s)
}

fn driven_by_regular(situation: &Situation) -> Episode {
    let settings = settings();
    let policy: Box<dyn Policy> = Box::new(
        RegularMpc::new(
            &settings.footprint,
            settings.limits,
            settings.cost.clone(),
            settings.pace,
            settings.mpc.clone(),
        )
        .unwrap(),
    );
    let mut agent = Agent::new(&settings, policy).unwrap();
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

#[test]
fn hidden_pedestrians_do_not_affect_the_expert() {
    for seed in [2, 10, 12] {
        let with = situation(Building::Corner, seed);
        assert!(!Crowd::new(&with.people).unwrap().is_empty());
        let (met, seen_s) = driven_by_expert(&with);
        assert!(seen_s > 1.0 && seen_s < 20.0, "seen after {seen_s} s");
        let without = Situation {
            people: Vec::new(),
            ..with
        };
        let (alone, _) = driven_by_expert(&without);
        for (one, other) in met.path.iter().zip(&alone.path) {
            if one[0] <= seen_s {
                assert_eq!(one, other);
            }
        }
        assert_ne!(met.path, alone.path);
    }
}

#[test]
fn the_expert_keeps_more_distance_from_corner_and_pedestrians_than_regular_mpc() {
    for place in [Building::Corner, Building::Junction] {
        let mut sums = [[0.0; 2]; 2];
        for seed in (12..24).step_by(2) {
            let situation = situation(place, seed);
            let (expert, _) = driven_by_expert(&situation);
            assert_eq!(expert.outcome, Outcome::Reached, "{place:?}, seed {seed}");
            for (sum, episode) in sums.iter_mut().zip([expert, driven_by_regular(&situation)]) {
                sum[0] += episode.metrics.corner_gap_m_min.unwrap();
                sum[1] += episode.metrics.nearness.unwrap().gap_m_min;
            }
        }
        let [expert, regular] = sums;
        assert!(expert[0] > 1.5 * regular[0], "{place:?}: {sums:?}");
        assert!(expert[1] > 1.2 * regular[1], "{place:?}: {sums:?}");
    }
}

#[test]
fn the_corner_gap_is_the_minimum_along_the_path() {
    let situation = situation(Building::Corner, 4);
    let episode = driven_by_regular(&situation);
    let corner = situation.inner_corners[0];
    let along = episode.path.iter().map(|row| {
        let away = (row[1] - corner.x).hypot(row[2] - corner.y);
        away - RobotModel::round().footprint.inscribed_radius_m()
    });
    let least = along.fold(f64::INFINITY, f64::min);
    let told = episode.metrics.corner_gap_m_min.unwrap();
    // a row is a tick; the gap is measured at every step of the plant
    assert!(told <= least && least - told < 0.01, "{told} {least}");
}
