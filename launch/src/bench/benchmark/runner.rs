//! Solves the instances of the benchmark, cold and in closed loop, and times the solves only.

use std::time::Instant;

use controller::SolveStatus;
use controller::mpc::lq::{LqSolver, Osqp, OsqpSettings, Riccati, RiccatiSettings};
use controller::mpc::{
    Adjoint, Aim, Bounds, Dynamics as _, MultiStart, MultiStartSettings, Objective as _, Ocp,
    Solution, Sqp, SqpSettings, SteeringLimits, Unicycle, rollout,
};
use nalgebra::SVector;
use serde::Serialize;

use super::instance::{Instance, ProblemDefinition};
use super::objective::{CircleObjective, VelocityBounds};

/// Steps of the closed loop.
const LOOP_STEPS: usize = 100;
/// Distance from the goal at which the closed loop has arrived, m.
const REACHED_M: f64 = 0.3;

/// Solver of the linear-quadratic subproblems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Riccati, from several starts when cold.
    Riccati,
    /// OSQP, from the same starts.
    Osqp,
}

/// Options of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Knots.
    pub horizon: usize,
    /// Soft or hard velocity bounds.
    pub variant: VelocityBounds,
    /// Solver of the subproblem.
    pub method: Method,
    /// One start, the given one, instead of several.
    pub single_start: bool,
    /// One outer iteration per step of the closed loop.
    pub real_time_iteration: bool,
}

/// Result for one instance solved cold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColdAnswer {
    /// The instance.
    pub id: u32,
    /// Merit: the soft cost of the clipped controls, rolled out.
    #[serde(rename = "J")]
    pub merit: f64,
    /// Duration of the solve, ms.
    pub ms: f64,
    /// Outer iterations, over all starts.
    pub iters: u32,
    /// Status of the solve.
    pub status: SolveStatus,
    /// Largest violation of the velocity limits along the rollout.
    pub vel_viol: f64,
    /// Largest violation of the control bounds before clipping.
    pub u_viol: f64,
    /// The controls `[a, alpha]`, `[N]`.
    #[serde(skip)]
    pub inputs: Vec<[f64; 2]>,
}

/// Result for one instance in closed loop.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoopAnswer {
    /// The instance.
    pub id: u32,
    /// Sum of the soft stage cost over the steps.
    pub cost: f64,
    /// Duration of each solve, ms.
    pub step_ms: Vec<f64>,
    /// Solves that did not converge.
    pub unsolved: u32,
    /// Smallest distance between robot and circles, m.
    pub clearance_m_min: f64,
    /// True if the robot ends within 0.3 m of the goal.
    pub reached: bool,
}

/// Solvers with their workspaces.
pub struct Runner<'a> {
    pub(super) problem: &'a ProblemDefinition,
    pub(super) request: Request,
    pub(super) dynamics: Unicycle,
    pub(super) bounds: Bounds<5, 2>,
    pub(super) sqp: Sqp<5, 2>,
    pub(super) solver: Box<dyn LqSolver<5, 2>>,
    pub(super) multi_start: MultiStart<5>,
    pub(super) adjoint: Adjoint<5, 2>,
    pub(super) loss_x: Vec<SVector<f64, 5>>,
    pub(super) loss_u: Vec<SVector<f64, 2>>,
}

impl<'a> Runner<'a> {
    /// Solvers for these options.
    pub fn new(problem: &'a ProblemDefinition, request: Request) -> Self {
        let input_bounds = [problem.u_min, problem.u_max].map(SVector::from);
        let mut state_bounds = [
            SVector::<f64, 5>::repeat(f64::NEG_INFINITY),
            SVector::repeat(f64::INFINITY),
        ];
        if request.variant == VelocityBounds::Hard {
            for (bound, [v, omega]) in state_bounds.iter_mut().zip([
                [problem.v_min, problem.omega_min],
                [problem.v_max, problem.omega_max],
            ]) {
                bound[3] = v;
                bound[4] = omega;
            }
        }
        Self {
            problem,
            request,
            dynamics: Unicycle { dt_s: problem.dt },
            bounds: Bounds::constant(request.horizon, input_bounds, state_bounds),
            sqp: Sqp::new(SqpSettings {
                max_iterations: if request.real_time_iteration { 1 } else { 100 },
                ..SqpSettings::default()
            }),
            solver: match request.method {
                Method::Riccati => Box::new(Riccati::new(RiccatiSettings::default())),
                Method::Osqp => Box::new(Osqp::new(OsqpSettings::default())),
            },
            multi_start: MultiStart::new(MultiStartSettings::default()),
            adjoint: Adjoint::default(),
            loss_x: Vec::new(),
            loss_u: Vec::new(),
        }
    }

    pub(super) fn aim(&self, instance: &Instance) -> Aim {
        Aim {
            dt_s: self.problem.dt,
            goal: [instance.goal[0], instance.goal[1]],
            limits: SteeringLimits {
                v_max: self.problem.v_max,
                omega_max: self.problem.omega_max,
                // four fifths of the brakes, so that a rollout does not overshoot
                deceleration: -0.8 * self.problem.u_min[0],
            },
        }
    }

    /// Solves from zero controls, or from `guess`.
    pub fn cold(&mut self, instance: &Instance, guess: Option<&[[f64; 2]]>) -> ColdAnswer {
        let objective = CircleObjective {
            problem: self.problem,
            instance,
            bounds: self.request.variant,
        };
        let ocp = Ocp {
            dynamics: &self.dynamics,
            objective: &objective,
            bounds: &self.bounds,
            x0: SVector::from(instance.x0),
        };
        let mut solution = Solution::default();
        solution.resize(self.request.horizon);
        for (input, guess) in solution.u.iter_mut().zip(guess.unwrap_or_default()) {
            *input = SVector::from(*guess);
        }
        let aim = self.aim(instance);
        let begun = Instant::now();
        if self.request.single_start || guess.is_some() {
            self.sqp.solve(&ocp, self.solver.as_mut(), &mut solution);
        } else {
            let solver = self.solver.as_mut();
            self.multi_start
                .solve(&ocp, &mut self.sqp, solver, &aim, &mut solution);
        }
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        self.judge(instance, &solution, ms)
    }

    fn judge(&self, instance: &Instance, solution: &Solution<5, 2>, ms: f64) -> ColdAnswer {
        let p = self.problem;
        let [lo, hi] = [p.u_min, p.u_max].map(SVector::<f64, 2>::from);
        let mut u_viol = 0.0_f64;
        let inputs: Vec<SVector<f64, 2>> = solution
            .u
            .iter()
            .map(|u| {
                u_viol = u_viol.max((lo - u).max()).max((u - hi).max());
                u.sup(&lo).inf(&hi)
            })
            .collect();
        let objective = CircleObjective {
            problem: p,
            instance,
            bounds: VelocityBounds::Soft,
        };
        let ocp = Ocp {
            dynamics: &self.dynamics,
            objective: &objective,
            bounds: &self.bounds,
            x0: SVector::from(instance.x0),
        };
        let mut states = vec![SVector::zeros(); inputs.len() + 1];
        let merit = rollout(&ocp, &inputs, &mut states);
        let vel_viol = states.iter().skip(1).fold(0.0_f64, |worst, x| {
            worst
                .max(x[3] - p.v_max)
                .max(p.v_min - x[3])
                .max(x[4] - p.omega_max)
                .max(p.omega_min - x[4])
        });
        ColdAnswer {
            id: instance.id,
            merit,
            ms,
            iters: solution.iterations,
            status: solution.status,
            vel_viol,
            u_viol: u_viol.max(0.0),
            inputs: inputs.iter().map(|u| [u[0], u[1]]).collect(),
        }
    }

    /// Drives 100 steps in closed loop: each step's plan is the last one shifted, and the
    /// instance's noise is added to the state.
    pub fn closed_loop(&mut self, instance: &Instance) -> LoopAnswer {
        let objective = CircleObjective {
            problem: self.problem,
            instance,
            bounds: self.request.variant,
        };
        let soft = CircleObjective {
            bounds: VelocityBounds::Soft,
            ..objective
        };
        let mut x0 = SVector::<f64, 5>::from(instance.x0);
        let mut solution = Solution::default();
        solution.resize(self.request.horizon);
        let mut answer = LoopAnswer {
            id: instance.id,
            cost: 0.0,
            step_ms: Vec::with_capacity(LOOP_STEPS),
            unsolved: 0,
            clearance_m_min: f64::INFINITY,
            reached: false,
        };
        for step in 0..LOOP_STEPS {
            let ocp = Ocp {
                dynamics: &self.dynamics,
                objective: &objective,
                bounds: &self.bounds,
                x0,
            };
            let begun = Instant::now();
            self.sqp.solve(&ocp, self.solver.as_mut(), &mut solution);
            answer.step_ms.push(begun.elapsed().as_secs_f64() * 1e3);
            answer.unsolved += u32::from(solution.status != SolveStatus::Solved);
            let u = solution.u[0];
            answer.cost += soft.stage(0, &x0, &u);
            x0 = self.dynamics.step(&x0, &u);
            if let Some(&noise) = instance.noise.get(step) {
                x0 += SVector::from(noise);
            }
            let radius = self.problem.obstacle_fn.robot_radius;
            for [ox, oy, r] in &instance.obstacles {
                let gap = (x0[0] - ox).hypot(x0[1] - oy) - r - radius;
                answer.clearance_m_min = answer.clearance_m_min.min(gap);
            }
            solution.shift();
        }
        let [gx, gy, _] = instance.goal;
        answer.reached = (x0[0] - gx).hypot(x0[1] - gy) <= REACHED_M;
        answer
    }
}
