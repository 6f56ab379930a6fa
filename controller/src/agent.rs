//! The complete controller: sensor events in, velocity commands out, stepped by the caller.

use perception::{
    Mapper, Point2, ScanFilter, SensorError, SensorEvent, SettingsError, Snapshot, Stamp, Stamped,
    Twist, VolumeGrid,
};

use crate::cost::LearnedCost;
use crate::guard::{Finding, Guarded, MotionEstimator};
use crate::limits::Limits;
use crate::monitor::Monitor;
use crate::navigation::{Behaving, NavigationSettings, NavigationStatus, Navigator};
use crate::policy::{
    Action, Goal, GuardMode, Intervention, Observation, Policy, SpeedLimited, Teleoperated,
};
use crate::settings::ControllerSettings;
use crate::speed_limit::{SpeedBounds, SpeedLimit};
use crate::stop_demand::StopDemand;

/// Controller of one robot: mapper, navigator, a guarded policy, and the monitor after it. It reads
/// no clock: time stamps arrive with the events. The command that it returns is the command that is
/// sent; no later stage changes it.
///
/// ```text
/// navigator ─▶ policy ─▶ speed limits ─▶ guard ─▶ monitor ─▶ demanded stops ─▶ wheels
/// ```
pub struct Agent {
    scan_filter: ScanFilter,
    /// Filter of the scans that the monitor checks.
    monitor_filter: ScanFilter,
    mapper: Mapper,
    navigator: Navigator,
    mode: GuardMode,
    policy: Box<dyn Policy>,
    monitor: Monitor,
    motion: MotionEstimator,
    limits: Limits,
    /// The speed limit in force and the time at which it expires, if it does.
    speed_limit: Option<(SpeedLimit, Option<Stamp>)>,
    stop_demand: Option<StopDemand>,
    /// The last command that was sent to the wheels.
    sent: Option<Stamped<Twist>>,
    snapshot: Snapshot,
    status: NavigationStatus,
    action: Action,
}

impl Agent {
    /// An agent without a goal whose commands pass every check of the guard.
    pub fn new(
        settings: &ControllerSettings,
        policy: Box<dyn Policy>,
    ) -> Result<Self, SettingsError> {
        Self::with_mode(settings, policy, GuardMode::Full)
    }

    /// An agent without a goal whose commands pass the checks of `mode`.
    pub fn with_mode(
        settings: &ControllerSettings,
        policy: Box<dyn Policy>,
        mode: GuardMode,
    ) -> Result<Self, SettingsError> {
        settings.validate()?;
        let limits = settings.limits;
        let policy = SpeedLimited::new(Behaving::new(policy, limits), &limits);
        let policy: Box<dyn Policy> = match mode {
            GuardMode::Full => Box::new(Guarded::new(
                policy,
                &settings.footprint,
                limits,
                settings.guard.clone(),
            )?),
            GuardMode::Teleoperated => Box::new(Teleoperated::new(
                policy,
                limits,
                settings.guard.period_max_s,
            )),
        };
        Ok(Self {
            scan_filter: ScanFilter::new(settings.scan_filter.clone(), &settings.footprint)?,
            monitor_filter: ScanFilter::inside(settings.scan_filter.clone(), &settings.footprint)?,
            mapper: Mapper::new(settings.mapper.clone())?,
            navigator: Navigator::new(settings)?,
            mode,
            policy,
            monitor: Monitor::new(&settings.monitor, &settings.footprint, &limits)?,
            motion: MotionEstimator::new(limits),
            limits,
            speed_limit: None,
            stop_demand: None,
            sent: None,
            snapshot: Snapshot::default(),
            status: NavigationStatus::Idle,
            action: Action::default(),
        })
    }

    /// Clears map, goal, path, speed limit and history. A demanded stop remains in force.
    pub fn reset(&mut self) {
        self.mapper.reset();
        self.navigator.reset();
        self.policy.reset();
        self.monitor.reset();
        self.motion.reset();
        self.speed_limit = None;
        self.sent = None;
        self.snapshot = Snapshot::default();
        self.status = NavigationStatus::Idle;
        self.action = Action::default();
    }

    /// Clears the map and the pose of the robot, but keeps the goal, the path and the last command.
    pub fn clear_map(&mut self) {
        self.mapper.reset();
        self.navigator.clear_map();
        self.snapshot = Snapshot::default();
    }

    /// Sets the goal, odometry frame. A goal that moves by a few centimetres, as by a correction of
    /// the `map` frame, remains the same goal.
    pub fn set_goal(&mut self, goal: Goal) {
        self.navigator.set_goal(goal);
    }

    /// Sets the path to follow to the goal, odometry frame; an empty path lets the agent plan one.
    /// Progress along the path is kept while the same path is set again.
    pub fn set_path(&mut self, path: &[Point2]) {
        self.navigator.set_path(path);
    }

    /// Clears goal and path: the robot brakes.
    pub fn stop(&mut self) {
        self.navigator.stop();
    }

    /// Sets a speed limit from the next decision on, until it expires, if it does; `None` removes
    /// it.
    pub fn set_speed_limit(&mut self, limit: Option<SpeedLimit>, expires: Option<Stamp>) {
        self.speed_limit = limit.map(|limit| (limit, expires));
    }

    /// The speed limit in force at `now`, and the time at which it expires, if it does.
    pub fn speed_limit(&self, now: Stamp) -> Option<(SpeedLimit, Option<Stamp>)> {
        self.speed_limit
            .filter(|(_, expires)| expires.is_none_or(|expires| now < expires))
    }

    /// Makes every command zero while a stop is demanded.
    pub fn demand_stop(&mut self, demand: Option<StopDemand>) {
        self.stop_demand = demand;
    }

    /// Replaces the record of the last sent command, for a command that was overridden before it
    /// reached the wheels.
    pub fn set_sent(&mut self, stamp: Stamp, command: Twist) {
        self.sent = Some(Stamped {
            stamp,
            value: command,
        });
    }

    /// Processes one sensor message.
    pub fn observe(&mut self, event: &Stamped<SensorEvent>) -> Result<(), SensorError> {
        if let SensorEvent::Scan {
            base_from_lidar,
            scan,
        } = &self.monitor_filter.filter(event).value
        {
            self.monitor.observe(event.stamp, *base_from_lidar, scan);
        }
        let event = self.scan_filter.filter(event);
        self.mapper.observe(event)
    }

    /// Computes the command of this tick. Without a goal the robot brakes.
    pub fn act(&mut self, now: Stamp) -> &Action {
        self.mapper.refresh(&mut self.snapshot);
        let in_force = self.sent.map_or(Twist::ZERO, |sent| sent.value);
        let motion = self.motion.observe(now, &mut self.snapshot, in_force);
        let (behavior, goal) = self.navigator.decide(now, &self.snapshot, &self.action);
        let speed_limits = self
            .speed_limit(now)
            .map_or_else(SpeedBounds::default, |(limit, _)| {
                limit.bounds(&self.limits)
            });
        let observation = Observation {
            now,
            snapshot: &self.snapshot,
            goal,
            path: self.navigator.route(),
            behavior,
            speed_limits,
            sent: self.sent,
            motion,
        };
        // a guarded policy replaces every failure by a braking command
        let _ = self.policy.act(&observation, &mut self.action);
        self.finish(now);
        &self.action
    }

    /// Applies the monitor and demanded stops, and records the command that is sent.
    fn finish(&mut self, now: Stamp) {
        let action = &mut self.action;
        let measured = self.snapshot.velocity;
        action.command = self.monitor.limit(now, action.command, measured);
        let is_free = matches!(action.intervention, None | Some(Intervention::Limited));
        let monitored = self.monitor.finding().filter(|_| is_free);
        if self.stop_demand.is_some() {
            action.command = Twist::ZERO;
        }
        let stopped = self.stop_demand.map(Finding::Stop);
        if let Some(finding) = stopped.or(monitored.map(Finding::Monitor)) {
            action.intervention = Some(finding.intervention());
            action.finding = Some(finding);
        }
        let value = action.command;
        self.sent = Some(Stamped { stamp: now, value });
        self.status = self.navigator.conclude(&self.action, self.stop_demand);
    }

    /// Map, pose, velocity and tracks as of the last decision.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The voxel columns below the map, as of the last decision; `None` when the settings disable
    /// them.
    pub fn volume(&self) -> Option<&VolumeGrid> {
        self.mapper.volume()
    }

    /// The remaining path that the robot follows, odometry frame; empty when there is none.
    pub fn route(&self) -> &[Point2] {
        self.navigator.route()
    }

    /// Navigation settings, with the goal tolerances of goals that give none of their own.
    pub fn navigation(&self) -> &NavigationSettings {
        self.navigator.settings()
    }

    /// Navigation status with respect to the goal, as of the last decision.
    pub fn status(&self) -> &NavigationStatus {
        &self.status
    }

    /// The last action: command, plan, and interventions of the guard.
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// The learned cost of the last action, for a policy that has one.
    pub fn learned(&self) -> Option<&LearnedCost> {
        self.policy.learned()
    }

    /// The monitor after the guard, with its effect on the last command.
    pub fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// The set of checks between the policy and the wheels.
    pub fn mode(&self) -> GuardMode {
        self.mode
    }

    /// Name of the policy.
    pub fn policy_name(&self) -> &str {
        self.policy.name()
    }
}
