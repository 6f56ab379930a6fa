//! Detection of sectors in which surfaces vanish without a return.
//!
//! A beam without a return normally proves free space up to the range limit. A sector is lost if a
//! surface that was observed for a quarter of a second, without gaps over at least 40 degrees and
//! 1.5 m, gives no return in one scan: a covered window, glare or a failed part of the sensor.
//! Until a fifth of the beams of a lost sector return again, its beams without a return carry no
//! information. People and door leaves that leave the field of view are smaller than these bounds,
//! and groups of people have gaps.

use super::polar::{PolarScan, Surfaces};
use super::sectors::{SECTORS, index};
use crate::{Point2, wrap_angle};

/// Minimum angular width of the vanished surfaces, rad.
const WIDTH_RAD: f64 = 40.0 * std::f64::consts::PI / 180.0;
/// Minimum distance between two of them, m.
const EXTENT_M: f64 = 1.5;
/// Maximum gap between the bearings of a continuous surface, rad.
const GAP_RAD: f64 = 0.09;
/// Share of returns from which a sector carries information again.
const RETURNING_SHARE: f64 = 0.2;

/// Sectors of the base frame whose surfaces vanished without a return.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LostReturns {
    /// One bit per sector.
    lost: u64,
}

impl LostReturns {
    /// True if any sector is lost.
    pub(crate) fn any(self) -> bool {
        self.lost != 0
    }

    /// True if a beam without a return toward `bearing`, rad in the base frame, carries no
    /// information.
    pub(crate) fn contains(self, bearing: f64) -> bool {
        self.lost >> index(bearing) & 1 == 1
    }

    /// Marks sectors in which consecutive surfaces of `reference` give no return in `now`; `yaw` is
    /// the heading of the base at that scan. Gaps end a continuous surface; surfaces of objects
    /// that may have moved are ignored.
    pub(super) fn find(
        &mut self,
        reference: &Surfaces,
        now: &PolarScan,
        yaw: f64,
        reach_m: f64,
        may_have_gone: &dyn Fn(Point2) -> bool,
    ) {
        let is_asked = |point: &Point2| now.expects(*point, reach_m) && !may_have_gone(*point);
        let mut rest = reference.points();
        while let Some(first) = rest
            .iter()
            .position(|point| is_asked(point) && now.gives_no_return(*point))
        {
            rest = &rest[first..];
            let mut last = rest[0];
            let ends = |point: &Point2| {
                let before = std::mem::replace(&mut last, *point);
                let gap_rad = (point - now.origin()).angle(&(before - now.origin()));
                gap_rad > GAP_RAD || (is_asked(point) && !now.gives_no_return(*point))
            };
            let length = rest.iter().position(ends).unwrap_or(rest.len());
            let (run, after) = rest.split_at(length);
            let run = run.iter().filter(|point| is_asked(point));
            self.mark(run, now.origin(), yaw);
            rest = after;
        }
    }

    fn mark<'a>(
        &mut self,
        run: impl Iterator<Item = &'a Point2> + Clone,
        origin: Point2,
        yaw: f64,
    ) {
        let bearing = |point: &Point2| (point.y - origin.y).atan2(point.x - origin.x);
        let pairs = run.clone().zip(run.clone().skip(1));
        let width_rad: f64 = pairs
            .map(|(one, next)| wrap_angle(bearing(next) - bearing(one)).abs())
            .sum();
        let Some(first) = run.clone().next() else {
            return;
        };
        let from_first = run.clone().map(|point| (point - first).norm());
        if width_rad >= WIDTH_RAD && from_first.fold(0.0, f64::max) >= EXTENT_M {
            for point in run {
                self.lost |= 1 << index(bearing(point) - yaw);
            }
        }
    }

    /// Clears sectors of which enough beams return: `returns` are bearings, rad in the base frame,
    /// and whether the beam returned.
    pub(super) fn restore(&mut self, returns: impl Iterator<Item = (f64, bool)>) {
        let (mut beams, mut returned) = ([0_u32; SECTORS], [0_u32; SECTORS]);
        for (bearing, is_return) in returns {
            beams[index(bearing)] += 1;
            returned[index(bearing)] += u32::from(is_return);
        }
        for sector in 0..SECTORS {
            let share = f64::from(returned[sector]) / f64::from(beams[sector].max(1));
            if share >= RETURNING_SHARE {
                self.lost &= !(1 << sector);
            }
        }
    }
}
