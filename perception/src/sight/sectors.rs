//! Bearings that a planar scanner covers.

use std::f64::consts::{PI, TAU};

use crate::{Point2, Pose2, Stamp};

/// Sectors of a full turn: 10 degrees each.
pub(super) const SECTORS: usize = 36;
/// Scans in a row with a valid reading after which a sector counts as covered.
const ESTABLISHED_SCANS: u8 = 3;

/// Bearings that a planar scanner covers, measured at the scanner, in directions of the base frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sectors {
    base_from_lidar: Pose2,
    /// Consecutive scans with a valid reading, up to [`ESTABLISHED_SCANS`]; it never decreases
    /// after that.
    scans: [u8; SECTORS],
    /// Time of the last valid reading.
    valid: [Stamp; SECTORS],
}

impl Default for Sectors {
    fn default() -> Self {
        Self {
            base_from_lidar: Pose2::IDENTITY,
            scans: [0; SECTORS],
            valid: [Stamp(i64::MIN); SECTORS],
        }
    }
}

impl Sectors {
    /// Sectors of a scanner with a full field of view at `stamp`: for tests and ground-truth maps.
    pub fn all_round(stamp: Stamp) -> Self {
        Self {
            base_from_lidar: Pose2::IDENTITY,
            scans: [ESTABLISHED_SCANS; SECTORS],
            valid: [stamp; SECTORS],
        }
    }

    /// True if the scanner usually covers `point`, base frame.
    pub fn covers(&self, point: Point2) -> bool {
        let from_lidar = point - self.base_from_lidar.position();
        let sector = index(from_lidar.y.atan2(from_lidar.x));
        self.scans[sector] >= ESTABLISHED_SCANS
    }

    /// Processes the bearings of a scan's beams, rad in the base frame, and whether each carries
    /// information.
    pub(super) fn observe(
        &mut self,
        stamp: Stamp,
        base_from_lidar: Pose2,
        bearings: impl Iterator<Item = (f64, bool)>,
    ) {
        self.base_from_lidar = base_from_lidar;
        let mut seen = [false; SECTORS];
        for (bearing, _) in bearings.filter(|(_, is_valid)| *is_valid) {
            seen[index(bearing)] = true;
        }
        for (sector, seen) in seen.into_iter().enumerate() {
            let scans = &mut self.scans[sector];
            if seen {
                *scans = scans.saturating_add(1).min(ESTABLISHED_SCANS);
                self.valid[sector] = stamp;
            } else if *scans < ESTABLISHED_SCANS {
                *scans = 0;
            }
        }
    }

    /// Widest run of established sectors without a valid reading for longer than `age_max_s`: first
    /// and last bearing (degrees) and the age of the latest valid reading (s).
    pub(super) fn blind(&self, now: Stamp, age_max_s: f64) -> Option<(f64, f64, f64)> {
        let age_s = |sector: usize| now.secs_since(self.valid[sector % SECTORS]);
        let is_blind = |sector: usize| {
            self.scans[sector % SECTORS] >= ESTABLISHED_SCANS && age_s(sector) > age_max_s
        };
        let run = |first: usize| (0..SECTORS).take_while(|k| is_blind(first + k)).count();
        let (first, length) = (0..SECTORS)
            .map(|first| (first, run(first)))
            .max_by_key(|&(first, length)| (length, SECTORS - first))?;
        if length == 0 {
            return None;
        }
        let width_deg = 360.0 / SECTORS as f64;
        let from_deg = first as f64 * width_deg - 180.0;
        let youngest_s = (first..first + length)
            .map(age_s)
            .fold(f64::INFINITY, f64::min);
        Some((from_deg, from_deg + length as f64 * width_deg, youngest_s))
    }
}

/// Sector that contains a bearing.
pub(super) fn index(bearing: f64) -> usize {
    let turn = (bearing + PI).rem_euclid(TAU) / TAU;
    ((turn * SECTORS as f64) as usize).min(SECTORS - 1)
}
