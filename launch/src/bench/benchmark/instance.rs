//! File of the benchmark, JSON: problem definition and seeded instances.

use std::io::Read;

use serde::Deserialize;

use super::gradient::LearnedQuadratic;

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
pub struct Instances {
    /// Parameters common to all instances.
    pub problem: ProblemDefinition,
    /// The instances.
    pub instances: Vec<Instance>,
}

/// Weights, bounds and obstacle function.
#[derive(Debug, Clone, Deserialize)]
pub struct ProblemDefinition {
    /// Time from a knot to the next, s.
    pub dt: f64,
    /// Lower bounds of a (m/s^2) and alpha (rad/s^2).
    pub u_min: [f64; 2],
    /// Upper bounds of a (m/s^2) and alpha (rad/s^2).
    pub u_max: [f64; 2],
    /// Minimum forward speed, m/s.
    pub v_min: f64,
    /// Maximum forward speed, m/s.
    pub v_max: f64,
    /// Minimum turning rate (clockwise), rad/s.
    pub omega_min: f64,
    /// Maximum turning rate (counter-clockwise), rad/s.
    pub omega_max: f64,
    /// Cost weights.
    pub weights: Weights,
    /// Parameters of the obstacle cost.
    pub obstacle_fn: ObstacleFunction,
    /// Parameters at which the gradient is evaluated, if the file has any.
    #[serde(default)]
    pub grad_bench: Option<LearnedQuadratic>,
}

/// Cost weights; no factor 1/2, no multiplication by dt.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)] // named as the terms they weigh, `_N` the terminal ones
pub struct Weights {
    pub goal_xy: f64,
    pub omega: f64,
    pub a: f64,
    pub alpha: f64,
    #[serde(rename = "goal_xy_N")]
    pub goal_xy_terminal: f64,
    #[serde(rename = "theta_N")]
    pub theta_terminal: f64,
    #[serde(rename = "v_N")]
    pub v_terminal: f64,
    #[serde(rename = "omega_N")]
    pub omega_terminal: f64,
    pub obstacle: f64,
    pub vel_bound: f64,
}

/// `s(d) = softplus(beta (margin - d)) / beta`, `d = sqrt(|p - o|² + eps) - r - robot_radius`.
#[derive(Debug, Clone, Deserialize)]
pub struct ObstacleFunction {
    /// Distance at which the cost begins, m.
    pub margin: f64,
    /// Sharpness, 1/m.
    pub beta: f64,
    /// Radius of the robot, m.
    pub robot_radius: f64,
    /// Smoothing of the distance at the centre, m^2.
    pub eps: f64,
}

/// One start, goal and set of circles.
#[derive(Debug, Clone, Deserialize)]
pub struct Instance {
    /// Number in the file.
    pub id: u32,
    /// Start: x (m), y (m), theta (rad), v (m/s), omega (rad/s).
    pub x0: [f64; 5],
    /// Goal: x (m), y (m), theta (rad).
    pub goal: [f64; 3],
    /// Circles: x, y, radius, m.
    pub obstacles: Vec<[f64; 3]>,
    /// Noise added to the state after each step of the closed loop.
    #[serde(default)]
    pub noise: Vec<[f64; 5]>,
}

/// Reasons why a benchmark file is rejected.
#[derive(Debug, thiserror::Error)]
pub enum BenchmarkError {
    /// Not the expected JSON.
    #[error("not a benchmark file: {0}")]
    Json(#[from] serde_json::Error),
    /// A number out of range.
    #[error("instance {id}: {field} holds {value}: expected {expected}")]
    Value {
        /// The instance's number.
        id: u32,
        /// Field.
        field: &'static str,
        /// Value found.
        value: f64,
        /// Values expected.
        expected: &'static str,
    },
}

impl Instances {
    /// Reads and validates a file.
    pub fn from_reader(reader: impl Read) -> Result<Self, BenchmarkError> {
        let file: Self = serde_json::from_reader(reader)?;
        for instance in &file.instances {
            for circle in &instance.obstacles {
                if !(circle[2] >= 0.0) {
                    return Err(BenchmarkError::Value {
                        id: instance.id,
                        field: "obstacles[..][2]",
                        value: circle[2],
                        expected: "a radius of at least 0 m",
                    });
                }
            }
        }
        Ok(file)
    }
}
