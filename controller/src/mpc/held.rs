//! Active state bounds as equality constraints of a linear problem, solved for inputs.
//!
//! ```text
//! δx_{k+1,i} = 0  is the row  c'(A_k δx_k + B_k δu_k) = 0,  c = e_i.
//! If a free input enters the row, the row is solved for the one with the largest coefficient,
//! which becomes a feedback of state and other inputs; else it is a row of the previous knot.
//! ```
//!
//! In the order of the dynamics, this is the elimination by which a Riccati recursion handles state
//! constraints (Sideris and Rodriguez 2011). Rows that remain at the first knot are satisfied,
//! because the first state is given.
#![allow(non_snake_case)]

use nalgebra::{SMatrix, SVector};

use super::lq::Knot;

/// Relative magnitude below which a row is zero up to rounding.
const NOTHING: f64 = 1e-9;

/// A constraint `c'δx = 0`; weak when the multiplier of its active bound is zero, so that it may be
/// redundant.
#[derive(Debug, Clone, Copy)]
struct Row<const NX: usize> {
    c: SVector<f64, NX>,
    is_weak: bool,
}

/// The equality constraints on one state.
#[derive(Debug, Clone)]
pub(super) struct HeldStates<const NX: usize> {
    rows: Vec<Row<NX>>,
    below: Vec<Row<NX>>,
}

/// Inputs as `δu = F δx + G w`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feedback<const NX: usize, const NU: usize> {
    pub F: SMatrix<f64, NU, NX>,
    pub G: SMatrix<f64, NU, NU>,
}

/// An active bound with a zero multiplier: the derivative is undefined.
#[derive(Debug, Clone, Copy)]
pub(super) struct Degenerate;

impl<const NX: usize> Default for HeldStates<NX> {
    fn default() -> Self {
        Self {
            rows: Vec::with_capacity(2 * NX),
            below: Vec::with_capacity(2 * NX),
        }
    }
}

impl<const NX: usize> HeldStates<NX> {
    /// Removes all constraints.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Fixes one entry of the state.
    pub fn hold(&mut self, index: usize, is_weak: bool) {
        let mut c = SVector::zeros();
        c[index] = 1.0;
        self.rows.push(Row { c, is_weak });
    }

    /// Solves the constraints on the successor state of `knot` for its inputs that are not yet
    /// `held`. These inputs are marked as held; the remaining rows are constraints on the state of
    /// the knot.
    pub fn solve<const NU: usize>(
        &mut self,
        knot: &Knot<NX, NU>,
        held: &mut [bool; NU],
    ) -> Result<Feedback<NX, NU>, Degenerate> {
        let mut feedback = Feedback {
            F: SMatrix::zeros(),
            G: SMatrix::identity(),
        };
        std::mem::swap(&mut self.rows, &mut self.below);
        self.rows.clear();
        // in two rounds: rows with nonzero multipliers first
        for round in [false, true] {
            for row in self.below.iter().filter(|row| row.is_weak == round) {
                let A = knot.A + knot.B * feedback.F;
                let B = knot.B * feedback.G;
                let (on_state, on_input) = (A.tr_mul(&row.c), B.tr_mul(&row.c));
                let free = (0..NU).filter(|&j| !held[j]);
                let best = free.max_by(|&a, &b| on_input[a].abs().total_cmp(&on_input[b].abs()));
                let scale = knot.A.amax().max(knot.B.amax());
                match best {
                    Some(j) if on_input[j].abs() > NOTHING * scale => {
                        if row.is_weak {
                            return Err(Degenerate);
                        }
                        let mut F = SMatrix::<f64, NU, NX>::zeros();
                        let mut G = SMatrix::<f64, NU, NU>::identity();
                        F.set_row(j, &(on_state.transpose() / -on_input[j]));
                        for l in (0..NU).filter(|&l| l != j && !held[l]) {
                            G[(j, l)] = -on_input[l] / on_input[j];
                        }
                        feedback.F += feedback.G * F;
                        feedback.G *= G;
                        held[j] = true;
                    }
                    _ => add(
                        &mut self.rows,
                        Row {
                            c: on_state,
                            is_weak: row.is_weak,
                        },
                    ),
                }
            }
        }
        Ok(feedback)
    }
}

/// Adds the component of a row that is orthogonal to the others (Gram-Schmidt).
fn add<const NX: usize>(rows: &mut Vec<Row<NX>>, mut row: Row<NX>) {
    let before = row.c.norm();
    for known in rows.iter() {
        row.c -= known.c * known.c.dot(&row.c);
    }
    let left = row.c.norm();
    if left > NOTHING * before.max(1.0) {
        row.c /= left;
        rows.push(row);
    }
}
