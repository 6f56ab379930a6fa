//! Commands that simulate single drives with pictures.

pub(super) mod compare;
pub(super) mod drive;
pub(super) mod placement;
pub(super) mod world_file;
