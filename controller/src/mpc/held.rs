//! Active bounds as equations of a linear problem, solved for inputs.
//!
//! ```text
//! δx_{k+1,i} = 0  is the row  c'(A_k δx_k + B_k δu_k) = 0,  c = e_i.
//! Where a free input reaches it, it is solved for the one that does most, and that input becomes
//! a feedback of state and other inputs; what no free input reaches is a row of the knot before.
//! ```
//!
//! With the dynamics' own order kept, this is the elimination by which a Riccati recursion takes
//! state constraints (Sideris and Rodriguez 2011). Rows left over in the first knot hold by
//! themselves, since the first state is given.
#![allow(non_snake_case)]

use nalgebra::{SMatrix, SVector};

use super::lq::Knot;

/// Share of a row that rounding may leave of it.
const NOTHING: f64 = 1e-9;

/// `c'δx = 0`; weak when its bound is touched without force, so that it may turn out to be no
/// equation at all.
#[derive(Debug, Clone, Copy)]
struct Row<const NX: usize> {
    c: SVector<f64, NX>,
    is_weak: bool,
}

/// The equations on one state.
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

/// A bound that is touched without force leaves the derivative undefined.
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
    /// No equations.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Holds one entry of the state.
    pub fn hold(&mut self, index: usize, is_weak: bool) {
        let mut c = SVector::zeros();
        c[index] = 1.0;
        self.rows.push(Row { c, is_weak });
    }

    /// Solves the equations on the state that `knot` leads to, by its inputs not yet `held`.
    /// Inputs used up are marked as held; what remains are equations on the knot's own state.
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
        // in two rounds, that rows with force are solved for first
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

/// Adds what is new in a row (Gram and Schmidt).
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
