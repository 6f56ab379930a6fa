//! Structure-exploiting solver: one Riccati sweep costs O(N (nx + nu)^3), bounds included.
//!
//! First a primal-dual active-set iteration (Hintermüller, Ito, Kunisch 2003) on the input bounds:
//! held inputs leave the sweep, wrong guesses are swapped, and a right guess, as a warm start
//! mostly is, gives the exact minimiser in one or two sweeps. Where state bounds bind or the
//! guesses cycle, a primal-dual interior-point method takes over (Mehrotra 1992; the Riccati
//! factorisation of its Newton system: Rao, Wright, Rawlings 1998, section 4).

mod active_set;
mod convexify;
mod interior_point;
mod sweep;

use active_set::ActiveSet;
pub(super) use active_set::bounds_cross;
pub(in crate::mpc) use convexify::Convexifier;
use interior_point::InteriorPoint;
use perception::SettingsError;
use serde::{Deserialize, Serialize};
use sweep::Sweep;

use super::{LqProblem, LqSolution, LqSolver, LqStatus};

/// Tolerances and limits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RiccatiSettings {
    /// The interior-point method stops when complementarity and residuals are below this.
    pub tolerance: f64,
    /// Guesses of the active set before the interior-point method takes over.
    pub max_active_set_iterations: u32,
    /// Interior-point iterations before the solve fails.
    pub max_interior_point_iterations: u32,
}

impl Default for RiccatiSettings {
    fn default() -> Self {
        Self {
            tolerance: 1e-9,
            max_active_set_iterations: 8,
            max_interior_point_iterations: 50,
        }
    }
}

impl RiccatiSettings {
    /// Refuses a solver that never ends.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mpc.riccati";
        SettingsError::ensure_within(section, &[("tolerance", self.tolerance, 1e-15..=1.0)])?;
        SettingsError::ensure_within(
            section,
            &[
                (
                    "max_active_set_iterations",
                    self.max_active_set_iterations,
                    0..=200,
                ),
                (
                    "max_interior_point_iterations",
                    self.max_interior_point_iterations,
                    1..=500,
                ),
            ],
        )
    }
}

/// The solver and its workspace.
#[derive(Debug, Default)]
pub struct Riccati<const NX: usize, const NU: usize> {
    settings: RiccatiSettings,
    sweep: Sweep<NX, NU>,
    active_set: ActiveSet<NU>,
    interior_point: InteriorPoint<NX, NU>,
}

impl<const NX: usize, const NU: usize> Riccati<NX, NU> {
    /// A solver with these settings.
    pub fn new(settings: RiccatiSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }
}

impl<const NX: usize, const NU: usize> LqSolver<NX, NU> for Riccati<NX, NU> {
    fn name(&self) -> &'static str {
        "riccati"
    }

    fn solve(
        &mut self,
        problem: &LqProblem<NX, NU>,
        solution: &mut LqSolution<NX, NU>,
    ) -> LqStatus {
        solution.resize(problem.horizon());
        let limit = self.settings.max_active_set_iterations;
        match self
            .active_set
            .solve(problem, &mut self.sweep, solution, limit)
        {
            Some(status) => status,
            None => self
                .interior_point
                .solve(problem, &mut self.sweep, solution, &self.settings),
        }
    }
}

/// True when the cost, bounds aside, has one minimum: every stage's Hessian on the inputs is
/// positive definite in the Riccati recursion.
pub(super) fn is_convex<const NX: usize, const NU: usize>(problem: &LqProblem<NX, NU>) -> bool {
    Sweep::default().factorise(problem, &[], &[]).is_ok()
}
