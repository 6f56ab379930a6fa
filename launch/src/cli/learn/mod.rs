//! Commands for demonstrations, training runs and weights files.

pub(super) mod demonstrate;
pub(super) mod model;
pub(super) mod train;
