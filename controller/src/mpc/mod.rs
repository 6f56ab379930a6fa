//! Optimal control: dynamics, the linear-quadratic subproblem, the outer loop.

mod adjoint;
mod dynamics;
mod held;
pub mod lq;
mod multi_start;
mod ocp;
mod sqp;
mod steering;

pub use adjoint::{Adjoint, AdjointStatus};
pub use dynamics::{Dynamics, Unicycle, UnicycleWithMemory};
pub use multi_start::{MultiStart, MultiStartSettings};
pub use ocp::{Bounds, Curvature, Objective, Ocp, Solution};
pub use sqp::{Sqp, SqpSettings, rollout};
pub use steering::{Aim, SteeringLimits, steer};
