//! Point cloud of a multi-ring LiDAR.

use super::SensorError;

/// Maximum time of a point after the stamp of its cloud, s; later points are invalid.
const SWEEP_MAX_S: f32 = 1.0;

/// Return of one LiDAR beam.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C)]
pub struct CloudPoint {
    /// Position in the sensor's frame (REP-103: x forward, y left, z up), m.
    pub position: [f32; 3],
    /// Time of measurement relative to the cloud's stamp, s; negative before it.
    pub time_s: f32,
}

/// Returns of one sweep. A beam without a return has no point.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PointCloud {
    /// Returns, in any order.
    pub points: Vec<CloudPoint>,
    /// Ring of each point; empty if the sensor does not report it.
    pub rings: Vec<u16>,
}

impl PointCloud {
    /// Rejects points with non-finite coordinates or invalid times, and rings whose number differs
    /// from that of the points.
    pub fn validate(&self) -> Result<(), SensorError> {
        let finite = |point: &CloudPoint| {
            let [x, y, z] = point.position;
            x.is_finite() && y.is_finite() && z.is_finite() && point.time_s.abs() <= SWEEP_MAX_S
        };
        if !self.points.iter().all(finite) {
            return Err(SensorError::NotFinite {
                what: "point or time of a cloud",
            });
        }
        if !self.rings.is_empty() && self.rings.len() != self.points.len() {
            return Err(SensorError::Size {
                what: "rings of a cloud",
                found: self.rings.len(),
                expected: self.points.len(),
            });
        }
        Ok(())
    }
}
