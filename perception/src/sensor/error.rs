//! What is wrong with a message.

/// Why a sensor event was refused. The map is as if it had never come.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SensorError {
    /// A number that must be finite is not.
    #[error("{what} is not finite")]
    NotFinite {
        /// What was wrong.
        what: &'static str,
    },
    /// A message holds more or less than it says.
    #[error("{what}: {found}, expected {expected}")]
    Size {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The mapper is set to leave this kind of sensor out.
    #[error("{what} came, but the settings of the mapper leave it out")]
    LeftOut {
        /// What came.
        what: &'static str,
    },
    /// The fields of a scan contradict each other.
    #[error("scan.{field} is {value}: expected {expected}")]
    Scan {
        /// The field at fault.
        field: &'static str,
        /// What it held.
        value: f64,
        /// What it may hold.
        expected: &'static str,
    },
    /// The description of a camera cannot be.
    #[error("camera.{field} is {value}: expected {expected}")]
    Camera {
        /// The field at fault.
        field: &'static str,
        /// What it held.
        value: f64,
        /// What it may hold.
        expected: &'static str,
    },
    /// A message of a middleware contradicts itself, or holds what is not understood.
    #[error("{message}.{field} is {found}: expected {expected}")]
    Message {
        /// The kind of message.
        message: &'static str,
        /// The field at fault.
        field: String,
        /// What it held.
        found: String,
        /// What it may hold.
        expected: String,
    },
    /// Odometry from the past.
    #[error("odometry at {stamp_s} s is not later than the last at {last_s} s")]
    OutOfOrder {
        /// Its stamp, s.
        stamp_s: f64,
        /// The last one's, s.
        last_s: f64,
    },
    /// No odometry yet.
    #[error("measurement at {stamp_s} s came before any odometry")]
    NoOdometry {
        /// The measurement's stamp, s.
        stamp_s: f64,
    },
    /// The measurement is older than the odometry at hand.
    #[error("measurement at {stamp_s} s is older than the oldest odometry kept")]
    TooOld {
        /// The measurement's stamp, s.
        stamp_s: f64,
    },
    /// The measurement is newer than odometry can be carried on.
    #[error("measurement at {stamp_s} s is too far ahead of the last odometry at {last_s} s")]
    TooNew {
        /// The measurement's stamp, s.
        stamp_s: f64,
        /// The last odometry's, s.
        last_s: f64,
    },
    /// A place so far away that a cell is less than the rounding of its coordinates.
    #[error("{what} is {distance_m} m from the origin: expected at most {limit_m} m")]
    TooFar {
        /// What was wrong.
        what: &'static str,
        /// How far it is, m.
        distance_m: f64,
        /// How far it may be, m.
        limit_m: f64,
    },
    /// The scan would make the map larger than memory should hold.
    #[error("the map would have {cells} cells: expected at most {limit}")]
    MapTooLarge {
        /// Cells it would have.
        cells: f64,
        /// Cells it may have.
        limit: usize,
    },
}
