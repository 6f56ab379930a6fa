//! Filter for planar scans: removes readings of the robot's own body, excluded ranges and sectors.

use serde::{Deserialize, Serialize};

use super::{Beam, LaserScan, SensorEvent};
use crate::{Footprint, Point2, Pose2, SettingsError, Stamped};

/// Parameters of the scan filter: ranges, sectors and the robot's own body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScanFilterSettings {
    /// Margin around the footprint within which readings belong to the robot itself or to dirt on
    /// its scanner and are dropped, 0 or negative, m. Outside the footprint no reading is dropped,
    /// because a robot that approaches an obstacle must continue to detect it.
    pub self_margin_m: f64,
    /// Minimum range, in addition to the scan's own `range_min`, m. Shorter readings carry no
    /// information.
    pub range_min_m: f64,
    /// Maximum range, in addition to the scan's own `range_max`, m. Longer readings carry no
    /// information, and a beam without a return is free up to this range.
    pub range_max_m: f64,
    /// Sectors in which readings are dropped, base frame, rad: counter-clockwise from the first to
    /// the second bearing, from the third to the fourth and so on.
    pub ignored_sectors_rad: Vec<f64>,
}

impl Default for ScanFilterSettings {
    fn default() -> Self {
        Self {
            self_margin_m: -0.01,
            range_min_m: 0.0,
            range_max_m: 500.0,
            ignored_sectors_rad: Vec::new(),
        }
    }
}

impl ScanFilterSettings {
    /// Rejects settings that remove all readings or are out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "scan_filter";
        SettingsError::ensure_within(
            section,
            &[
                ("self_margin_m", self.self_margin_m, -1.0..=0.0),
                ("range_min_m", self.range_min_m, 0.0..=5.0),
                ("range_max_m", self.range_max_m, 0.1..=500.0),
            ],
        )?;
        SettingsError::ensure(
            self.range_max_m > self.range_min_m,
            section,
            "range_max_m",
            &self.range_max_m,
            "more than range_min_m",
        )?;
        let sectors = &self.ignored_sectors_rad;
        let are_angles = sectors
            .iter()
            .all(|angle| angle.abs() <= std::f64::consts::TAU);
        let shown = format!("{sectors:?}");
        SettingsError::ensure(
            sectors.len().is_multiple_of(2) && are_angles,
            section,
            "ignored_sectors_rad",
            &shown,
            "pairs of angles of -6.28 to 6.28 rad, where each sector begins and ends",
        )?;
        let ignored: f64 = self.sectors().map(|(_, width)| width).sum();
        SettingsError::ensure(
            ignored <= 0.75 * std::f64::consts::TAU,
            section,
            "ignored_sectors_rad",
            &shown,
            "sectors of 270 degrees at most in all",
        )
    }

    /// First bearing and counter-clockwise width of each ignored sector, rad.
    fn sectors(&self) -> impl Iterator<Item = (f64, f64)> {
        let pairs = self.ignored_sectors_rad.chunks_exact(2);
        pairs.map(|pair| (pair[0], turned(pair[1] - pair[0])))
    }
}

/// Angle wrapped to [0, 2π), rad.
fn turned(angle: f64) -> f64 {
    angle.rem_euclid(std::f64::consts::TAU)
}

/// Tolerance for readings on the outline, m. They do not belong to the body for functions that must
/// stop the robot at any distance.
const INSIDE_M: f64 = 0.01;

/// Removes readings of the robot's own body and of excluded ranges and sectors from scans.
#[derive(Debug, Clone)]
pub struct ScanFilter {
    settings: ScanFilterSettings,
    /// Outline with its margin, and its extent from the base, m.
    body: Footprint,
    margin_m: f64,
    reach_m: f64,
    filtered: Option<Stamped<SensorEvent>>,
}

impl ScanFilter {
    /// Creates a filter for the scans of a robot with this footprint.
    pub fn new(settings: ScanFilterSettings, footprint: &Footprint) -> Result<Self, SettingsError> {
        settings.validate()?;
        Ok(Self {
            body: *footprint,
            margin_m: settings.self_margin_m,
            reach_m: footprint.circumscribed_radius_m() + settings.self_margin_m.max(0.0),
            settings,
            filtered: None,
        })
    }

    /// Creates a filter for functions that stop the robot at any distance: only readings well
    /// inside the outline belong to the body. Otherwise a robot that approaches an obstacle would
    /// lose it before contact.
    pub fn inside(
        settings: ScanFilterSettings,
        footprint: &Footprint,
    ) -> Result<Self, SettingsError> {
        let self_margin_m = settings.self_margin_m.min(-INSIDE_M);
        Self::new(
            ScanFilterSettings {
                self_margin_m,
                ..settings
            },
            footprint,
        )
    }

    /// Returns the message with dropped readings set to NaN, which neither marks nor clears.
    /// Messages other than planar scans pass unchanged. Does not allocate once it has processed the
    /// longest scan.
    pub fn filter<'a>(&'a mut self, event: &'a Stamped<SensorEvent>) -> &'a Stamped<SensorEvent> {
        let SensorEvent::Scan {
            base_from_lidar,
            scan,
        } = &event.value
        else {
            return event;
        };
        let is_left_out = |index: usize| self.leaves_out(scan, index, *base_from_lidar);
        let is_bounded = scan.range_min < self.settings.range_min_m
            || scan.range_max > self.settings.range_max_m;
        let Some(first) = (0..scan.ranges.len())
            .find(|&index| is_left_out(index))
            .or(is_bounded.then_some(scan.ranges.len()))
        else {
            return event;
        };
        let mut ranges = match self.filtered.take() {
            Some(Stamped {
                value: SensorEvent::Scan { scan, .. },
                ..
            }) => scan.ranges,
            _ => Vec::new(),
        };
        ranges.clone_from(&scan.ranges);
        for (index, range) in ranges.iter_mut().enumerate().skip(first) {
            if self.leaves_out(scan, index, *base_from_lidar) {
                *range = f32::NAN;
            }
        }
        let scan = LaserScan {
            range_min: scan.range_min.max(self.settings.range_min_m),
            range_max: scan.range_max.min(self.settings.range_max_m),
            ranges,
            ..*scan
        };
        self.filtered.insert(Stamped {
            stamp: event.stamp,
            value: SensorEvent::Scan {
                base_from_lidar: *base_from_lidar,
                scan,
            },
        })
    }

    fn leaves_out(&self, scan: &LaserScan, index: usize, base_from_lidar: Pose2) -> bool {
        let bearing = base_from_lidar.yaw + scan.angle(index);
        let is_ignored = |(from, width): (f64, f64)| turned(bearing - from) <= width;
        if self.settings.sectors().any(is_ignored) {
            return true;
        }
        let Beam::Hit(range) = scan.beam(index) else {
            return false;
        };
        if range > self.reach_m + base_from_lidar.position().coords.norm() {
            return false;
        }
        let (sin, cos) = scan.angle(index).sin_cos();
        let end = base_from_lidar * Point2::new(range * cos, range * sin);
        self.body.signed_distance_m(end) <= self.margin_m
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Stamp;

    const BEAMS: usize = 360;

    fn scan(ranges: Vec<f32>) -> LaserScan {
        LaserScan {
            angle_min: -std::f64::consts::PI,
            angle_increment: std::f64::consts::TAU / BEAMS as f64,
            time_increment: 0.0,
            range_min: 0.05,
            range_max: 30.0,
            ranges,
        }
    }

    fn event(base_from_lidar: Pose2, ranges: Vec<f32>) -> Stamped<SensorEvent> {
        let scan = scan(ranges);
        Stamped {
            stamp: Stamp(0),
            value: SensorEvent::Scan {
                base_from_lidar,
                scan,
            },
        }
    }

    fn ranges(event: &Stamped<SensorEvent>) -> &[f32] {
        let SensorEvent::Scan { scan, .. } = &event.value else {
            unreachable!("a scan stays one")
        };
        &scan.ranges
    }

    fn footprints() -> impl Strategy<Value = Footprint> {
        let polygon = "shape = \"polygon\"\nvertices = [[0.6, 0.25], [0.6, -0.25], [-0.2, -0.3], [-0.2, 0.3]]";
        prop_oneof![
            (0.1_f64..0.6).prop_map(|radius_m| Footprint::Disc { radius_m }),
            (0.2_f64..1.0, 0.2_f64..1.0)
                .prop_map(|(length_m, width_m)| Footprint::Rectangle { length_m, width_m }),
            Just(toml::from_str(polygon).expect("a footprint")),
        ]
    }

    proptest! {
        /// Beams that end in the body or its margin are dropped, and nothing else changes.
        #[test]
        fn only_returns_of_the_robot_are_removed(
            footprint in footprints(),
            (x, y, yaw) in (-0.2_f64..0.2, -0.2_f64..0.2, -3.0_f64..3.0),
            margin_m in -0.1_f64..0.0,
            given in prop::collection::vec(prop_oneof![0.0_f32..2.0, Just(f32::INFINITY), Just(f32::NAN)], BEAMS),
        ) {
            let settings = ScanFilterSettings { self_margin_m: margin_m, ..ScanFilterSettings::default() };
            let mut filter = ScanFilter::new(settings, &footprint).expect("settings");
            let base_from_lidar = Pose2::new(x, y, yaw);
            let event = event(base_from_lidar, given.clone());
            let filtered = ranges(filter.filter(&event));
            let scan = scan(given.clone());
            for (index, (before, after)) in given.iter().zip(filtered).enumerate() {
                let is_body = matches!(scan.beam(index), Beam::Hit(_))
                    && scan.ray(index, base_from_lidar, 50.0)
                        .is_some_and(|ray| footprint.signed_distance_m(ray.end) <= margin_m - 1e-9);
                if is_body {
                    prop_assert!(after.is_nan(), "beam {index}: {after}");
                } else if after.to_bits() != before.to_bits() {
                    let end = scan.ray(index, base_from_lidar, 50.0).map(|ray| ray.end);
                    let distance_m = end.map(|end| footprint.signed_distance_m(end));
                    prop_assert!(distance_m.is_some_and(|distance_m| distance_m <= margin_m + 1e-9), "beam {index}");
                }
            }
        }

        /// Sectors refer to the base frame for any mounting, also across the half turn.
        #[test]
        fn sectors_are_of_the_base(yaw in -3.0_f64..3.0, from in -3.1_f64..3.1, width in 0.1_f64..2.0) {
            let settings = ScanFilterSettings {
                ignored_sectors_rad: vec![from, crate::wrap_angle(from + width)],
                ..ScanFilterSettings::default()
            };
            let mut filter = ScanFilter::new(settings, &Footprint::Disc { radius_m: 0.2 }).expect("settings");
            let event = event(Pose2::new(0.0, 0.0, yaw), vec![5.0; BEAMS]);
            let filtered = ranges(filter.filter(&event));
            for (index, range) in filtered.iter().enumerate() {
                let bearing = yaw + scan(Vec::new()).angle(index);
                let off = crate::wrap_angle(bearing - from - 0.5 * width).abs() - 0.5 * width;
                prop_assert!(off.abs() < 1e-9 || range.is_nan() == (off < 0.0), "beam {index}");
            }
        }
    }

    #[test]
    fn bounds_of_range_hold_beside_those_of_the_scan() {
        let settings = ScanFilterSettings {
            range_min_m: 0.5,
            range_max_m: 8.0,
            ..ScanFilterSettings::default()
        };
        let mut filter =
            ScanFilter::new(settings, &Footprint::Disc { radius_m: 0.2 }).expect("settings");
        let event = event(Pose2::IDENTITY, vec![0.4, 0.6, 7.9, 8.1, f32::INFINITY]);
        let SensorEvent::Scan { scan, .. } = &filter.filter(&event).value else {
            unreachable!("a scan stays one")
        };
        let beams: Vec<Beam> = (0..5).map(|index| scan.beam(index)).collect();
        assert!(matches!(
            beams[..],
            [
                Beam::Invalid,
                Beam::Hit(_),
                Beam::Hit(_),
                Beam::Invalid,
                Beam::Miss
            ]
        ));
        assert_eq!(scan.range_max, 8.0);
    }

    #[test]
    fn invalid_sectors_and_sectors_that_cover_all_beams_are_rejected() {
        for sectors in [
            vec![0.0],
            vec![0.0, 5.0],
            vec![f64::NAN, 1.0],
            vec![0.0, 3.0, 3.2, 5.5],
        ] {
            let settings = ScanFilterSettings {
                ignored_sectors_rad: sectors,
                ..ScanFilterSettings::default()
            };
            assert!(settings.validate().is_err(), "{settings:?}");
        }
    }
}
