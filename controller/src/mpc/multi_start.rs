//! Multi-start optimisation: the given initial guess competes with a fan of steered rollouts.
//!
//! ```text
//! roll out all, keep the few of lowest cost  (one evaluation each)
//! a few outer iterations on each             (separates most local minima)
//! the best of them to convergence
//! ```

use nalgebra::SVector;
use perception::SettingsError;
use serde::{Deserialize, Serialize};

use super::dynamics::Dynamics;
use super::lq::LqSolver;
use super::ocp::{Objective, Ocp, Solution};
use super::sqp::{Sqp, rollout};
use super::steering::{Aim, steer};
use crate::policy::SolveStatus;

/// Maximum number of distances of the fan in each direction.
const WAYPOINTS_MAX: usize = 32;

/// Settings of the multi-start search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MultiStartSettings {
    /// Distances toward the goal of the fan's waypoints, m.
    pub ahead_m: Vec<f64>,
    /// Distances to the side of the fan's waypoints, m; both signs are tried.
    pub aside_m: Vec<f64>,
    /// Number of rollouts that are optimised, without the given initial guess.
    pub candidates: usize,
    /// Outer iterations on each candidate before all but the finalists are dropped.
    pub trial_iterations: u32,
    /// Candidates that are optimised to convergence.
    pub finalists: usize,
}

impl Default for MultiStartSettings {
    fn default() -> Self {
        Self {
            ahead_m: vec![0.7, 1.4, 2.1, 2.8],
            aside_m: vec![0.0, 0.5, 1.0, 1.5],
            candidates: 8,
            trial_iterations: 6,
            finalists: 3,
        }
    }
}

impl MultiStartSettings {
    /// Rejects a search that is too large for one tick.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mpc.multi_start";
        for (field, waypoints, nearest_m) in [
            ("ahead_m", &self.ahead_m, 0.01),
            ("aside_m", &self.aside_m, 0.0),
        ] {
            SettingsError::ensure(
                waypoints.len() <= WAYPOINTS_MAX,
                section,
                field,
                &waypoints.len(),
                "at most 32 distances",
            )?;
            for &distance_m in waypoints {
                SettingsError::ensure_within(section, &[(field, distance_m, nearest_m..=100.0)])?;
            }
        }
        SettingsError::ensure_within(
            section,
            &[
                ("candidates", self.candidates, 0..=128),
                ("finalists", self.finalists, 0..=128),
            ],
        )?;
        let iterations = [("trial_iterations", self.trial_iterations, 0..=100)];
        SettingsError::ensure_within(section, &iterations)
    }
}

/// Multi-start search with its workspace.
#[derive(Debug, Default)]
pub struct MultiStart<const NX: usize> {
    settings: MultiStartSettings,
    guess: Vec<SVector<f64, 2>>,
    states: Vec<SVector<f64, NX>>,
    /// The rollouts of lowest cost so far, in ascending order.
    candidates: Vec<Solution<NX, 2>>,
}

impl<const NX: usize> MultiStart<NX> {
    /// A search with these settings.
    pub fn new(settings: MultiStartSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// Solves from `solution.u` and from the fan toward the target; writes the best solution.
    pub fn solve<D: Dynamics<NX, 2>, O: Objective<NX, 2>>(
        &mut self,
        ocp: &Ocp<'_, D, O, NX, 2>,
        sqp: &mut Sqp<NX, 2>,
        solver: &mut dyn LqSolver<NX, 2>,
        aim: &Aim,
        solution: &mut Solution<NX, 2>,
    ) {
        self.gather(ocp, aim, solution);
        for candidate in &mut self.candidates {
            sqp.start(ocp, candidate);
            for _ in 0..self.settings.trial_iterations {
                if let Some(status) = sqp.iterate(ocp, solver, candidate) {
                    candidate.status = status;
                    break;
                }
                candidate.iterations += 1;
            }
        }
        self.candidates
            .sort_unstable_by(|a, b| a.cost.total_cmp(&b.cost));
        put_twins_last(&mut self.candidates);
        let mut iterations = self.candidates.iter().map(|c| c.iterations).sum();
        let mut best: Option<usize> = None;
        for index in 0..self.candidates.len().min(self.settings.finalists.max(1)) {
            let candidate = &mut self.candidates[index];
            if candidate.cost.is_finite() && candidate.status == SolveStatus::NotRun {
                sqp.solve(ocp, solver, candidate);
                iterations += candidate.iterations;
            }
            if best.is_none_or(|best| self.candidates[index].cost < self.candidates[best].cost) {
                best = Some(index);
            }
        }
        if let Some(best) = best {
            std::mem::swap(solution, &mut self.candidates[best]);
        }
        solution.iterations = iterations;
    }

    /// Collects the given initial guess and the rollouts of lowest cost of the fan.
    fn gather<D: Dynamics<NX, 2>, O: Objective<NX, 2>>(
        &mut self,
        ocp: &Ocp<'_, D, O, NX, 2>,
        aim: &Aim,
        solution: &Solution<NX, 2>,
    ) {
        let horizon = ocp.bounds.inputs.len();
        self.guess.resize(horizon, SVector::zeros());
        self.states.resize(horizon + 1, SVector::zeros());
        self.candidates
            .resize_with(self.settings.candidates + 1, Solution::default);
        for candidate in &mut self.candidates {
            candidate.resize(horizon);
            candidate.cost = f64::INFINITY;
            candidate.status = SolveStatus::NotRun;
        }
        let Some((given, fan)) = self.candidates.split_first_mut() else {
            return;
        };
        given.u.copy_from_slice(&solution.u);
        given.lq.mu_u.copy_from_slice(&solution.lq.mu_u);
        given.cost = rollout(ocp, &given.u, &mut self.states);
        let goal = aim.goal;
        let (dx, dy) = (goal[0] - ocp.x0[0], goal[1] - ocp.x0[1]);
        let distance = dx.hypot(dy).max(1e-9);
        let (tx, ty) = (dx / distance, dy / distance);
        for &ahead in self
            .settings
            .ahead_m
            .iter()
            .filter(|&&ahead| ahead < distance)
        {
            for &aside in &self.settings.aside_m {
                for side in [aside, -aside] {
                    let via = [
                        ocp.x0[0] + tx * ahead - ty * side,
                        ocp.x0[1] + ty * ahead + tx * side,
                    ];
                    steer(aim, &ocp.x0, &[via, goal], ocp.bounds, &mut self.guess);
                    let cost = rollout(ocp, &self.guess, &mut self.states);
                    insert(fan, cost, &self.guess);
                    if aside == 0.0 {
                        break;
                    }
                }
            }
        }
    }
}

/// Replaces the candidate of highest cost if the rollout is new and of lower cost.
fn insert<const NX: usize>(fan: &mut [Solution<NX, 2>], cost: f64, guess: &[SVector<f64, 2>]) {
    let Some(last) = fan.last_mut() else { return };
    if cost.is_nan() || cost >= last.cost {
        return;
    }
    last.cost = cost;
    last.u.copy_from_slice(guess);
    let at = fan.partition_point(|candidate| candidate.cost < cost);
    fan[at..].rotate_right(1);
}

/// Moves duplicates, candidates that converged to the same minimum, to the end.
fn put_twins_last<const NX: usize>(candidates: &mut [Solution<NX, 2>]) {
    let mut last: Option<f64> = None;
    for candidate in candidates.iter_mut() {
        if last.is_some_and(|last| candidate.cost - last <= 1e-6 * (1.0 + last.abs())) {
            candidate.cost = f64::INFINITY;
        } else {
            last = Some(candidate.cost);
        }
    }
    candidates.sort_unstable_by(|a, b| a.cost.total_cmp(&b.cost));
}
