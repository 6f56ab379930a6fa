//! Initial guesses for the outer loop: a unicycle steered through waypoints within its limits.
//!
//! An optimal control problem among obstacles has a local minimum for every homotopy class of paths
//! around them; the initial guess decides which one a solve finds.

use nalgebra::SVector;

use super::ocp::Bounds;

/// Proportional gain from heading error to turning rate, 1/s.
const HEADING_GAIN: f64 = 3.0;
/// Distance at which an intermediate waypoint counts as passed, m.
const PASSED_M: f64 = 0.4;

/// Limits of a steered rollout in addition to its bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SteeringLimits {
    /// Maximum forward speed, m/s.
    pub v_max: f64,
    /// Maximum turning rate in both directions, rad/s.
    pub omega_max: f64,
    /// Deceleration of the approach to the last waypoint, m/s^2.
    pub deceleration: f64,
}

/// Target, time step and limits of a steered rollout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    /// Time step between knots, s.
    pub dt_s: f64,
    /// Position to stop at, m.
    pub goal: [f64; 2],
    /// Limits of the rollouts.
    pub limits: SteeringLimits,
}

/// Writes inputs `[N]` that steer through `waypoints` (m, in order) and stop at the last; the
/// length is that of `inputs`. The first five entries of the state are x, y, theta, v, omega.
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
