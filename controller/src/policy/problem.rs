//! The optimal control problem of an observation.

use nalgebra::SVector;
use perception::{DistanceField, Footprint, Point2, Pose2, SettingsError, Twist};

use super::{MpcSettings, Observation};
use crate::cost::{
    BaseObjective, CostSettings, FootprintDiscs, LearnedCost, LearnedTerm, MoverTerm, PaceSettings,
    Reference, WithLearned,
};
use crate::limits::Limits;
use crate::mpc::{Aim, Bounds, SteeringLimits, Unicycle, UnicycleWithMemory};

/// The optimal control problem without the distance field, which remains in the observation.
#[derive(Debug)]
pub(super) struct PlanProblem {
    limits: Limits,
    /// Limits under the speed bounds of the tick.
    bounded: Limits,
    cost: CostSettings,
    pace: PaceSettings,
    discs: FootprintDiscs,
    movers: MoverTerm,
    dt_s: f64,
    latency_s: f64,
    horizon: usize,
    reference: Reference,
    learned: LearnedTerm,
    /// The learned term is part of the cost.
    is_learned: bool,
    end_yaw: (f64, f64),
    pub bounds: Bounds<7, 2>,
    pub dynamics: UnicycleWithMemory,
    pub x0: SVector<f64, 7>,
}

impl PlanProblem {
    pub fn new(
        footprint: &Footprint,
        limits: Limits,
        cost: CostSettings,
        pace: PaceSettings,
        settings: &MpcSettings,
    ) -> Result<Self, SettingsError> {
        limits.validate()?;
        cost.validate()?;
        pace.validate()?;
        settings.validate()?;
        Ok(Self {
            discs: FootprintDiscs::cover(footprint, cost.footprint_discs),
            bounded: limits,
            limits,
            pace,
            movers: MoverTerm::new(cost.movers),
            dt_s: settings.dt_s,
            latency_s: settings.latency_s,
            horizon: settings.horizon,
            cost,
            reference: Reference::default(),
            learned: LearnedTerm::default(),
            is_learned: false,
            end_yaw: (0.0, 0.0),
            bounds: Bounds::constant(settings.horizon, [SVector::zeros(); 2], free()),
            dynamics: UnicycleWithMemory(Unicycle {
                dt_s: settings.dt_s,
            }),
            x0: SVector::zeros(),
        })
    }

    /// Sets up the problem for an initial pose and velocity; the last input is `memory`.
    pub fn pose(
        &mut self,
        observation: &Observation<'_>,
        base: Pose2,
        velocity: Twist,
        memory: SVector<f64, 2>,
        learned: Option<&LearnedCost>,
    ) {
        self.bounded = observation.speed_limits.within(&self.limits);
        if observation.path.len() < 2 {
            self.reference.hold(observation.goal.position, self.horizon);
        } else {
            self.reference.follow(
                observation.path,
                base.position(),
                velocity.linear,
                observation.snapshot.static_field(),
                &self.bounded,
                &self.pace,
                self.dt_s,
                self.horizon,
            );
        }
        if let Some(learned) = learned {
            self.learned.set(learned, self.horizon, self.dt_s);
        }
        self.is_learned = learned.is_some() && !self.learned.is_zero();
        let snapshot = observation.snapshot;
        let ahead_s = observation.now.secs_since(snapshot.stamp) + self.latency_s;
        (self.movers).set(
            &snapshot.tracks,
            base.position(),
            ahead_s,
            self.horizon,
            self.dt_s,
        );
        self.bound(velocity);
        self.end_yaw = self.end_yaw(observation, base);
        self.x0 = SVector::from([
            base.x,
            base.y,
            base.yaw,
            velocity.linear,
            velocity.angular,
            memory[0],
            memory[1],
        ]);
    }

    /// The objective with the obstacles of `field`.
    pub fn objective<'a>(&'a self, field: &'a DistanceField) -> WithLearned<'a, BaseObjective<'a>> {
        WithLearned {
            base: BaseObjective {
                settings: &self.cost,
                discs: &self.discs,
                field,
                slack_m: field.slack_m(),
                reference: &self.reference.points,
                movers: &self.movers,
                end_yaw: Some(self.end_yaw),
                dt_s: self.dt_s,
                deceleration_mps2: self.limits.deceleration_max_mps2,
            },
            learned: self.is_learned.then_some(&self.learned),
        }
    }

    /// The learned term, also if it is not part of the cost.
    pub fn learned(&self) -> &LearnedTerm {
        &self.learned
    }

    /// Target of the steering law: the end of the reference.
    pub fn aim(&self) -> Aim {
        let end = self.reference.points[self.horizon];
        Aim {
            dt_s: self.dt_s,
            goal: [end.x, end.y],
            limits: SteeringLimits {
                v_max: self.bounded.speed_max_mps,
                omega_max: self.limits.turn_rate_max_radps,
                deceleration: self.limits.deceleration_max_mps2,
            },
        }
    }

    /// Reference positions of the learned cost at the middle and the end of the horizon; `None`
    /// without one.
    pub fn learned_waypoints(&self) -> Option<[[f64; 2]; 2]> {
        let at = |k| {
            let Point2 { coords, .. } = self.learned.position(k);
            [coords.x, coords.y]
        };
        self.is_learned
            .then(|| [at(self.horizon / 2), at(self.horizon)])
    }

    /// Sets the bounds around the measured velocity: a robot beyond its limits returns at its
    /// maximum acceleration, so that the problem stays feasible.
    fn bound(&mut self, velocity: Twist) {
        let limits = &self.bounded;
        let input_hi = SVector::<f64, 2>::new(
            limits.acceleration_max_mps2,
            limits.turn_acceleration_max_radps2,
        );
        let input_lo = SVector::<f64, 2>::new(
            -limits.deceleration_max_mps2,
            -limits.turn_acceleration_max_radps2,
        );
        self.bounds.inputs.fill([input_lo, input_hi]);
        for (k, [lo, hi]) in self.bounds.states.iter_mut().enumerate() {
            let elapsed = k as f64 * self.dt_s;
            let brake = limits.deceleration_max_mps2 * elapsed;
            let turn = limits.turn_acceleration_max_radps2 * elapsed;
            let gain = limits.acceleration_max_mps2 * elapsed;
            hi[3] = limits.speed_max_mps.max(velocity.linear - brake);
            lo[3] = -limits.reverse_speed_max_mps.max(-velocity.linear - gain);
            hi[4] = limits.turn_rate_max_radps.max(velocity.angular - turn);
            lo[4] = -limits.turn_rate_max_radps.max(-velocity.angular - turn);
        }
    }

    /// Terminal heading and its weight: near the goal the goal's own heading if prescribed, else
    /// the heading toward the end of the reference, faded out with decreasing distance.
    fn end_yaw(&self, observation: &Observation<'_>, base: Pose2) -> (f64, f64) {
        let to_goal = (observation.goal.position - base.position()).norm();
        let nearness = 1.0 - to_goal / self.cost.goal_yaw_range_m;
        if let Some(yaw) = observation.goal.yaw
            && nearness > 0.0
        {
            return (yaw, self.cost.goal_yaw_weight * nearness);
        }
        let ahead = self.reference.points[self.horizon] - base.position();
        let weight = self.cost.heading_weight * ahead.norm().min(1.0);
        (ahead.y.atan2(ahead.x), weight)
    }
}

/// State bounds of minus and plus infinity.
fn free() -> [SVector<f64, 7>; 2] {
    [
        SVector::repeat(f64::NEG_INFINITY),
        SVector::repeat(f64::INFINITY),
    ]
}
