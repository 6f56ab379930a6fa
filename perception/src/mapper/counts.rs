//! Counters of processed, late and rejected sensor messages.

/// Message counters of one kind of sensor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SensorCounts {
    /// Messages integrated into the map, late ones included.
    pub used: u64,
    /// Integrated messages that were older than the latest one in the map.
    pub late: u64,
    /// Messages for which the mapper returned an error.
    pub refused: u64,
    /// Well-formed messages that a plausibility check rejected: see [`crate::SensorFault`].
    pub implausible: u64,
}

/// Message counters of all sensors since the last reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MapperCounts {
    /// Odometry.
    pub odometry: SensorCounts,
    /// Planar scans.
    pub scan: SensorCounts,
    /// Point clouds.
    pub cloud: SensorCounts,
    /// Depth images.
    pub depth: SensorCounts,
}
