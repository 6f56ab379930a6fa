//! Benchmarks, completions and manual pages.

pub(super) mod bench;
pub(super) mod completions;
pub(super) mod man;
