//! A policy whose commands pass every check of the guard.

use perception::{Footprint, SettingsError, Stamped, Twist};

use super::alternatives::{ESCAPES, Escape, escapes, slower};
use super::braking::Brakes;
use super::clearance::Clearance;
use super::evasion::Evasion;
use super::finding::{Finding, MotionFault};
use super::passive::Among;
use super::pending::Sent;
use super::sight::Sight;
use super::tick::Tick;
use super::{GuardSettings, Outline};
use crate::cost::{FootprintDiscs, LearnedCost};
use crate::limits::Limits;
use crate::policy::{Action, Observation, Plan, Policy, PolicyError, SolveStatus};
use crate::speed_limit::SpeedBounds;

/// Assumed period of the first command after a start, s.
const FIRST_PERIOD_S: f64 = 0.05;
/// Time for which an escape must stay clear, s.
const ESCAPE_PERIOD_S: f64 = 0.4;
/// Margin beyond the stopping distance within which surfaces are collected, m.
const BEYOND_M: f64 = 0.15;
/// Scales of the reverse speed limit that are tried on the ground behind the robot.
const REVERSE_SCALES: [f64; 3] = [1.0, 0.5, 0.25];
/// Reverse speed limit of the planner if the ground behind the robot is unobserved, m/s; above
/// zero, so that the arc of a turn is kept.
const CREEP_MPS: f64 = 0.01;

/// A policy whose commands the guard checks: limits, plausible sensor data, and a safe stop after
/// every command.
#[derive(Debug)]
pub struct Guarded<P> {
    policy: P,
    settings: GuardSettings,
    limits: Limits,
    discs: FootprintDiscs,
    outline: Outline,
    clearance: Clearance,
    sight: Sight,
    escape: Escape,
    evasion: Evasion,
    sent: Sent,
    /// The last command, for observations without the sent command.
    last: Option<Stamped<Twist>>,
    /// Time of the first tick with valid data, s.
    first_data_s: Option<f64>,
}

impl<P: Policy> Guarded<P> {
    /// Guards a policy.
    pub fn new(
        policy: P,
        footprint: &Footprint,
        limits: Limits,
        settings: GuardSettings,
    ) -> Result<Self, SettingsError> {
        limits.validate()?;
        settings.validate()?;
        let outline = Outline::new(footprint);
        Ok(Self {
            policy,
            discs: FootprintDiscs::cover(footprint, settings.footprint_discs),
            clearance: Clearance::new(&outline),
            outline,
            sight: Sight::new(settings.sight),
            escape: Escape::default(),
            evasion: Evasion::new(),
            sent: Sent::new(),
            settings,
            limits,
            last: None,
            first_data_s: None,
        })
    }

    /// The policy behind the guard.
    pub fn policy(&self) -> &P {
        &self.policy
    }

    fn tick<'a>(&mut self, seen: &'a Observation<'a>) -> Tick<'a> {
        let measured = seen.snapshot.velocity;
        let sent = seen.sent.or(self.last);
        let (last, elapsed_s) =
            sent.map_or((self.limits.clamped(measured), FIRST_PERIOD_S), |sent| {
                let elapsed_s = seen.now.secs_since(sent.stamp);
                (sent.value, elapsed_s.clamp(0.0, self.settings.period_max_s))
            });
        if let Some(sent) = sent {
            self.sent.note(sent);
        }
        let latency_s = self.settings.latency_s.max(seen.motion.latency_s);
        let configured = self.limits.deceleration_max_mps2;
        let assumed = self.settings.braking_share * configured;
        Tick {
            seen,
            last,
            elapsed_s,
            current: Tick::faster(measured, last),
            brakes: Brakes {
                latency_s,
                period_s: elapsed_s.max(FIRST_PERIOD_S),
                deceleration_mps2: seen
                    .motion
                    .deceleration_mps2
                    .map_or(assumed, |observed| observed.min(assumed)),
                turn_deceleration_radps2: self.settings.braking_share
                    * self.limits.turn_acceleration_max_radps2,
            },
            pending: self.sent.pending(seen.now, latency_s),
        }
    }

    /// The check that a command fails; `None` if it passes every check.
    fn forbids(&mut self, tick: &Tick<'_>, command: Twist) -> Option<Finding> {
        let snapshot = tick.seen.snapshot;
        let now_s = tick.seen.now.as_secs();
        let awake_s = self.first_data_s.map_or(0.0, |first_s| now_s - first_s);
        let gains_speed = command.linear.abs() > tick.last.linear.abs();
        if gains_speed && self.settings.passive.looks(snapshot, awake_s) {
            return Some(Finding::Looking);
        }
        let (base, after) = (snapshot.odom_from_base, tick.after(command));
        let late = tick.after_late(command);
        (self.clearance.obstructs(&self.outline, base, after))
            .or_else(|| (self.clearance).obstructs(&self.outline, base, late?))
            .or_else(|| (self.sight).leaves(&self.outline, snapshot, tick.seen.now, after))
            .or_else(|| {
                let among = Among::new(tick, &self.discs);
                (self.settings.passive).touched(&among, after, tick.stop())
            })
    }

    /// True when the policy's plan is safer among moving objects than braking; the guard follows it
    /// from now on.
    fn evades(&mut self, tick: &Tick<'_>, command: Twist, plan: &Plan) -> bool {
        let among = Among::new(tick, &self.discs);
        (self.evasion).begins(&self.settings.passive, &among, tick, command, plan)
    }

    /// The next command of a plan that evades moving objects, while it remains safer than braking.
    fn evading(&mut self, tick: &Tick<'_>) -> Option<Twist> {
        let among = Among::new(tick, &self.discs);
        let passive = &self.settings.passive;
        let command = (self.evasion).goes_on(passive, &among, tick, &self.limits)?;
        let found = self.forbids(tick, command);
        found
            .is_none_or(|found| found.is_mover())
            .then_some(command)
    }

    /// The first alternative to a refused command that every check passes.
    fn alternative(&mut self, tick: &Tick<'_>, wanted: Twist, found: &Finding) -> Twist {
        let is_place = matches!(found, Finding::Obstacle { .. } | Finding::Unseen { .. });
        if tick.rests()
            && is_place
            && self.escape.is_due(tick.seen.now)
            && let Some(command) = self.best_escape(tick)
        {
            let base = tick.seen.snapshot.odom_from_base;
            self.escape.begin(tick.seen.now, base, command);
            return self.limits.within(command, tick.last, tick.elapsed_s);
        }
        let mut refused = wanted;
        for candidate in slower(wanted) {
            let command = self.limits.within(candidate, tick.last, tick.elapsed_s);
            if command == refused {
                continue;
            }
            if self.forbids(tick, command).is_none() {
                return command;
            }
            refused = command;
        }
        self.limits.brake(tick.last, tick.elapsed_s)
    }

    /// The next-best escape of those that pass every check, ranked by clearance: the first escape
    /// from a position is the best, the second the second best, and so on.
    fn best_escape(&mut self, tick: &Tick<'_>) -> Option<Twist> {
        let base = tick.seen.snapshot.odom_from_base;
        let longer = Tick {
            brakes: Brakes {
                period_s: ESCAPE_PERIOD_S,
                ..tick.brakes
            },
            ..*tick
        };
        let mut found = [(f64::NEG_INFINITY, Twist::ZERO); ESCAPES];
        let mut count = 0;
        for (slot, command) in found.iter_mut().zip(escapes()) {
            if self.forbids(&longer, command).is_none() {
                let after = longer.after(command);
                let rest_m = self.clearance.at_rest_m(&self.outline, base, after);
                *slot = (rest_m, command);
                count += 1;
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        (count > 0).then(|| found[self.escape.count() % count].1)
    }

    /// The command of the current escape, while it passes every check.
    fn escaping(&mut self, tick: &Tick<'_>) -> Option<Twist> {
        let wanted = self.escape.under_way(tick.seen.now)?;
        let command = self.limits.within(wanted, tick.last, tick.elapsed_s);
        if self.forbids(tick, command).is_none() {
            return Some(command);
        }
        self.escape.end();
        None
    }

    /// Speed bounds for a stop on observed ground at the current scan period.
    fn speed_bounds(&self, tick: &Tick<'_>) -> SpeedBounds {
        let snapshot = tick.seen.snapshot;
        let reverse_max = self.limits.reverse_speed_max_mps;
        let reverse_mps = REVERSE_SCALES
            .into_iter()
            .map(|scale| scale * reverse_max)
            .find(|speed| {
                let after = tick.after(Twist::new(-speed, 0.0));
                (self.sight)
                    .leaves(&self.outline, snapshot, tick.seen.now, after)
                    .is_none()
            });
        let slow = tick.brakes.speed_at_period_mps(snapshot.health.period_s());
        SpeedBounds {
            forward_mps: slow,
            reverse_mps: slow.min(reverse_mps.unwrap_or(CREEP_MPS)),
        }
    }

    /// The finding of a scan period that is too long for full speed.
    fn slowed(&self, tick: &Tick<'_>) -> Option<Finding> {
        let period_s = tick.seen.snapshot.health.period_s();
        let speed_mps = tick.brakes.speed_at_period_mps(period_s);
        (speed_mps < self.limits.speed_max_mps).then_some(Finding::ScanPeriod {
            period_s,
            speed_mps,
        })
    }

    /// Runs the policy; a finding if its command is not usable.
    fn ask(&mut self, tick: &Tick<'_>, action: &mut Action) -> Option<Finding> {
        action.status = SolveStatus::NotRun;
        let bounds = self.speed_bounds(tick);
        let bounded = Observation {
            speed_limits: tick.seen.speed_limits.tighter(bounds),
            ..*tick.seen
        };
        let is_usable = self.policy.act(&bounded, action).is_ok()
            && action.command.is_finite()
            && matches!(
                action.status,
                SolveStatus::Solved | SolveStatus::MaxIterations
            );
        (!is_usable).then_some(Finding::Policy {
            status: action.status,
        })
    }

    fn look(&mut self, tick: &Tick<'_>) {
        let snapshot = tick.seen.snapshot;
        if snapshot
            .health
            .odometry
            .is_some_and(|(found, _)| found == snapshot.stamp)
        {
            self.sight.reset();
            self.clearance.reset();
        }
        self.sight.look(&self.outline, snapshot, tick.seen.now);
        self.escape.look(tick.seen.now, snapshot.odom_from_base);
        let fastest = tick.current.linear.abs().max(self.limits.speed_max_mps);
        let stop_m = tick.brakes.stopping_distance_m(fastest);
        self.clearance.look(
            &self.outline,
            &snapshot.field,
            snapshot.odom_from_base,
            self.outline.radius_m() + stop_m + BEYOND_M,
            [
                self.settings.margin_m,
                self.settings.fused_margin_m,
                self.settings.padding_m,
            ],
        );
    }
}

impl<P: Policy> Policy for Guarded<P> {
    fn name(&self) -> &str {
        self.policy.name()
    }

    fn reset(&mut self) {
        self.policy.reset();
        self.clearance.reset();
        self.sight.reset();
        self.escape = Escape::default();
        self.evasion.end();
        self.sent.reset();
        self.last = None;
        self.first_data_s = None;
    }

    /// Never fails: a failure results in a braking command with its finding.
    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        let tick = self.tick(observation);
        (action.wanted, action.finding, action.intervention) = (Twist::ZERO, None, None);
        let blind = self.settings.blinds(observation.snapshot, observation.now);
        let motion = observation.motion.fault.filter(MotionFault::stops);
        if let Some(found) = blind.or(motion.map(Finding::Motion)) {
            action.status = SolveStatus::NotRun;
            self.brake(&tick, action, found);
            return Ok(());
        }
        self.first_data_s.get_or_insert(observation.now.as_secs());
        self.look(&tick);
        if let Some(found) = self.ask(&tick, action) {
            self.brake(&tick, action, found);
            return Ok(());
        }
        action.wanted = action.command;
        let within = self
            .limits
            .within(action.command, tick.last, tick.elapsed_s);
        let is_limited = (within.linear - action.command.linear).abs() > 1e-6
            || (within.angular - action.command.angular).abs() > 1e-6;
        let limited = is_limited.then_some(Finding::Limits {
            wanted: action.wanted,
        });
        let found = self.forbids(&tick, within);
        if found.as_ref().is_some_and(Finding::is_mover) && self.evades(&tick, within, &action.plan)
        {
            self.decide(&tick, action, within, limited);
            return Ok(());
        }
        if let Some(command) = self.escaping(&tick) {
            let found = found.unwrap_or(Finding::Recovery);
            self.decide(&tick, action, command, Some(found));
            return Ok(());
        }
        match found {
            None => {
                self.evasion.end();
                self.decide(&tick, action, within, limited);
            }
            Some(found) => {
                let command = if let Some(command) = self.evading(&tick) {
                    command
                } else {
                    self.evasion.end();
                    self.alternative(&tick, within, &found)
                };
                self.decide(&tick, action, command, Some(found));
            }
        }
        if action.finding.is_none() {
            let contradicted = observation.motion.fault.map(Finding::Motion);
            action.finding = contradicted.or_else(|| self.slowed(&tick));
        }
        Ok(())
    }

    fn learned(&self) -> Option<&LearnedCost> {
        self.policy.learned()
    }
}

impl<P> Guarded<P> {
    fn brake(&mut self, tick: &Tick<'_>, action: &mut Action, found: Finding) {
        let command = self.limits.brake(tick.last, tick.elapsed_s);
        self.decide(tick, action, command, Some(found));
    }

    fn decide(
        &mut self,
        tick: &Tick<'_>,
        action: &mut Action,
        command: Twist,
        found: Option<Finding>,
    ) {
        action.command = command;
        action.finding = found;
        action.intervention = found.as_ref().map(Finding::intervention);
        self.last = Some(Stamped {
            stamp: tick.seen.now,
            value: command,
        });
    }
}
