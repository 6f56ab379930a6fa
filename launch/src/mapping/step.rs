//! Progress of mapping, for observers.

use perception::{OccupancyGrid, Point2, Pose2, Stamp, VolumeBuilder};

/// State after a message was added to the map.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Number of messages so far, including this one.
    pub count: usize,
    /// Time of the message; none if the source does not contain it.
    pub stamp: Option<Stamp>,
    /// Pose of the robot or the camera, map frame.
    pub map_from_base: Pose2,
    /// Endpoints of returns, map frame; empty for images.
    pub ends: &'a [Point2],
    /// The map including the message.
    pub map: MapSoFar<'a>,
    /// True if this is the last known message.
    pub is_last: bool,
}

/// Map under construction.
#[derive(Debug, Clone, Copy)]
pub enum MapSoFar<'a> {
    /// A growing grid.
    Grid(&'a OccupancyGrid),
    /// Columns of voxels.
    Volume(&'a VolumeBuilder),
}
