//! Cost of proximity to moving objects at their predicted positions.
//!
//! ```text
//! stage    dt e^(-t_k/τ) Σ_movers Σ_discs  w_c (m_c - g)₊² + w_s (m_s - g)₊²,   t_k = k dt
//! g      = √(|c - p_i|² + ε²) - r - r_i - σ_i - min(s t_k, s_max)
//! c      = p + o [cos θ, sin θ],   p_i = p_i0 + v_i (age + latency + t_k)
//! ```
//!
//! A moving object is predicted at constant velocity; its position uncertainty grows with time up
//! to a bound, and the weight decreases with time. Source: de Groot, Ferranti, Gavrila,
//! Alonso-Mora, "Topology-driven parallel trajectory optimization in dynamic environments", 2024,
//! for discs at predicted positions in the optimal control problem.
#![allow(non_snake_case)]

use nalgebra::{SMatrix, SVector};
use perception::{Point2, SettingsError, Track, Vector2};
use serde::{Deserialize, Serialize};

use super::FootprintDiscs;
use crate::mpc::Curvature;
use crate::mpc::lq::Knot;

/// Smoothing length ε of the distance between centres, m.
const ROUND_M: f64 = 0.05;
/// Maximum number of moving objects.
const MOVERS_MAX: usize = 96;

/// Weights and distances of the cost of moving objects. Costs are rates: they are multiplied by the
/// time step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MoverSettings {
    /// False: plans ignore the motion of objects and use their current positions only.
    pub enabled: bool,
    /// Comfort distance, m: gap between outlines below which the comfort cost applies.
    pub comfort_m: f64,
    /// Weight of its squared shortfall, 1/m^2.
    pub comfort_weight: f64,
    /// Safety distance, m: gap between outlines below which the safety cost applies.
    pub safety_m: f64,
    /// Weight of its squared shortfall, 1/m^2.
    pub safety_weight: f64,
    /// Growth rate of the position uncertainty about the constant-velocity prediction, m/s, ...
    pub spread_mps: f64,
    /// ... and its maximum, m.
    pub spread_max_m: f64,
    /// Time constant τ of the decay of the weight with prediction time, s.
    pub fade_s: f64,
    /// Maximum distance from the robot of the objects in the cost, m.
    pub range_m: f64,
}

impl Default for MoverSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            comfort_m: 0.8,
            comfort_weight: 6.0,
            safety_m: 0.25,
            safety_weight: 100.0,
            spread_mps: 0.1,
            spread_max_m: 0.4,
            fade_s: 3.0,
            range_m: 7.0,
        }
    }
}

impl MoverSettings {
    /// Checks every value against its bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::ensure_within(
            "cost.movers",
            &[
                ("comfort_m", self.comfort_m, 0.0..=10.0),
                ("comfort_weight", self.comfort_weight, 0.0..=1e6),
                ("safety_m", self.safety_m, 0.0..=10.0),
                ("safety_weight", self.safety_weight, 0.0..=1e6),
                ("spread_mps", self.spread_mps, 0.0..=5.0),
                ("spread_max_m", self.spread_max_m, 0.0..=10.0),
                ("fade_s", self.fade_s, 0.01..=1000.0),
                ("range_m", self.range_m, 0.0..=100.0),
            ],
        )
    }
}

/// A moving object at the first knot.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mover {
    position: Point2,
    velocity: Vector2,
    /// Sum of its radius and the standard deviation of its position, m.
    radius_m: f64,
}

/// Cost term of the moving objects of one tick.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MoverTerm {
    settings: MoverSettings,
    movers: Vec<Mover>,
    /// By knot: time after the first, s, weight of its costs, and position uncertainty, m, `[N+1]`.
    knots: Vec<[f64; 3]>,
}

/// A disc of the robot near a moving object.
struct Near {
    gap_m: f64,
    /// Smoothed direction from the object to the disc; its norm is below 1 near the centre.
    away: Vector2,
    /// The smoothed distance by which `away` is divided, m.
    distance_m: f64,
    /// Derivative of the disc's centre with respect to the heading.
    turn: Vector2,
}

impl MoverTerm {
    /// A term without moving objects.
    pub fn new(settings: MoverSettings) -> Self {
        Self {
            settings,
            movers: Vec::with_capacity(MOVERS_MAX),
            knots: Vec::new(),
        }
    }

    /// Sets the moving tracks near `robot`, observed `ahead_s` before the first knot.
    pub fn set(
        &mut self,
        tracks: &[Track],
        robot: Point2,
        ahead_s: f64,
        horizon: usize,
        dt_s: f64,
    ) {
        let settings = self.settings;
        self.movers.clear();
        if !settings.enabled {
            return;
        }
        let off_m = |track: &Track| (track.position - robot).norm();
        let near = |track: &&Track| track.is_moving() && off_m(track) <= settings.range_m;
        for track in tracks.iter().filter(near).take(MOVERS_MAX) {
            self.movers.push(Mover {
                position: track.position + track.velocity * ahead_s,
                velocity: track.velocity,
                radius_m: track.radius_m + track.position_sd_m,
            });
        }
        if self.movers.is_empty() {
            return;
        }
        self.knots.clear();
        self.knots.extend((0..=horizon).map(|k| {
            let t_s = k as f64 * dt_s;
            let spread_m = (settings.spread_mps * t_s).min(settings.spread_max_m);
            [t_s, (-t_s / settings.fade_s).exp(), spread_m]
        }));
    }

    /// Visits each pair of a disc of the robot and a nearby moving object at knot `k`.
    fn each_near(
        &self,
        k: usize,
        x: &SVector<f64, 7>,
        discs: &FootprintDiscs,
        mut found: impl FnMut(&Near),
    ) {
        if self.movers.is_empty() {
            return;
        }
        let [t_s, _, spread_m] = self.knots[k];
        let (sin, cos) = x[2].sin_cos();
        let base = Point2::new(x[0], x[1]);
        let margin_m = self.settings.comfort_m.max(self.settings.safety_m);
        let reach_m = discs
            .offsets_m
            .iter()
            .fold(0.0, |far: f64, o| far.max(o.abs()));
        for mover in &self.movers {
            let kept_m = discs.radius_m + mover.radius_m + spread_m;
            let off = base - (mover.position + mover.velocity * t_s);
            let beyond_m = kept_m + margin_m;
            if off.norm_squared() >= (beyond_m + reach_m) * (beyond_m + reach_m) {
                continue;
            }
            for &offset_m in &discs.offsets_m {
                let away = off + Vector2::new(offset_m * cos, offset_m * sin);
                let squared = away.norm_squared();
                if squared >= beyond_m * beyond_m {
                    continue;
                }
                let distance_m = (squared + ROUND_M * ROUND_M).sqrt();
                found(&Near {
                    gap_m: distance_m - kept_m,
                    away,
                    distance_m,
                    turn: Vector2::new(-offset_m * sin, offset_m * cos),
                });
            }
        }
    }

    /// Cost of a gap and its first two derivatives with respect to the gap.
    fn price(&self, gap_m: f64) -> [f64; 3] {
        let MoverSettings {
            comfort_m,
            comfort_weight,
            safety_m,
            safety_weight,
            ..
        } = self.settings;
        let mut price = [0.0; 3];
        for (margin_m, weight) in [(comfort_m, comfort_weight), (safety_m, safety_weight)] {
            let short_m = margin_m - gap_m;
            if short_m > 0.0 {
                price[0] += weight * short_m * short_m;
                price[1] -= 2.0 * weight * short_m;
                price[2] += 2.0 * weight;
            }
        }
        price
    }

    /// Cost rate at knot `k`.
    pub fn value(&self, k: usize, x: &SVector<f64, 7>, discs: &FootprintDiscs) -> f64 {
        let mut sum = 0.0;
        self.each_near(k, x, discs, |near| {
            sum += self.knots[k][1] * self.price(near.gap_m)[0];
        });
        sum
    }

    /// Adds gradient and curvature of `scale` times the cost rate at knot `k`.
    pub fn expand(
        &self,
        k: usize,
        x: &SVector<f64, 7>,
        discs: &FootprintDiscs,
        scale: f64,
        curvature: Curvature,
        knot: &mut Knot<7, 2>,
    ) {
        self.each_near(k, x, discs, |near| {
            let scale = scale * self.knots[k][1];
            let [_, first, second] = self.price(near.gap_m);
            let normal = near.away / near.distance_m;
            let slope = SVector::<f64, 3>::new(normal.x, normal.y, normal.dot(&near.turn));
            let mut q = knot.q.fixed_rows_mut::<3>(0);
            q += slope * (scale * first);
            let mut Q = knot.Q.fixed_view_mut::<3, 3>(0, 0);
            Q += slope * slope.transpose() * (scale * second);
            if curvature == Curvature::Exact {
                Q += gap_curvature(near, normal) * (scale * first);
            }
        });
    }
}

/// Second derivative of a gap in `[p_x, p_y, θ]`.
fn gap_curvature(near: &Near, normal: Vector2) -> SMatrix<f64, 3, 3> {
    let round = (SMatrix::<f64, 2, 2>::identity() - normal * normal.transpose()) / near.distance_m;
    let moved = SMatrix::<f64, 2, 3>::from_columns(&[Vector2::x(), Vector2::y(), near.turn]);
    let mut found = moved.transpose() * round * moved;
    // the disc rotates about the base: the second derivative of its centre points back to the base
    let inward = Vector2::new(-near.turn.y, near.turn.x);
    found[(2, 2)] += normal.dot(&inward);
    found
}
