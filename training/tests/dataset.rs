//! Samples are what the robot saw, a mirror is a mirror, and the deal is fair.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::OnceLock;
use std::time::Duration;

use controller::performer::{PerformerConfig, View, ViewBuilder, ViewSettings};
use controller::{Action, Agent, ControllerSettings, Policy, RegularMpc};
use perception::{DistanceField, SensorEvent, Snapshot, Stamp, wrap_angle};
use sim::{DriveSettings, Expert, RobotModel, Scenario, drive};
use training::{
    About, Dataset, Demonstration, Part, ReadSettings, Record, Recorder, Sample, Sampler,
    SamplerSettings,
};

struct Seen {
    stamp: Stamp,
    view: View,
    field: DistanceField,
}

struct Fixture {
    demonstration: Demonstration,
    /// What a robot with a network would have seen, tick by tick.
    seen: Vec<Seen>,
}

fn controller() -> ControllerSettings {
    let mut settings = ControllerSettings::default();
    settings.planning.enabled = false;
    settings
}

fn view() -> ViewSettings {
    PerformerConfig::preset("small").unwrap().view
}

fn fixture() -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let situation = Scenario::named("doorway").unwrap().situation(4).unwrap();
        let robot = RobotModel::round();
        let expert = Expert::new(&controller(), &robot, &situation).unwrap();
        let mut agent = Agent::new(&controller(), Box::new(expert)).unwrap();
        let mut recorder = Recorder::new(0.25);
        let mut builder = ViewBuilder::new(&view());
        let mut seen = Vec::new();
        let episode = drive(
            &situation,
            &robot,
            &DriveSettings::default(),
            &mut agent,
            4,
            &mut || Duration::ZERO,
            &mut |tick| {
                recorder.watch_expert(tick);
                builder.remember(tick.snapshot);
                let mut view = View::default();
                builder.build(&tick.observation(), &mut view);
                seen.push(Seen {
                    stamp: tick.observation().now,
                    view,
                    field: tick.snapshot.field.clone(),
                });
            },
        )
        .unwrap();
        Fixture {
            demonstration: recorder.finish(&episode, &robot.name, "expert"),
            seen,
        }
    })
}

fn sampled(demonstration: &Demonstration) -> training::Sampled {
    Sampler::new(&controller(), &view(), SamplerSettings::default())
        .unwrap()
        .sample(demonstration)
        .unwrap()
}

#[test]
fn samples_are_what_the_robot_saw() {
    let sampled = sampled(&fixture().demonstration);
    assert_eq!(sampled.refused_messages, 0);
    assert_eq!(sampled.ticks, fixture().seen.len());
    let duration_s = fixture().seen.last().unwrap().stamp.as_secs();
    assert!((sampled.samples.len() as f64 - 4.0 * duration_s).abs() <= 3.0);
    let mut scratch = Snapshot::default();
    for sample in &sampled.samples {
        let seen = fixture()
            .seen
            .iter()
            .find(|seen| seen.stamp == sample.stamp)
            .unwrap();
        assert_eq!(sample.view, seen.view);
        let observation = sample.observation(&mut scratch);
        assert_eq!(observation.snapshot.field.frame(), seen.field.frame());
        assert_eq!(
            observation.snapshot.field.distances_m(),
            seen.field.distances_m()
        );
        let bytes = sample.bytes();
        assert!(bytes <= 45_000, "{bytes} bytes");
    }
}

/// Scans in a file have single precision angles: a beam may end one cell further on.
#[test]
fn a_file_gives_the_samples_of_its_drive() {
    let mut file = Cursor::new(Vec::new());
    fixture().demonstration.write(&mut file).unwrap();
    let read = Demonstration::read(&file.into_inner(), &ReadSettings::default()).unwrap();
    let (live, stored) = (sampled(&fixture().demonstration), sampled(&read));
    assert_eq!(live.samples.len(), stored.samples.len());
    for (a, b) in live.samples.iter().zip(&stored.samples) {
        let off = a.view.image.iter().zip(&b.view.image);
        let off = off.filter(|(a, b)| a != b).count();
        assert!(off * 100 < a.view.image.len(), "{off} pixels differ");
        assert_eq!(a.label, b.label);
        assert_eq!(a.stamp, b.stamp);
    }
}

#[test]
fn advice_becomes_the_label_and_without_it_what_was_driven_does() {
    let advised = sampled(&fixture().demonstration);
    let mut silent = fixture().demonstration.clone();
    silent
        .entries
        .retain(|entry| !matches!(entry.record, Record::Advice(_)));
    let driven = sampled(&silent);
    assert_eq!(driven.unlabelled, 0);
    let odometry: Vec<_> = silent.odometry().collect();
    let horizon = controller().mpc.horizon;
    for sample in &driven.samples {
        let label = &sample.label;
        assert_eq!(
            (label.states.len(), label.inputs.len()),
            (horizon + 1, horizon)
        );
        // states lie where odometry says that the robot was
        let known = if label.valid > 0 { label.valid + 1 } else { 0 };
        for (k, state) in label.states.iter().enumerate().take(known) {
            let at = sample.stamp.as_secs() + 0.05 + 0.1 * k as f64;
            let near = odometry
                .iter()
                .find(|(stamp, _)| stamp.as_secs() >= at - 1e-6)
                .unwrap();
            let pose = near.1.odom_from_base;
            let off = (pose.x - state[0]).hypot(pose.y - state[1]);
            assert!(off < 0.03 && wrap_angle(pose.yaw - state[2]).abs() < 0.05);
        }
        // behind the goal the robot stands
        for k in label.valid + 1..=horizon {
            assert_eq!(label.states[k][3..], [0.0, 0.0]);
            assert_eq!(label.states[k][..3], label.states[horizon][..3]);
        }
    }
    let last = driven.samples.last().unwrap();
    assert!(last.label.valid < 3);
    // what the expert planned and what came of it agree in the near future
    for sample in &advised.samples {
        let Some(other) = driven.samples.iter().find(|s| s.stamp == sample.stamp) else {
            continue;
        };
        if other.label.valid >= 10 {
            let (a, b) = (sample.label.states[5], other.label.states[5]);
            assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 0.15);
        }
    }
    silent.about.reached = false;
    let broken_off = sampled(&silent);
    assert!(broken_off.unlabelled >= 10, "{}", broken_off.unlabelled);
    assert!(broken_off.samples.iter().all(|s| s.label.valid == horizon));
}

/// Odometry that comes late costs no scan: those wait for it.
#[test]
fn scans_wait_for_late_odometry() {
    let mut late = fixture().demonstration.clone();
    for entry in &mut late.entries {
        if matches!(entry.record, Record::Sensor(SensorEvent::Odometry(_))) {
            entry.arrival = entry.arrival + Duration::from_millis(150);
        }
    }
    late.entries.sort_by_key(|entry| entry.arrival);
    let (prompt, late) = (sampled(&fixture().demonstration), sampled(&late));
    // what came before the first odometry, and what waits still at the end
    assert!(late.refused_messages <= 8, "{}", late.refused_messages);
    assert!(late.samples.len() + 2 >= prompt.samples.len());
}

#[test]
fn advice_for_another_controller_is_refused() {
    let mut settings = controller();
    settings.mpc.horizon = 40;
    let error = Sampler::new(&settings, &view(), SamplerSettings::default())
        .unwrap()
        .sample(&fixture().demonstration)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("30 steps of 0.1 s, expected at least 40 of 0.1 s")
    );
}

#[test]
fn twice_in_the_mirror_is_the_same() {
    for sample in sampled(&fixture().demonstration).samples {
        let there = sample.mirrored();
        assert_ne!(there, sample);
        let mut back = there.mirrored();
        // the window's lower edge is computed from its upper one
        let off = back.obstacles.frame.origin - sample.obstacles.frame.origin;
        assert!(off.norm() < 1e-9);
        back.obstacles.frame = sample.obstacles.frame;
        assert_eq!(back, sample);
    }
}

/// The mirrored sample is the sample of a mirrored drive.
#[test]
fn a_mirrored_drive_gives_mirrored_samples() {
    let mut mirrored = fixture().demonstration.clone();
    for entry in &mut mirrored.entries {
        match &mut entry.record {
            Record::Goal(goal) => goal.position.y = -goal.position.y,
            Record::Command(command) => command.angular = -command.angular,
            Record::Advice(plan) => {
                for state in &mut plan.states {
                    (state[1], state[2], state[4]) = (-state[1], -state[2], -state[4]);
                }
                plan.inputs.iter_mut().for_each(|u| u[1] = -u[1]);
            }
            Record::Sensor(SensorEvent::Odometry(odometry)) => {
                odometry.odom_from_base.y = -odometry.odom_from_base.y;
                odometry.odom_from_base.yaw = -odometry.odom_from_base.yaw;
                odometry.velocity.angular = -odometry.velocity.angular;
            }
            Record::Sensor(SensorEvent::Scan { scan, .. }) => {
                scan.angle_min = -scan.angle_min;
                scan.angle_increment = -scan.angle_increment;
            }
        }
    }
    let (straight, mirrored) = (sampled(&fixture().demonstration), sampled(&mirrored));
    for (a, b) in straight.samples.iter().zip(&mirrored.samples) {
        let a = a.mirrored();
        assert_eq!(a.label, b.label);
        for (a, b) in a.view.state.iter().zip(b.view.state) {
            assert!((a - b).abs() < 1e-5);
        }
        let off = a.view.image.iter().zip(&b.view.image);
        let off = off.filter(|(a, b)| a.abs_diff(**b) > 8).count();
        assert!(off * 50 < a.view.image.len(), "{off} pixels differ");
    }
}

/// Planning in the mirror gives the mirrored plan.
#[test]
fn the_planner_sees_the_mirror_too() {
    let settings = controller();
    let plan = |sample: &Sample| {
        let mut policy = RegularMpc::new(
            &settings.footprint,
            settings.limits,
            settings.cost.clone(),
            settings.pace,
            settings.mpc.clone(),
        )
        .unwrap();
        let mut scratch = Snapshot::default();
        let mut action = Action::default();
        policy
            .act(&sample.observation(&mut scratch), &mut action)
            .unwrap();
        action.plan
    };
    let samples = sampled(&fixture().demonstration).samples;
    let agree = samples
        .iter()
        .step_by(4)
        .filter(|sample| {
            let (a, b) = (plan(sample), plan(&sample.mirrored()));
            (a.states[30][1] + b.states[30][1]).abs() < 0.02
        })
        .count();
    // where two ways are equally good a rounding error decides
    assert!(agree * 10 >= samples.iter().step_by(4).count() * 8);
}

fn about(seed: u64, driver: &str) -> About {
    About {
        scenario: "doorway".to_owned(),
        seed,
        driver: driver.to_owned(),
        ..About::default()
    }
}

#[test]
fn the_split_is_by_situation_and_keeps_its_share() {
    let dataset = Dataset::new(0.2);
    let test = (0..2000)
        .filter(|&seed| dataset.part(&about(2 * seed, "expert")) == Part::Test)
        .count();
    assert!((350..450).contains(&test), "{test} of 2000");
    for seed in 0..100 {
        assert_eq!(
            dataset.part(&about(seed, "expert")),
            dataset.part(&about(seed, "learner"))
        );
    }
    assert_eq!(Dataset::new(0.0).part(&about(3, "")), Part::Train);
    assert_eq!(Dataset::new(1.0).part(&about(3, "")), Part::Test);
}

#[test]
fn every_sample_is_dealt_once_in_an_order_that_seed_and_epoch_decide() {
    let samples = sampled(&fixture().demonstration).samples;
    let mut dataset = Dataset::new(0.3);
    assert!(dataset.is_empty());
    for seed in 0..20 {
        dataset.push(about(seed, "expert"), samples[..5].to_vec());
    }
    assert_eq!(dataset.len(Part::Train) + dataset.len(Part::Test), 100);
    assert!(dataset.len(Part::Test) > 0);
    let deal = |seed, epoch| dataset.shuffled(Part::Train, seed, epoch, true);
    assert_eq!(deal(1, 2), deal(1, 2));
    assert_ne!(deal(1, 2), deal(1, 3));
    assert_ne!(deal(1, 2), deal(2, 2));
    let dealt = deal(1, 2);
    let distinct: BTreeSet<_> = dealt.iter().map(|p| (p.episode, p.sample)).collect();
    assert_eq!(distinct.len(), dataset.len(Part::Train));
    assert_eq!(dealt.len(), distinct.len());
    let mirrored = dealt.iter().filter(|pick| pick.mirrored).count();
    assert!(mirrored * 4 > dealt.len() && mirrored * 4 < 3 * dealt.len());
    for pick in dealt {
        let about = &dataset.episodes()[pick.episode as usize].about;
        assert_eq!(dataset.part(about), Part::Train);
        let sample = dataset.get(pick).unwrap();
        let plain = &samples[pick.sample as usize];
        assert_eq!(*sample == *plain, !pick.mirrored);
    }
    assert!(dataset.bytes() > 100 * 30_000);
    let (train, test) = (dataset.in_order(Part::Train), dataset.in_order(Part::Test));
    assert!(train.iter().all(|pick| !test.contains(pick)));
}
