//! Errors in sensor messages.

/// Reason why a sensor message was rejected. The map is not changed by it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SensorError {
    /// A number is NaN or infinite.
    #[error("{what} is not finite")]
    NotFinite {
        /// Quantity that is not finite.
        what: &'static str,
    },
    /// The size of a message differs from its description.
    #[error("{what}: {found}, expected {expected}")]
    Size {
        /// Quantity that was counted.
        what: &'static str,
        /// Number found.
        found: usize,
        /// Number expected.
        expected: usize,
    },
    /// The settings of the mapper exclude this kind of sensor.
    #[error("{what} came, but the settings of the mapper leave it out")]
    LeftOut {
        /// Kind of message received.
        what: &'static str,
    },
    /// The fields of a scan are inconsistent.
    #[error("scan.{field} is {value}: expected {expected}")]
    Scan {
        /// Name of the field.
        field: &'static str,
        /// Value found.
        value: f64,
        /// Values expected.
        expected: &'static str,
    },
    /// The camera parameters are invalid.
    #[error("camera.{field} is {value}: expected {expected}")]
    Camera {
        /// Name of the field.
        field: &'static str,
        /// Value found.
        value: f64,
        /// Values expected.
        expected: &'static str,
    },
    /// A middleware message is inconsistent or has unsupported content.
    #[error("{message}.{field} is {found}: expected {expected}")]
    Message {
        /// Type of the message.
        message: &'static str,
        /// Name of the field.
        field: String,
        /// Value found.
        found: String,
        /// Values expected.
        expected: String,
    },
    /// Odometry is older than the last one.
    #[error("odometry at {stamp_s} s is not later than the last at {last_s} s")]
    OutOfOrder {
        /// Stamp of the message, s.
        stamp_s: f64,
        /// Stamp of the last odometry, s.
        last_s: f64,
    },
    /// No odometry has arrived yet.
    #[error("measurement at {stamp_s} s came before any odometry")]
    NoOdometry {
        /// Stamp of the measurement, s.
        stamp_s: f64,
    },
    /// The measurement is older than the odometry history.
    #[error("measurement at {stamp_s} s is older than the oldest odometry kept")]
    TooOld {
        /// Stamp of the measurement, s.
        stamp_s: f64,
    },
    /// The measurement is later than the last odometry plus the extrapolation limit.
    #[error("measurement at {stamp_s} s is too far ahead of the last odometry at {last_s} s")]
    TooNew {
        /// Stamp of the measurement, s.
        stamp_s: f64,
        /// Stamp of the last odometry, s.
        last_s: f64,
    },
    /// A position is so far from the origin that rounding of its coordinates exceeds a cell.
    #[error("{what} is {distance_m} m from the origin: expected at most {limit_m} m")]
    TooFar {
        /// Quantity that is out of bounds.
        what: &'static str,
        /// Distance found, m.
        distance_m: f64,
        /// Maximum distance, m.
        limit_m: f64,
    },
    /// The scan would make the map larger than the memory limit.
    #[error("the map would have {cells} cells: expected at most {limit}")]
    MapTooLarge {
        /// Number of cells required.
        cells: f64,
        /// Maximum number of cells.
        limit: usize,
    },
}
