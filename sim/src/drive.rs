//! The closed loop: world, sensors, agent, plant.

use std::time::Duration;

use controller::{Action, Agent, Goal, Observation, SolveStatus};
use perception::{LaserScan, Point2, Pose2, SensorEvent, Snapshot, Stamp, Stamped, Twist};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::SettingsError;
use crate::episode::{Episode, Interventions, Metrics, Outcome};
use crate::robot::{Plant, RobotModel};
use crate::scenario::Situation;
use crate::sensing::Lidar;

/// Gaps wider than this are not measured, m.
pub const CLEARANCE_REACH_M: f64 = 5.0;

/// Rates of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriveSettings {
    /// Time between control ticks, s.
    pub control_period_s: f64,
    /// Time between odometry messages, s.
    pub odometry_period_s: f64,
}

impl Default for DriveSettings {
    fn default() -> Self {
        Self {
            control_period_s: 0.05,
            odometry_period_s: 0.02,
        }
    }
}

impl DriveSettings {
    /// Refuses rates that never come due.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::ensure_positive(
            "drive",
            &[
                ("control_period_s", self.control_period_s),
                ("odometry_period_s", self.odometry_period_s),
            ],
        )
    }
}

/// One control tick, for whoever watches.
#[derive(Debug, Clone, Copy)]
pub struct TickView<'a> {
    /// Since the start of the drive, s.
    pub t_s: f64,
    /// Where the base truly is.
    pub world_from_base: Pose2,
    /// How it truly moves.
    pub velocity: Twist,
    /// Where odometry says it is.
    pub odom_from_base: Pose2,
    /// The scan that came in since the last tick, if any.
    pub scan: Option<&'a LaserScan>,
    /// Mounting of the scanner.
    pub base_from_lidar: Pose2,
    /// The messages that came in since the last tick, in the order in which they did.
    pub events: &'a [Stamped<SensorEvent>],
    /// What the agent knows.
    pub snapshot: &'a Snapshot,
    /// What it decided.
    pub action: &'a Action,
    /// Where it is to go, odometry frame.
    pub goal: Goal,
    /// The way it follows, odometry frame.
    pub route: &'a [Point2],
}

impl TickView<'_> {
    /// What the agent's policy saw.
    pub fn observation(&self) -> Observation<'_> {
        Observation {
            now: Stamp::from_secs(self.t_s),
            snapshot: self.snapshot,
            goal: self.goal,
            path: self.route,
        }
    }
}

/// Drives a situation to its end. `seed` draws the faults of sensors and plant; `clock` times the
/// ticks, nothing else; `watch` sees every tick.
pub fn drive(
    situation: &Situation,
    robot: &RobotModel,
    settings: &DriveSettings,
    agent: &mut Agent,
    seed: u64,
    clock: &mut dyn FnMut() -> Duration,
    watch: &mut dyn FnMut(&TickView<'_>),
) -> Result<Episode, SettingsError> {
    settings.validate()?;
    robot.validate()?;
    let mut seeds = ChaCha8Rng::seed_from_u64(seed);
    let mut plant = Plant::new(robot.plant.clone(), situation.start, seeds.random())?;
    let mut senses = Senses {
        lidar: Lidar::new(robot.lidar.clone(), seeds.random())?,
        substep_s: robot.plant.substep_s,
        poses: Vec::new(),
        events: Vec::new(),
    };
    agent.reset();
    let odom_from_world = situation.start.inverse();
    let goal = Goal {
        position: odom_from_world * situation.goal.position,
        yaw: situation.goal.yaw.map(|yaw| yaw - situation.start.yaw),
        tolerance_m: situation.goal.tolerance_m,
    };
    agent.set_goal(goal);
    let mut trial = Trial::new(situation, robot);
    let steps = |period_s: f64| ((period_s / robot.plant.substep_s).round() as u64).max(1);
    let control_steps = steps(settings.control_period_s);
    let odometry_steps = steps(settings.odometry_period_s);
    let scan_steps = steps(robot.lidar.period_s);
    let mut substep = 0_u64;
    loop {
        let t_s = substep as f64 * robot.plant.substep_s;
        let is_tick = substep.is_multiple_of(control_steps);
        senses.poses.push(plant.world_from_base());
        if is_tick || substep.is_multiple_of(odometry_steps) {
            senses.odometry(t_s, &plant);
        }
        if substep.is_multiple_of(scan_steps) {
            senses.scan(t_s, situation, robot);
        }
        if is_tick {
            let begun = clock();
            for event in &senses.events {
                trial.refused += u32::from(agent.observe(event).is_err());
            }
            let action = agent.act(Stamp::from_secs(t_s));
            let took = clock().saturating_sub(begun);
            plant.command(action.command);
            trial.tick(t_s, took, plant.world_from_base(), action);
            let scan = senses
                .events
                .iter()
                .rev()
                .find_map(|event| match &event.value {
                    SensorEvent::Scan { scan, .. } => Some(scan),
                    _ => None,
                });
            watch(&TickView {
                t_s,
                world_from_base: plant.world_from_base(),
                velocity: plant.velocity(),
                odom_from_base: plant.odometry().odom_from_base,
                scan,
                base_from_lidar: robot.lidar.base_from_lidar,
                events: &senses.events,
                snapshot: agent.snapshot(),
                action: agent.action(),
                goal,
                route: agent.route(),
            });
            senses.events.clear();
        }
        plant.advance();
        substep += 1;
        let t_s = substep as f64 * robot.plant.substep_s;
        if let Some(outcome) = trial.judge(t_s, plant.world_from_base()) {
            return Ok(trial.close(t_s, plant.world_from_base(), outcome));
        }
    }
}

/// Messages on their way to the agent.
struct Senses {
    lidar: Lidar,
    substep_s: f64,
    /// True poses, one a substep from the start.
    poses: Vec<Pose2>,
    events: Vec<Stamped<SensorEvent>>,
}

impl Senses {
    fn odometry(&mut self, t_s: f64, plant: &Plant) {
        self.events.push(Stamped {
            stamp: Stamp::from_secs(t_s),
            value: SensorEvent::Odometry(plant.odometry()),
        });
    }

    /// A scan whose last beam is measured now.
    fn scan(&mut self, t_s: f64, situation: &Situation, robot: &RobotModel) {
        let first_s = t_s - robot.lidar.sweep_s();
        if first_s < 0.0 {
            return;
        }
        let mut scan = LaserScan {
            angle_min: 0.0,
            angle_increment: 0.0,
            time_increment: 0.0,
            range_min: 0.0,
            range_max: 0.0,
            ranges: Vec::with_capacity(robot.lidar.beams),
        };
        let poses = &self.poses;
        let substep_s = self.substep_s;
        self.lidar.scan(
            &situation.world,
            |elapsed_s| {
                let at = (first_s + elapsed_s) / substep_s;
                let before = (at as usize).min(poses.len() - 1);
                let after = (before + 1).min(poses.len() - 1);
                poses[before].interpolate(&poses[after], at - before as f64)
            },
            &mut scan,
        );
        self.events.push(Stamped {
            stamp: Stamp::from_secs(first_s),
            value: SensorEvent::Scan {
                base_from_lidar: robot.lidar.base_from_lidar,
                scan,
            },
        });
    }
}

/// The referee.
struct Trial<'a> {
    situation: &'a Situation,
    robot: &'a RobotModel,
    clock_started_s: Option<f64>,
    /// Where the robot last made way, and when.
    anchor: (f64, Pose2),
    last: Pose2,
    path: Vec<[f64; 4]>,
    path_length_m: f64,
    clearance_m_min: f64,
    contact: Option<Point2>,
    unsolved: u32,
    refused: u32,
    interventions: Interventions,
    tick_ms: Vec<f64>,
}

impl<'a> Trial<'a> {
    fn new(situation: &'a Situation, robot: &'a RobotModel) -> Self {
        Self {
            situation,
            robot,
            clock_started_s: None,
            anchor: (0.0, situation.start),
            last: situation.start,
            path: Vec::new(),
            path_length_m: 0.0,
            clearance_m_min: CLEARANCE_REACH_M,
            contact: None,
            unsolved: 0,
            refused: 0,
            interventions: Interventions::default(),
            tick_ms: Vec::new(),
        }
    }

    fn tick(&mut self, t_s: f64, took: Duration, pose: Pose2, action: &Action) {
        self.path.push([t_s, pose.x, pose.y, pose.yaw]);
        self.tick_ms.push(took.as_secs_f64() * 1e3);
        self.interventions.count(action.intervention);
        self.unsolved += u32::from(action.status != SolveStatus::Solved);
    }

    /// Measures, and ends the trial when it is over. A contact counts before an arrival.
    fn judge(&mut self, t_s: f64, pose: Pose2) -> Option<Outcome> {
        let rules = &self.situation.rules;
        let distance = |from: Pose2| (pose.position() - from.position()).norm();
        self.path_length_m += distance(self.last);
        self.last = pose;
        let from_start = distance(self.situation.start);
        if self.clock_started_s.is_none() && from_start >= rules.clock_starts_after_m {
            self.clock_started_s = Some(t_s);
        }
        let gap = self.situation.world.gap(
            &self.robot.footprint,
            self.robot.height_m,
            pose,
            self.clearance_m_min,
        );
        if let Some(gap) = gap {
            self.clearance_m_min = self.clearance_m_min.min(gap.distance_m.max(0.0));
            if gap.distance_m <= 0.0 {
                self.contact = Some(gap.point);
                return Some(Outcome::Collided);
            }
        }
        let goal = &self.situation.goal;
        if (pose.position() - goal.position).norm() <= goal.tolerance_m {
            return Some(Outcome::Reached);
        }
        if distance(self.anchor.1) > rules.stuck_within_m {
            self.anchor = (t_s, pose);
        }
        if self.time_s(t_s) >= self.situation.time_limit_s {
            return Some(Outcome::TimedOut);
        }
        (t_s - self.anchor.0 >= rules.stuck_after_s).then_some(Outcome::Stuck)
    }

    fn time_s(&self, t_s: f64) -> f64 {
        self.clock_started_s.map_or(0.0, |started| t_s - started)
    }

    fn close(mut self, t_s: f64, pose: Pose2, outcome: Outcome) -> Episode {
        self.path.push([t_s, pose.x, pose.y, pose.yaw]);
        let time_s = self.time_s(t_s);
        Episode {
            scenario: self.situation.scenario.clone(),
            seed: self.situation.seed,
            outcome,
            metrics: Metrics {
                time_s,
                path_length_m: self.path_length_m,
                clearance_m_min: self.clearance_m_min,
                ticks: self.tick_ms.len() as u32,
                unsolved: self.unsolved,
                refused_messages: self.refused,
                interventions: self.interventions,
                score: self
                    .situation
                    .rules
                    .score(outcome == Outcome::Reached, time_s),
            },
            path: self.path,
            contact: self.contact,
            tick_ms: self.tick_ms,
        }
    }
}
