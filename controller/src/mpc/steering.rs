//! First guesses for the outer loop: a unicycle steered through waypoints within its limits.
//!
//! An optimal control problem among obstacles has a minimum for every way around them; which one
//! a solve finds is decided by where it starts.

use nalgebra::SVector;

use super::ocp::Bounds;

/// Turning rate asked for per radian of heading error, 1/s.
const HEADING_GAIN: f64 = 3.0;
/// Distance at which a waypoint that is not the last counts as passed, m.
const PASSED_M: f64 = 0.4;

/// What a steered rollout respects besides its bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SteeringLimits {
    /// Fastest forward speed, m/s.
    pub v_max: f64,
    /// Fastest turning either way, rad/s.
    pub omega_max: f64,
    /// Deceleration that the approach of the last waypoint plans with, m/s^2.
    pub deceleration: f64,
}

/// Where a steered rollout leads and how it drives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    /// Time from a knot to the next, s.
    pub dt_s: f64,
    /// Position to stop at, m.
    pub goal: [f64; 2],
    /// Speeds of the rollouts.
    pub limits: SteeringLimits,
}

/// Writes inputs that drive through `waypoints` (m, in turn) and stop at the last; `[N]` as long
/// as `inputs`. The state's first five entries are x, y, theta, v, omega.
pub fn steer<const NX: usize>(
    aim: &Aim,
    x0: &SVector<f64, NX>,
    waypoints: &[[f64; 2]],
    bounds: &Bounds<NX, 2>,
    inputs: &mut [SVector<f64, 2>],
) {
    let (dt, limits) = (aim.dt_s, &aim.limits);
    let [mut px, mut py, mut theta, mut v, mut omega] = [x0[0], x0[1], x0[2], x0[3], x0[4]];
    let mut next = 0;
    for (input, [lo, hi]) in inputs.iter_mut().zip(&bounds.inputs) {
        let (dx, dy) = loop {
            let (dx, dy) = (waypoints[next][0] - px, waypoints[next][1] - py);
            if next + 1 < waypoints.len() && dx.hypot(dy) < PASSED_M {
                next += 1;
            } else {
                break (dx, dy);
            }
        };
        let distance = dx.hypot(dy);
        let error = perception::wrap_angle(dy.atan2(dx) - theta);
        let last = next + 1 == waypoints.len();
        let approach = if last {
            (2.0 * limits.deceleration * distance).sqrt()
        } else {
            f64::INFINITY
        };
        let speed = limits.v_max.min(approach) * error.cos().max(0.0);
        let turning = if last && distance < 0.1 {
            0.0
        } else {
            (HEADING_GAIN * error)
                .max(-limits.omega_max)
                .min(limits.omega_max)
        };
        input[0] = ((speed - v) / dt).max(lo[0]).min(hi[0]);
        input[1] = ((turning - omega) / dt).max(lo[1]).min(hi[1]);
        px += dt * v * theta.cos();
        py += dt * v * theta.sin();
        theta += dt * omega;
        v += dt * input[0];
        omega += dt * input[1];
    }
}
