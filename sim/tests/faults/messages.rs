//! Faults of messages: each has its effect and no other.

use std::f64::consts::FRAC_PI_2;

use perception::{Beam, DepthPixels, SensorEvent, Stamped};
use sim::{CATALOGUE, Fault, FaultPlan, InvalidReading, Persistence, RobotModel, corridor};

use crate::{beams, faulty, guarded_agent, is_same, messages, one};

#[test]
fn a_fault_has_no_effect_before_its_onset() {
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
fn a_blinding_fault_leaves_no_information_in_scans() {
    // two worlds, one scan: the reading does not depend on the world
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
    for reading in [
        InvalidReading::Nan,
        InvalidReading::Zero,
        InvalidReading::Negative,
        InvalidReading::Infinity,
        InvalidReading::RangeMax,
    ] {
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
fn a_blind_sector_leaves_the_other_beams_unchanged() {
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
                let DepthPixels::Millimetres(pixels) = image.pixels else {
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
