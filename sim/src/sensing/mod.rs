//! Sensor models.

mod depth_camera;
mod depth_settings;
mod inclinometer;
mod lidar;
mod mounting;
mod ring_lidar;

pub use depth_camera::DepthCamera;
pub use depth_settings::DepthCameraSettings;
pub use inclinometer::{Inclinometer, InclinometerSettings};
pub use lidar::{Dropout, Lidar, LidarSettings};
pub use mounting::Mounting;
pub use ring_lidar::{RingLidar, RingLidarSettings};
