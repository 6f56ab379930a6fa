//! Files, figures, command line.
pub mod benchmark;
