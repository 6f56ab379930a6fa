//! The controller with the node's rules about it. It reads no clock and has no thread: the same
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

/// What a message did to the drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Nothing.
    Noted,
    /// The robot has another goal or way.
    Started,
    /// The robot has no goal any more.
    Stopped,
}

/// One control tick.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tick {
    /// When.
    pub stamp: Stamp,
    /// What the wheels are to do; none when the robot has stopped and has no goal, so that others
    /// may drive it.
    pub command: Option<Twist>,
    /// Why it waits, if it does.
    pub hold: Option<Hold>,
    /// How the drive ended, if it did.
    pub end: Option<End>,
    /// Distance to the goal, m; 0 without one.
    pub distance_m: f64,
}

/// A controller that goes where messages tell it to.
pub struct Pilot {
    settings: NodeSettings,
    scan_age_max_s: f64,
    odometry_age_max_s: f64,
    intake: Intake,
    waiting: Waiting,
    /// Messages that waited for the latest one in vain.
    given_up: Vec<MessageFault>,
    odometry: Option<Stamped<SensorEvent>>,
    agent: Agent,
    backend: Option<controller::performer::Backend>,
    task: Option<Task>,
    stops: StopInputs,
    /// The last command.
    sent: Option<Twist>,
    faults: FaultCounts,
    /// Messages that are told once and hold for good.
    lasting: Vec<RawInput>,
    path: Vec<Point2>,
}

impl Pilot {
    /// A controller without a goal.
    pub fn new(config: &RobotConfig, driver: &Driver) -> Result<Self, ConfigError> {
        Self::around(config, driver, driver.agent(&config.controller)?)
    }

    /// The same around an agent that decides `by` a driver.
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

    /// Takes over what another has been told once and for good, stops that are pressed or latched, and
    /// its counts.
    pub fn inherit(&mut self, other: Self) {
        self.faults = other.faults;
        self.stops = other.stops;
        self.stops.adjust(&self.settings);
        for raw in other.lasting {
            let _ = self.take("tf_static", &raw, raw.arrival); // counted
        }
    }

    /// Messages that were told once and hold for good: fixed frames, and what cameras are.
    pub fn lasting(&self) -> &[RawInput] {
        &self.lasting
    }

    /// Takes over what may change while it drives.
    pub fn adjust(&mut self, settings: NodeSettings) {
        self.stops.adjust(&settings);
        self.settings = settings;
    }

    /// Forgets map, goal, speed limit and past, as when time begins anew. What is pressed or latched
    /// stays so.
    pub fn reset(&mut self) {
        self.agent.reset();
        self.intake.forget_motion();
        self.waiting.clear();
        self.odometry = None;
        self.task = None;
        self.stops.forget_times();
        self.sent = None;
    }

    /// Forgets the map, and goes on where the robot is.
    pub fn clear_map(&mut self) {
        self.agent.clear_map();
        if let Some(odometry) = &self.odometry {
            let _ = self.agent.observe(odometry); // it was taken before
        }
    }

    /// Goes another way.
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

    /// Decides.
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

    /// Sets the agent's goal and way for this tick, and gives the goal in the odometry frame.
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

    /// What is too old to drive on.
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

    /// What goes to the wheels: nothing once the robot rests without a goal, unless the emergency stop
    /// is pressed.
    fn send(&mut self, command: Twist, demand: Option<StopDemand>) -> Option<Twist> {
        let is_resting = self.sent.is_none_or(|sent| sent == Twist::ZERO);
        let is_held = demand == Some(StopDemand::EmergencyStop);
        self.sent = (self.task.is_some() || !is_resting || is_held).then_some(command);
        self.sent
    }

    /// Another controller drives the robot: what was sent is what it does.
    pub fn was_driven_by_another(&mut self, now: Stamp) {
        let velocity = self.agent.snapshot().velocity;
        self.agent.set_sent(now, velocity);
    }

    /// Takes note that a zero command went to the wheels after, or instead of, the last one.
    pub fn was_stopped(&mut self, now: Stamp) {
        self.agent.set_sent(now, Twist::ZERO);
        self.sent = self.sent.map(|_| Twist::ZERO);
    }

    /// True while it has a goal.
    pub fn is_driving(&self) -> bool {
        self.task.is_some()
    }

    /// What it knows of the world.
    pub fn snapshot(&self) -> &Snapshot {
        self.agent.snapshot()
    }

    /// What its controller decided last.
    pub fn action(&self) -> &Action {
        self.agent.action()
    }

    /// The learned cost behind that, if there is one.
    pub fn learned(&self) -> Option<&LearnedCost> {
        self.agent.learned()
    }

    /// What a device demands.
    pub fn stop_state(&self, device: StopDemand, now: Stamp) -> StopState {
        self.stops.state(device, now)
    }

    /// The speed limit that holds, and when it expires, if it does.
    pub fn speed_limit(&self, now: Stamp) -> Option<(SpeedLimit, Option<Stamp>)> {
        self.agent.speed_limit(now)
    }

    /// What decides, with the monitor after it.
    pub fn agent(&self) -> &Agent {
        &self.agent
    }

    /// Who decides.
    pub fn policy_name(&self) -> &str {
        self.agent.policy_name()
    }

    /// Precision and instructions of the network, if one decides.
    pub fn backend(&self) -> Option<controller::performer::Backend> {
        self.backend
    }

    /// Messages that were refused.
    pub fn faults(&self) -> &FaultCounts {
        &self.faults
    }

    /// The settings that it goes by.
    pub fn settings(&self) -> &NodeSettings {
        &self.settings
    }
}
