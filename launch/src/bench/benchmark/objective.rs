//! Cost of the benchmark: goal, effort, and circles by their exact distance.
#![allow(non_snake_case)] // Q, R and q, r as in the controller

use controller::mpc::{Curvature, Objective, lq::Knot};
use nalgebra::{SMatrix, SVector};

use super::instance::{Instance, ProblemDefinition};

/// Form of the velocity limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VelocityBounds {
    /// A quadratic penalty on their violation, part of the cost.
    Soft,
    /// Hard bounds, no cost.
    Hard,
}

/// The cost of one instance.
#[derive(Debug, Clone, Copy)]
pub struct CircleObjective<'a> {
    /// Weights and bounds.
    pub problem: &'a ProblemDefinition,
    /// Goal and circles.
    pub instance: &'a Instance,
    /// The variant.
    pub bounds: VelocityBounds,
}

type State = SVector<f64, 5>;
type Input = SVector<f64, 2>;

impl CircleObjective<'_> {
    /// Value of the obstacle cost, with gradient and Hessian on request.
    fn obstacles(&self, x: &State, mut expansion: Option<(Curvature, &mut Knot<5, 2>)>) -> f64 {
        let shape = &self.problem.obstacle_fn;
        let weight = self.problem.weights.obstacle;
        let mut cost = 0.0;
        for &[ox, oy, radius] in &self.instance.obstacles {
            let (dx, dy) = (x[0] - ox, x[1] - oy);
            let distance = (dx * dx + dy * dy + shape.eps).sqrt();
            let z = shape.beta * (shape.margin - (distance - radius - shape.robot_radius));
            if z < -40.0 {
                continue; // below 1e-36
            }
            let tail = (-z.abs()).exp();
            let s = (z.max(0.0) + tail.ln_1p()) / shape.beta;
            cost += weight * s * s;
            if let Some((curvature, knot)) = &mut expansion {
                let sigmoid = if z > 0.0 {
                    1.0 / (1.0 + tail)
                } else {
                    tail / (1.0 + tail)
                };
                let slope = -2.0 * weight * s * sigmoid;
                let bend =
                    2.0 * weight * (sigmoid * sigmoid + s * shape.beta * sigmoid * (1.0 - sigmoid));
                let (nx, ny) = (dx / distance, dy / distance);
                // curvature of the distance: tangential, negative in the cost
                let around = match curvature {
                    Curvature::Exact | Curvature::Smooth => slope / distance,
                    Curvature::Convex => 0.0,
                };
                knot.q[0] += slope * nx;
                knot.q[1] += slope * ny;
                knot.Q[(0, 0)] += bend * nx * nx + around * (1.0 - nx * nx);
                knot.Q[(1, 1)] += bend * ny * ny + around * (1.0 - ny * ny);
                let mixed = (bend - around) * nx * ny;
                knot.Q[(0, 1)] += mixed;
                knot.Q[(1, 0)] += mixed;
            }
        }
        cost
    }

    /// Violations of the velocity limits in v and omega, signed; zero in the hard variant.
    fn violations(&self, x: &State) -> [f64; 2] {
        let p = self.problem;
        match self.bounds {
            VelocityBounds::Hard => [0.0; 2],
            VelocityBounds::Soft => [
                x[3] - x[3].max(p.v_min).min(p.v_max),
                x[4] - x[4].max(p.omega_min).min(p.omega_max),
            ],
        }
    }

    fn expand_state(&self, x: &State, curvature: Curvature, knot: &mut Knot<5, 2>) {
        let violations = self.violations(x);
        for (i, violation) in [3, 4].into_iter().zip(violations) {
            if violation != 0.0 {
                let weight = 2.0 * self.problem.weights.vel_bound;
                knot.Q[(i, i)] += weight;
                knot.q[i] += weight * violation;
            }
        }
        self.obstacles(x, Some((curvature, knot)));
    }

    fn shared(&self, x: &State) -> f64 {
        let [v, omega] = self.violations(x);
        self.obstacles(x, None) + self.problem.weights.vel_bound * (v * v + omega * omega)
    }
}

impl Objective<5, 2> for CircleObjective<'_> {
    fn stage(&self, _: usize, x: &State, u: &Input) -> f64 {
        let w = &self.problem.weights;
        let (dx, dy) = (x[0] - self.instance.goal[0], x[1] - self.instance.goal[1]);
        w.goal_xy * (dx * dx + dy * dy)
            + w.omega * x[4] * x[4]
            + w.a * u[0] * u[0]
            + w.alpha * u[1] * u[1]
            + self.shared(x)
    }

    fn terminal(&self, x: &State) -> f64 {
        let w = &self.problem.weights;
        let [gx, gy, heading] = self.instance.goal;
        let (dx, dy) = (x[0] - gx, x[1] - gy);
        w.goal_xy_terminal * (dx * dx + dy * dy)
            + w.theta_terminal * 2.0 * (1.0 - (x[2] - heading).cos())
            + w.v_terminal * x[3] * x[3]
            + w.omega_terminal * x[4] * x[4]
            + self.shared(x)
    }

    fn expand_stage(
        &self,
        _: usize,
        x: &State,
        u: &Input,
        curvature: Curvature,
        knot: &mut Knot<5, 2>,
    ) {
        let w = &self.problem.weights;
        let goal = self.instance.goal;
        knot.S = SMatrix::zeros();
        knot.R = SMatrix::from_diagonal(&SVector::from([2.0 * w.a, 2.0 * w.alpha]));
        knot.r = SVector::from([2.0 * w.a * u[0], 2.0 * w.alpha * u[1]]);
        let diagonal = SVector::from([2.0 * w.goal_xy, 2.0 * w.goal_xy, 0.0, 0.0, 2.0 * w.omega]);
        knot.Q = SMatrix::from_diagonal(&diagonal);
        let offset = SVector::from([x[0] - goal[0], x[1] - goal[1], 0.0, 0.0, x[4]]);
        knot.q = diagonal.component_mul(&offset);
        self.expand_state(x, curvature, knot);
    }

    fn expand_terminal(&self, x: &State, curvature: Curvature, knot: &mut Knot<5, 2>) {
        let w = &self.problem.weights;
        let goal = self.instance.goal;
        let turn = x[2] - goal[2];
        let bend = 2.0 * w.theta_terminal * turn.cos();
        let heading = match curvature {
            Curvature::Exact | Curvature::Smooth => bend,
            Curvature::Convex => bend.max(0.0),
        };
        let xy = 2.0 * w.goal_xy_terminal;
        knot.Q = SMatrix::from_diagonal(&SVector::from([
            xy,
            xy,
            heading,
            2.0 * w.v_terminal,
            2.0 * w.omega_terminal,
        ]));
        knot.q = SVector::from([
            xy * (x[0] - goal[0]),
            xy * (x[1] - goal[1]),
            2.0 * w.theta_terminal * turn.sin(),
            2.0 * w.v_terminal * x[3],
            2.0 * w.omega_terminal * x[4],
        ]);
        self.expand_state(x, curvature, knot);
    }
}
