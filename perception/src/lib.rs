//! Perception: builds obstacle maps, tracks moving objects and plans routes from sensor data.
//!
//! ```text
//! PointCloud, DepthImage ─▶ VolumeGrid ─┐
//! LaserScan ─▶ Ray ─▶ OccupancyGrid ────┴▶ DistanceField ┐
//!    └── Odometry ───────────────────────────────────────┴▶ Snapshot ─▶ route
//! ```
//!
//! Frames and units follow REP-103 and REP-105: metres, radians, seconds; x forward, y left, yaw
//! counter-clockwise; `odom` is continuous and drifts, `base` is fixed to the robot. This crate
//! opens no file and reads no clock.

mod geometry;
mod grid;
mod history;
mod mapper;
mod route;
mod sensor;
mod settings;
mod sight;
mod snapshot;
mod tf;
mod tracking;
mod volume;
mod wide;

pub use geometry::{
    Footprint, FootprintError, GroundPlane, GroundPlaneSearch, Point2, Point3, Polygon,
    PolygonError, Pose2, Pose3, Stamp, Stamped, Stance, Twist, Vector2, wrap_angle,
};
pub use grid::{
    Cell, DistanceField, FieldSample, GridFrame, LogOdds, MotionLayer, MotionSettings,
    OccupancyGrid, SURFACE_SLACK_M, ScanIntegrator, Surface, trace_cells,
};
pub use mapper::{Mapper, MapperCounts, MapperSettings, SensorCounts};
pub use route::{RoutePlanner, RouteSettings, RouteStatus};
pub use sensor::{
    Beam, CloudPoint, DepthImage, DepthPixels, Distortion, LaserScan, Odometry, PinholeCamera,
    PointCloud, PointCloud2, PointField, RawDepth, Ray, Return, ScanFilter, ScanFilterSettings,
    SensorError, SensorEvent, mounting, planar,
};
pub use settings::SettingsError;
pub use sight::{
    OdometryFault, Sectors, SensorFault, SensorHealth, SensorKind, SensorState, SightLayer,
};
pub use snapshot::Snapshot;
pub use tf::{TransformBuffer, TransformError, TransformSettings};
pub use tracking::{Track, TrackingSettings};
pub use volume::{
    CloudSettings, ColumnClass, DepthSettings, LevellingSettings, VolumeBuilder, VolumeGrid,
    VolumeSettings,
};
