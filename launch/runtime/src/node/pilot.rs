//! The controller with the goal handling of the node. It reads no clock and has no thread: the same
//! messages and ticks give the same commands.
//!
//! ```text
//! RawInput ─▶ Intake ─┬─▶ Agent ─▶ command
//!                     ├─▶ Task: goal in the odometry frame, reached or given up
//!                     └─▶ StopInputs: emergency stop, protective field
//! ```

mod taking;

use controller::{Action, Agent, Goal, LearnedCost, NavigationStatus, SpeedLimit, StopDemand};
use perception::{Point2, Pose2, SensorEvent, Snapshot, Stamp, Stamped, Twist};

use super::fault::{FaultClass, FaultCounts, MessageFault};
use super::intake::{Intake, Route};
use super::mailbox::RawInput;
use super::settings::NodeSettings;
use super::stop_inputs::{StopInputs, StopState};
use super::task::{End, Hold, Task};
use super::waiting::Waiting;
use crate::RobotConfig;
use crate::driver::Driver;
use crate::layers::ConfigError;

/// Effect of a message on the drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// None.
    Noted,
    /// The robot has another goal or path.
    Started,
    /// The robot no longer has a goal.
    Stopped,
}

/// One control tick.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tick {
    /// Time.
    pub stamp: Stamp,
    /// Command; none if the robot is at rest without a goal, so that another controller may drive
    /// it.
    pub command: Option<Twist>,
    /// Reason for waiting.
    pub hold: Option<Hold>,
    /// End of the drive.
    pub end: Option<End>,
    /// Distance to the goal, m; 0 without one.
    pub distance_m: f64,
}

/// A controller that follows the goals of messages.
pub struct Pilot {
    settings: NodeSettings,
    scan_age_max_s: f64,
    odometry_age_max_s: f64,
    intake: Intake,
    waiting: Waiting,
    /// Messages that waited for the latest one and were rejected.
    given_up: Vec<MessageFault>,
    odometry: Option<Stamped<SensorEvent>>,
    agent: Agent,
    backend: Option<controller::performer::Backend>,
    task: Option<Task>,
    stops: StopInputs,
    /// The last command.
    sent: Option<Twist>,
    faults: FaultCounts,
    /// Messages with a permanent effect.
    lasting: Vec<RawInput>,
    path: Vec<Point2>,
}

impl Pilot {
    /// A controller without a goal.
    pub fn new(config: &RobotConfig, driver: &Driver) -> Result<Self, ConfigError> {
        Self::around(config, driver, driver.agent(&config.controller)?)
    }

    /// The same around an agent with the policy of `by`.
    pub fn around(config: &RobotConfig, by: &Driver, agent: Agent) -> Result<Self, ConfigError> {
        let node = &config.node;
        Ok(Self {
            settings: node.clone(),
            scan_age_max_s: config.controller.guard.scan_age_max_s,
            odometry_age_max_s: config.controller.guard.odometry_age_max_s,
            intake: Intake::new(&node.base_frame, &node.odom_frame)?,
            waiting: Waiting::default(),
            given_up: Vec::new(),
            odometry: None,
            agent,
            backend: by.backend(),
            task: None,
            stops: StopInputs::new(node),
            sent: None,
            faults: FaultCounts::default(),
            lasting: Vec::new(),
            path: Vec::new(),
        })
    }

    /// Takes over permanent messages, pressed or latched stops, and counters of another pilot.
    pub fn inherit(&mut self, other: Self) {
        self.faults = other.faults;
        self.stops = other.stops;
        self.stops.adjust(&self.settings);
        for raw in other.lasting {
            let _ = self.take("tf_static", &raw, raw.arrival); // counted
        }
    }

    /// Messages with a permanent effect: static frames, and camera parameters.
    pub fn lasting(&self) -> &[RawInput] {
        &self.lasting
    }

    /// Changes the settings that may change while driving.
    pub fn adjust(&mut self, settings: NodeSettings) {
        self.stops.adjust(&settings);
        self.settings = settings;
    }

    /// Forgets map, goal, speed limit and history, after the clock was set back. Pressed and
    /// latched stops stay.
    pub fn reset(&mut self) {
        self.agent.reset();
        self.intake.forget_motion();
        self.waiting.clear();
        self.odometry = None;
        self.task = None;
        self.stops.forget_times();
        self.sent = None;
    }

    /// Forgets the map and keeps the goal.
    pub fn clear_map(&mut self) {
        self.agent.clear_map();
        if let Some(odometry) = &self.odometry {
            let _ = self.agent.observe(odometry); // it was taken before
        }
    }

    /// Follows a new route.
    pub fn go(&mut self, route: Route) {
        match &mut self.task {
            Some(task) => task.replace(route),
            None => self.task = Some(Task::new(route)),
        }
    }

    /// Brakes and forgets the goal.
    pub fn stop(&mut self) {
        self.task = None;
    }

    /// Runs a control tick.
    pub fn tick(&mut self, now: Stamp) -> Tick {
        let (goal, mut hold) = match self.aim(now) {
            Some(Ok(goal)) => (Some(goal), None),
            Some(Err(hold)) => (None, Some(hold)),
            None => (None, None),
        };
        if goal.is_none() {
            self.agent.stop();
        }
        let demand = self.stops.demand(now);
        self.agent.demand_stop(demand);
        let action = self.agent.act(now);
        let command = action.command;
        let intervention = action.intervention;
        if let Some(device) = demand {
            hold = Some(Hold::Stop { device });
        } else if self.task.is_some() {
            hold = self.stale(now).or(hold).or_else(|| {
                let failed = intervention == Some(controller::Intervention::PolicyFailed);
                failed.then_some(Hold::Control)
            });
        }
        let base = self.agent.snapshot().odom_from_base;
        let has_arrived = *self.agent.status() == NavigationStatus::Arrived;
        let settings = &self.settings;
        let end = self
            .task
            .as_mut()
            .and_then(|task| task.judge(now, base, has_arrived, hold.as_ref(), settings));
        if end.is_some() {
            self.stop();
        }
        let distance_m = goal.map_or(0.0, |goal| (goal.position() - base.position()).norm());
        Tick {
            stamp: now,
            command: self.send(command, demand),
            hold,
            end,
            distance_m,
        }
    }

    /// Sets the agent's goal and path for this tick, and returns the goal in the odometry frame.
    fn aim(&mut self, now: Stamp) -> Option<Result<Pose2, Hold>> {
        let task = self.task.as_ref()?;
        let route = &task.route;
        let placed = match self.intake.odom_from(&route.frame, now) {
            Ok((pose, age_s)) if age_s <= self.settings.transform_tolerance_s => Ok(pose),
            Ok((_, age_s)) => Err(Hold::Transform {
                what: format!("the transform to {:?} is {age_s:.2} s old", route.frame),
                is_final: false,
            }),
            Err(fault) => Err(Hold::Transform {
                is_final: fault.class == FaultClass::Frame,
                what: fault.what,
            }),
        };
        let odom_from_route = match placed {
            Ok(pose) => pose,
            Err(hold) => return Some(Err(hold)),
        };
        let goal = odom_from_route * *route.poses.last()?;
        self.path.clear();
        if route.has_way {
            let way = route
                .poses
                .iter()
                .map(|pose| odom_from_route * pose.position());
            self.path.extend(way);
        }
        self.agent.set_goal(Goal {
            position: goal.position(),
            yaw: self.settings.use_goal_heading.then_some(goal.yaw),
            tolerance_m: self.settings.xy_goal_tolerance_m,
            yaw_tolerance_rad: self.settings.yaw_goal_tolerance_rad,
        });
        self.agent.set_path(&self.path);
        Some(Ok(goal))
    }

    /// The input that is too old for driving.
    pub fn stale(&self, now: Stamp) -> Option<Hold> {
        let snapshot = self.agent.snapshot();
        let odometry_s = if snapshot.stamp == Stamp::default() {
            f64::INFINITY
        } else {
            now.secs_since(snapshot.stamp)
        };
        if odometry_s.abs() > self.odometry_age_max_s {
            return Some(Hold::Odometry { age_s: odometry_s });
        }
        let scan_s = snapshot
            .scan_stamp
            .map_or(f64::INFINITY, |stamp| now.secs_since(stamp));
        (scan_s.abs() > self.scan_age_max_s).then_some(Hold::Scan { age_s: scan_s })
    }

    /// The command to send: none once the robot is at rest without a goal, unless the emergency
    /// stop is pressed.
    fn send(&mut self, command: Twist, demand: Option<StopDemand>) -> Option<Twist> {
        let is_resting = self.sent.is_none_or(|sent| sent == Twist::ZERO);
        let is_held = demand == Some(StopDemand::EmergencyStop);
        self.sent = (self.task.is_some() || !is_resting || is_held).then_some(command);
        self.sent
    }

    /// Accepts the robot's motion as the sent command while another controller drives.
    pub fn was_driven_by_another(&mut self, now: Stamp) {
        let velocity = self.agent.snapshot().velocity;
        self.agent.set_sent(now, velocity);
    }

    /// Registers a zero command that was sent after, or instead of, the last one.
    pub fn was_stopped(&mut self, now: Stamp) {
        self.agent.set_sent(now, Twist::ZERO);
        self.sent = self.sent.map(|_| Twist::ZERO);
    }

    /// True while it has a goal.
    pub fn is_driving(&self) -> bool {
        self.task.is_some()
    }

    /// The agent's perception output.
    pub fn snapshot(&self) -> &Snapshot {
        self.agent.snapshot()
    }

    /// The last action.
    pub fn action(&self) -> &Action {
        self.agent.action()
    }

    /// The learned cost of that action, if there is one.
    pub fn learned(&self) -> Option<&LearnedCost> {
        self.agent.learned()
    }

    /// State of a stop device.
    pub fn stop_state(&self, device: StopDemand, now: Stamp) -> StopState {
        self.stops.state(device, now)
    }

    /// The active speed limit and its expiry, if it has one.
    pub fn speed_limit(&self, now: Stamp) -> Option<(SpeedLimit, Option<Stamp>)> {
        self.agent.speed_limit(now)
    }

    /// The agent with its monitor.
    pub fn agent(&self) -> &Agent {
        &self.agent
    }

    /// Name of the policy.
    pub fn policy_name(&self) -> &str {
        self.agent.policy_name()
    }

    /// Precision and instruction set of the network, if the policy has one.
    pub fn backend(&self) -> Option<controller::performer::Backend> {
        self.backend
    }

    /// Rejected messages.
    pub fn faults(&self) -> &FaultCounts {
        &self.faults
    }

    /// Current settings.
    pub fn settings(&self) -> &NodeSettings {
        &self.settings
    }
}
