//! Geometry: planar and 3D poses, velocities, time stamps and the footprint of the robot.

mod footprint;
mod ground_plane;
mod polygon;
mod pose;
mod pose3;
mod stamp;
mod stance;
mod twist;

pub use footprint::{Footprint, FootprintError};
pub use ground_plane::{GroundPlane, GroundPlaneSearch};
pub use polygon::{Polygon, PolygonError};
pub use pose::{Pose2, wrap_angle};
pub use pose3::{Point3, Pose3};
pub use stamp::{Stamp, Stamped};
pub use stance::Stance;
pub use twist::Twist;

/// A point in the plane, metres.
pub type Point2 = nalgebra::Point2<f64>;
/// A displacement in the plane, metres.
pub type Vector2 = nalgebra::Vector2<f64>;
