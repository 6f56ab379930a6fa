//! One consistent view of the world.

use crate::{
    DistanceField, MotionLayer, OccupancyGrid, Point2, Pose2, SensorHealth, SightLayer, Stamp,
    Track, Twist,
};

/// Map, pose and velocity at one time. A control tick uses one and never changes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Time of the latest odometry.
    pub stamp: Stamp,
    /// Time of the latest scan, cloud or depth image that was believed.
    pub scan_stamp: Option<Stamp>,
    /// Pose of the base in the odometry frame.
    pub odom_from_base: Pose2,
    /// Body velocity.
    pub velocity: Twist,
    /// Occupancy about the robot, odometry frame.
    pub grid: OccupancyGrid,
    /// Distance to the nearest obstacle, odometry frame.
    pub field: DistanceField,
    /// The same without what moves; what it holds counts only while there are moving cells.
    pub field_at_rest: DistanceField,
    /// Cells of the grid that tracks which move take up or have just left, in ascending order.
    pub moving_cells: Vec<u32>,
    /// When the ground about the robot was last seen.
    pub sight: SightLayer,
    /// Which sensors can be believed.
    pub health: SensorHealth,
    /// What changed of late on the grid's cells; empty unless the mapper's settings ask for it.
    pub motion: MotionLayer,
    /// What moves, or has just come to stand, at the time of the odometry; empty unless the mapper's
    /// settings ask for it.
    pub tracks: Vec<Track>,
    /// Where something may have begun to move: met by two scans or more, by too few to be a track.
    pub suspects: Vec<Point2>,
}

impl Snapshot {
    /// Distance to the nearest obstacle that does not move, odometry frame: what moves is predicted,
    /// and is elsewhere by then.
    pub fn static_field(&self) -> &DistanceField {
        if self.moving_cells.is_empty() {
            &self.field
        } else {
            &self.field_at_rest
        }
    }
}
