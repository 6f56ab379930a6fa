//! Application of a fault plan during a drive.

use controller::Action;
use perception::{Pose2, SensorEvent, Stamp, Stamped, Twist};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::channel::Channel;
use super::drivetrain::{command_at, plant_at, ticks_at, worst};
use super::kind::Fault;
use super::odometry::OdometryFaults;
use super::plan::FaultPlan;
use super::range::RangeFaults;
use super::stopping::Stopping;
use super::truth::{Ending, GroundTruth, TruthLog};
use crate::SettingsError;
use crate::robot::{PlantSettings, RobotModel};
use crate::world::Mover;

/// Minimum speed of the robot for an object to appear, m/s.
const APPEARS_FROM_MPS: f64 = 0.3;
/// Height of an object that appears, m.
const OBJECT_HEIGHT_M: f64 = 1.8;

/// Changes the data between a simulated robot and its agent.
pub(crate) struct Injector<'a> {
    plan: &'a FaultPlan,
    robot: &'a RobotModel,
    stopping: Stopping,
    range: RangeFaults,
    odometry: OdometryFaults,
    has_odometry_faults: bool,
    channel: Channel,
    /// Random numbers for ticks and commands.
    rng: ChaCha8Rng,
    /// Current drivetrain.
    plant: PlantSettings,
    mounting: Pose2,
    has_appeared: bool,
    /// Record of the ground truth.
    pub log: TruthLog,
}

impl<'a> Injector<'a> {
    /// An injector at the start of a drive. `robot` is the true robot.
    pub fn new(
        plan: &'a FaultPlan,
        robot: &'a RobotModel,
        stopping: Stopping,
    ) -> Result<Self, SettingsError> {
        plan.validate()?;
        stopping.validate()?;
        let mut seeds = ChaCha8Rng::seed_from_u64(plan.seed);
        Ok(Self {
            range: RangeFaults::new(plan, seeds.random()),
            odometry: OdometryFaults::new(plan, seeds.random()),
            has_odometry_faults: plan.has(|fault| {
                matches!(
                    fault,
                    Fault::OdometryScale { .. }
                        | Fault::OdometryJump { .. }
                        | Fault::OdometryFrozen { .. }
                        | Fault::OdometryInvalid
                        | Fault::Velocity { .. }
                )
            }),
            channel: Channel::new(plan, seeds.random()),
            rng: ChaCha8Rng::seed_from_u64(seeds.random()),
            plant: robot.plant.clone(),
            mounting: robot.lidar.base_from_lidar,
            has_appeared: false,
            log: TruthLog::default(),
            plan,
            robot,
            stopping,
        })
    }

    /// The object that appears under this plan, out of sight.
    pub fn object(&self) -> Result<Option<Mover>, SettingsError> {
        let radius_m = self.plan.faults.iter().find_map(|scheduled| {
            if let Fault::AppearingObject { radius_m, .. } = scheduled.fault {
                Some(radius_m)
            } else {
                None
            }
        });
        let Some(radius_m) = radius_m else {
            return Ok(None);
        };
        let object = Mover::upright(radius_m, OBJECT_HEIGHT_M, Pose2::IDENTITY);
        let mut object = object.map_err(|error| SettingsError {
            section: "fault",
            field: "radius_m",
            value: error.to_string(),
            expected: "a radius that an obstacle can have".into(),
        })?;
        object.is_there = false;
        Ok(Some(object))
    }

    /// Pose at which the object appears now, if it does.
    pub fn appearance(&mut self, t_s: f64, base: Pose2, velocity: Twist) -> Option<Pose2> {
        if self.has_appeared || velocity.linear.abs() < APPEARS_FROM_MPS {
            return None;
        }
        let (radius_m, spare_m) = self
            .plan
            .faults
            .iter()
            .find_map(|scheduled| match scheduled.fault {
                Fault::AppearingObject { radius_m, spare_m } if scheduled.is_active(t_s) => {
                    Some((radius_m, spare_m))
                }
                _ => None,
            })?;
        self.has_appeared = true;
        self.log.appeared(t_s);
        let (late_s, brakes) = worst(self.plan);
        let stop = Stopping {
            latency_s: self.stopping.latency_s + late_s,
            deceleration_mps2: self.stopping.deceleration_mps2 * brakes,
            ..self.stopping
        };
        let reaction_s = stop.blind_s.max(stop.seen_s);
        let path_m = stop.distance_m(velocity.linear, reaction_s) + spare_m;
        let at_rest = base * Pose2::exp(velocity, path_m / velocity.linear.abs());
        let reach_m = self.robot.footprint.circumscribed_radius_m() + radius_m;
        Some(at_rest * Pose2::new(reach_m * velocity.linear.signum(), 0.0, 0.0))
    }

    /// The new drivetrain, if it changes now.
    pub fn plant(&mut self, t_s: f64) -> Option<PlantSettings> {
        let plant = plant_at(self.plan, t_s, &self.robot.plant, &mut self.rng);
        let changes = plant != self.plant;
        self.plant.clone_from(&plant);
        changes.then_some(plant)
    }

    /// The new true mounting of the planar LiDAR, if it changes now.
    pub fn mounting(&mut self, t_s: f64) -> Option<Pose2> {
        let mut mounting = self.robot.lidar.base_from_lidar;
        let active = self.plan.faults.iter().filter(|fault| fault.is_active(t_s));
        for scheduled in active {
            if let Fault::Mounting { offset_m, yaw_rad } = scheduled.fault {
                mounting.x += offset_m[0];
                mounting.y += offset_m[1];
                mounting.yaw += yaw_rad;
            }
        }
        let changes = mounting != self.mounting;
        self.mounting = mounting;
        changes.then_some(mounting)
    }

    /// Transmits the messages from index `first` on, measured at a time, s, and those due by then.
    pub fn pass(&mut self, t_s: f64, events: &mut Vec<Stamped<SensorEvent>>, first: usize) {
        for mut event in events.split_off(first) {
            match &mut event.value {
                SensorEvent::Odometry(odometry) if self.has_odometry_faults => {
                    self.odometry.distort(self.plan, t_s, odometry);
                }
                SensorEvent::Odometry(_) => {}
                _ => self.range.distort(self.plan, t_s, &mut event.value),
            }
            self.channel.send(self.plan, t_s, event);
        }
        self.channel.deliver(t_s, events);
    }

    /// True if the control tick at this time runs.
    pub fn ticks(&mut self, t_s: f64) -> bool {
        let takes_place = ticks_at(self.plan, t_s, &mut self.rng);
        if !takes_place {
            self.log.missed_tick();
        }
        takes_place
    }

    /// The controller's clock.
    pub fn now(&self, t_s: f64) -> Stamp {
        Channel::now(self.plan, t_s)
    }

    /// Records an action; returns the part of its command that the drivetrain receives.
    pub fn decided(&mut self, t_s: f64, action: &Action) -> Twist {
        if self.plan.onset_s().is_none_or(|onset_s| t_s >= onset_s) {
            self.log.tick(action);
        }
        command_at(self.plan, t_s, action.command)
    }

    /// Evaluates the drive at its end.
    pub fn judge(&self, ending: &Ending<'_>) -> GroundTruth {
        self.log.judge(self.plan, &self.stopping, ending)
    }
}
