//! Faults of plant and scene, and the evaluation of a drive.

use std::time::Duration;

use perception::Pose2;
use sim::{
    CATALOGUE, ContactClass, DriveSettings, Episode, Fault, FaultCase, FaultPlan, InvalidReading,
    Obstacle, Persistence, RobotModel, Scenario, ScheduledFault, Shape, Touched, Walk, drive,
};

use crate::{blind_agent, faulty, guarded_agent, lane, one};

#[test]
fn a_plan_without_faults_changes_no_byte_of_an_episode() {
    for name in ["doorway", "pedestrian"] {
        let situation = Scenario::named(name).unwrap().situation(6).unwrap();
        let robot = RobotModel::round();
        let plain = drive(
            &situation,
            &robot,
            &DriveSettings::default(),
            &mut guarded_agent(0.4),
            5,
            &mut || Duration::ZERO,
            &mut |_| {},
        );
        let plan = FaultPlan::default();
        let (faulty, truth) = faulty(
            &situation,
            &robot,
            &plan,
            &mut guarded_agent(0.4),
            &mut |_| {},
        );
        let bytes = |episode: &Episode| serde_json::to_string(episode).unwrap();
        assert_eq!(bytes(&plain.unwrap()), bytes(&faulty), "{name}");
        assert_eq!((truth.onset_s, truth.missed_ticks), (None, 0));
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    for case in CATALOGUE.iter().step_by(4) {
        let run = |seed: u64| {
            let plan = case.plan(Persistence::Transient, seed).with_object();
            let outcome = faulty(
                &lane(4.5),
                &RobotModel::round(),
                &plan,
                &mut guarded_agent(0.6),
                &mut |_| {},
            );
            serde_json::to_string(&(plan, outcome)).unwrap()
        };
        assert_eq!(run(8), run(8), "{}", case.name);
        assert_ne!(run(8), run(9), "{}", case.name);
    }
}

#[test]
fn an_object_appears_where_a_stop_in_time_ends_before_it() {
    let plan = FaultPlan::default().with_object();
    let robot = RobotModel::round();
    let lane = lane(8.0);
    let (episode, truth) = faulty(&lane, &robot, &plan, &mut blind_agent(0.9), &mut |_| {});
    let contact = truth.contact.expect("nothing stops it");
    assert_eq!(contact.class, ContactClass::Caused);
    assert_eq!(contact.with, Touched::Object);
    let (seen_s, appeared_s) = (contact.first_seen_s.unwrap(), truth.appeared_s.unwrap());
    assert!(seen_s >= appeared_s && seen_s < appeared_s + 0.1);
    assert!(episode.contact.is_some() && contact.speed_mps > 0.5);
    let (_, truth) = faulty(&lane, &robot, &plan, &mut guarded_agent(0.9), &mut |_| {});
    let is_slow = truth.contact.is_none_or(|contact| contact.speed_mps < 0.1);
    assert!(truth.appeared_s.is_some() && is_slow, "{truth:?}");
}

#[test]
fn a_robot_that_drives_on_blindly_does_not_rest_in_time_and_one_that_stops_does() {
    let nan = Fault::ScanInvalid {
        reading: InvalidReading::Nan,
    };
    let mut plan = one(nan, 2.0);
    let robot = RobotModel::round();
    let (_, truth) = faulty(
        &lane(8.0),
        &robot,
        &plan,
        &mut blind_agent(0.9),
        &mut |_| {},
    );
    assert!(!truth.rest.unwrap().in_time);
    // no message: the guard brakes without fresh data
    plan.faults[0].fault = Fault::MessagesLost { share: 1.0 };
    plan.faults[0].end_s = Some(4.0);
    let (_, truth) = faulty(
        &lane(8.0),
        &robot,
        &plan,
        &mut guarded_agent(0.9),
        &mut |_| {},
    );
    let rest = truth.rest.unwrap();
    assert!(
        rest.in_time && rest.distance_m <= rest.allowed_m,
        "{rest:?}"
    );
    assert_eq!(truth.recovered, Some(true));
    assert_eq!(truth.first_reason.as_deref(), Some("stale"));
}

#[test]
fn weak_brakes_and_dead_zones_are_felt_by_the_plant_alone() {
    let way_m = |fault: Fault| {
        let mut plan = one(fault, 0.0);
        // all messages end at 3 s: the robot brakes
        plan.faults.push(ScheduledFault::lasting(
            Fault::MessagesLost { share: 1.0 },
            3.0,
        ));
        let robot = RobotModel::round();
        let (episode, _) = faulty(
            &lane(8.0),
            &robot,
            &plan,
            &mut guarded_agent(0.9),
            &mut |_| {},
        );
        episode.metrics.path_length_m
    };
    let sound = way_m(Fault::Latency { extra_s: 0.0 });
    assert!(way_m(Fault::WeakBrakes { share: 0.33 }) > sound + 0.2);
    assert!(
        way_m(Fault::DeadZone {
            linear_mps: 2.0,
            angular_radps: 0.0
        }) < 0.01
    );
}

#[test]
fn every_named_fault_is_valid_and_found_by_its_name() {
    for case in &CATALOGUE {
        assert_eq!(
            FaultCase::named(case.name).map(|found| found.name),
            Some(case.name)
        );
        for persistence in case.persistences() {
            for seed in 0..20 {
                let plan = case.plan(*persistence, seed);
                plan.validate().unwrap();
                let text = serde_json::to_string(&plan).unwrap();
                assert_eq!(serde_json::from_str::<FaultPlan>(&text).unwrap(), plan);
            }
        }
    }
    let error = one(Fault::ScanDropout { share: 1.5 }, 0.0).validate();
    assert_eq!(
        error.unwrap_err().to_string(),
        "fault.share is 1.5: expected 0 to 1"
    );
}

/// A pedestrian that approaches from behind at 2 m/s and ignores the robot.
fn pursued(time_limit_s: f64) -> sim::Situation {
    let mut situation = lane(time_limit_s);
    let centre = perception::Point2::origin();
    let body = Shape::Circle {
        centre,
        radius_m: 0.25,
    };
    let at = |x: f64| situation.start * Pose2::new(x, 0.0, 0.0);
    situation.walks.push(Walk {
        body: Obstacle::standing(body, 1.7),
        stops: vec![(0.0, at(-2.8)), (6.0, at(9.2))],
        comes_and_goes: false,
    });
    situation
}

#[test]
fn a_contact_from_behind_that_no_sensor_saw_come_is_not_caused() {
    let robot = RobotModel::round();
    let plan = FaultPlan::default();
    let contact_at = |speed_mps: f64| {
        let agent = &mut blind_agent(speed_mps);
        let (_, truth) = faulty(&pursued(8.0), &robot, &plan, agent, &mut |_| {});
        truth.contact.unwrap()
    };
    let moving = contact_at(0.4);
    assert_eq!(moving.class, ContactClass::Unavoidable, "{moving:?}");
    assert_eq!((moving.with, moving.first_seen_s), (Touched::Mover, None));
    assert_eq!(contact_at(0.0).class, ContactClass::AtRest);
}

#[test]
fn an_object_leaves_room_for_a_stop_with_the_brakes_that_the_plan_leaves() {
    let object = Fault::AppearingObject {
        radius_m: 0.2,
        spare_m: 0.05,
    };
    let robot = RobotModel::round();
    let class_with = |share: f64| {
        let mut plan = one(object, 2.0);
        plan.faults
            .push(ScheduledFault::lasting(Fault::WeakBrakes { share }, 1.5));
        let agent = &mut blind_agent(0.9);
        let (_, truth) = faulty(&lane(8.0), &robot, &plan, agent, &mut |_| {});
        truth.contact.unwrap()
    };
    for share in [1.0, 0.3] {
        let contact = class_with(share);
        assert_eq!(contact.class, ContactClass::Caused);
        assert!(contact.avoidable_as_configured);
    }
}
