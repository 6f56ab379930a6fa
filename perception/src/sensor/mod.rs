//! What sensors say, spelled as rays.

mod error;
mod laser;
mod odometry;
mod ray;

pub use error::SensorError;
pub use laser::{Beam, LaserScan};
pub use odometry::Odometry;
pub use ray::{Ray, Return};

use crate::Pose2;

/// One message of a sensor.
#[derive(Debug, Clone)]
pub enum SensorEvent {
    /// A planar scan; its stamp is the time of the first beam.
    Scan {
        /// Mounting of the sensor.
        base_from_lidar: Pose2,
        /// The scan.
        scan: LaserScan,
    },
    /// Pose in the odometry frame and body velocity.
    Odometry(Odometry),
}
