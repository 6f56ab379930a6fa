//! Laws of fault injection: a fault has the named effect and no other.
#![allow(clippy::unwrap_used)]

mod messages;
mod truth;

use std::time::Duration;

use controller::{
    Action, Agent, ControllerSettings, GuardMode, Observation, Policy, PolicyError, SolveStatus,
};
use perception::{Beam, LaserScan, SensorEvent, Stamped, Twist};
use sim::{
    DriveSettings, Episode, Fault, FaultPlan, FaultyDrive, GroundTruth, RobotModel, ScheduledFault,
    Situation, Stopping, TickView, corridor,
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

/// An agent without obstacle checks of the guard: it drives into obstacles.
fn blind_agent(speed_mps: f64) -> Agent {
    let mut settings = ControllerSettings::default();
    settings.planning.enabled = false;
    settings.monitor.enabled = false;
    let policy = Box::new(Straight(speed_mps));
    Agent::with_mode(&settings, policy, GuardMode::Teleoperated).unwrap()
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

/// A corridor with a time limit.
fn lane(time_limit_s: f64) -> Situation {
    let mut situation = corridor(3).unwrap();
    situation.time_limit_s = time_limit_s;
    situation
}

/// True for equal readings, including lost ones.
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
