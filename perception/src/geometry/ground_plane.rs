//! Ground plane estimation in a point cloud: RANSAC (Fischler and Bolles 1981) among planes, and
//! least squares through the inliers.

use nalgebra::{Matrix3, SymmetricEigen, Vector3};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{Point3, Pose3};
use nalgebra::{Translation3, UnitQuaternion};

/// Parameters of the ground plane search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundPlaneSearch {
    /// Approximate up direction in the frame of the points; any length.
    pub up: Vector3<f64>,
    /// Maximum angle between the normal of the floor and `up`, rad.
    pub tilt_max: f64,
    /// Maximum distance of inliers from the plane, m.
    pub distance_max_m: f64,
    /// Number of RANSAC trials.
    pub trials: usize,
    /// Seed of the random sampling.
    pub seed: u64,
}

impl Default for GroundPlaneSearch {
    fn default() -> Self {
        Self {
            up: Vector3::z(),
            tilt_max: 0.35,
            distance_max_m: 0.03,
            trials: 500,
            seed: 0,
        }
    }
}

/// Plane `normal · p = offset_m`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundPlane {
    /// Unit normal, upward.
    pub normal: Vector3<f64>,
    /// Distance from the origin along the normal, m.
    pub offset_m: f64,
    /// Share of the points that are inliers.
    pub share: f64,
}

impl GroundPlane {
    /// Finds the nearly level plane with the most inliers, less the points below it; `None` if no
    /// three points span one. If shelves and table tops have more points than the floor, the lowest
    /// of the planes with at least half as many is taken.
    pub fn find(points: &[Point3], search: &GroundPlaneSearch) -> Option<Self> {
        let up = search.up.try_normalize(1e-9)?;
        let mut rng = ChaCha8Rng::seed_from_u64(search.seed);
        let mut planes: Vec<Self> = Vec::new();
        if points.len() < 3 {
            return None;
        }
        for _ in 0..search.trials {
            let [a, b, c] = [0; 3].map(|_| points[rng.random_range(0..points.len())]);
            let Some(normal) = (b - a).cross(&(c - a)).try_normalize(1e-6) else {
                continue;
            };
            let normal = if normal.dot(&up) < 0.0 {
                -normal
            } else {
                normal
            };
            if normal.dot(&up) < search.tilt_max.cos() {
                continue;
            }
            let plane = Self {
                normal,
                offset_m: normal.dot(&a.coords),
                share: 0.0,
            };
            let count = plane.agreeing(points, search.distance_max_m).count();
            planes.push(Self {
                share: count as f64 / points.len() as f64,
                ..plane
            });
        }
        let most = planes.iter().map(|plane| plane.share).fold(0.0, f64::max);
        let lowest = planes
            .iter()
            .filter(|plane| plane.share >= 0.5 * most)
            .min_by(|one, other| one.height_at(points).total_cmp(&other.height_at(points)))?;
        // the best of those at the height of the lowest
        let height = lowest.height_at(points);
        let best = planes
            .iter()
            .filter(|plane| plane.height_at(points) <= height + 2.0 * search.distance_max_m)
            .max_by(|one, other| one.share.total_cmp(&other.share))?;
        best.refined(points, search)
    }

    /// Transform that maps the plane to `z = 0`, and the foot of the origin on the plane to the new
    /// origin. The x axis keeps its direction as seen from above.
    pub fn level_from_points(&self) -> Pose3 {
        let rotation = UnitQuaternion::rotation_between(&self.normal, &Vector3::z())
            .unwrap_or_else(|| {
                UnitQuaternion::from_axis_angle(&Vector3::x_axis(), std::f64::consts::PI)
            });
        Pose3::from_parts(Translation3::new(0.0, 0.0, -self.offset_m), rotation)
    }

    /// Height of the plane relative to the centroid of the points, negative below it, m.
    fn height_at(&self, points: &[Point3]) -> f64 {
        let sum: Vector3<f64> = points.iter().map(|point| point.coords).sum();
        self.offset_m - self.normal.dot(&sum) / points.len() as f64
    }

    fn agreeing<'a>(
        &self,
        points: &'a [Point3],
        distance_max_m: f64,
    ) -> impl Iterator<Item = &'a Point3> + use<'a> {
        let plane = *self;
        points.iter().filter(move |point| {
            (plane.normal.dot(&point.coords) - plane.offset_m).abs() <= distance_max_m
        })
    }

    /// Least squares through the inliers: the normal is the direction of their least variance.
    fn refined(&self, points: &[Point3], search: &GroundPlaneSearch) -> Option<Self> {
        let agreeing = || self.agreeing(points, search.distance_max_m);
        let count = agreeing().count();
        if count < 3 {
            return None;
        }
        let middle = agreeing().map(|point| point.coords).sum::<Vector3<f64>>() / count as f64;
        let spread: Matrix3<f64> = agreeing()
            .map(|point| (point.coords - middle) * (point.coords - middle).transpose())
            .sum();
        let eigen = SymmetricEigen::new(spread);
        let normal = eigen
            .eigenvectors
            .column(eigen.eigenvalues.imin())
            .into_owned();
        let normal = if normal.dot(&self.normal) < 0.0 {
            -normal
        } else {
            normal
        };
        Some(Self {
            normal,
            offset_m: normal.dot(&middle),
            share: count as f64 / points.len() as f64,
        })
    }
}
