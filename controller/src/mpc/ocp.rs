//! The optimal control problem and its solution.

use nalgebra::SVector;

use super::lq::{Knot, LqSolution};
use crate::policy::SolveStatus;

/// Second derivatives of an expansion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curvature {
    /// All second derivatives: required for the derivative of the solution.
    Exact,
    /// All second derivatives except those within the cells of a map, which are invalid beyond the
    /// border of the cell: fast convergence, but the model may have no minimum.
    Smooth,
    /// A positive semi-definite part of the second derivatives.
    Convex,
}

/// Stage and terminal cost with derivatives.
pub trait Objective<const NX: usize, const NU: usize> {
    /// Cost of stage `k`.
    fn stage(&self, k: usize, x: &SVector<f64, NX>, u: &SVector<f64, NU>) -> f64;

    /// Cost of the last state.
    fn terminal(&self, x: &SVector<f64, NX>) -> f64;

    /// Writes `Q, S, R, q, r` of stage `k`.
    fn expand_stage(
        &self,
        k: usize,
        x: &SVector<f64, NX>,
        u: &SVector<f64, NU>,
        curvature: Curvature,
        knot: &mut Knot<NX, NU>,
    );

    /// Writes `Q, q` of the last state.
    fn expand_terminal(&self, x: &SVector<f64, NX>, curvature: Curvature, knot: &mut Knot<NX, NU>);
}

/// Bounds of inputs, `[N]`, and of states, `[N+1]` with the first ignored.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bounds<const NX: usize, const NU: usize> {
    /// Lower and upper bounds of the inputs.
    pub inputs: Vec<[SVector<f64, NU>; 2]>,
    /// Lower and upper bounds of the states; infinite where there is none.
    pub states: Vec<[SVector<f64, NX>; 2]>,
}

impl<const NX: usize, const NU: usize> Bounds<NX, NU> {
    /// The same bounds at every knot of a `horizon`.
    pub fn constant(
        horizon: usize,
        inputs: [SVector<f64, NU>; 2],
        states: [SVector<f64, NX>; 2],
    ) -> Self {
        Self {
            inputs: vec![inputs; horizon],
            states: vec![states; horizon + 1],
        }
    }
}

/// One problem: `min Σ stage + terminal` over the inputs, from `x0`, within `bounds`.
#[derive(Debug)]
pub struct Ocp<'a, D, O, const NX: usize, const NU: usize> {
    /// Dynamics.
    pub dynamics: &'a D,
    /// Objective.
    pub objective: &'a O,
    /// Bounds; their length is the horizon.
    pub bounds: &'a Bounds<NX, NU>,
    /// The measured state.
    pub x0: SVector<f64, NX>,
}

/// A trajectory with its cost and solver status.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Solution<const NX: usize, const NU: usize> {
    /// States, `[N+1]`.
    pub x: Vec<SVector<f64, NX>>,
    /// Inputs, `[N]`; on entry to a solve the initial guess.
    pub u: Vec<SVector<f64, NU>>,
    /// Cost of the trajectory.
    pub cost: f64,
    /// Exit status of the solve.
    pub status: SolveStatus,
    /// Number of outer iterations.
    pub iterations: u32,
    /// Last linear-quadratic step with its multipliers: the next warm start.
    pub lq: LqSolution<NX, NU>,
}

impl<const NX: usize, const NU: usize> Solution<NX, NU> {
    /// Resizes the trajectory for `horizon` steps and clears the multipliers, so that the next
    /// solve starts from `u` alone.
    pub fn resize(&mut self, horizon: usize) {
        self.x.resize(horizon + 1, SVector::zeros());
        self.u.resize(horizon, SVector::zeros());
        self.lq.resize(horizon);
        self.lq.mu_u.fill(SVector::zeros());
        self.lq.mu_x.fill(SVector::zeros());
    }

    /// Shifts inputs and multipliers one step earlier and repeats the last: the warm start of the
    /// next tick.
    pub fn shift(&mut self) {
        for sequence in [&mut self.u, &mut self.lq.mu_u] {
            if !sequence.is_empty() {
                let last = sequence.len() - 1;
                sequence.copy_within(1.., 0);
                sequence[last] = sequence[last.saturating_sub(1)];
            }
        }
    }
}
