//! The navigator: state of the navigation to one goal.

use perception::{Point2, SettingsError, Snapshot, Stamp};

use super::arrival::{Arrival, Phase};
use super::followed_path::FollowedPath;
use super::make_room::MakeRoom;
use super::progress_checker::{ProgressChecker, Verdict};
use super::spin::Spin;
use super::{Behavior, NavigationSettings, NavigationStatus};
use crate::guard::{Finding, Outline};
use crate::limits::Limits;
use crate::policy::{Action, Goal, Intervention};
use crate::settings::ControllerSettings;
use crate::stop_demand::StopDemand;

/// Clearance beyond the circumscribed circle that a turn on the spot needs, m.
const SPIN_MARGIN_M: f64 = 0.03;
/// Displacement, m and rad, below which a goal remains the same: `map` frame corrections shift it.
const SAME_GOAL_M: f64 = 0.05;
const SAME_GOAL_RAD: f64 = 0.05;
/// Maximum distance, m, and minimum speed, m/s, of moving objects for which the robot waits.
const WAIT_FOR_M: f64 = 4.0;
const WAIT_FOR_MPS: f64 = 0.2;
/// Maximum speed of a waiting robot, m/s.
const WAITING_MPS: f64 = 0.1;
/// Change of the remaining path at which a blocked robot tries again, m.
const OPENED_M: f64 = 0.5;

/// Navigation to one goal: path, progress, arrival, and stuck detection.
pub(crate) struct Navigator {
    settings: NavigationSettings,
    limits: Limits,
    /// Clearance of the base that a turn on the spot needs, m.
    turning_m: f64,
    goal: Option<Goal>,
    path: FollowedPath,
    arrival: Arrival,
    spin: Spin,
    make_room: MakeRoom,
    checker: ProgressChecker,
    /// Remaining path when the robot gave up, m, and whether there was a route.
    gave_up: Option<(f64, bool)>,
    /// Last finding of the guard, reported when the robot is blocked.
    finding: Option<Finding>,
    status: NavigationStatus,
}

impl Navigator {
    pub(crate) fn new(settings: &ControllerSettings) -> Result<Self, SettingsError> {
        settings.navigation.validate()?;
        let turning_m = settings.footprint.circumscribed_radius_m() + SPIN_MARGIN_M;
        Ok(Self {
            settings: settings.navigation,
            limits: settings.limits,
            turning_m,
            path: FollowedPath::new(
                settings.planning,
                settings.route.of_footprint(&settings.footprint),
            )?,
            goal: None,
            arrival: Arrival::default(),
            spin: Spin::default(),
            make_room: MakeRoom::new(
                Outline::new(&settings.footprint),
                &settings.guard,
                turning_m,
            ),
            checker: ProgressChecker::new(settings.navigation),
            gave_up: None,
            finding: None,
            status: NavigationStatus::Idle,
        })
    }

    /// Clears goal, path and history.
    pub(crate) fn reset(&mut self) {
        self.path.forget_map();
        self.stop();
    }

    /// Clears the map on which routes were planned.
    pub(crate) fn clear_map(&mut self) {
        self.path.forget_map();
    }

    /// Clears goal and path.
    pub(crate) fn stop(&mut self) {
        self.goal = None;
        self.path.clear();
        self.begin();
        self.status = NavigationStatus::Idle;
    }

    /// Starts the navigation to a new goal.
    fn begin(&mut self) {
        self.arrival = Arrival::default();
        self.spin = Spin::default();
        self.spin.arm();
        self.make_room.begin();
        self.checker.reset();
        self.path.begin();
        (self.gave_up, self.finding) = (None, None);
    }

    pub(crate) fn set_goal(&mut self, goal: Goal) {
        let is_same = self.goal.is_some_and(|last| {
            let yaw = |goal: &Goal| goal.yaw.unwrap_or(0.0);
            (last.position - goal.position).norm() <= SAME_GOAL_M
                && last.yaw.is_some() == goal.yaw.is_some()
                && perception::wrap_angle(yaw(&last) - yaw(&goal)).abs() <= SAME_GOAL_RAD
        });
        if !is_same {
            self.begin();
        }
        self.goal = Some(goal);
    }

    pub(crate) fn set_path(&mut self, path: &[Point2]) {
        self.path.set_given(path);
    }

    pub(crate) fn settings(&self) -> &NavigationSettings {
        &self.settings
    }

    pub(crate) fn route(&self) -> &[Point2] {
        self.path.ahead()
    }

    /// The status after a decision: stops and degraded inputs take precedence over the progress of
    /// navigation.
    pub(crate) fn conclude(&self, action: &Action, stop: Option<StopDemand>) -> NavigationStatus {
        if let Some(demand) = stop {
            return NavigationStatus::Stopped(demand);
        }
        match (action.intervention, action.finding) {
            _ if self.goal.is_none() => NavigationStatus::Idle,
            (
                Some(Intervention::Stale | Intervention::Sensor | Intervention::Odometry),
                Some(finding),
            ) => NavigationStatus::Stale(finding),
            (None, Some(finding)) if self.status == NavigationStatus::Driving => {
                NavigationStatus::Degraded(finding)
            }
            _ => self.status,
        }
    }

    /// The behavior at this tick and the goal for the policy. `last` is the action of the previous
    /// tick.
    pub(crate) fn decide(
        &mut self,
        now: Stamp,
        snapshot: &Snapshot,
        last: &Action,
    ) -> (Behavior, Goal) {
        let Some(goal) = self.goal else {
            self.status = NavigationStatus::Idle;
            return (Behavior::Rest, Goal::NONE);
        };
        if self.path.update(now, snapshot, goal) {
            self.spin.arm_at_corner();
        }
        if !self.settings.enabled {
            self.status = NavigationStatus::Driving;
            return (Behavior::FollowPath, goal);
        }
        let base = snapshot.odom_from_base;
        let left_m = self.path.left_m(base.position(), goal);
        let phase = (self.arrival).look(now, base, snapshot.velocity, &goal, left_m, &self.limits);
        let behavior = match phase {
            Phase::Arrived => {
                self.status = NavigationStatus::Arrived;
                return (Behavior::Rest, goal);
            }
            Phase::Turn(yaw) if self.spin.goes_on(now, snapshot.velocity) => Behavior::Spin { yaw },
            Phase::Turn(_) => Behavior::FollowPath,
            Phase::Approach if self.path.ends_here(now, base.position()) => Behavior::Rest,
            Phase::Approach => self.approach(now, snapshot, goal, left_m),
        };
        let verdict = self.judge(now, snapshot, last, left_m);
        let behavior = match verdict {
            Verdict::Rest(_) => Behavior::Rest,
            Verdict::Drive(_) => behavior,
        };
        self.status = self.describe(snapshot, last, goal, behavior, verdict);
        let yaw = goal.yaw.filter(|_| {
            let turns_there = self.has_room(snapshot, goal.position);
            !turns_there || matches!(phase, Phase::Turn(_))
        });
        (behavior, Goal { yaw, ..goal })
    }

    /// Follows the path, after a turn on the spot if the path does not begin ahead.
    fn approach(&mut self, now: Stamp, snapshot: &Snapshot, goal: Goal, left_m: f64) -> Behavior {
        let base = snapshot.odom_from_base;
        let is_near = left_m <= self.settings.near_m
            && (goal.position - base.position()).norm() <= self.settings.near_m;
        let target = if is_near {
            goal.position
        } else {
            self.path
                .lookahead(base.position())
                .unwrap_or(goal.position)
        };
        if !is_near {
            self.spin.leave();
        } else if !self.spin.is_paused(now)
            && let Some(behavior) =
                (self.spin).dock(now, base, snapshot.velocity, target, &self.settings)
        {
            return behavior;
        }
        if !self.has_room(snapshot, base.position()) {
            self.spin.end();
            let is_wanted = self.spin.is_wanted(base, target, &self.settings);
            let behavior = (is_wanted || self.make_room.is_demanded())
                .then(|| self.make_room.decide(now, snapshot))
                .flatten();
            return behavior.unwrap_or(Behavior::FollowPath);
        }
        self.make_room.end();
        self.spin
            .toward(now, base, snapshot.velocity, target, &self.settings)
            .map_or(Behavior::FollowPath, |yaw| Behavior::Spin { yaw })
    }

    /// True when the map has room for a turn on the spot at `position`.
    fn has_room(&self, snapshot: &Snapshot, position: Point2) -> bool {
        let clearance_m = snapshot.field.sample(position).distance_m - snapshot.field.slack_m();
        clearance_m >= self.turning_m
    }

    /// The verdict of the progress checker on this tick.
    fn judge(&mut self, now: Stamp, snapshot: &Snapshot, last: &Action, left_m: f64) -> Verdict {
        let position = snapshot.odom_from_base.position();
        let has_route = self.path.leads_to_goal();
        if let Some((then_m, had_route)) = self.gave_up {
            let has_opened = has_route && (!had_route || (left_m - then_m).abs() > OPENED_M);
            if has_opened {
                self.checker.resume();
            }
        }
        let is_held = matches!(
            last.intervention,
            Some(
                Intervention::Stale
                    | Intervention::Sensor
                    | Intervention::Odometry
                    | Intervention::ProtectiveField
                    | Intervention::EmergencyStop
            )
        );
        if matches!(last.finding, Some(finding) if finding.intervention() == Intervention::Obstacle)
        {
            self.finding = last.finding;
        }
        let waits = mover_near(snapshot).is_some();
        let verdict = (self.checker).look(now, position, left_m, has_route, waits || is_held);
        if let Verdict::Drive(attempt) = verdict
            && attempt > 0
            && self.gave_up.is_some()
        {
            self.make_room.demand();
        }
        self.gave_up = match verdict {
            Verdict::Rest(_) => Some(self.gave_up.unwrap_or((left_m, has_route))),
            Verdict::Drive(_) => None,
        };
        verdict
    }

    fn describe(
        &self,
        snapshot: &Snapshot,
        last: &Action,
        goal: Goal,
        behavior: Behavior,
        verdict: Verdict,
    ) -> NavigationStatus {
        match (verdict, behavior) {
            (Verdict::Rest(_), _) if !self.path.leads_to_goal() => NavigationStatus::NoRoute {
                goal: goal.position,
            },
            (Verdict::Rest(attempts), _) => NavigationStatus::Blocked {
                at: snapshot.odom_from_base.position(),
                attempts,
                by: self.finding,
            },
            (_, Behavior::Spin { .. } | Behavior::Arc { .. }) => NavigationStatus::Turning,
            (Verdict::Drive(attempt), _) => {
                let stands = last.command.linear.abs() <= WAITING_MPS;
                match mover_near(snapshot).filter(|_| stands) {
                    Some((track, at)) => NavigationStatus::Waiting { track, at },
                    None if attempt > 0 => NavigationStatus::Recovering {
                        attempt,
                        of: self.settings.retries,
                    },
                    None => NavigationStatus::Driving,
                }
            }
        }
    }
}

/// The nearest moving object near a robot at rest: its track and position.
fn mover_near(snapshot: &Snapshot) -> Option<(u64, Point2)> {
    if snapshot.velocity.linear.abs() > WAITING_MPS {
        return None;
    }
    let position = snapshot.odom_from_base.position();
    let near = snapshot.tracks.iter().filter(|track| {
        track.moves(WAIT_FOR_MPS) && (track.position - position).norm() <= WAIT_FOR_M
    });
    let off = |point: Point2| (point - position).norm();
    near.min_by(|a, b| off(a.position).total_cmp(&off(b.position)))
        .map(|track| (track.id, track.position))
}
