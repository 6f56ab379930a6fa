//! One shard of a batch: forward, solve, adjoint, backward. A regressed path needs no solve.
//!
//! ```text
//! views ─▶ network ─▶ raw ─▶ parameters ─▶ MPC ─▶ plan ─▶ loss
//!             ◀── vjp ── bound_vjp ◀── adjoint ◀── ∂loss/∂plan
//!
//! views ─▶ network ─▶ raw ─▶ path ─▶ loss,   ◀── vjp ── bound_vjp ◀── ∂loss/∂path
//! ```

use std::time::Duration;

use controller::mpc::AdjointStatus;
use controller::performer::{Head, PerformerConfig};
use controller::{
    ControllerSettings, CostParameters, FEATURES, LearnedCost, PlanCotangent, Planner, SolveStatus,
    Start,
};
use perception::SettingsError;

use crate::dataset::{Sample, Scratch};
use crate::loss::{LossSettings, hausdorff_m};
use crate::network::{Batch, Network, NetworkError};
use crate::regression::Regression;
use crate::settings::TrainingSettings;
use crate::shard::Drawn;

/// Counts and sums over samples.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// Samples.
    pub samples: f64,
    /// Loss, summed over samples.
    pub loss: f64,
    /// Samples with a converged solve and a gradient through the plan; none for a path, which needs
    /// no solve.
    pub through_plan: f64,
    /// Samples whose solve did not converge: they have no gradient through the plan.
    pub unsolved: f64,
    /// Samples with a converged solve for which the adjoint was refused.
    pub refused: f64,
    /// Hausdorff distance between plan and expert, summed over solved samples, m.
    pub hausdorff_m: f64,
    /// Time of the network, s.
    pub network_s: f64,
    /// Time of the MPC and its adjoint, or of the loss of a path, s.
    pub mpc_s: f64,
}

impl Tally {
    /// Number of entries of [`Self::figures`].
    pub const LEN: usize = 8;

    /// All values, for sums over processes.
    pub fn figures(&self) -> [f64; Self::LEN] {
        [
            self.samples,
            self.loss,
            self.through_plan,
            self.unsolved,
            self.refused,
            self.hausdorff_m,
            self.network_s,
            self.mpc_s,
        ]
    }

    /// Inverse of [`Self::figures`].
    pub fn from_figures(figures: [f64; Self::LEN]) -> Self {
        let [
            samples,
            loss,
            through_plan,
            unsolved,
            refused,
            hausdorff_m,
            network_s,
            mpc_s,
        ] = figures;
        Self {
            samples,
            loss,
            through_plan,
            unsolved,
            refused,
            hausdorff_m,
            network_s,
            mpc_s,
        }
    }

    /// Mean loss per sample.
    pub fn loss_mean(&self) -> f64 {
        self.loss / self.samples.max(1.0)
    }

    /// Mean Hausdorff distance over solved samples, m.
    pub fn hausdorff_mean_m(&self) -> f64 {
        let solved = self.samples - self.unsolved;
        self.hausdorff_m / solved.max(1.0)
    }
}

impl std::ops::Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let mut figures = self.figures();
        for (slot, value) in figures.iter_mut().zip(other.figures()) {
            *slot += value;
        }
        Self::from_figures(figures)
    }
}

/// Training or evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Purpose {
    /// Computes gradients, weighted by the size of the whole batch.
    Learn {
        /// Samples of the whole batch over all shards.
        batch: usize,
    },
    /// Solves as on the robot, from a cold start.
    Test,
}

/// The planner of a robot with the solver settings of training.
fn planner(
    controller: &ControllerSettings,
    training: &TrainingSettings,
) -> Result<Planner, SettingsError> {
    let mut mpc = controller.mpc.clone();
    mpc.sqp.tolerance = training.solve_tolerance;
    mpc.sqp.max_iterations = training.solve_iterations;
    mpc.riccati.tolerance = mpc.riccati.tolerance.min(1e-8);
    Planner::new(
        &controller.footprint,
        controller.limits,
        controller.cost.clone(),
        controller.pace,
        mpc,
    )
}

/// Workspace of one thread.
pub struct Worker {
    config: PerformerConfig,
    loss: LossSettings,
    grounds: usize,
    /// By domain; empty for a path.
    planners: Vec<Planner>,
    regression: Regression,
    scratch: Scratch,
    learned: LearnedCost,
    gradient: CostParameters,
    plan_gradient: CostParameters,
    cotangent: PlanCotangent,
    raw_cotangent: Vec<f32>,
    states: Vec<[f64; 5]>,
    inputs: Vec<[f64; 2]>,
    expert: Vec<Option<[f64; FEATURES]>>,
}

impl Worker {
    /// A workspace for a run on domains with these controllers. All plans have the same horizon.
    pub fn new(
        controllers: &[ControllerSettings],
        training: &TrainingSettings,
        config: PerformerConfig,
    ) -> Result<Self, SettingsError> {
        let horizon = controllers.first().map_or(0, |first| first.mpc.horizon);
        for controller in controllers {
            SettingsError::ensure(
                controller.mpc.horizon == horizon,
                "controller.mpc",
                "horizon",
                &controller.mpc.horizon,
                "the same on every ground",
            )?;
        }
        Ok(Self {
            loss: training.loss,
            grounds: controllers.len(),
            planners: match config.head {
                Head::Cost => controllers
                    .iter()
                    .map(|controller| planner(controller, training))
                    .collect::<Result<_, _>>()?,
                Head::Path => Vec::new(),
            },
            regression: Regression::default(),
            scratch: Scratch::default(),
            learned: LearnedCost::default(),
            gradient: CostParameters::default(),
            plan_gradient: CostParameters::default(),
            cotangent: PlanCotangent::default(),
            raw_cotangent: Vec::new(),
            states: Vec::new(),
            inputs: Vec::new(),
            expert: Vec::new(),
            config,
        })
    }

    /// Evaluates samples. With [`Purpose::Learn`] it adds the gradient of their share of the
    /// batch's mean loss to `gradient`, flat, in the order of [`PerformerConfig::tensors`].
    pub fn run(
        &mut self,
        network: &Network,
        samples: &[Drawn<'_>],
        purpose: Purpose,
        clock: &dyn Fn() -> Duration,
        gradient: &mut Vec<f32>,
    ) -> Result<Tally, NetworkError> {
        let mut tally = Tally::default();
        if samples.is_empty() {
            return Ok(tally);
        }
        for drawn in samples {
            let (found, grounds) = (drawn.sample.ground, self.grounds);
            if found >= grounds {
                return Err(NetworkError::Ground { found, grounds });
            }
        }
        let begun = clock();
        let views: Vec<Sample> = samples
            .iter()
            .map(|drawn| {
                if drawn.mirrored {
                    drawn.sample.mirrored()
                } else {
                    drawn.sample.clone()
                }
            })
            .collect();
        let mut batch = Batch::default();
        for sample in &views {
            batch.images.extend_from_slice(&sample.image);
            batch.states.extend_from_slice(&sample.state);
            batch.len += 1;
        }
        let forward = network.forward(&batch)?;
        let seen = clock();
        let outputs = self.config.outputs();
        self.raw_cotangent.clear();
        for (sample, raw) in views.iter().zip(forward.raw().chunks_exact(outputs)) {
            match self.config.head {
                Head::Cost => self.sample(sample, raw, purpose, &mut tally),
                Head::Path => {
                    let head = &self.config.path;
                    let gradient =
                        (self.regression).sample(head, &self.loss, sample, raw, &mut tally);
                    if let Purpose::Learn { batch } = purpose {
                        extend_by_share(&mut self.raw_cotangent, gradient, batch);
                    }
                }
            }
        }
        let solved = clock();
        if let Purpose::Learn { .. } = purpose {
            forward.backward(&self.raw_cotangent, gradient)?;
        }
        let done = clock();
        tally.network_s += (seen.saturating_sub(begun) + done.saturating_sub(solved)).as_secs_f64();
        tally.mpc_s += solved.saturating_sub(seen).as_secs_f64();
        Ok(tally)
    }

    /// One sample from raw outputs to their cotangent through the plan.
    fn sample(&mut self, sample: &Sample, raw: &[f32], purpose: Purpose, tally: &mut Tally) {
        self.config.cost.bound(raw, &mut self.learned.parameters);
        self.learned.odom_from_view = sample.odom_from_view;
        self.gradient.0.clear();
        self.gradient.0.resize(raw.len(), 0.0);
        sample.expert_at_knots(self.config.cost.knots, &mut self.expert);
        let mut loss =
            self.loss
                .parameters(&self.learned.parameters, &self.expert, &mut self.gradient);
        let observation = sample.observation(&mut self.scratch);
        let planner = &mut self.planners[sample.ground];
        let start = match purpose {
            Purpose::Learn { .. } => Start::Inputs(&sample.inputs),
            Purpose::Test => {
                planner.reset();
                Start::Policy
            }
        };
        let solved = planner
            .solve(&observation, Some(&self.learned), start)
            .ok()
            .filter(|solution| match purpose {
                Purpose::Learn { .. } => solution.status == SolveStatus::Solved,
                Purpose::Test => matches!(
                    solution.status,
                    SolveStatus::Solved | SolveStatus::MaxIterations
                ),
            });
        let is_solved = solved.is_some();
        tally.samples += 1.0;
        if let Some(solution) = solved {
            self.states.clear();
            self.states
                .extend(solution.x.iter().map(|x| [x[0], x[1], x[2], x[3], x[4]]));
            self.inputs.clear();
            self.inputs.extend(solution.u.iter().map(|u| [u[0], u[1]]));
            loss += self.loss.plan(
                (&self.states, &self.inputs),
                (&sample.states, &sample.inputs),
                sample.valid,
                &mut self.cotangent.states,
                &mut self.cotangent.inputs,
            );
            tally.hausdorff_m += stray_m(&self.states, sample);
        } else {
            tally.unsolved += 1.0;
        }
        tally.loss += loss;
        let Purpose::Learn { batch } = purpose else {
            return;
        };
        if is_solved {
            self.plan_gradient.0.clear();
            self.plan_gradient.0.resize(raw.len(), 0.0);
            match planner.gradient(
                observation.snapshot.static_field(),
                &self.cotangent,
                &mut self.plan_gradient,
            ) {
                AdjointStatus::Solved if self.plan_gradient.0.iter().all(|g| g.is_finite()) => {
                    tally.through_plan += 1.0;
                    for (slot, value) in self.gradient.0.iter_mut().zip(&self.plan_gradient.0) {
                        *slot += value;
                    }
                }
                _ => tally.refused += 1.0,
            }
        }
        self.config.cost.bound_vjp(raw, &mut self.gradient.0);
        extend_by_share(&mut self.raw_cotangent, &self.gradient.0, batch);
    }
}

/// Hausdorff distance of a plan from the known part of the expert's, m.
pub(crate) fn stray_m(states: &[[f64; 5]], sample: &Sample) -> f64 {
    let way = |states: &[[f64; 5]]| -> Vec<[f64; 2]> {
        let known = states.iter().take(sample.valid + 1);
        known.map(|x| [x[0], x[1]]).collect()
    };
    hausdorff_m(&way(states), &way(&sample.states))
}

/// Adds a sample's gradient, divided by the size of the batch.
fn extend_by_share(cotangent: &mut Vec<f32>, gradient: &[f64], batch: usize) {
    let share = 1.0 / batch as f64;
    cotangent.extend(gradient.iter().map(|g| (share * g) as f32));
}
