//! Plausibility checks of planar scans.
//!
//! | check | a scan is rejected if |
//! | --- | --- |
//! | invalid | fewer than a fifth of its readings carry information |
//! | never returned | none has ever hit a surface |
//! | constant | nine tenths of at least 8 returns are the same number |
//! | frozen | its content equals that of the last one while the robot moved by 2 cm or 20 mrad |
//! | mounting | the mounting differs from that of the first scan by 3 cm or 35 mrad |
//! | field of view | its first or last bearing differs from that of the first scan by 100 mrad |
//! | contradiction | see below |
//! | lost returns | a surface over 40° and 1.5 m vanishes without a return ([`LostReturns`]) |
//! | blind sector | a sector of 10 degrees or more that gave valid readings no longer gives any |
//!
//! A contradiction means that beams pass more than half of the surfaces observed up to 0.5 s before
//! and again a quarter of a second later, by bearing and by length. Moving objects and recent
//! arrivals are ignored.
//!
//! With a blind sector the rest of the scan is still integrated into the map, because its readings
//! are valid. Beams of lost returns that do not return count as invalid.

use super::polar::{PolarScan, Surfaces};
use super::{LostReturns, Sectors, SensorFault};
use crate::{Beam, LaserScan, Point2, Pose2, Ray, Return, Stamp, wrap_angle};

/// Minimum share of readings that carry information.
const VALID_SHARE_MIN: f64 = 0.2;
/// Minimum number of returns for the check of constant readings.
const RETURNS_MIN: usize = 8;
/// Share of equal returns that does not occur in real surroundings.
const CONSTANT_SHARE: f64 = 0.9;
/// Robot motion after which the content must have changed, m and rad.
const FROZEN_M: f64 = 0.02;
const FROZEN_RAD: f64 = 0.02;
/// Tolerance of the mounting, m and rad.
const MOUNTING_M: f64 = 0.03;
const MOUNTING_RAD: f64 = 0.035;
/// Tolerance of the first and last bearing, rad: drivers round them to whole beams.
const FIELD_OF_VIEW_RAD: f64 = 0.1;
/// Minimum number of expected surfaces for a contradiction, and the share of them that must vanish.
const EXPECTED_MIN: usize = 15;
const VANISHED_SHARE: f64 = 0.5;
/// Maximum age of the surfaces used for comparison, s.
const REFERENCE_S: f64 = 0.5;
/// Scans that contradict earlier ones are accepted as the new truth once they agree with each other
/// for this long, s, ...
const RECONCILED_S: f64 = 1.0;
/// ... and this share of their readings are returns, or in open space this share of the earlier
/// number, ...
const RECONCILED_SHARE: f64 = 0.2;
const RECONCILED_USUAL: f64 = 0.5;
/// ... while their beams pass less than this share of the surfaces of the previous scan.
const RECONCILED_PASSED: f64 = 0.2;
/// Time without a valid reading after which a sector is blind: the longer of this, s, and a number
/// of scan periods.
const BLIND_S: f64 = 0.12;
const BLIND_PERIODS: f64 = 2.5;

/// Result of the checks of a scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Verdict {
    /// Fault of the scan, if any.
    pub(crate) fault: Option<SensorFault>,
    /// The scan is integrated into the map.
    pub(crate) is_accepted: bool,
    /// All earlier observations are wrong: the map must be reset.
    pub(crate) is_reconciled: bool,
}

/// Checks scans one by one.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScanMonitor {
    has_returned: bool,
    mounting: Option<Pose2>,
    /// First and last bearing of the first scan, scanner frame, rad.
    field_of_view: Option<[f64; 2]>,
    /// Content of the last scan and the pose of the robot when that content first arrived.
    content: Vec<f32>,
    content_at: Option<Pose2>,
    polar: PolarScan,
    /// Surfaces hit by accepted scans, earlier and recent.
    reference: Surfaces,
    newer: Surfaces,
    /// Number of returns in the scan of `newer`.
    returns: usize,
    /// Surfaces hit by rejected scans, and the time since which they agree with each other.
    refused: Surfaces,
    agreeing_since: Option<Stamp>,
    pub(crate) sectors: Sectors,
    pub(crate) lost: LostReturns,
}

impl ScanMonitor {
    pub(crate) fn forget(&mut self) {
        *self = Self {
            content: std::mem::take(&mut self.content),
            ..Self::default()
        };
        self.content.clear();
    }

    /// Clears the surfaces after an odometry jump, because they can no longer be compared.
    pub(crate) fn forget_surfaces(&mut self) {
        self.reference.forget();
        self.newer.forget();
        self.refused.forget();
        self.content_at = None;
        self.content.clear();
        self.agreeing_since = None;
        self.lost = LostReturns::default();
    }

    /// Checks a scan taken at `base`, with the rays of its valid beams, odometry frame.
    /// `may_have_gone` is true for positions whose surfaces may no longer be there.
    pub(crate) fn judge(
        &mut self,
        stamp: Stamp,
        [base, base_from_lidar]: [Pose2; 2],
        scan: &LaserScan,
        rays: &[Ray],
        period_s: f64,
        may_have_gone: &dyn Fn(Point2) -> bool,
    ) -> Verdict {
        let refused = |fault| Verdict {
            fault: Some(fault),
            is_accepted: false,
            is_reconciled: false,
        };
        if let Some(fault) = self.content_fault(base, scan, rays) {
            return refused(fault);
        }
        let field_of_view = [0, scan.ranges.len().saturating_sub(1)].map(|beam| scan.angle(beam));
        let placed = self
            .mounting_fault(base_from_lidar)
            .or_else(|| self.field_of_view_fault(field_of_view));
        if let Some(fault) = placed {
            return refused(fault);
        }
        self.polar.fill(rays);
        let contradiction = self.contradiction(stamp, scan, may_have_gone);
        let is_reconciled = contradiction.is_some() && self.reconciles(stamp, scan, rays);
        if let Some(fault) = contradiction
            && !is_reconciled
        {
            return refused(fault);
        }
        if is_reconciled {
            self.forget_surfaces();
        }
        self.agreeing_since = None;
        self.mounting.get_or_insert(base_from_lidar);
        self.field_of_view.get_or_insert(field_of_view);
        let yaw = base.yaw;
        let reach_m = 0.8 * scan.range_max;
        self.lost
            .find(&self.reference, &self.polar, yaw, reach_m, may_have_gone);
        let beams = (0..scan.ranges.len()).map(|index| {
            let bearing = base_from_lidar.yaw + scan.angle(index);
            (bearing, scan.beam(index))
        });
        self.lost.restore(
            beams
                .clone()
                .map(|(bearing, beam)| (bearing, matches!(beam, Beam::Hit(_)))),
        );
        self.remember(stamp, scan, rays);
        let lost = self.lost;
        let says_something = |(bearing, beam)| match beam {
            Beam::Hit(_) => (bearing, true),
            Beam::Miss => (bearing, !lost.contains(bearing)),
            Beam::Invalid => (bearing, false),
        };
        let bearings = beams.map(says_something);
        self.sectors.observe(stamp, base_from_lidar, bearings);
        let blind_s = BLIND_S.max(BLIND_PERIODS * period_s);
        let blind = self.sectors.blind(stamp, blind_s);
        Verdict {
            fault: blind.map(|(from_deg, to_deg, age_s)| SensorFault::BlindSector {
                from_deg,
                to_deg,
                age_s,
            }),
            is_accepted: true,
            is_reconciled,
        }
    }

    /// Faults that the readings alone reveal.
    fn content_fault(
        &mut self,
        base: Pose2,
        scan: &LaserScan,
        rays: &[Ray],
    ) -> Option<SensorFault> {
        let share = rays.len() as f64 / scan.ranges.len().max(1) as f64;
        if share < VALID_SHARE_MIN {
            self.content_at = None;
            return Some(SensorFault::Invalid {
                share,
                expected: VALID_SHARE_MIN,
            });
        }
        let is_return = |index: &usize| matches!(scan.beam(*index), Beam::Hit(_));
        let returns = (0..scan.ranges.len()).filter(is_return);
        let count = returns.clone().count();
        self.has_returned |= count > 0;
        if !self.has_returned {
            return Some(SensorFault::NeverReturned);
        }
        // the majority candidate (Boyer and Moore 1991), then its count
        let (mut candidate, mut votes) = (0.0_f32, 0_usize);
        for index in returns.clone() {
            let range = scan.ranges[index];
            if votes == 0 {
                candidate = range;
            }
            votes = if range == candidate {
                votes + 1
            } else {
                votes - 1
            };
        }
        let equal = returns.filter(|index| scan.ranges[*index] == candidate);
        let share = equal.count() as f64 / count.max(1) as f64;
        if count >= RETURNS_MIN && share >= CONSTANT_SHARE {
            return Some(SensorFault::Constant {
                range_m: f64::from(candidate),
                share,
            });
        }
        let same = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits();
        let is_same = count >= RETURNS_MIN
            && self.content.len() == scan.ranges.len()
            && self.content.iter().zip(&scan.ranges).all(same);
        if !is_same {
            self.content.clear();
            self.content.extend_from_slice(&scan.ranges);
            self.content_at = Some(base);
            return None;
        }
        let moved = self.content_at.get_or_insert(base).inverse() * base;
        let (moved_m, turned_rad) = (moved.position().coords.norm(), moved.yaw.abs());
        (moved_m > FROZEN_M || turned_rad > FROZEN_RAD).then_some(SensorFault::Frozen {
            moved_m,
            turned_rad,
        })
    }

    fn mounting_fault(&self, base_from_lidar: Pose2) -> Option<SensorFault> {
        let first = self.mounting?;
        let moved_m = (base_from_lidar.position() - first.position()).norm();
        let turned_rad = wrap_angle(base_from_lidar.yaw - first.yaw).abs();
        (moved_m > MOUNTING_M || turned_rad > MOUNTING_RAD).then_some(SensorFault::Mounting {
            moved_m,
            turned_rad,
        })
    }

    fn field_of_view_fault(&self, now: [f64; 2]) -> Option<SensorFault> {
        let first = self.field_of_view?;
        let differs = |(now, first): (f64, f64)| (now - first).abs() > FIELD_OF_VIEW_RAD;
        let degrees = |view: [f64; 2]| view.map(f64::to_degrees);
        now.into_iter()
            .zip(first)
            .any(differs)
            .then_some(SensorFault::FieldOfView {
                now_deg: degrees(now),
                expected_deg: degrees(first),
            })
    }

    fn contradiction(
        &self,
        stamp: Stamp,
        scan: &LaserScan,
        may_have_gone: &dyn Fn(Point2) -> bool,
    ) -> Option<SensorFault> {
        let age_s = stamp.secs_since(self.reference.stamp?);
        let reach_m = 0.8 * scan.range_max;
        let found = self.reference.compare(&self.polar, reach_m, may_have_gone);
        let share = found.passed_by_bearing.min(found.passed_by_length);
        (found.expected >= EXPECTED_MIN && share > VANISHED_SHARE)
            .then_some(SensorFault::Contradiction { share, age_s })
    }

    /// True if scans that contradict earlier ones agree with each other for long enough.
    fn reconciles(&mut self, stamp: Stamp, scan: &LaserScan, rays: &[Ray]) -> bool {
        let returns = rays.iter().filter(|ray| ray.outcome == Return::Hit).count();
        let usual = self.returns as f64 / scan.ranges.len().max(1) as f64;
        let enough = RECONCILED_SHARE.min(RECONCILED_USUAL * usual);
        let says_enough = returns > 0 && returns as f64 >= enough * scan.ranges.len() as f64;
        let reach_m = 0.8 * scan.range_max;
        let found = self.refused.compare(&self.polar, reach_m, |_| false);
        let agrees = found.expected >= EXPECTED_MIN && found.passed_by_bearing < RECONCILED_PASSED;
        if !says_enough || !agrees {
            self.agreeing_since = None;
        }
        self.refused.fill(stamp, rays);
        let since = *self.agreeing_since.get_or_insert(stamp);
        stamp.secs_since(since) >= RECONCILED_S
    }

    /// Stores two sets of surfaces, so that the older is up to [`REFERENCE_S`] old. Surfaces of the
    /// older set that have vanished are removed, because they were not static.
    fn remember(&mut self, stamp: Stamp, scan: &LaserScan, rays: &[Ray]) {
        let is_due = |surfaces: &Surfaces| {
            let age_s = surfaces.stamp.map(|then| stamp.secs_since(then));
            age_s.is_none_or(|age_s| !(0.0..0.5 * REFERENCE_S).contains(&age_s))
        };
        if is_due(&self.newer) {
            std::mem::swap(&mut self.reference, &mut self.newer);
            self.reference
                .drop_passed(&self.polar, 0.8 * scan.range_max);
            self.returns = rays.iter().filter(|ray| ray.outcome == Return::Hit).count();
            self.newer.fill(stamp, rays);
        }
    }
}
