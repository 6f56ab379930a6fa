//! Demonstrations to weights: behaviour cloning through the solution of an optimal control problem.
