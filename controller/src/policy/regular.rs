//! Regular MPC: the hand-engineered cost and nothing learned.

use nalgebra::SVector;
use perception::{Footprint, Pose2, SettingsError, Snapshot, Twist, wrap_angle};

use super::{Action, LqBackend, MpcSettings, Observation, Policy, PolicyError, SolveStatus};
use crate::cost::{BaseObjective, CostSettings, FootprintDiscs, PaceSettings, Reference};
use crate::limits::Limits;
use crate::mpc::lq::{LqSolver, Osqp, Riccati};
use crate::mpc::{
    Aim, Bounds, MultiStart, Ocp, Solution, Sqp, SteeringLimits, Unicycle, UnicycleWithMemory,
    rollout, steer,
};

/// The policy and its memory: the last plan.
pub struct RegularMpc {
    settings: MpcSettings,
    limits: Limits,
    cost: CostSettings,
    pace: PaceSettings,
    discs: FootprintDiscs,
    reference: Reference,
    bounds: Bounds<7, 2>,
    sqp: Sqp<7, 2>,
    solver: Box<dyn LqSolver<7, 2>>,
    multi_start: MultiStart<7>,
    solution: Solution<7, 2>,
    /// A plan made by steering, to compare the shifted one with.
    steered: Vec<SVector<f64, 2>>,
    rollout: Vec<SVector<f64, 7>>,
    is_warm: bool,
    /// Time of the last plan's first knot, s after the epoch of the observations.
    plan_start_s: f64,
}

impl RegularMpc {
    /// A policy without a past.
    pub fn new(
        footprint: &Footprint,
        limits: Limits,
        cost: CostSettings,
        pace: PaceSettings,
        settings: MpcSettings,
    ) -> Result<Self, SettingsError> {
        limits.validate()?;
        cost.validate()?;
        pace.validate()?;
        settings.validate()?;
        let mut solution = Solution::default();
        solution.resize(settings.horizon);
        Ok(Self {
            discs: FootprintDiscs::cover(footprint, cost.footprint_discs),
            reference: Reference::default(),
            bounds: Bounds::constant(settings.horizon, [SVector::zeros(); 2], free()),
            sqp: Sqp::new(settings.sqp),
            solver: match settings.backend {
                LqBackend::Riccati => Box::new(Riccati::new(settings.riccati)),
                LqBackend::Osqp => Box::new(Osqp::new(settings.osqp)),
            },
            multi_start: MultiStart::new(settings.multi_start.clone()),
            solution,
            steered: vec![SVector::zeros(); settings.horizon],
            rollout: vec![SVector::zeros(); settings.horizon + 1],
            is_warm: false,
            plan_start_s: 0.0,
            settings,
            limits,
            cost,
            pace,
        })
    }

    /// Where the robot will be, and how fast, when the command takes effect.
    fn predict(&self, snapshot: &Snapshot) -> (Pose2, Twist) {
        let velocity = snapshot.velocity;
        let moved = Pose2::exp(velocity, self.settings.latency_s);
        (snapshot.odom_from_base * moved, velocity)
    }

    /// Bounds about the measured velocity: outside its limits the robot must come back as fast as
    /// it can, and no faster is asked of it.
    fn bound(&mut self, velocity: Twist) {
        let limits = &self.limits;
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
            let elapsed = k as f64 * self.settings.dt_s;
            let brake = limits.deceleration_max_mps2 * elapsed;
            let turn = limits.turn_acceleration_max_radps2 * elapsed;
            let gain = limits.acceleration_max_mps2 * elapsed;
            hi[3] = limits.speed_max_mps.max(velocity.linear - brake);
            lo[3] = -limits.reverse_speed_max_mps.max(-velocity.linear - gain);
            hi[4] = limits.turn_rate_max_radps.max(velocity.angular - turn);
            lo[4] = -limits.turn_rate_max_radps.max(-velocity.angular - turn);
        }
    }

    fn aim(&self) -> Aim {
        let end = self.reference.points[self.settings.horizon];
        Aim {
            dt_s: self.settings.dt_s,
            goal: [end.x, end.y],
            limits: SteeringLimits {
                v_max: self.limits.speed_max_mps,
                omega_max: self.limits.turn_rate_max_radps,
                deceleration: self.limits.deceleration_max_mps2,
            },
        }
    }

    /// Moves the last plan on to the time of the new one; whole steps only, the rest is for the
    /// solver.
    fn shift_plan(&mut self, start_s: f64) {
        let steps = ((start_s - self.plan_start_s) / self.settings.dt_s).round();
        if steps < 0.0 || steps > self.settings.horizon as f64 {
            self.is_warm = false;
            return;
        }
        for _ in 0..steps as usize {
            self.solution.shift();
        }
        self.plan_start_s += steps * self.settings.dt_s;
    }

    /// The heading to end with and its weight: the goal's own near the goal when it has one, else
    /// the one toward the end of the reference, fading out as that comes near.
    fn end_yaw(&self, observation: &Observation<'_>, base: Pose2) -> (f64, f64) {
        let to_goal = (observation.goal.position - base.position()).norm();
        let nearness = 1.0 - to_goal / self.cost.goal_yaw_range_m;
        if let Some(yaw) = observation.goal.yaw
            && nearness > 0.0
        {
            return (yaw, self.cost.goal_yaw_weight * nearness);
        }
        let ahead = self.reference.points[self.settings.horizon] - base.position();
        let weight = self.cost.heading_weight * ahead.norm().min(1.0);
        (ahead.y.atan2(ahead.x), weight)
    }

    fn solve(&mut self, observation: &Observation<'_>, base: Pose2, velocity: Twist) {
        let snapshot = observation.snapshot;
        let objective = BaseObjective {
            settings: &self.cost,
            discs: &self.discs,
            field: &snapshot.field,
            half_cell_m: 0.5 * snapshot.grid.frame().resolution_m,
            reference: &self.reference.points,
            end_yaw: Some(self.end_yaw(observation, base)),
            dt_s: self.settings.dt_s,
            deceleration_mps2: self.limits.deceleration_max_mps2,
        };
        let dynamics = UnicycleWithMemory(Unicycle {
            dt_s: self.settings.dt_s,
        });
        let last = if self.is_warm {
            self.solution.u[0]
        } else {
            SVector::zeros()
        };
        let ocp = Ocp {
            dynamics: &dynamics,
            objective: &objective,
            bounds: &self.bounds,
            x0: SVector::<f64, 7>::from([
                base.x,
                base.y,
                base.yaw,
                velocity.linear,
                velocity.angular,
                last[0],
                last[1],
            ]),
        };
        let aim = self.aim();
        let solver = self.solver.as_mut();
        if self.is_warm {
            steer(&aim, &ocp.x0, &[aim.goal], ocp.bounds, &mut self.steered);
            let steered = rollout(&ocp, &self.steered, &mut self.rollout);
            if steered < rollout(&ocp, &self.solution.u, &mut self.rollout) {
                self.solution.resize(self.settings.horizon);
                self.solution.u.copy_from_slice(&self.steered);
            }
            self.sqp.solve(&ocp, solver, &mut self.solution);
        } else {
            self.solution.resize(self.settings.horizon);
            self.solution.u.fill(SVector::zeros());
            self.multi_start
                .solve(&ocp, &mut self.sqp, solver, &aim, &mut self.solution);
        }
        self.is_warm = matches!(
            self.solution.status,
            SolveStatus::Solved | SolveStatus::MaxIterations
        );
    }

    /// The plan's velocity at `time_s` after its start.
    fn velocity_at(&self, time_s: f64) -> Twist {
        let knot = time_s / self.settings.dt_s;
        let k = (knot as usize).min(self.settings.horizon - 1);
        let share = (knot - k as f64).min(1.0);
        let (before, after) = (&self.solution.x[k], &self.solution.x[k + 1]);
        Twist::new(
            before[3] + share * (after[3] - before[3]),
            before[4] + share * (after[4] - before[4]),
        )
    }

    fn report(&self, action: &mut Action) {
        action.status = self.solution.status;
        action.plan.dt_s = self.settings.dt_s;
        action.plan.states.clear();
        action.plan.states.extend(
            self.solution
                .x
                .iter()
                .map(|x| [x[0], x[1], wrap_angle(x[2]), x[3], x[4]]),
        );
        action.plan.inputs.clear();
        action
            .plan
            .inputs
            .extend(self.solution.u.iter().map(|u| [u[0], u[1]]));
    }
}

/// No bounds on any state.
fn free() -> [SVector<f64, 7>; 2] {
    [
        SVector::repeat(f64::NEG_INFINITY),
        SVector::repeat(f64::INFINITY),
    ]
}

impl Policy for RegularMpc {
    fn name(&self) -> &'static str {
        "regular"
    }

    fn reset(&mut self) {
        self.is_warm = false;
        self.solution.resize(self.settings.horizon);
    }

    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        let (base, velocity) = self.predict(observation.snapshot);
        if !base.is_finite() || !velocity.is_finite() {
            return Err(PolicyError::NotFinite {
                what: "the measured state",
            });
        }
        if !observation
            .goal
            .position
            .coords
            .iter()
            .all(|c| c.is_finite())
        {
            return Err(PolicyError::NotFinite { what: "the goal" });
        }
        let horizon = self.settings.horizon;
        if observation.path.len() < 2 {
            self.reference.hold(observation.goal.position, horizon);
        } else {
            self.reference.follow(
                observation.path,
                base.position(),
                velocity.linear,
                &observation.snapshot.field,
                &self.limits,
                &self.pace,
                self.settings.dt_s,
                horizon,
            );
        }
        self.bound(velocity);
        let start_s = observation.now.as_secs() + self.settings.latency_s;
        if self.is_warm {
            self.shift_plan(start_s);
        }
        if !self.is_warm {
            self.plan_start_s = start_s;
        }
        self.solve(observation, base, velocity);
        self.report(action);
        action.command = if self.is_warm {
            self.velocity_at(self.settings.lead_s)
        } else {
            Twist::ZERO
        };
        Ok(())
    }
}
