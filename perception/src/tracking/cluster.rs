//! Segmentation of beam endpoints into clusters.
//!
//! Consecutive endpoints that are close to each other form a segment (Arras et al. 2007, section
//! III). A segment becomes a cluster as a whole if it is no wider than a moving object, a part of
//! it is a dynamic return, and only a small part lies on cells occupied for long. If an object has
//! just begun to move, only its front is a dynamic return, and the front alone would appear to move
//! sideways. Of a wider segment, such as a wall with a person beside it, only the dynamic returns
//! form clusters.
//!
//! The beams that hit a disc of radius `r` end on its near half, evenly across it: their mean lies
//! `π r / 4` in front of its centre.

use std::f64::consts::FRAC_PI_4;

use super::TrackingSettings;
use super::arrivals::Met;
use crate::{Point2, Ray, Vector2};

/// Cluster of dynamic returns that is separate from all others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cluster {
    count: usize,
    sum: Vector2,
    first: Point2,
    last: Point2,
    origin: Point2,
}

impl Cluster {
    fn of(ray: &Ray) -> Self {
        Self {
            count: 1,
            sum: ray.end.coords,
            first: ray.end,
            last: ray.end,
            origin: ray.origin,
        }
    }

    fn mean(&self) -> Point2 {
        Point2::from(self.sum / self.count as f64)
    }

    /// Half of the width across the line of sight, limited to the radii of tracks, m.
    pub(super) fn radius_m(&self, settings: &TrackingSettings) -> f64 {
        let half = 0.5 * (self.last - self.first).norm();
        half.clamp(settings.radius_min_m, settings.radius_max_m)
    }

    /// Estimated centre of the object.
    pub(super) fn middle(&self, settings: &TrackingSettings) -> Point2 {
        let mean = self.mean();
        let ahead = (mean - self.origin).try_normalize(1e-6).unwrap_or_default();
        mean + ahead * (FRAC_PI_4 * self.radius_m(settings))
    }

    /// True if the cluster extends along the line of sight, as no moving object does. Beams at
    /// grazing incidence to a wall pass through its cells over `cell / tan(angle)` before they end,
    /// so that the wall seems to have appeared there.
    fn is_grazed(&self) -> bool {
        let chord = self.last - self.first;
        let ahead = (self.mean() - self.origin)
            .try_normalize(1e-6)
            .unwrap_or_default();
        let along_m = chord.dot(&ahead).abs();
        let across_m = chord.perp(&ahead).abs();
        along_m > GRAZED_M && along_m > GRAZED_SLOPE * across_m
    }

    fn absorb(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.last = other.last;
    }
}

/// Extent along the line of sight, m, and its ratio to the width across it, from which a cluster is
/// classified as part of a wall at grazing incidence.
const GRAZED_M: f64 = 0.1;
const GRAZED_SLOPE: f64 = 2.0;

/// A segment becomes a cluster as a whole if at least the first share of its endpoints are dynamic
/// returns and at most the second lie on cells occupied for long.
const CAME_SHARE_MIN: f64 = 0.15;
const STOOD_SHARE_MAX: f64 = 0.25;

/// Consecutive endpoints that are close to each other.
#[derive(Debug, Clone, Copy)]
struct Segment {
    whole: Cluster,
    /// Number of endpoints that are dynamic returns.
    came: usize,
    /// Number of endpoints on cells occupied for long.
    stood: usize,
    /// Index of the first cluster of dynamic returns in the segment.
    first: usize,
}

/// Clusters of a scan, in the order of its beams.
#[derive(Debug, Clone)]
pub(super) struct Clusters {
    found: Vec<Cluster>,
    segment: Option<Segment>,
    count_max: usize,
}

impl Clusters {
    pub(super) fn new(count_max: usize) -> Self {
        Self {
            found: Vec::with_capacity(count_max),
            segment: None,
            count_max,
        }
    }

    pub(super) fn clear(&mut self) {
        self.found.clear();
        self.segment = None;
    }

    /// Adds the endpoint of a beam and its classification. Beams must be added in order; clusters
    /// beyond the capacity are dropped.
    pub(super) fn add(&mut self, ray: &Ray, met: Met, settings: &TrackingSettings) {
        let follows = |last: &Cluster| (ray.end - last.last).norm() <= settings.join_m;
        if self.segment.is_some_and(|segment| !follows(&segment.whole)) {
            self.end_segment(settings);
        }
        let end = Cluster::of(ray);
        let first = self.found.len();
        let segment = self.segment.get_or_insert(Segment {
            whole: Cluster {
                count: 0,
                sum: Vector2::zeros(),
                ..end
            },
            came: 0,
            stood: 0,
            first,
        });
        segment.whole.absorb(&end);
        segment.stood += usize::from(met == Met::Standing);
        if met != Met::Arrival {
            return;
        }
        segment.came += 1;
        if let Some(latest) = self.found[segment.first..].last_mut()
            && follows(latest)
        {
            latest.absorb(&end);
        } else if self.found.len() < self.count_max {
            self.found.push(end);
        }
    }

    /// Ends the segment. If it is one moving object, it replaces the clusters of its dynamic
    /// returns.
    fn end_segment(&mut self, settings: &TrackingSettings) {
        let Some(segment) = self.segment.take() else {
            return;
        };
        let Segment {
            whole,
            came,
            stood,
            first,
        } = segment;
        let count = whole.count as f64;
        let is_narrow = (whole.last - whole.first).norm() <= 2.0 * settings.radius_max_m;
        let is_mover = came >= settings.points_min
            && came as f64 >= CAME_SHARE_MIN * count
            && stood as f64 <= STOOD_SHARE_MAX * count;
        if is_narrow && is_mover {
            self.found.truncate(first);
            if self.found.len() < self.count_max {
                self.found.push(whole);
            }
        }
    }

    /// Merges clusters that are close to each other and drops those that are too small.
    pub(super) fn finish(&mut self, settings: &TrackingSettings) -> &[Cluster] {
        self.end_segment(settings);
        let mut index = 0;
        while index < self.found.len() {
            let mean = self.found[index].mean();
            let near = (0..index)
                .find(|&earlier| (self.found[earlier].mean() - mean).norm() <= settings.merge_m);
            if let Some(earlier) = near {
                let other = self.found.remove(index);
                self.found[earlier].absorb(&other);
            } else {
                index += 1;
            }
        }
        self.found
            .retain(|cluster| cluster.count >= settings.points_min && !cluster.is_grazed());
        &self.found
    }
}
