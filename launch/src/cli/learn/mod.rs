//! Demonstrations, training runs, files of weights.

pub(super) mod demonstrate;
pub(super) mod model;
pub(super) mod train;
