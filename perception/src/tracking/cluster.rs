//! Beam ends that belong together.
//!
//! The beams that meet a disc of radius `r` end on its near half, evenly across it: their mean lies
//! `π r / 4` before its middle.

use std::f64::consts::FRAC_PI_4;

use super::TrackingSettings;
use crate::{Point2, Ray, Vector2};

/// What stands apart from all other arrivals.
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

    /// Half of its width across the line of sight, no less than a person's, m.
    pub(super) fn radius_m(&self, settings: &TrackingSettings) -> f64 {
        let half = 0.5 * (self.last - self.first).norm();
        half.clamp(settings.radius_min_m, settings.radius_max_m)
    }

    /// Where its middle must be.
    pub(super) fn middle(&self, settings: &TrackingSettings) -> Point2 {
        let mean = self.mean();
        let ahead = (mean - self.origin).try_normalize(1e-6).unwrap_or_default();
        mean + ahead * (FRAC_PI_4 * self.radius_m(settings))
    }

    fn absorb(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.last = other.last;
    }
}

/// Clusters of a scan, in the order of its beams.
#[derive(Debug, Clone)]
pub(super) struct Clusters {
    found: Vec<Cluster>,
    count_max: usize,
}

impl Clusters {
    pub(super) fn new(count_max: usize) -> Self {
        Self {
            found: Vec::with_capacity(count_max),
            count_max,
        }
    }

    pub(super) fn clear(&mut self) {
        self.found.clear();
    }

    /// Adds an arrival; beams come in order. More clusters than there is room for are left out.
    pub(super) fn add(&mut self, ray: &Ray, settings: &TrackingSettings) {
        if let Some(latest) = self.found.last_mut()
            && (ray.end - latest.last).norm() <= settings.join_m
        {
            latest.absorb(&Cluster::of(ray));
        } else if self.found.len() < self.count_max {
            self.found.push(Cluster::of(ray));
        }
    }

    /// Joins what is near each other and drops what is too small.
    pub(super) fn finish(&mut self, settings: &TrackingSettings) -> &[Cluster] {
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
            .retain(|cluster| cluster.count >= settings.points_min);
        &self.found
    }
}
