//! Map to command: what to do.

pub mod mpc;
