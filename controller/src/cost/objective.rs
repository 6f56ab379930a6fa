//! The hand-engineered cost, on the state `[p_x, p_y, θ, v, ω, a⁻, α⁻]`.
//!
//! ```text
//! stage     dt ( w_g ρ(|p - r_k|) + Σ_discs w (m + s v²/2a_b + radius - d)₊² for both clearances
//!                + movers (MoverTerm)
//!                + w_ω ω² + w_r ρ_v((-v)₊) + u'W_u u + (u - u⁻)'W_Δ (u - u⁻) )
//! terminal  T w_g ρ(|p - r_N|) + w_θ (1 - cos(θ - θ_end))
//! ρ(d) = √(d² + σ²) - σ
//! ```
//!
//! `d` is the distance field at the centre of a disc. The curvature is exact inside a cell of the
//! interpolated field; the kinks between cells are not part of it.
#![allow(non_snake_case)]

use nalgebra::{SMatrix, SVector};
use perception::{DistanceField, FieldSample, Point2};

use super::{CostSettings, FootprintDiscs, MoverTerm};
use crate::mpc::lq::Knot;
use crate::mpc::{Curvature, Objective};

/// Reverse speed below which its cost is smoothed, m/s.
const REVERSE_SOFTNESS_MPS: f64 = 0.05;

type State = SVector<f64, 7>;
type Input = SVector<f64, 2>;

/// The hand-engineered objective of one tick.
#[derive(Debug, Clone, Copy)]
pub struct BaseObjective<'a> {
    /// Weights.
    pub settings: &'a CostSettings,
    /// Discs that cover the footprint.
    pub discs: &'a FootprintDiscs,
    /// Distance field of static obstacles.
    pub field: &'a DistanceField,
    /// Uncertainty of the field, m: obstacles may be nearer by this.
    pub slack_m: f64,
    /// Reference positions, `[N+1]`.
    pub reference: &'a [Point2],
    /// Cost of moving objects.
    pub movers: &'a MoverTerm,
    /// Terminal heading, rad, and its weight.
    pub end_yaw: Option<(f64, f64)>,
    /// Time step, s.
    pub dt_s: f64,
    /// Deceleration of the stopping distances, m/s^2.
    pub deceleration_mps2: f64,
}

/// Cost of a shortfall of clearance and its first two derivatives with respect to the shortfall.
fn hinge(weight: f64, shortfall: f64) -> [f64; 3] {
    let short = shortfall.max(0.0);
    let curvature = if shortfall > 0.0 { 2.0 * weight } else { 0.0 };
    [weight * short * short, 2.0 * weight * short, curvature]
}

/// Cost of reverse speed, smooth near zero, and its first two derivatives with respect to speed.
fn reverse(weight: f64, speed: f64) -> [f64; 3] {
    let back = (-speed).max(0.0);
    let root = back.hypot(REVERSE_SOFTNESS_MPS);
    let curvature = if back > 0.0 {
        weight * REVERSE_SOFTNESS_MPS * REVERSE_SOFTNESS_MPS / (root * root * root)
    } else {
        0.0
    };
    [
        weight * (root - REVERSE_SOFTNESS_MPS),
        -weight * back / root,
        curvature,
    ]
}

/// Second derivative in `[p_x, p_y, θ]` of the distance at a disc: that of the field, and that of
/// the rotation of the disc about the base.
fn distance_curvature(sample: &FieldSample, yaw: f64, offset: f64) -> SMatrix<f64, 3, 3> {
    let (sin, cos) = yaw.sin_cos();
    let (mixed, gradient) = (sample.mixed, sample.gradient);
    let (along_x, along_y) = (-offset * sin, offset * cos);
    let turning = 2.0 * mixed * along_x * along_y - offset * (gradient.x * cos + gradient.y * sin);
    SMatrix::<f64, 3, 3>::new(
        0.0,
        mixed,
        mixed * along_y,
        mixed,
        0.0,
        mixed * along_x,
        mixed * along_y,
        mixed * along_x,
        turning,
    )
}

impl BaseObjective<'_> {
    fn attraction(&self, k: usize, x: &State) -> f64 {
        let off = Point2::new(x[0], x[1]) - self.reference[k];
        let softness = self.settings.goal_softness_m;
        self.settings.goal_weight * (off.norm_squared() + softness * softness).sqrt()
            - self.settings.goal_weight * softness
    }

    fn expand_attraction(&self, k: usize, x: &State, scale: f64, knot: &mut Knot<7, 2>) {
        let off = Point2::new(x[0], x[1]) - self.reference[k];
        let softness = self.settings.goal_softness_m;
        let root = (off.norm_squared() + softness * softness).sqrt();
        let scale = scale * self.settings.goal_weight;
        let gradient = off * (scale / root);
        let hessian = (SMatrix::<f64, 2, 2>::identity() - off * off.transpose() / (root * root))
            * (scale / root);
        let mut q = knot.q.fixed_rows_mut::<2>(0);
        q += gradient;
        let mut Q = knot.Q.fixed_view_mut::<2, 2>(0, 0);
        Q += hessian;
    }

    /// Shortfall of both clearances at a disc, their common derivative in `[p_x, p_y, θ, v]`, and
    /// the sample of the field.
    fn shortfall(&self, x: &State, offset: f64) -> ([f64; 2], SVector<f64, 4>, FieldSample) {
        let (sin, cos) = x[2].sin_cos();
        let centre = Point2::new(x[0] + offset * cos, x[1] + offset * sin);
        let sample = self.field.sample(centre);
        let settings = self.settings;
        let brake = settings.stopping_share / (2.0 * self.deceleration_mps2);
        let base = self.discs.radius_m + self.slack_m + brake * x[3] * x[3] - sample.distance_m;
        let turn = offset * (cos * sample.gradient.y - sin * sample.gradient.x);
        (
            [settings.comfort_m + base, settings.safety_m + base],
            SVector::<f64, 4>::new(
                -sample.gradient.x,
                -sample.gradient.y,
                -turn,
                2.0 * brake * x[3],
            ),
            sample,
        )
    }

    fn clearance(&self, x: &State) -> f64 {
        let settings = self.settings;
        self.discs
            .offsets_m
            .iter()
            .map(|&offset| {
                let ([comfort, safety], ..) = self.shortfall(x, offset);
                hinge(settings.comfort_weight, comfort)[0]
                    + hinge(settings.safety_weight, safety)[0]
            })
            .sum()
    }

    fn expand_clearance(&self, x: &State, scale: f64, curvature: Curvature, knot: &mut Knot<7, 2>) {
        let settings = self.settings;
        let brake = settings.stopping_share / (2.0 * self.deceleration_mps2);
        for &offset in &self.discs.offsets_m {
            let ([comfort, safety], slope, sample) = self.shortfall(x, offset);
            let [_, first, second] = hinge(settings.comfort_weight, comfort);
            let [_, more_first, more_second] = hinge(settings.safety_weight, safety);
            let (first, second) = (first + more_first, second + more_second);
            if first == 0.0 {
                continue;
            }
            let mut q = knot.q.fixed_rows_mut::<4>(0);
            q += slope * (scale * first);
            let mut Q = knot.Q.fixed_view_mut::<4, 4>(0, 0);
            Q += slope * slope.transpose() * (scale * second);
            Q[(3, 3)] += scale * first * 2.0 * brake;
            if curvature == Curvature::Exact {
                let mut Q = knot.Q.fixed_view_mut::<3, 3>(0, 0);
                Q -= distance_curvature(&sample, x[2], offset) * (scale * first);
            }
        }
    }
}

impl Objective<7, 2> for BaseObjective<'_> {
    fn stage(&self, k: usize, x: &State, u: &Input) -> f64 {
        let settings = self.settings;
        let mut cost = self.attraction(k, x) + self.clearance(x);
        cost += settings.turn_rate_weight * x[4] * x[4];
        cost += reverse(settings.reverse_weight, x[3])[0];
        for axis in 0..2 {
            let change = u[axis] - x[5 + axis];
            cost += settings.input_weight[axis] * u[axis] * u[axis]
                + settings.input_change_weight[axis] * change * change;
        }
        self.dt_s * (cost + self.movers.value(k, x, self.discs))
    }

    fn terminal(&self, x: &State) -> f64 {
        let last = self.reference.len() - 1;
        let turned = self
            .end_yaw
            .map_or(0.0, |(yaw, weight)| weight * (1.0 - (x[2] - yaw).cos()));
        let near = self.clearance(x) + self.movers.value(last, x, self.discs);
        self.settings.terminal_s * self.attraction(last, x) + self.dt_s * near + turned
    }

    fn expand_stage(
        &self,
        k: usize,
        x: &State,
        u: &Input,
        curvature: Curvature,
        knot: &mut Knot<7, 2>,
    ) {
        let (settings, dt) = (self.settings, self.dt_s);
        knot.Q = SMatrix::zeros();
        knot.S = SMatrix::zeros();
        knot.R = SMatrix::zeros();
        knot.q = SVector::zeros();
        knot.r = SVector::zeros();
        self.expand_attraction(k, x, dt, knot);
        self.expand_clearance(x, dt, curvature, knot);
        (self.movers).expand(k, x, self.discs, dt, curvature, knot);
        knot.q[4] += 2.0 * dt * settings.turn_rate_weight * x[4];
        knot.Q[(4, 4)] += 2.0 * dt * settings.turn_rate_weight;
        let [_, first, second] = reverse(settings.reverse_weight, x[3]);
        knot.q[3] += dt * first;
        knot.Q[(3, 3)] += dt * second;
        for axis in 0..2 {
            let memory = 5 + axis;
            let weight = 2.0 * dt * settings.input_weight[axis];
            let change_weight = 2.0 * dt * settings.input_change_weight[axis];
            let change = change_weight * (u[axis] - x[memory]);
            knot.r[axis] += weight * u[axis] + change;
            knot.R[(axis, axis)] += weight + change_weight;
            knot.q[memory] -= change;
            knot.Q[(memory, memory)] += change_weight;
            knot.S[(axis, memory)] -= change_weight;
        }
    }

    fn expand_terminal(&self, x: &State, curvature: Curvature, knot: &mut Knot<7, 2>) {
        knot.Q = SMatrix::zeros();
        knot.q = SVector::zeros();
        let last = self.reference.len() - 1;
        self.expand_attraction(last, x, self.settings.terminal_s, knot);
        self.expand_clearance(x, self.dt_s, curvature, knot);
        (self.movers).expand(last, x, self.discs, self.dt_s, curvature, knot);
        if let Some((yaw, weight)) = self.end_yaw {
            let (sin, cos) = (x[2] - yaw).sin_cos();
            knot.q[2] += weight * sin;
            knot.Q[(2, 2)] += match curvature {
                Curvature::Exact | Curvature::Smooth => weight * cos,
                Curvature::Convex => weight * cos.max(0.0),
            };
        }
    }
}
