//! Sensor events in, commands out: the whole controller, stepped by hand.

use perception::{
    Mapper, Point2, RoutePlanner, SensorError, SensorEvent, SettingsError, Snapshot, Stamp,
    Stamped, Twist, VolumeGrid,
};

use crate::cost::LearnedCost;
use crate::guard::{Guarded, MotionEstimator};
use crate::policy::{Action, Goal, Observation, Policy, SpeedLimited};
use crate::settings::{ControllerSettings, PlanningSettings};

/// Mapper, route planner and a guarded policy. It reads no clock: time comes with the events.
pub struct Agent {
    mapper: Mapper,
    planner: RoutePlanner,
    planning: PlanningSettings,
    policy: Guarded<SpeedLimited<Box<dyn Policy>>>,
    motion: MotionEstimator,
    /// The last command that was sent, one owner of it.
    sent: Option<Stamped<Twist>>,
    snapshot: Snapshot,
    goal: Option<Goal>,
    /// A path was given from outside.
    path_is_given: bool,
    route: Vec<Point2>,
    planned_at: Option<Stamp>,
    action: Action,
}

impl Agent {
    /// An agent without a goal.
    pub fn new(
        settings: &ControllerSettings,
        policy: Box<dyn Policy>,
    ) -> Result<Self, SettingsError> {
        settings.validate()?;
        Ok(Self {
            mapper: Mapper::new(settings.mapper.clone())?,
            planner: RoutePlanner::new(settings.route.clone())?,
            planning: settings.planning,
            motion: MotionEstimator::new(settings.limits),
            sent: None,
            policy: Guarded::new(
                SpeedLimited::new(policy, &settings.limits),
                &settings.footprint,
                settings.limits,
                settings.guard.clone(),
            )?,
            snapshot: Snapshot::default(),
            goal: None,
            path_is_given: false,
            route: Vec::new(),
            planned_at: None,
            action: Action::default(),
        })
    }

    /// Forgets map, goal, path and past.
    pub fn reset(&mut self) {
        self.mapper.reset();
        self.planner.reset();
        self.policy.reset();
        self.motion.reset();
        self.sent = None;
        self.snapshot = Snapshot::default();
        self.goal = None;
        self.path_is_given = false;
        self.route.clear();
        self.planned_at = None;
        self.action = Action::default();
    }

    /// Forgets the map and where the robot is, but not where it goes nor its last command.
    pub fn clear_map(&mut self) {
        self.mapper.reset();
        self.planner.reset();
        self.snapshot = Snapshot::default();
        self.planned_at = None;
    }

    /// Where to go, odometry frame.
    pub fn set_goal(&mut self, goal: Goal) {
        if self.goal.map(|goal| goal.position) != Some(goal.position) {
            self.planned_at = None;
        }
        self.goal = Some(goal);
    }

    /// The way to go, odometry frame; empty to find one's own.
    pub fn set_path(&mut self, path: &[Point2]) {
        if path.is_empty() && !self.path_is_given {
            return;
        }
        self.route.clear();
        self.route.extend_from_slice(path);
        self.path_is_given = !path.is_empty();
        self.planned_at = None;
    }

    /// Forgets goal and way: the robot brakes.
    pub fn stop(&mut self) {
        self.goal = None;
        self.path_is_given = false;
        self.route.clear();
        self.planned_at = None;
    }

    /// Takes in one message.
    pub fn observe(&mut self, event: &Stamped<SensorEvent>) -> Result<(), SensorError> {
        self.mapper.observe(event)
    }

    /// Decides. Without a goal the robot brakes.
    pub fn act(&mut self, now: Stamp) -> &Action {
        self.mapper.refresh(&mut self.snapshot);
        let in_force = self.sent.map_or(Twist::ZERO, |sent| sent.value);
        let motion = self.motion.observe(now, &mut self.snapshot, in_force);
        self.policy.set_motion(motion);
        let goal = self.goal.unwrap_or(Goal {
            position: Point2::new(f64::NAN, f64::NAN),
            yaw: None,
            tolerance_m: 0.0,
        });
        if self.planning.enabled && !self.path_is_given && self.goal.is_some() {
            self.plan_route(now, goal);
        }
        let observation = Observation {
            sent: self.sent,
            ..Observation::new(now, &self.snapshot, goal, &self.route)
        };
        // a guarded policy answers every failure with a braking command
        let _ = self.policy.act(&observation, &mut self.action);
        self.sent = Some(Stamped {
            stamp: now,
            value: self.action.command,
        });
        &self.action
    }

    fn plan_route(&mut self, now: Stamp, goal: Goal) {
        let due = self
            .planned_at
            .is_none_or(|then| now.secs_since(then) >= self.planning.period_s - 1e-6 || now < then);
        if due && self.snapshot.scan_stamp.is_some() {
            self.planner.plan(
                &self.snapshot.grid,
                self.snapshot.odom_from_base.position(),
                goal.position,
                &mut self.route,
            );
            self.planned_at = Some(now);
        }
    }

    /// What the agent knows of the world.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The columns behind its map, as of the last decision; none when the settings have none.
    pub fn volume(&self) -> Option<&VolumeGrid> {
        self.mapper.volume()
    }

    /// The way it follows, odometry frame; empty when it has none.
    pub fn route(&self) -> &[Point2] {
        &self.route
    }

    /// What it decided last.
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// The learned cost behind that, of a policy that has one.
    pub fn learned(&self) -> Option<&LearnedCost> {
        self.policy.learned()
    }

    /// Who decides.
    pub fn policy_name(&self) -> &str {
        self.policy.name()
    }
}
