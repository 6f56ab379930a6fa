//! Planar LiDAR scan with the validity rules of `sensor_msgs/LaserScan` and REP-117.

use super::{Ray, Return, SensorError};
use crate::{Pose2, Vector2};
use serde::{Deserialize, Serialize};

/// Planar scan. Angles in rad about the sensor's z axis, ranges in m, times in s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaserScan {
    /// Bearing of the first beam.
    pub angle_min: f64,
    /// Angle from a beam to the next; negative for a sensor that turns clockwise.
    pub angle_increment: f64,
    /// Time from a beam to the next; 0 if all beams are measured simultaneously.
    #[serde(default)]
    pub time_increment: f64,
    /// Minimum valid range.
    pub range_min: f64,
    /// Maximum valid range.
    pub range_max: f64,
    /// Range readings, one per beam.
    pub ranges: Vec<f32>,
}

/// Interpretation of one range reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beam {
    /// Return from a surface at this range, m.
    Hit(f64),
    /// No return within the sensor's range (positive infinity, REP-117): the beam is free up to
    /// `range_max`.
    Miss,
    /// No information: NaN, negative infinity (too close), 0, below `range_min` or above
    /// `range_max`.
    Invalid,
}

/// Maximum number of beams in a scan.
const BEAMS_MAX: usize = 20_000;
/// Range limit for a scan whose `range_max` is infinity or the largest float, m.
const UNBOUNDED_M: f64 = 500.0;
/// Tolerance within which a reading equals `range_max`, as a share of it: single-precision
/// rounding.
const AT_MAX: f64 = 1e-6;

impl LaserScan {
    /// Converts a scan as sent by a driver to the conventions of [`Self::beam`], or rejects it.
    /// Maps, replays, the node and `serve` read all scans through this function.
    ///
    /// | reading | becomes |
    /// | --- | --- |
    /// | at or above the scan's own `range_max` | no return, as infinity (REP-117) |
    /// | at it, with `range_max_m` given | no return, as infinity |
    /// | above it, with `range_max_m` given | a reading up to `range_max_m` |
    /// | 0 or below, below `range_min`, NaN | no information |
    ///
    /// Many drivers report a missing return as `range_max`. A `range_max` of infinity, or beyond
    /// 500 m, is replaced by 500 m. `range_max_m` replaces the scan's own limit.
    pub fn accepted(mut self, range_max_m: Option<f64>) -> Result<Self, SensorError> {
        let beams = self.ranges.len();
        if !(1..=BEAMS_MAX).contains(&beams) {
            return Err(SensorError::Message {
                message: "scan",
                field: "ranges".to_owned(),
                found: format!("a list of {beams}"),
                expected: format!("1 to {BEAMS_MAX} readings"),
            });
        }
        let own_m = self.range_max;
        if own_m > 0.0 && own_m.is_finite() {
            let (from, to) = match range_max_m {
                None => (own_m * (1.0 - AT_MAX), f64::INFINITY),
                Some(_) => (own_m * (1.0 - AT_MAX), own_m * (1.0 + AT_MAX)),
            };
            for range in &mut self.ranges {
                if (from..=to).contains(&f64::from(*range)) {
                    *range = f32::INFINITY;
                }
            }
        }
        // not `min`, which would treat NaN as no limit
        if own_m > UNBOUNDED_M {
            self.range_max = UNBOUNDED_M;
        }
        self.range_max = range_max_m.unwrap_or(self.range_max);
        self.validate()?;
        Ok(self)
    }

    /// Rejects a scan with an invalid description. Single readings are checked by [`Self::beam`].
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

    /// Interpretation of beam `index`; `Invalid` beyond the last beam.
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

    /// Bearing of beam `index` in the sensor frame, rad.
    pub fn angle(&self, index: usize) -> f64 {
        self.angle_min + self.angle_increment * index as f64
    }

    /// Ray of beam `index` of a scanner at this pose, limited to `reach_m`; `None` if the beam
    /// carries no information.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(range_max: f64, ranges: Vec<f32>) -> LaserScan {
        LaserScan {
            angle_min: 0.0,
            angle_increment: 0.01,
            time_increment: 0.0,
            range_min: f64::from(0.12_f32),
            range_max,
            ranges,
        }
    }

    #[test]
    fn readings_of_drivers_are_returns_misses_or_nothing() {
        let readings = vec![
            0.0,
            -1.0,
            f32::NEG_INFINITY,
            f32::NAN,
            0.1,
            0.12,
            3.49,
            3.5,
            4.5,
            f32::INFINITY,
        ];
        let beams = |range_max: f64, bound: Option<f64>| {
            let scan = scan(range_max, readings.clone()).accepted(bound);
            let scan = scan.expect("a scan");
            let beam = |index| match scan.beam(index) {
                Beam::Hit(_) => 'x',
                Beam::Miss => '-',
                Beam::Invalid => '?',
            };
            (0..10).map(beam).collect::<String>()
        };
        assert_eq!(beams(3.5, None), "?????xx---");
        assert_eq!(beams(3.5, Some(4.0)), "?????xx-?-");
        assert_eq!(beams(3.5, Some(5.0)), "?????xx-x-");
        assert_eq!(beams(f64::INFINITY, None), "?????xxxx-");
        assert_eq!(beams(f64::from(f32::MAX), None), "?????xxxx-");
        assert_eq!(beams(0.0, Some(4.0)), "?????xxx?-");
    }

    #[test]
    fn a_bound_that_is_none_is_500_m() {
        for range_max in [f64::INFINITY, f64::from(f32::MAX), 1e4] {
            let scan = scan(range_max, vec![1.0]).accepted(None).expect("a scan");
            assert_eq!(scan.range_max, 500.0);
        }
    }

    type Change = fn(&mut LaserScan);

    #[test]
    fn invalid_headers_are_rejected_by_field() {
        let refused = |change: Change| {
            let mut scan = scan(3.5, vec![1.0; 4]);
            change(&mut scan);
            scan.accepted(None).expect_err("no scan").to_string()
        };
        let cases: [(Change, &str); 8] = [
            (|scan| scan.ranges.clear(), "scan.ranges is a list of 0"),
            (
                |scan| scan.ranges = vec![1.0; 20_001],
                "scan.ranges is a list of 20001",
            ),
            (
                |scan| scan.angle_increment = 0.0,
                "scan.angle_increment is 0",
            ),
            (
                |scan| scan.angle_increment = f64::INFINITY,
                "scan.angle_increment is inf",
            ),
            (
                |scan| scan.time_increment = 153_333.0,
                "scan.time_increment is 153333",
            ),
            (|scan| scan.range_min = -2.35, "scan.range_min is -2.35"),
            (|scan| scan.range_max = 0.0, "scan.range_max is 0"),
            (|scan| scan.range_max = f64::NAN, "scan.range_max is NaN"),
        ];
        for (change, expected) in cases {
            let message = refused(change);
            assert!(message.starts_with(expected), "{message}");
        }
    }

    proptest! {
        /// An accepted scan satisfies the rules of a scan, and accepting it again keeps its
        /// returns.
        #[test]
        fn accepted_messages_are_valid_scans(
            range_min in prop_oneof![-1.0_f64..2.0, Just(f64::NAN)],
            range_max in prop_oneof![-1.0_f64..100.0, Just(f64::INFINITY), Just(f64::NAN), Just(3.4e38)],
            step in prop_oneof![-0.1_f64..0.1, Just(0.0), Just(f64::INFINITY)],
            ranges in prop::collection::vec(any::<f32>(), 0..20),
            bound in prop::option::of(0.5_f64..50.0),
        ) {
            let mut scan = scan(range_max, ranges);
            (scan.range_min, scan.angle_increment) = (range_min, step);
            if let Ok(once) = scan.accepted(bound) {
                prop_assert!(once.validate().is_ok());
                let twice = once.clone().accepted(None).expect("accepted before");
                for index in 0..once.ranges.len() {
                    match (once.beam(index), twice.beam(index)) {
                        (Beam::Hit(a), Beam::Hit(b)) => prop_assert_eq!(a, b),
                        // a return at the caller's limit is one at the limit of a scan
                        (Beam::Hit(a), Beam::Miss) => prop_assert!(a >= once.range_max * (1.0 - AT_MAX)),
                        (Beam::Invalid, Beam::Miss) => {
                            prop_assert!(f64::from(once.ranges[index]) > once.range_max);
                        }
                        (a, b) => prop_assert_eq!(a, b),
                    }
                }
            }
        }
    }
}
