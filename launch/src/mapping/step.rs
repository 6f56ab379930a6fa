//! A map in the making, for whoever watches.

use perception::{OccupancyGrid, Point2, Pose2, Stamp, VolumeBuilder};

/// A message that just went into a map.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Messages so far, with this one.
    pub count: usize,
    /// When it was taken, where the source tells.
    pub stamp: Option<Stamp>,
    /// Where the robot was, or the camera; frame of the map.
    pub map_from_base: Pose2,
    /// Where beams ended that hit something, frame of the map; none of images.
    pub ends: &'a [Point2],
    /// The map with it.
    pub map: MapSoFar<'a>,
    /// True when no message is known to come after.
    pub is_last: bool,
}

/// What a map is made in.
#[derive(Debug, Clone, Copy)]
pub enum MapSoFar<'a> {
    /// A grid that grows.
    Grid(&'a OccupancyGrid),
    /// Columns of voxels.
    Volume(&'a VolumeBuilder),
}
