//! The planner: from an observation and a learned cost to a plan, and the gradient of a loss on the
//! plan with respect to the cost parameters.
//!
//! ```text
//! solve     Observation, LearnedCost -> Ocp -> Sqp from the cheapest start -> Solution
//! gradient  dLoss/dplan -> Adjoint -> dLoss/dparameters
//! ```

use nalgebra::SVector;
use perception::{DistanceField, Footprint, Pose2, SettingsError, Snapshot, Twist};

use super::problem::PlanProblem;
use super::{LqBackend, MpcSettings, Observation, PolicyError, SolveStatus};
use crate::cost::{CostParameters, CostSettings, KNOT_LEN, LearnedCost, PaceSettings};
use crate::limits::Limits;
use crate::mpc::lq::{LqSolver, Osqp, Riccati};
use crate::mpc::{Adjoint, AdjointStatus, MultiStart, Ocp, Solution, Sqp, rollout, steer};

/// Initial guess of a solve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Start<'a> {
    /// The last plan shifted in time, or multi-start without one: the choice during operation.
    Policy,
    /// These inputs (`[N]`, m/s^2 and rad/s^2), or the steered ones if those have lower cost. The
    /// first is also the previous input of the robot.
    Inputs(&'a [[f64; 2]]),
}

/// Derivative of a loss with respect to a plan, odometry frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlanCotangent {
    /// `[N+1]`, by x, y, yaw, v, omega.
    pub states: Vec<[f64; 5]>,
    /// `[N]`, by linear and angular acceleration.
    pub inputs: Vec<[f64; 2]>,
}

/// Planner of MPC: optimal control problem, solvers, and the last plan.
pub struct Planner {
    settings: MpcSettings,
    problem: PlanProblem,
    sqp: Sqp<7, 2>,
    solver: Box<dyn LqSolver<7, 2>>,
    multi_start: MultiStart<7>,
    solution: Solution<7, 2>,
    /// Plan of the steering law, a candidate beside the shifted plan.
    steered: Vec<SVector<f64, 2>>,
    rollout: Vec<SVector<f64, 7>>,
    is_warm: bool,
    /// Time of the first knot of the last plan, s after the epoch of the observations.
    plan_start_s: f64,
    adjoint: Adjoint<7, 2>,
    loss_x: Vec<SVector<f64, 7>>,
    loss_u: Vec<SVector<f64, 2>>,
    /// Number of parameters of the last solve; zero without a learned cost.
    parameters: usize,
}

impl Planner {
    /// A planner without history.
    pub fn new(
        footprint: &Footprint,
        limits: Limits,
        cost: CostSettings,
        pace: PaceSettings,
        settings: MpcSettings,
    ) -> Result<Self, SettingsError> {
        let problem = PlanProblem::new(footprint, limits, cost, pace, &settings)?;
        let mut solution = Solution::default();
        solution.resize(settings.horizon);
        Ok(Self {
            problem,
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
            adjoint: Adjoint::default(),
            loss_x: Vec::new(),
            loss_u: Vec::new(),
            parameters: 0,
            settings,
        })
    }

    /// Clears the last plan.
    pub fn reset(&mut self) {
        self.is_warm = false;
        self.parameters = 0;
        self.solution.resize(self.settings.horizon);
    }

    /// Horizon and solvers.
    pub fn settings(&self) -> &MpcSettings {
        &self.settings
    }

    /// The last plan.
    pub fn solution(&self) -> &Solution<7, 2> {
        &self.solution
    }

    /// True when the last solve returned a usable plan.
    pub fn has_plan(&self) -> bool {
        self.is_warm
    }

    /// Rejects an observation whose values are not finite.
    pub fn check(&self, observation: &Observation<'_>) -> Result<(), PolicyError> {
        let (base, velocity) = self.predict(observation.snapshot);
        if !base.is_finite() || !velocity.is_finite() {
            return Err(PolicyError::NotFinite {
                what: "the measured state",
            });
        }
        let goal = observation.goal.position;
        if !goal.coords.iter().all(|c| c.is_finite()) {
            return Err(PolicyError::NotFinite { what: "the goal" });
        }
        Ok(())
    }

    /// Plans from the predicted pose at which the command takes effect. Of the snapshot it uses
    /// only pose, velocity, distances to static obstacles, and tracks.
    pub fn solve(
        &mut self,
        observation: &Observation<'_>,
        learned: Option<&LearnedCost>,
        start: Start<'_>,
    ) -> Result<&Solution<7, 2>, PolicyError> {
        self.check(observation)?;
        self.parameters = 0;
        if let Some(learned) = learned {
            check_learned(learned)?;
        }
        let start_s = observation.now.as_secs() + self.settings.latency_s;
        match start {
            Start::Policy if self.is_warm => self.shift_plan(start_s),
            Start::Policy => {}
            Start::Inputs(inputs) => self.take(inputs)?,
        }
        if !self.is_warm || start != Start::Policy {
            self.plan_start_s = start_s;
        }
        let (base, velocity) = self.predict(observation.snapshot);
        let memory = if self.is_warm {
            self.solution.u[0]
        } else {
            SVector::zeros()
        };
        self.problem
            .pose(observation, base, velocity, memory, learned);
        if let Some(learned) = learned {
            self.parameters = learned.parameters.0.len();
        }
        self.optimise(observation.snapshot.static_field());
        self.is_warm = matches!(
            self.solution.status,
            SolveStatus::Solved | SolveStatus::MaxIterations
        );
        Ok(&self.solution)
    }

    /// Writes dLoss/dparameters of the last solve, which had a learned cost, into `into`; all zero
    /// for any status but [`AdjointStatus::Solved`]. `field` is the distance field of that solve.
    pub fn gradient(
        &mut self,
        field: &DistanceField,
        cotangent: &PlanCotangent,
        into: &mut CostParameters,
    ) -> AdjointStatus {
        let horizon = self.settings.horizon;
        into.0.clear();
        into.0.resize(self.parameters, 0.0);
        let fits = cotangent.states.len() == horizon + 1 && cotangent.inputs.len() == horizon;
        if self.parameters == 0 || !fits {
            return AdjointStatus::Failed;
        }
        self.loss_x.clear();
        self.loss_x.extend(cotangent.states.iter().map(|loss| {
            let [x, y, yaw, v, omega] = *loss;
            SVector::from([x, y, yaw, v, omega, 0.0, 0.0])
        }));
        self.loss_u.clear();
        self.loss_u
            .extend(cotangent.inputs.iter().map(|&loss| SVector::from(loss)));
        let objective = self.problem.objective(field);
        let ocp = Ocp {
            dynamics: &self.problem.dynamics,
            objective: &objective,
            bounds: &self.problem.bounds,
            x0: self.problem.x0,
        };
        let status = self.adjoint.solve(
            &ocp,
            &self.solution,
            self.solver.as_mut(),
            &self.loss_x,
            &self.loss_u,
        );
        if status == AdjointStatus::Solved {
            let steps = self.solution.x.iter().zip(self.adjoint.dx());
            for (k, (x, dx)) in steps.enumerate() {
                self.problem.learned().add_mixed(k, x, dx, into);
            }
        }
        status
    }

    /// Predicted pose and velocity when the command takes effect.
    fn predict(&self, snapshot: &Snapshot) -> (Pose2, Twist) {
        let velocity = snapshot.velocity;
        let moved = Pose2::exp(velocity, self.settings.latency_s);
        (snapshot.odom_from_base * moved, velocity)
    }

    /// Shifts the last plan to the time of the new one, by whole steps; the solver corrects the
    /// rest.
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

    /// Replaces the last plan by given inputs.
    fn take(&mut self, inputs: &[[f64; 2]]) -> Result<(), PolicyError> {
        if inputs.len() != self.settings.horizon {
            return Err(PolicyError::Length {
                what: "the inputs to start from",
                found: inputs.len(),
                expected: self.settings.horizon,
            });
        }
        if !inputs.iter().flatten().all(|input| input.is_finite()) {
            return Err(PolicyError::NotFinite {
                what: "the inputs to start from",
            });
        }
        self.solution.resize(self.settings.horizon);
        for (u, input) in self.solution.u.iter_mut().zip(inputs) {
            *u = SVector::from(*input);
        }
        self.is_warm = true;
        Ok(())
    }

    fn optimise(&mut self, field: &DistanceField) {
        let objective = self.problem.objective(field);
        let ocp = Ocp {
            dynamics: &self.problem.dynamics,
            objective: &objective,
            bounds: &self.problem.bounds,
            x0: self.problem.x0,
        };
        let aim = self.problem.aim();
        let waypoints = self.problem.learned_waypoints();
        let solver = self.solver.as_mut();
        if self.is_warm {
            let mut cheapest = rollout(&ocp, &self.solution.u, &mut self.rollout);
            let goal = [aim.goal];
            let ways = [Some(&goal[..]), waypoints.as_ref().map(|way| &way[..])];
            for way in ways.into_iter().flatten() {
                steer(&aim, &ocp.x0, way, ocp.bounds, &mut self.steered);
                let cost = rollout(&ocp, &self.steered, &mut self.rollout);
                if cost < cheapest {
                    cheapest = cost;
                    self.solution.resize(self.settings.horizon);
                    self.solution.u.copy_from_slice(&self.steered);
                }
            }
            self.sqp.solve(&ocp, solver, &mut self.solution);
        } else {
            self.solution.resize(self.settings.horizon);
            self.solution.u.fill(SVector::zeros());
            if let Some(way) = waypoints {
                steer(&aim, &ocp.x0, &way, ocp.bounds, &mut self.solution.u);
            }
            self.multi_start
                .solve(&ocp, &mut self.sqp, solver, &aim, &mut self.solution);
        }
    }
}

fn check_learned(learned: &LearnedCost) -> Result<(), PolicyError> {
    let parameters = &learned.parameters.0;
    if parameters.is_empty() || !parameters.len().is_multiple_of(KNOT_LEN) {
        return Err(PolicyError::Length {
            what: "the learned cost",
            found: parameters.len(),
            expected: learned.parameters.knots().max(1) * KNOT_LEN,
        });
    }
    if !parameters.iter().all(|value| value.is_finite()) || !learned.odom_from_view.is_finite() {
        return Err(PolicyError::NotFinite {
            what: "the learned cost",
        });
    }
    Ok(())
}
