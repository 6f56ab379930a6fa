//! Consistent view of the surroundings at one time.

use crate::{
    DistanceField, MotionLayer, OccupancyGrid, Point2, Pose2, SensorHealth, SightLayer, Stamp,
    Track, Twist,
};

/// Map, pose and velocity at one time. A control cycle uses one snapshot and never changes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Time of the latest odometry.
    pub stamp: Stamp,
    /// Time of the latest scan, cloud or depth image that was accepted into the map.
    pub scan_stamp: Option<Stamp>,
    /// Pose of the base in the odometry frame.
    pub odom_from_base: Pose2,
    /// Body velocity.
    pub velocity: Twist,
    /// Occupancy grid around the robot, odometry frame.
    pub grid: OccupancyGrid,
    /// Distance to the nearest obstacle, odometry frame.
    pub field: DistanceField,
    /// Distance field without moving objects; valid only while there are moving cells.
    pub field_at_rest: DistanceField,
    /// Cells of the grid that moving tracks cover or have just left, in ascending order.
    pub moving_cells: Vec<u32>,
    /// Time of the last observation of the ground around the robot.
    pub sight: SightLayer,
    /// State of the sensors.
    pub health: SensorHealth,
    /// Recent changes of the grid's cells; empty unless enabled in the mapper's settings.
    pub motion: MotionLayer,
    /// Objects that move or have just stopped, at the time of the odometry; empty unless enabled in
    /// the mapper's settings.
    pub tracks: Vec<Track>,
    /// Positions of tentative tracks: detected in at least two scans, but not yet confirmed.
    pub suspects: Vec<Point2>,
}

impl Snapshot {
    /// Distance to the nearest static obstacle, odometry frame. Moving objects are excluded because
    /// their positions are predicted instead.
    pub fn static_field(&self) -> &DistanceField {
        if self.moving_cells.is_empty() {
            &self.field
        } else {
            &self.field_at_rest
        }
    }
}
