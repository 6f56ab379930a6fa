//! Structure-exploiting solver: one Riccati sweep costs O(N (nx + nu)^3), bounds included.
//!
//! First a primal-dual active-set iteration (Hintermüller, Ito, Kunisch 2003) on the input bounds:
//! active inputs are eliminated from the sweep, wrong ones are exchanged, and a correct active set,
//! as after most warm starts, gives the exact minimiser in one or two sweeps. If state bounds are
//! active or the active set cycles, a primal-dual interior-point method takes over (Mehrotra 1992;
//! the Riccati factorisation of its Newton system: Rao, Wright, Rawlings 1998, section 4).

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

/// Tolerances and iteration limits of the Riccati solver.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RiccatiSettings {
    /// Tolerance on complementarity and residuals of the interior-point method.
    pub tolerance: f64,
    /// Maximum number of active-set iterations before the interior-point method takes over.
    pub max_active_set_iterations: u32,
    /// Maximum number of interior-point iterations.
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
    /// Checks tolerance and iteration limits against their bounds.
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

/// Riccati solver with its workspace.
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

/// True when the cost without bounds has a unique minimum: the Hessian of every stage on the inputs
/// is positive definite in the Riccati recursion.
pub(super) fn is_convex<const NX: usize, const NU: usize>(problem: &LqProblem<NX, NU>) -> bool {
    Sweep::default().factorise(problem, &[], &[]).is_ok()
}
