//! The closed loop: world, sensors, agent, plant.

mod company;
mod completion;
mod encounters;
mod motion;
mod senses;
mod trial;

use std::time::Duration;

use controller::{Action, Agent, Goal, Observation};
use perception::{
    LaserScan, Point2, Pose2, SensorEvent, Snapshot, Stamp, Stamped, Twist, Vector2, VolumeGrid,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::SettingsError;
use crate::crowd::{Body, Crowd};
use crate::episode::{Episode, Hazard, Outcome};
use crate::fault::{Ending, GroundTruth, Injector};
use crate::robot::{Plant, RobotModel};
use crate::scenario::Situation;
use crate::world::{Mover, World};
use encounters::is_within;
use motion::Motion;
use senses::Senses;
use trial::Trial;

/// Range of the clearance measurement, m.
pub const CLEARANCE_REACH_M: f64 = 5.0;

/// Rates of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriveSettings {
    /// Period of control ticks, s.
    pub control_period_s: f64,
    /// Period of odometry messages, s.
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
    /// Rejects periods out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::ensure_within(
            "drive",
            &[
                ("control_period_s", self.control_period_s, 0.001..=10.0),
                ("odometry_period_s", self.odometry_period_s, 0.001..=10.0),
            ],
        )
    }
}

/// State of one control tick, for observers of a drive.
#[derive(Debug, Clone, Copy)]
pub struct TickView<'a> {
    /// Time since the start of the drive, s.
    pub t_s: f64,
    /// True pose of the base.
    pub world_from_base: Pose2,
    /// True velocity of the base.
    pub velocity: Twist,
    /// Static world.
    pub world: &'a World,
    /// Pedestrians.
    pub crowd: &'a Crowd,
    /// Pose of the base according to odometry.
    pub odom_from_base: Pose2,
    /// The last planar scan since the last tick.
    pub scan: Option<&'a LaserScan>,
    /// Mounting of the scanner.
    pub base_from_lidar: Pose2,
    /// Messages since the last tick, in order of arrival.
    pub events: &'a [Stamped<SensorEvent>],
    /// True poses of moving objects.
    pub movers: &'a [Mover],
    /// The agent's perception output.
    pub snapshot: &'a Snapshot,
    /// Voxel columns behind the agent's map, if it has any.
    pub volume: Option<&'a VolumeGrid>,
    /// The agent's action.
    pub action: &'a Action,
    /// Goal, odometry frame.
    pub goal: Goal,
    /// Path of the agent, odometry frame.
    pub route: &'a [Point2],
}

impl TickView<'_> {
    /// Observation of the agent's policy.
    pub fn observation(&self) -> Observation<'_> {
        Observation::new(
            Stamp::from_secs(self.t_s),
            self.snapshot,
            self.goal,
            self.route,
        )
    }
}

/// Simulates a situation to its end. `seed` draws the errors of sensors and plant, `clock` measures
/// the ticks and has no other effect, `watch` receives every tick.
pub fn drive(
    situation: &Situation,
    robot: &RobotModel,
    settings: &DriveSettings,
    agent: &mut Agent,
    seed: u64,
    clock: &mut dyn FnMut() -> Duration,
    watch: &mut dyn FnMut(&TickView<'_>),
) -> Result<Episode, SettingsError> {
    let stage = Stage {
        situation,
        robot,
        settings,
    };
    run(&stage, agent, seed, None, clock, watch).map(|(episode, _)| episode)
}

/// Situation, robot and settings of a drive.
pub(crate) struct Stage<'a> {
    pub situation: &'a Situation,
    pub robot: &'a RobotModel,
    pub settings: &'a DriveSettings,
}

/// Simulates to the end, with faults if an injector is given, and judges the drive.
pub(crate) fn run(
    stage: &Stage<'_>,
    agent: &mut Agent,
    seed: u64,
    mut injector: Option<&mut Injector<'_>>,
    clock: &mut dyn FnMut() -> Duration,
    watch: &mut dyn FnMut(&TickView<'_>),
) -> Result<(Episode, Option<GroundTruth>), SettingsError> {
    let Stage {
        situation,
        robot,
        settings,
    } = *stage;
    settings.validate()?;
    robot.validate()?;
    let mut seeds = ChaCha8Rng::seed_from_u64(seed);
    let mut plant = Plant::new(robot.plant.clone(), situation.start, seeds.random())?;
    let mut senses = Senses::new(&situation.world, robot, &mut seeds)?;
    let object = match &injector {
        Some(injector) => injector.object()?,
        None => None,
    };
    let mut motion = Motion::new(situation, robot.plant.substep_s, object)?;
    agent.reset();
    let goal = set_out(situation, agent);
    let mut trial = Trial::new(situation, robot);
    let control_steps = robot.plant.substeps(settings.control_period_s);
    let odometry_steps = robot.plant.substeps(settings.odometry_period_s);
    let mut substep = 0_u64;
    loop {
        let t_s = substep as f64 * robot.plant.substep_s;
        let is_tick = substep.is_multiple_of(control_steps);
        let pose = plant.world_from_base();
        motion.advance(substep, &seen_by_people(&plant, robot), |mover| {
            is_within(&situation.world, mover, robot, pose, 0.0)
        });
        if let Some(injector) = &mut injector
            && is_tick
        {
            inject(injector, t_s, &mut plant, &mut senses, &mut motion);
        }
        let odometry = is_tick || substep.is_multiple_of(odometry_steps);
        let first = senses.events.len();
        senses.sense(substep, &plant, &mut motion, odometry);
        if let Some(injector) = &mut injector {
            injector.pass(t_s, &mut senses.events, first);
        }
        let takes_place = match &mut injector {
            Some(injector) if is_tick => injector.ticks(t_s),
            _ => is_tick,
        };
        if is_tick {
            trial.look(t_s, pose, motion.movers());
        }
        if takes_place {
            let now = match &injector {
                Some(injector) => injector.now(t_s),
                None => Stamp::from_secs(t_s),
            };
            let begun = clock();
            for event in &senses.events {
                trial.refused += u32::from(agent.observe(event).is_err());
            }
            let action = agent.act(now);
            let took = clock().saturating_sub(begun);
            let command = match &mut injector {
                Some(injector) => injector.decided(t_s, action),
                None => action.command,
            };
            plant.command(command);
            trial.tick(took, action);
            watch(&TickView {
                t_s,
                world_from_base: plant.world_from_base(),
                velocity: plant.velocity(),
                world: &situation.world,
                crowd: motion.crowd(),
                odom_from_base: plant.odometry().odom_from_base,
                scan: latest_scan(&senses.events),
                base_from_lidar: robot.lidar.base_from_lidar,
                events: &senses.events,
                movers: motion.movers(),
                snapshot: agent.snapshot(),
                volume: agent.volume(),
                action: agent.action(),
                goal,
                route: agent.route(),
            });
            senses.events.clear();
        }
        plant.advance();
        substep += 1;
        let t_s = substep as f64 * robot.plant.substep_s;
        if let Some(injector) = &mut injector {
            injector
                .log
                .step(t_s, plant.world_from_base(), plant.velocity());
        }
        if let Some(outcome) = trial.judge(t_s, &plant, motion.movers()) {
            let pose = plant.world_from_base();
            let ending = (outcome, trial.contact(), trial.hazard());
            let truth = injector.map(|injector| judged(injector, stage, &motion, pose, ending));
            let postponed = motion.postponed();
            let episode = trial.close(t_s, pose, outcome, control_steps, postponed)?;
            return Ok((episode, truth));
        }
    }
}

/// The last planar scan among messages.
fn latest_scan(events: &[Stamped<SensorEvent>]) -> Option<&LaserScan> {
    events.iter().rev().find_map(|event| match &event.value {
        SensorEvent::Scan { scan, .. } => Some(scan),
        _ => None,
    })
}

/// Sets the agent's goal and path; returns the goal in the odometry frame.
fn set_out(situation: &Situation, agent: &mut Agent) -> Goal {
    let odom_from_world = situation.start.inverse();
    let goal = Goal {
        position: odom_from_world * situation.goal.position,
        yaw: situation.goal.yaw.map(|yaw| yaw - situation.start.yaw),
        tolerance_m: situation.goal.tolerance_m,
        yaw_tolerance_rad: Goal::YAW_TOLERANCE_RAD,
    };
    agent.set_goal(goal);
    let path: Vec<Point2> = situation
        .path
        .iter()
        .map(|p| odom_from_world * *p)
        .collect();
    agent.set_path(&path);
    goal
}

/// Applies the faults at a time, s, to scene, plant and mounting.
fn inject(
    injector: &mut Injector<'_>,
    t_s: f64,
    plant: &mut Plant,
    senses: &mut Senses<'_>,
    motion: &mut Motion<'_>,
) {
    if let Some(at) = injector.appearance(t_s, plant.world_from_base(), plant.velocity()) {
        motion.reveal_object(at);
    }
    if let Some(settings) = injector.plant(t_s) {
        plant.change(settings);
    }
    if let Some(mounting) = injector.mounting(t_s) {
        senses.remount(mounting);
    }
}

/// Ground truth of a drive that ended at a pose: outcome, point and kind of contact.
fn judged(
    injector: &Injector<'_>,
    stage: &Stage<'_>,
    motion: &Motion<'_>,
    pose: Pose2,
    (outcome, contact, hazard): (Outcome, Option<Point2>, Option<Hazard>),
) -> GroundTruth {
    let (world, robot) = (&stage.situation.world, stage.robot);
    let is_mover = outcome == Outcome::Collided && hazard == Some(Hazard::Mover);
    let touched = is_mover
        .then(|| motion.touched(world, robot, pose))
        .flatten();
    injector.judge(&Ending {
        world,
        robot,
        outcome,
        contact,
        hazard,
        is_object: touched.is_some_and(|(number, ..)| motion.is_object(number)),
        touched: touched.map(|(_, mover, poses)| (mover, poses)),
        substep_s: robot.plant.substep_s,
    })
}

/// The robot as pedestrians perceive it.
fn seen_by_people(plant: &Plant, robot: &RobotModel) -> Body {
    let base = plant.world_from_base();
    Body {
        position: base.position(),
        velocity: base.rotate(Vector2::new(plant.velocity().linear, 0.0)),
        radius_m: robot.footprint.circumscribed_radius_m(),
    }
}
