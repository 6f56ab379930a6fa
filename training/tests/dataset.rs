//! Samples contain the robot's observation and the expert's trajectory, and mirroring is
//! consistent.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::sync::OnceLock;
use std::time::Duration;

use controller::performer::{PerformerConfig, View, ViewBuilder, ViewSettings};
use controller::{Action, Agent, ControllerSettings, Policy, RegularMpc};
use perception::{DistanceField, SensorEvent, Stamp, wrap_angle};
use sim::{DriveSettings, Expert, RobotModel, Scenario, drive};
use training::{
    Demonstration, ReadSettings, Record, Recorder, Sample, Sampler, Scratch, is_test_episode,
};

const PERIOD_S: f64 = 0.25;

struct Seen {
    stamp: Stamp,
    view: View,
    field: DistanceField,
}

struct Fixture {
    demonstration: Demonstration,
    /// Network inputs on the robot, tick by tick.
    seen: Vec<Seen>,
}

/// Settings of a robot that plans its own route.
fn controller() -> ControllerSettings {
    ControllerSettings::default()
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
        let mut recorder = Recorder::new(PERIOD_S);
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

fn sampled(demonstration: &Demonstration) -> Vec<Sample> {
    Sampler::new(&controller(), &view(), PERIOD_S)
        .unwrap()
        .cut(demonstration)
}

fn view_of(sample: &Sample) -> View {
    View {
        image: sample.image.clone(),
        state: sample.state,
        odom_from_view: sample.odom_from_view,
    }
}

#[test]
fn samples_equal_the_network_input_of_the_robot() {
    let samples = sampled(&fixture().demonstration);
    assert_eq!(samples, sampled(&fixture().demonstration));
    let duration_s = fixture().seen.last().unwrap().stamp.as_secs();
    assert!((samples.len() as f64 - duration_s / PERIOD_S).abs() <= 3.0);
    let mut scratch = Scratch::default();
    assert!(samples.iter().any(|sample| sample.path.len() > 1));
    for sample in &samples {
        let seen = fixture()
            .seen
            .iter()
            .find(|seen| seen.stamp == sample.stamp)
            .unwrap();
        assert_eq!(view_of(sample), seen.view);
        let field = &sample.observation(&mut scratch).snapshot.field;
        assert_eq!(field.frame(), seen.field.frame());
        assert_eq!(field.distances_m(), seen.field.distances_m());
    }
}

/// Scans in a file have single precision angles: an endpoint may fall into the next cell.
#[test]
fn a_file_gives_the_samples_of_its_drive() {
    let mut file = Cursor::new(Vec::new());
    fixture().demonstration.write(&mut file).unwrap();
    let read = Demonstration::read(&file.into_inner(), &ReadSettings::default()).unwrap();
    let (live, stored) = (sampled(&fixture().demonstration), sampled(&read));
    assert_eq!(live.len(), stored.len());
    for (a, b) in live.iter().zip(&stored) {
        let off = a.image.iter().zip(&b.image).filter(|(a, b)| a != b).count();
        assert!(off * 100 < a.image.len(), "{off} pixels differ");
        assert_eq!(
            (a.stamp, &a.states, &a.inputs),
            (b.stamp, &b.states, &b.inputs)
        );
    }
}

fn without_advice() -> Demonstration {
    let mut silent = fixture().demonstration.clone();
    let is_advice = |record: &Record| matches!(record, Record::Advice(_));
    silent.entries.retain(|entry| !is_advice(&entry.record));
    silent
}

#[test]
fn without_expert_plans_the_label_is_the_driven_trajectory() {
    let silent = without_advice();
    let odometry: Vec<_> = silent.odometry().collect();
    let end = *odometry.last().unwrap();
    let horizon = controller().mpc.horizon;
    let driven = sampled(&silent);
    for sample in &driven {
        assert_eq!(
            (sample.states.len(), sample.inputs.len(), sample.valid),
            (horizon + 1, horizon, horizon)
        );
        for (k, state) in sample.states.iter().enumerate() {
            let at = sample.stamp.as_secs() + 0.05 + 0.1 * k as f64;
            let near = odometry
                .iter()
                .find(|(stamp, _)| stamp.as_secs() >= at - 1e-6);
            // beyond the goal the robot is at rest
            let (_, near) = near.unwrap_or(&end);
            let pose = near.odom_from_base;
            let off = (pose.x - state[0]).hypot(pose.y - state[1]);
            assert!(off < 0.1 && wrap_angle(pose.yaw - state[2]).abs() < 0.1);
            if at > end.0.as_secs() + 0.1 {
                assert_eq!(state[3..], [0.0, 0.0]);
            }
        }
    }
    // the expert's plan and the driven trajectory agree in the near future
    let advised = sampled(&fixture().demonstration);
    let mut compared = 0;
    for sample in &advised[..advised.len() - 4] {
        let same = driven.iter().find(|other| other.stamp == sample.stamp);
        let Some(other) = same else { continue };
        let (a, b) = (sample.states[5], other.states[5]);
        assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 0.15);
        compared += 1;
    }
    assert!(compared > 10);
}

#[test]
fn a_drive_that_broke_off_ends_its_labels() {
    let mut broken_off = without_advice();
    broken_off.about.reached = false;
    let samples = sampled(&broken_off);
    let (end, _) = broken_off.odometry().last().unwrap();
    for sample in &samples {
        let reach_s = 0.05 + 0.1 * sample.valid as f64;
        assert!(sample.stamp.as_secs() + reach_s <= end.as_secs() + 1e-6);
    }
    assert!(samples.last().unwrap().valid < 5);
}

/// A recording without commands is sampled at odometry messages.
#[test]
fn recordings_without_commands_are_sampled_at_odometry() {
    let mut silent = without_advice();
    let is_command = |record: &Record| matches!(record, Record::Command(_));
    silent.entries.retain(|entry| !is_command(&entry.record));
    let samples = sampled(&silent);
    let count = sampled(&without_advice()).len();
    assert!(
        samples.len().abs_diff(count) <= 3,
        "{} {count}",
        samples.len()
    );
}

/// Scans wait for late odometry and are not lost.
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
    assert!(late.len() + 3 >= prompt.len());
    let occupied =
        |sample: &Sample| -> u32 { sample.occupied.iter().map(|bits| bits.count_ones()).sum() };
    let last = |samples: &[Sample]| occupied(samples.last().unwrap());
    assert!(10 * last(&late) > 9 * last(&prompt));
}

#[test]
fn expert_plans_of_another_horizon_give_no_samples() {
    let mut settings = controller();
    settings.mpc.horizon = 40;
    let mut sampler = Sampler::new(&settings, &view(), PERIOD_S).unwrap();
    assert!(sampler.cut(&fixture().demonstration).is_empty());
}

#[test]
fn twice_in_the_mirror_is_the_same() {
    for sample in sampled(&fixture().demonstration) {
        let there = sample.mirrored();
        assert_ne!(there, sample);
        let mut back = there.mirrored();
        // the window's lower edge is computed from its upper one
        assert!((back.frame.origin - sample.frame.origin).norm() < 1e-9);
        back.frame = sample.frame;
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
            Record::Path(path) => path.iter_mut().for_each(|point| point.y = -point.y),
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
            Record::Sensor(SensorEvent::Cloud { .. } | SensorEvent::Depth { .. }) => {
                unreachable!("the drive has a planar scan alone")
            }
        }
    }
    let (straight, mirrored) = (sampled(&fixture().demonstration), sampled(&mirrored));
    for (a, b) in straight.iter().zip(&mirrored) {
        let a = a.mirrored();
        assert_eq!((&a.states, &a.inputs), (&b.states, &b.inputs));
        for (a, b) in a.state.iter().zip(b.state) {
            assert!((a - b).abs() < 1e-5);
        }
        let off = a.image.iter().zip(&b.image);
        let off = off.filter(|(a, b)| a.abs_diff(**b) > 8).count();
        assert!(off * 50 < a.image.len(), "{off} pixels differ");
    }
}

/// The plan of a mirrored sample is the mirrored plan.
#[test]
fn planning_commutes_with_mirroring() {
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
        let mut scratch = Scratch::default();
        let mut action = Action::default();
        policy
            .act(&sample.observation(&mut scratch), &mut action)
            .unwrap();
        action.plan
    };
    let samples = sampled(&fixture().demonstration);
    let agree = samples
        .iter()
        .step_by(4)
        .filter(|sample| {
            let (a, b) = (plan(sample), plan(&sample.mirrored()));
            (a.states[30][1] + b.states[30][1]).abs() < 0.02
        })
        .count();
    // a rounding error decides between equally good paths
    assert!(agree * 10 >= samples.iter().step_by(4).count() * 8);
}

/// Training holds tens of thousands of samples in memory.
#[test]
fn a_sample_takes_no_more_than_50_kilobytes() {
    for sample in sampled(&fixture().demonstration) {
        let bytes = size_of::<Sample>()
            + size_of_val(sample.image.as_slice())
            + size_of_val(sample.occupied.as_slice())
            + size_of_val(sample.states.as_slice())
            + size_of_val(sample.inputs.as_slice())
            + size_of_val(sample.path.as_slice());
        assert!(bytes <= 50_000, "{bytes} bytes");
    }
}

/// The split depends only on the episode's name: samples stay with their episode, and episodes stay
/// in their set.
#[test]
fn episodes_are_kept_for_the_test_as_a_whole() {
    let kept = |share: f64| -> Vec<bool> {
        (0..500)
            .map(|seed| is_test_episode(&format!("doorway-{}", 2 * seed), share))
            .collect()
    };
    assert_eq!(kept(0.2), kept(0.2));
    assert!(kept(0.0).iter().all(|kept| !kept) && kept(1.0).iter().all(|kept| *kept));
    let grown = kept(0.1).into_iter().zip(kept(0.3));
    assert!(grown.into_iter().all(|(few, many)| many || !few));
}
