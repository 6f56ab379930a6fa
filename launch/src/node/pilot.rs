//! The controller with the node's rules about it. It reads no clock and has no thread: the same
//! messages and ticks give the same commands.
//!
//! ```text
//! RawInput ─▶ Intake ─▶ Agent ─▶ within the speed limit ─▶ command
//!                └▶ Task: goal in the odometry frame, reached or given up
//! ```

use controller::{Action, Agent, Goal, LearnedCost, Limits};
use perception::{Point2, Pose2, SensorEvent, Snapshot, Stamp, Stamped, Twist};

use super::fault::{FaultClass, FaultCounts, MessageFault};
use super::intake::{Intake, Route, Said, SpeedCap};
use super::mailbox::{RawInput, Source};
use super::settings::NodeSettings;
use super::task::{End, Hold, Task};
use super::waiting::Waiting;
use crate::config::{Config, ConfigError};
use crate::driver::Driver;

/// Messages that are kept because they are told once.
const LASTING_MAX: usize = 256;

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
    limits: Limits,
    scan_age_max_s: f64,
    odometry_age_max_s: f64,
    intake: Intake,
    waiting: Waiting,
    /// The latest.
    odometry: Option<Stamped<SensorEvent>>,
    agent: Agent,
    task: Option<Task>,
    cap: Option<SpeedCap>,
    /// The fastest that the speed limit lets the robot be now, on its way to what it says, m/s.
    fastest_mps: f64,
    /// The last command, and when it was.
    sent: Option<(Stamp, Twist)>,
    faults: FaultCounts,
    /// Messages that are told once and hold for good.
    lasting: Vec<RawInput>,
    path: Vec<Point2>,
}

impl Pilot {
    /// A controller without a goal.
    pub fn new(config: &Config, driver: &Driver) -> Result<Self, ConfigError> {
        let node = &config.node;
        Ok(Self {
            settings: node.clone(),
            limits: config.controller.limits,
            scan_age_max_s: config.controller.guard.scan_age_max_s,
            odometry_age_max_s: config.controller.guard.odometry_age_max_s,
            intake: Intake::new(&node.base_frame, &node.odom_frame)?,
            waiting: Waiting::default(),
            odometry: None,
            agent: driver.agent(config)?,
            task: None,
            cap: None,
            fastest_mps: f64::INFINITY,
            sent: None,
            faults: FaultCounts::default(),
            lasting: Vec::new(),
            path: Vec::new(),
        })
    }

    /// Takes over what another has been told once and for good, and its counts.
    pub fn inherit(&mut self, other: Self) {
        self.faults = other.faults;
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
        self.settings = settings;
    }

    /// Forgets map, goal and past, as when time begins anew.
    pub fn reset(&mut self) {
        self.agent.reset();
        self.intake.forget_motion();
        self.waiting.clear();
        self.odometry = None;
        self.task = None;
        self.cap = None;
        self.fastest_mps = f64::INFINITY;
        self.sent = None;
    }

    /// Forgets the map, and goes on where the robot is.
    pub fn clear_map(&mut self) {
        self.agent.clear_map();
        if let Some(odometry) = &self.odometry {
            let _ = self.agent.observe(odometry); // it was taken before
        }
    }

    /// Takes in a message.
    pub fn take(&mut self, topic: &str, raw: &RawInput, now: Stamp) -> Result<Taken, MessageFault> {
        let taken = self.intake.read(topic, raw, now).and_then(|said| {
            Ok(match said {
                Said::Event(event) => {
                    if matches!(event.value, SensorEvent::Odometry(_)) {
                        self.odometry = Some(Stamped::clone(&event));
                    }
                    self.waiting.observe(&mut self.agent, topic, *event)?;
                    Taken::Noted
                }
                Said::Route(Some(route)) => {
                    self.go(route);
                    Taken::Started
                }
                Said::Route(None) => {
                    self.stop();
                    Taken::Stopped
                }
                Said::SpeedLimit(cap) => {
                    self.cap = cap;
                    Taken::Noted
                }
                Said::Noted => Taken::Noted,
            })
        });
        match &taken {
            Ok(_) => self.keep(raw),
            Err(fault) => self.faults.add(fault.clone()),
        }
        taken
    }

    /// Takes in what a sensor saw, of a recording that is no ROS message.
    pub fn observe(
        &mut self,
        topic: &str,
        event: Stamped<SensorEvent>,
    ) -> Result<(), MessageFault> {
        let seen = self.waiting.observe(&mut self.agent, topic, event);
        seen.inspect_err(|fault| self.faults.add(fault.clone()))
    }

    fn keep(&mut self, raw: &RawInput) {
        if !matches!(raw.source, Source::FixedTransforms | Source::CameraInfo(_)) {
            return;
        }
        // cameras say the same over and over, but for the time
        let is_again = |held: &RawInput| {
            held.source == raw.source
                && (raw.source != Source::FixedTransforms || held.bytes == raw.bytes)
        };
        self.lasting.retain(|held| !is_again(held));
        if self.lasting.len() < LASTING_MAX {
            self.lasting.push(raw.clone());
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
        let action = self.agent.act(now);
        let guarded = action.command;
        let intervention = action.intervention;
        if self.task.is_some() {
            hold = self.stale(now).or(hold).or_else(|| {
                let failed = intervention == Some(controller::Intervention::PolicyFailed);
                failed.then_some(Hold::Control)
            });
        }
        let base = self.agent.snapshot().odom_from_base;
        let end = self.task.as_mut().and_then(|task| {
            task.judge(
                now,
                base,
                goal.unwrap_or(base),
                hold.as_ref(),
                &self.settings,
            )
        });
        if end.is_some() {
            self.stop();
        }
        let distance_m = goal.map_or(0.0, |goal| (goal.position() - base.position()).norm());
        Tick {
            stamp: now,
            command: self.send(now, guarded),
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
        if let Some(stand) = task.stand() {
            self.path.push(stand); // a path of one point is no way to follow: the goal is held
        } else if route.has_way {
            let way = route
                .poses
                .iter()
                .map(|pose| odom_from_route * pose.position());
            self.path.extend(way);
        }
        self.agent.set_goal(Goal {
            position: task.stand().unwrap_or(goal.position()),
            yaw: self.settings.use_goal_heading.then_some(goal.yaw),
            tolerance_m: self.settings.xy_goal_tolerance_m,
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

    /// The command under the speed limit, which the robot comes to within its limits. The whole
    /// command is turned down, so that the robot stays on its arc.
    fn send(&mut self, now: Stamp, guarded: Twist) -> Option<Twist> {
        let last = self.sent.map(|(_, command)| command);
        if self.task.is_none() && last.is_none_or(|command| command == Twist::ZERO) {
            self.sent = None;
            return None;
        }
        let elapsed_s = self
            .sent
            .map_or(0.0, |(then, _)| now.secs_since(then).max(0.0));
        let limits = &self.limits;
        let target_mps = match self.cap {
            None => f64::INFINITY,
            Some(SpeedCap::Share(share)) => share * limits.speed_max_mps,
            Some(SpeedCap::Speed(speed)) => speed,
        };
        let speed_mps = last.map_or(0.0, |command| command.linear.abs());
        let was_mps = self.fastest_mps.min(speed_mps.max(target_mps));
        self.fastest_mps = if target_mps < was_mps {
            let slowest = was_mps - limits.deceleration_max_mps2 * elapsed_s;
            target_mps.max(slowest)
        } else {
            target_mps.min(was_mps + limits.acceleration_max_mps2 * elapsed_s)
        };
        let share = (self.fastest_mps / guarded.linear.abs()).min(1.0);
        let command = if share < 1.0 {
            Twist::new(share * guarded.linear, share * guarded.angular)
        } else {
            guarded
        };
        self.sent = Some((now, command));
        Some(command)
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

    /// Who decides.
    pub fn policy_name(&self) -> &str {
        self.agent.policy_name()
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
