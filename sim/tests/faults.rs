//! What fault injection promises: it changes what it names and nothing else.
#![allow(clippy::unwrap_used)]

use std::f64::consts::FRAC_PI_2;
use std::time::Duration;

use controller::{
    Action, Agent, ControllerSettings, Observation, Policy, PolicyError, SolveStatus,
};
use perception::{Beam, LaserScan, SensorEvent, Stamped, Twist};
use sim::{
    CATALOGUE, ContactClass, DriveSettings, Episode, Fault, FaultCase, FaultPlan, FaultyDrive,
    GroundTruth, InvalidReading, Persistence, RobotModel, Scenario, ScheduledFault, Situation,
    Stopping, TickView, Touched, corridor, drive,
};

/// Drives straight on.
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

const STOPPING: Stopping = Stopping {
    seen_s: 0.25,
    blind_s: 0.65,
    latency_s: 0.14,
    deceleration_mps2: 1.5,
};

/// An agent without a guard against obstacles: what it touches is what it is sent into.
fn blind_agent(speed_mps: f64) -> Agent {
    let mut settings = ControllerSettings::default();
    settings.planning.enabled = false;
    settings.guard.enter_unknown = true;
    settings.mapper.range_m = 0.2;
    Agent::new(&settings, Box::new(Straight(speed_mps))).unwrap()
}

fn guarded_agent(speed_mps: f64) -> Agent {
    let mut settings = ControllerSettings::default();
    settings.planning.enabled = false;
    Agent::new(&settings, Box::new(Straight(speed_mps))).unwrap()
}

fn faulty(
    situation: &Situation,
    robot: &RobotModel,
    plan: &FaultPlan,
    agent: &mut Agent,
    watch: &mut dyn FnMut(&TickView<'_>),
) -> (Episode, GroundTruth) {
    let faulty = FaultyDrive {
        situation,
        robot,
        settings: &DriveSettings::default(),
        plan,
        stopping: STOPPING,
    };
    faulty.run(agent, 5, &mut || Duration::ZERO, watch).unwrap()
}

/// A corridor, driven for so long at most.
fn lane(time_limit_s: f64) -> Situation {
    let mut situation = corridor(3).unwrap();
    situation.time_limit_s = time_limit_s;
    situation
}

/// The same readings, lost ones included.
fn is_same(one: &LaserScan, other: &LaserScan) -> bool {
    let bits = |scan: &LaserScan| -> Vec<u32> { scan.ranges.iter().map(|m| m.to_bits()).collect() };
    bits(one) == bits(other)
}

fn one(fault: Fault, onset_s: f64) -> FaultPlan {
    FaultPlan {
        faults: vec![ScheduledFault::lasting(fault, onset_s)],
        seed: 9,
    }
}

/// Every message of a drive with its time of arrival, s.
fn messages(robot: &RobotModel, plan: &FaultPlan) -> Vec<(f64, Stamped<SensorEvent>)> {
    let mut all = Vec::new();
    faulty(
        &lane(3.2),
        robot,
        plan,
        &mut guarded_agent(0.5),
        &mut |view| {
            all.extend(view.events.iter().map(|event| (view.t_s, event.clone())));
        },
    );
    all
}

/// Readings of the planar scans that arrive at or after a time, each with its direction, rad.
fn beams(plan: &FaultPlan, from_s: f64) -> Vec<(f64, Beam)> {
    let mut all = Vec::new();
    for (t_s, event) in messages(&RobotModel::round(), plan) {
        if let SensorEvent::Scan { scan, .. } = &event.value
            && t_s >= from_s
        {
            let angle = |beam: usize| scan.angle_min + scan.angle_increment * beam as f64;
            all.extend((0..scan.ranges.len()).map(|beam| (angle(beam), scan.beam(beam))));
        }
    }
    assert!(!all.is_empty());
    all
}

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
fn a_fault_changes_nothing_before_its_onset() {
    let onset_s = 2.0;
    let sound = messages(&RobotModel::round(), &FaultPlan::default());
    let before = |all: &[(f64, Stamped<SensorEvent>)]| {
        let early = all.iter().filter(|(t_s, _)| *t_s < onset_s - 0.02);
        early.map(|row| format!("{row:?}")).collect::<Vec<_>>()
    };
    for case in &CATALOGUE {
        let mut plan = case.plan(Persistence::Permanent, 4);
        if plan.onset_s().is_none_or(|onset_s| onset_s == 0.0) {
            continue;
        }
        for scheduled in &mut plan.faults {
            scheduled.onset_s = onset_s;
        }
        let changed = messages(&RobotModel::round(), &plan);
        assert_eq!(before(&sound), before(&changed), "{}", case.name);
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
fn a_blinding_fault_leaves_no_information_in_scans() {
    // two worlds, one scan: what is said does not depend on what there is
    let scans = |fault: Fault, seed: u64| {
        let mut said = Vec::new();
        let situation = corridor(seed).unwrap();
        let plan = one(fault, 0.0);
        let robot = RobotModel::round();
        faulty(
            &situation,
            &robot,
            &plan,
            &mut guarded_agent(0.0),
            &mut |view| {
                said.extend(view.scan.map(|scan| format!("{:?}", scan.ranges)));
            },
        );
        said.truncate(20);
        said
    };
    use InvalidReading::{Infinity, Nan, Negative, RangeMax, Zero};
    for reading in [Nan, Zero, Negative, Infinity, RangeMax] {
        let fault = Fault::ScanInvalid { reading };
        assert_eq!(scans(fault, 1), scans(fault, 2), "{reading:?}");
    }
    let fault = Fault::ScanConstant { range_m: 2.0 };
    assert_eq!(scans(fault, 1), scans(fault, 2));
    assert!(scans(Fault::ScanSilent, 1).is_empty());
    let dropped = Fault::ScanDropout { share: 1.0 };
    assert_eq!(scans(dropped, 1), scans(dropped, 2));
}

#[test]
fn a_frozen_scanner_repeats_its_last_scan_under_new_stamps() {
    let onset_s = 2.0;
    let scans: Vec<_> = messages(&RobotModel::round(), &one(Fault::ScanFrozen, onset_s))
        .into_iter()
        .filter_map(|(t_s, event)| match event.value {
            SensorEvent::Scan { scan, .. } => Some((t_s, event.stamp.as_secs(), scan)),
            _ => None,
        })
        .collect();
    let first = scans.iter().position(|(t_s, ..)| *t_s >= onset_s).unwrap();
    for (t_s, stamp_s, scan) in &scans[first..] {
        assert!(is_same(scan, &scans[first - 1].2));
        assert!((t_s - stamp_s).abs() < 1e-9);
    }
    assert!(!is_same(&scans[first - 1].2, &scans[first - 2].2));
}

#[test]
fn stale_scans_are_those_of_the_past() {
    let age_s = 0.6;
    let sound = messages(&RobotModel::round(), &FaultPlan::default());
    let stale = messages(&RobotModel::round(), &one(Fault::ScanStale { age_s }, 2.0));
    let scan_at = |all: &[(f64, Stamped<SensorEvent>)], at_s: f64| {
        all.iter().find_map(|(_, event)| match &event.value {
            SensorEvent::Scan { scan, .. } if (event.stamp.as_secs() - at_s).abs() < 1e-6 => {
                Some(scan.clone())
            }
            _ => None,
        })
    };
    let found = scan_at(&stale, 2.2).unwrap();
    assert!(is_same(&found, &scan_at(&sound, 1.6).unwrap()));
    assert!(!is_same(&found, &scan_at(&sound, 2.2).unwrap()));
}

#[test]
fn a_sector_is_blind_and_the_rest_sees() {
    let sector = Fault::ScanSector {
        centre_rad: 0.0,
        width_rad: FRAC_PI_2,
        reading: InvalidReading::Nan,
    };
    for (angle, beam) in beams(&one(sector, 1.0), 1.0) {
        if angle.abs() < 0.5 * FRAC_PI_2 {
            assert_eq!(beam, Beam::Invalid);
        }
    }
    let seen = beams(&one(sector, 1.0), 1.0);
    let outside = |angle: f64| angle.abs() > 0.5 * FRAC_PI_2 + 1e-9;
    let valid = seen
        .iter()
        .filter(|(angle, beam)| outside(*angle) && *beam != Beam::Invalid)
        .count();
    let all = seen.iter().filter(|(angle, _)| outside(*angle)).count();
    assert!(valid as f64 > 0.99 * all as f64);
}

#[test]
fn dropouts_take_their_share_of_beams() {
    for share in [0.1, 0.5, 0.9] {
        let beams = beams(&one(Fault::ScanDropout { share }, 1.0), 1.0);
        let lost = beams
            .iter()
            .filter(|(_, beam)| *beam == Beam::Invalid)
            .count();
        assert!((lost as f64 / beams.len() as f64 - share).abs() < 0.02);
    }
}

#[test]
fn clouds_and_depth_images_of_a_blinded_robot_are_empty() {
    let plan = one(
        Fault::ScanInvalid {
            reading: InvalidReading::Nan,
        },
        0.0,
    );
    let (mut clouds, mut images) = (0, 0);
    for (_, event) in messages(&RobotModel::mobile_base(), &plan) {
        match event.value {
            SensorEvent::Cloud { cloud, .. } => {
                clouds += 1;
                assert!(cloud.points.is_empty() && cloud.rings.is_empty());
            }
            SensorEvent::Depth { image, .. } => {
                images += 1;
                let perception::DepthPixels::Millimetres(pixels) = image.pixels else {
                    panic!("millimetres");
                };
                assert!(pixels.iter().all(|depth| *depth == 0));
            }
            _ => {}
        }
    }
    assert!(clouds > 5 && images > 5);
}

#[test]
fn delayed_messages_keep_their_stamps_and_swapped_ones_come_out_of_order() {
    let late = messages(
        &RobotModel::round(),
        &one(Fault::ScanDelay { delay_s: 0.3 }, 1.0),
    );
    let ages = late.iter().filter_map(|(t_s, event)| {
        let is_scan = matches!(event.value, SensorEvent::Scan { .. });
        (is_scan && *t_s >= 1.5).then_some(t_s - event.stamp.as_secs())
    });
    assert!(ages.clone().count() > 10);
    for age_s in ages {
        assert!((age_s - 0.3).abs() < 0.011, "{age_s}");
    }
    let swapped = messages(&RobotModel::round(), &one(Fault::MessagesSwapped, 1.0));
    let stamps: Vec<_> = swapped
        .iter()
        .filter(|(_, event)| matches!(event.value, SensorEvent::Odometry(_)))
        .map(|(_, event)| event.stamp)
        .collect();
    let back = stamps.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!(back * 3 > stamps.len(), "{back} of {}", stamps.len());
}

#[test]
fn odometry_that_counts_double_is_twice_as_far_on_and_one_that_jumps_back_is_true_again() {
    let end_of = |fault: Fault, end_s: Option<f64>| {
        let mut plan = one(fault, 1.0);
        plan.faults[0].end_s = end_s;
        let all = messages(&RobotModel::round(), &plan);
        let poses: Vec<_> = all
            .iter()
            .filter_map(|(t_s, event)| match &event.value {
                SensorEvent::Odometry(odometry) if *t_s <= 3.0 => Some(odometry.odom_from_base),
                _ => None,
            })
            .collect();
        *poses.last().unwrap()
    };
    let nothing = Fault::ScanNoise { deviation_m: 1e-9 };
    let double = Fault::OdometryScale {
        linear: 2.0,
        angular: 1.0,
    };
    let jump = Fault::OdometryJump {
        offset_m: [1.0, 0.0],
        yaw_rad: 0.3,
    };
    let (sound, doubled) = (end_of(nothing, None), end_of(double, None));
    assert!(doubled.x > sound.x + 0.5, "{doubled:?} {sound:?}");
    let jumped = end_of(jump, None);
    assert!((jumped.yaw - sound.yaw - 0.3).abs() < 0.05);
    let back = end_of(jump, Some(2.0));
    assert!((back.yaw - sound.yaw).abs() < 1e-6);
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
    assert!(
        truth.appeared_s.is_some() && truth.contact.is_none(),
        "{truth:?}"
    );
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
    // no message: the guard brakes for want of fresh data
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
