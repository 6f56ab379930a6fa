//! What became of the messages.

/// What became of the messages of one kind of sensor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SensorCounts {
    /// Messages in the map, late ones included.
    pub used: u64,
    /// Of those, messages that were older than what was in the map already.
    pub late: u64,
    /// Messages that the mapper returned an error for.
    pub refused: u64,
    /// Messages that are well formed but not believed: see [`crate::SensorFault`].
    pub implausible: u64,
}

/// What became of all messages since the last reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MapperCounts {
    /// Of odometry.
    pub odometry: SensorCounts,
    /// Of planar scans.
    pub scan: SensorCounts,
    /// Of clouds.
    pub cloud: SensorCounts,
    /// Of depth images.
    pub depth: SensorCounts,
}
