//! The learned cost on a state that begins with `[p_x, p_y, θ, v, ω]`, odometry frame.
//!
//! ```text
//! l_k(x) = dt ½ |M_k' (z(x) - r_k)|²,   z = [p_x, p_y, cos θ, sin θ, v, ω],   k = 0..N
//! r_k, M_k   the parameters' r and L at t = k/N, turned from the view into the odometry frame:
//!            z_view = T (z - offset),  T = diag(R', R', 1, 1),  M = T'L
//! ```
//!
//! Xiao et al. 2022 add such a quadratic to the hand-engineered cost. The mixed second derivatives
//! carry an adjoint (see `mpc::Adjoint`) on to the parameters:
//!
//! ```text
//! s = T J dx,  e = T (z - r),  a = L's,  b = L'e
//! (d²l/dr dx)' dx = -dt L a,   (d²l/dL dx)' dx = dt (s b' + e a') on the lower triangle
//! ```
#![allow(non_snake_case)]

use nalgebra::{SMatrix, SVector};
use perception::{Point2, Vector2};

use super::model::LearnedCost;
use super::parameters::{CostParameters, FACTOR_LEN, FEATURES, KNOT_LEN};
use crate::mpc::lq::Knot;
use crate::mpc::{Curvature, Objective};

type Features = SVector<f64, FEATURES>;
type Factor = SMatrix<f64, FEATURES, FEATURES>;

/// The term at one step of the horizon.
#[derive(Debug, Clone, Copy)]
struct Step {
    reference: Features,
    factor: Factor,
    /// `dt M M'`.
    weight: Factor,
}

/// Interpolation of a step between the knots of the parameters: previous knot and weight of the
/// next.
#[derive(Debug, Clone, Copy)]
struct Place {
    knot: usize,
    share: f64,
}

/// The learned cost of one tick, interpolated over the horizon.
#[derive(Debug, Clone, Default)]
pub struct LearnedTerm {
    steps: Vec<Step>,
    knots: usize,
    turn: (f64, f64),
    dt_s: f64,
    has_weight: bool,
}

impl LearnedTerm {
    /// Interpolates parameters of at least one knot to the steps `0..=horizon`.
    pub fn set(&mut self, learned: &LearnedCost, horizon: usize, dt_s: f64) {
        let parameters = &learned.parameters;
        let view = learned.odom_from_view;
        self.knots = parameters.knots();
        self.turn = view.yaw.sin_cos();
        self.dt_s = dt_s;
        self.has_weight =
            (0..self.knots).any(|knot| parameters.factor(knot).iter().any(|&entry| entry != 0.0));
        self.steps.clear();
        for k in 0..=horizon {
            let place = self.place(k, horizon);
            let next = (place.knot + 1).min(self.knots - 1);
            let mix =
                |from: &[f64], to: &[f64], i: usize| from[i] + place.share * (to[i] - from[i]);
            let (r, r_next) = (parameters.reference(place.knot), parameters.reference(next));
            let (l, l_next) = (parameters.factor(place.knot), parameters.factor(next));
            let mut reference = self.odom_from_view(&Features::from_fn(|i, _| mix(r, r_next, i)));
            reference[0] += view.x;
            reference[1] += view.y;
            let lower = Factor::from_fn(|i, j| {
                if j <= i {
                    mix(l, l_next, i * (i + 1) / 2 + j)
                } else {
                    0.0
                }
            });
            let mut factor = lower;
            for (mut to, from) in factor.column_iter_mut().zip(lower.column_iter()) {
                to.copy_from(&self.odom_from_view(&from.into_owned()));
            }
            self.steps.push(Step {
                reference,
                factor,
                weight: factor * factor.transpose() * dt_s,
            });
        }
    }

    /// True when no factor has an entry: the term is zero everywhere.
    pub fn is_zero(&self) -> bool {
        !self.has_weight
    }

    /// Reference position of step `k`, odometry frame, m.
    pub fn position(&self, k: usize) -> Point2 {
        let reference = &self.steps[k].reference;
        Point2::new(reference[0], reference[1])
    }

    /// Stiffness of the cost about the reference position of step `k`, odometry frame: the
    /// symmetric matrix `A` of the cost rate `½ (p - position)' A (p - position)`, `[xx, xy, yy]`,
    /// 1/m².
    pub fn stiffness(&self, k: usize) -> [f64; 3] {
        let factor = &self.steps[k].factor;
        let rows = factor * factor.transpose();
        [rows[(0, 0)], rows[(0, 1)], rows[(1, 1)]]
    }

    fn place(&self, k: usize, horizon: usize) -> Place {
        let last = self.knots - 1;
        let along = k as f64 / horizon.max(1) as f64 * last as f64;
        let knot = (along as usize).min(last.saturating_sub(1));
        Place {
            knot,
            share: along - knot as f64,
        }
    }

    /// `T' z`.
    fn odom_from_view(&self, z: &Features) -> Features {
        let (sin, cos) = self.turn;
        turned(z, sin, cos)
    }

    /// `T z`.
    fn view_from_odom(&self, z: &Features) -> Features {
        let (sin, cos) = self.turn;
        turned(z, -sin, cos)
    }

    /// Cost of step `k`.
    pub fn value<const NX: usize>(&self, k: usize, x: &SVector<f64, NX>) -> f64 {
        let step = &self.steps[k];
        let error = features(x) - step.reference;
        0.5 * self.dt_s * step.factor.tr_mul(&error).norm_squared()
    }

    /// Adds gradient and Hessian of step `k`.
    pub fn expand<const NX: usize, const NU: usize>(
        &self,
        k: usize,
        x: &SVector<f64, NX>,
        curvature: Curvature,
        knot: &mut Knot<NX, NU>,
    ) {
        let step = &self.steps[k];
        let z = features(x);
        let slope = step.weight * (z - step.reference);
        let (cos, sin) = (z[2], z[3]);
        // J' W, then J' W J: rows of x from those of z, the heading's from two
        let to_state =
            |g: &Features| SVector::<f64, 5>::new(g[0], g[1], cos * g[3] - sin * g[2], g[4], g[5]);
        let gradient = to_state(&slope);
        let mut half = SMatrix::<f64, 5, FEATURES>::zeros();
        for (mut to, from) in half.column_iter_mut().zip(step.weight.column_iter()) {
            to.copy_from(&to_state(&from.into_owned()));
        }
        for i in 0..5 {
            knot.q[i] += gradient[i];
            let row = to_state(&half.row(i).transpose());
            for j in 0..5 {
                knot.Q[(i, j)] += row[j];
            }
        }
        if curvature != Curvature::Convex {
            knot.Q[(2, 2)] -= cos * slope[2] + sin * slope[3];
        }
    }

    /// Adds `(d²l_k/dθ dx)' dx` for all parameters θ; `into` has the parameters' length.
    pub fn add_mixed<const NX: usize>(
        &self,
        k: usize,
        x: &SVector<f64, NX>,
        dx: &SVector<f64, NX>,
        into: &mut CostParameters,
    ) {
        let step = &self.steps[k];
        let z = features(x);
        let moved = Features::from([dx[0], dx[1], -z[3] * dx[2], z[2] * dx[2], dx[3], dx[4]]);
        let error = z - step.reference;
        let (a, b) = (step.factor.tr_mul(&moved), step.factor.tr_mul(&error));
        let pull = self.view_from_odom(&(step.factor * a));
        let (s, e) = (self.view_from_odom(&moved), self.view_from_odom(&error));
        let place = self.place(k, self.steps.len() - 1);
        for (knot, share) in [
            (place.knot, 1.0 - place.share),
            (place.knot + 1, place.share),
        ] {
            if share == 0.0 {
                continue;
            }
            let scale = share * self.dt_s;
            let slots = &mut into.0[knot * KNOT_LEN..][..KNOT_LEN];
            let (reference, factor) = slots.split_at_mut(FEATURES);
            for (slot, pull) in reference.iter_mut().zip(pull.iter()) {
                *slot -= scale * pull;
            }
            debug_assert_eq!(factor.len(), FACTOR_LEN);
            let entries = (0..FEATURES).flat_map(|i| (0..=i).map(move |j| (i, j)));
            for (slot, (i, j)) in factor.iter_mut().zip(entries) {
                *slot += scale * (s[i] * b[j] + e[i] * a[j]);
            }
        }
    }
}

fn features<const NX: usize>(x: &SVector<f64, NX>) -> Features {
    let (sin, cos) = x[2].sin_cos();
    Features::from([x[0], x[1], cos, sin, x[3], x[4]])
}

/// The two planar pairs of `z` rotated counter-clockwise.
fn turned(z: &Features, sin: f64, cos: f64) -> Features {
    let turn = |v: Vector2| Vector2::new(cos * v.x - sin * v.y, sin * v.x + cos * v.y);
    let (position, heading) = (
        turn(Vector2::new(z[0], z[1])),
        turn(Vector2::new(z[2], z[3])),
    );
    Features::from([position.x, position.y, heading.x, heading.y, z[4], z[5]])
}

/// Sum of a base cost and an optional learned cost.
#[derive(Debug, Clone, Copy)]
pub struct WithLearned<'a, O> {
    /// Base cost.
    pub base: O,
    /// Learned cost, if any.
    pub learned: Option<&'a LearnedTerm>,
}

impl<const NX: usize, const NU: usize, O: Objective<NX, NU>> Objective<NX, NU>
    for WithLearned<'_, O>
{
    fn stage(&self, k: usize, x: &SVector<f64, NX>, u: &SVector<f64, NU>) -> f64 {
        let base = self.base.stage(k, x, u);
        self.learned.map_or(base, |term| base + term.value(k, x))
    }

    fn terminal(&self, x: &SVector<f64, NX>) -> f64 {
        let base = self.base.terminal(x);
        self.learned
            .map_or(base, |term| base + term.value(term.steps.len() - 1, x))
    }

    fn expand_stage(
        &self,
        k: usize,
        x: &SVector<f64, NX>,
        u: &SVector<f64, NU>,
        curvature: Curvature,
        knot: &mut Knot<NX, NU>,
    ) {
        self.base.expand_stage(k, x, u, curvature, knot);
        if let Some(term) = self.learned {
            term.expand(k, x, curvature, knot);
        }
    }

    fn expand_terminal(&self, x: &SVector<f64, NX>, curvature: Curvature, knot: &mut Knot<NX, NU>) {
        self.base.expand_terminal(x, curvature, knot);
        if let Some(term) = self.learned {
            term.expand(term.steps.len() - 1, x, curvature, knot);
        }
    }
}
