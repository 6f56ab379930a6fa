//! A planar scan with the validity rules of `sensor_msgs/LaserScan` and REP-117.

use super::{Ray, Return, SensorError};
use crate::{Pose2, Vector2};
use serde::{Deserialize, Serialize};

/// A planar scan. Angles in rad about the sensor's z axis, ranges in m, times in s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaserScan {
    /// Direction of the first beam.
    pub angle_min: f64,
    /// Step from a beam to the next; negative for a sensor that turns clockwise.
    pub angle_increment: f64,
    /// Time from a beam to the next; 0 when all were measured at once.
    #[serde(default)]
    pub time_increment: f64,
    /// Shorter readings are not to be believed.
    pub range_min: f64,
    /// Longer readings are not to be believed.
    pub range_max: f64,
    /// One reading a beam.
    pub ranges: Vec<f32>,
}

/// What one reading says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beam {
    /// Something at this distance, m.
    Hit(f64),
    /// Nothing within the sensor's range (positive infinity, REP-117): sight is free to `range_max`.
    Miss,
    /// Says nothing: NaN, negative infinity (too close), below `range_min` or above `range_max`.
    Invalid,
}

impl LaserScan {
    /// Refuses a scan whose description no sensor fits. Single readings are judged by [`Self::beam`].
    pub fn validate(&self) -> Result<(), SensorError> {
        let range_min_fits = self.range_min.is_finite() && self.range_min >= 0.0;
        let range_max_fits = self.range_max.is_finite() && self.range_max > self.range_min;
        let step_fits = self.angle_increment.is_finite() && self.angle_increment != 0.0;
        let checks = [
            (
                "angle_min",
                self.angle_min,
                self.angle_min.is_finite(),
                "a finite angle",
            ),
            (
                "angle_increment",
                self.angle_increment,
                step_fits,
                "a finite step other than 0",
            ),
            (
                "time_increment",
                self.time_increment,
                (0.0..=1.0).contains(&self.time_increment),
                "0 to 1 s",
            ),
            (
                "range_min",
                self.range_min,
                range_min_fits,
                "a finite distance of 0 or more",
            ),
            (
                "range_max",
                self.range_max,
                range_max_fits,
                "a finite distance above range_min",
            ),
        ];
        for (field, value, fits, expected) in checks {
            if !fits {
                return Err(SensorError::Scan {
                    field,
                    value,
                    expected,
                });
            }
        }
        Ok(())
    }

    /// What beam `index` says; `Invalid` beyond the last.
    pub fn beam(&self, index: usize) -> Beam {
        let Some(&range) = self.ranges.get(index) else {
            return Beam::Invalid;
        };
        let range = f64::from(range);
        if range == f64::INFINITY {
            Beam::Miss
        } else if range > 0.0 && range >= self.range_min && range <= self.range_max {
            Beam::Hit(range)
        } else {
            Beam::Invalid
        }
    }

    /// Direction of beam `index` in the sensor frame, rad.
    pub fn angle(&self, index: usize) -> f64 {
        self.angle_min + self.angle_increment * index as f64
    }

    /// The line of sight of beam `index` of a scanner at this pose, no longer than `reach_m`; none
    /// when the beam says nothing.
    pub fn ray(&self, index: usize, lidar: Pose2, reach_m: f64) -> Option<Ray> {
        let (range, is_hit) = match self.beam(index) {
            Beam::Hit(range) => (range, range <= reach_m),
            Beam::Miss => (self.range_max, false),
            Beam::Invalid => return None,
        };
        let (sin, cos) = (lidar.yaw + self.angle(index)).sin_cos();
        let origin = lidar.position();
        Some(Ray {
            origin,
            end: origin + Vector2::new(cos, sin) * range.min(reach_m),
            outcome: if is_hit { Return::Hit } else { Return::Miss },
        })
    }
}
