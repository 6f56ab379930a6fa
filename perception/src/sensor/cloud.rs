//! Points in space, as a LiDAR with several rings gives them.

use super::SensorError;

/// Latest measurement after the stamp of a cloud that is believed, s.
const SWEEP_MAX_S: f32 = 1.0;

/// One return.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C)]
pub struct CloudPoint {
    /// Position in the sensor's frame (REP-103: x forward, y left, z up), m.
    pub position: [f32; 3],
    /// Time after the cloud's stamp at which it was measured, s; negative before.
    pub time_s: f32,
}

/// The returns of one sweep. A beam without a return has no point.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PointCloud {
    /// Returns, in any order.
    pub points: Vec<CloudPoint>,
    /// The ring that each point belongs to; empty when the sensor does not say.
    pub rings: Vec<u16>,
}

impl PointCloud {
    /// Refuses points that are nowhere or at no time, and rings that do not match the points.
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
