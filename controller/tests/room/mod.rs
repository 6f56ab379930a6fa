//! A room with a wall.

use controller::{Goal, Observation};
use perception::{
    DistanceField, GridFrame, LogOdds, OccupancyGrid, Point2, Pose2, SightLayer, Snapshot, Stamp,
    Twist,
};

/// A free room of 6 by 6 m about the origin with a wall at x = `wall_x` and the robot at a pose.
pub fn room(wall_x: f64, pose: Pose2, velocity: Twist) -> Snapshot {
    let frame = GridFrame {
        origin: Point2::new(-3.0, -3.0),
        resolution_m: 0.05,
        width: 120,
        height: 120,
    };
    let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
    for index in 0..frame.len() {
        grid.declare_free(index);
    }
    if let Some((column, _)) = frame.cell_of(Point2::new(wall_x, 0.0)) {
        for row in 0..frame.height {
            for _ in 0..4 {
                grid.mark(frame.index(column, row));
            }
        }
    }
    let mut field = DistanceField::new(2.0);
    field.update(&grid);
    let stamp = Stamp::from_secs(1.0);
    let mut sight = SightLayer::default();
    sight.see_all(stamp);
    Snapshot {
        sight,
        stamp,
        scan_stamp: Some(stamp),
        odom_from_base: pose,
        velocity,
        grid,
        field,
        ..Snapshot::default()
    }
}

/// What is seen there of a robot that is to go to a goal.
pub fn observation(snapshot: &Snapshot, goal: Point2) -> Observation<'_> {
    Observation::new(
        Stamp::from_secs(1.0),
        snapshot,
        Goal {
            position: goal,
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: 0.1,
        },
        &[],
    )
}
