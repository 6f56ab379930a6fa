//! Drives to look at: in simulation, in one picture, in world files.

pub(super) mod compare;
pub(super) mod drive;
pub(super) mod placement;
pub(super) mod world_file;
