//! Bundles of rays from one point, cast together.
//!
//! The rings of a LiDAR column, or the pixels of a tile, share an origin and have similar
//! directions, so that they hit the same few objects. A bundle stores the rays as structures of
//! arrays, with four planes through the origin that bound them: an object beyond a plane is culled
//! for all rays at once.

use nalgebra::Vector3;
use perception::{Point3, Pose2};

/// Tag of a ray without a hit.
pub(super) const NOTHING: u32 = u32::MAX;
/// Margin of the planes, m, against rounding.
const MARGIN_M: f64 = 1e-6;

/// Rays from one point and their nearest hits. Reuse does not allocate.
#[derive(Debug, Clone)]
pub(crate) struct RayBundle {
    origin: Point3,
    len: usize,
    along: [[f64; Self::LEN_MAX]; 3],
    /// Reciprocals of the vertical components of the directions.
    inverse_z: [f64; Self::LEN_MAX],
    distance_m: [f64; Self::LEN_MAX],
    struck: [u32; Self::LEN_MAX],
    /// Entry distance into the current solid; infinite for a miss.
    entered_m: [f64; Self::LEN_MAX],
    /// Inward unit normals of the planes that bound the rays.
    planes: [Vector3<f64>; 4],
    /// Maximum of `distance_m`, squared.
    farthest_squared: f64,
    /// Visible floor patches: buffer of [`super::floor::Floor::cast`].
    pub(super) patches: Vec<u32>,
}

impl RayBundle {
    /// Maximum number of rays.
    pub const LEN_MAX: usize = 64;

    /// An empty bundle.
    pub fn new() -> Self {
        Self {
            origin: Point3::origin(),
            len: 0,
            along: [[0.0; Self::LEN_MAX]; 3],
            inverse_z: [0.0; Self::LEN_MAX],
            distance_m: [f64::INFINITY; Self::LEN_MAX],
            struck: [NOTHING; Self::LEN_MAX],
            entered_m: [f64::INFINITY; Self::LEN_MAX],
            planes: [Vector3::zeros(); 4],
            farthest_squared: f64::INFINITY,
            patches: Vec::new(),
        }
    }

    /// Begins a bundle with an origin and a maximum range.
    pub fn start(&mut self, origin: Point3, reach_m: f64) {
        self.origin = origin;
        self.len = 0;
        self.distance_m.fill(reach_m);
        self.struck.fill(NOTHING);
        self.farthest_squared = reach_m * reach_m;
        self.planes = [Vector3::zeros(); 4];
    }

    /// Adds a ray of unit direction, at most [`Self::LEN_MAX`].
    pub fn push(&mut self, along: Vector3<f64>) {
        for axis in 0..3 {
            self.along[axis][self.len] = along[axis];
        }
        self.inverse_z[self.len] = 1.0 / along.z;
        self.len += 1;
    }

    /// Declares that all rays lie in one plane, ordered by angle, within less than 180° in total.
    pub fn is_fan(&mut self) {
        let (first, last) = (self.along(0), self.along(self.len - 1));
        let across = first.cross(&last);
        let Some(across) = across.try_normalize(1e-9) else {
            return self.is_narrow();
        };
        self.planes = [
            across,
            -across,
            across.cross(&first).normalize(),
            last.cross(&across).normalize(),
        ];
    }

    /// Declares that all rays lie within the pyramid of four of them, given in order around it.
    pub fn is_pyramid(&mut self, corners: [usize; 4]) {
        let middle: Vector3<f64> = corners.iter().map(|corner| self.along(*corner)).sum();
        for (side, plane) in self.planes.iter_mut().enumerate() {
            let [one, two] = [corners[side], corners[(side + 1) % 4]].map(|ray| {
                Vector3::new(self.along[0][ray], self.along[1][ray], self.along[2][ray])
            });
            let normal = one.cross(&two).try_normalize(1e-9).unwrap_or_default();
            *plane = if normal.dot(&middle) < 0.0 {
                -normal
            } else {
                normal
            };
        }
    }

    /// Declares that all rays are equal.
    pub fn is_narrow(&mut self) {
        let along = self.along(0);
        let side = along.cross(&Vector3::ith(along.iamin(), 1.0)).normalize();
        let other = along.cross(&side);
        self.planes = [side, -side, other, -other];
    }

    /// Origin of all rays.
    pub fn origin(&self) -> Point3 {
        self.origin
    }

    /// Number of rays.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Direction of a ray.
    pub fn along(&self, ray: usize) -> Vector3<f64> {
        Vector3::new(self.along[0][ray], self.along[1][ray], self.along[2][ray])
    }

    /// Range of a ray to its hit, m; none without a hit.
    pub fn hit_m(&self, ray: usize) -> Option<f64> {
        (self.struck[ray] != NOTHING).then(|| self.distance_m[ray])
    }

    /// Tag of the object that a ray hit.
    pub(super) fn struck(&self, ray: usize) -> Option<u32> {
        Some(self.struck[ray]).filter(|tag| *tag != NOTHING)
    }

    /// False for a box that no ray can hit.
    pub(super) fn may_meet(&self, low: &Point3, high: &Point3) -> bool {
        self.planes.iter().all(|normal| {
            let reach = |axis: usize| {
                let end = if normal[axis] > 0.0 {
                    high[axis]
                } else {
                    low[axis]
                };
                normal[axis] * (end - self.origin[axis])
            };
            reach(0) + reach(1) + reach(2) >= -MARGIN_M
        })
    }

    /// False for an object that no ray can hit; `reach` returns its extent along a unit vector from
    /// the origin, m.
    pub(super) fn may_meet_body(&self, reach: impl Fn(&Vector3<f64>) -> f64) -> bool {
        self.planes.iter().all(|normal| reach(normal) >= -MARGIN_M)
    }

    /// True while any ray reaches at least this distance, m, squared.
    pub(super) fn reaches(&self, squared: f64) -> bool {
        squared <= self.farthest_squared
    }

    /// Square of the distance from the origin to a box; none beyond the reach of all rays.
    pub(super) fn distance_squared(&self, low: &Point3, high: &Point3) -> Option<f64> {
        let gap = |axis: usize| {
            let at = self.origin[axis];
            (low[axis] - at).max(at - high[axis]).max(0.0)
        };
        let (x, y, z) = (gap(0), gap(1), gap(2));
        let squared = x * x + y * y + z * z;
        self.reaches(squared).then_some(squared)
    }

    /// Tests a solid against all rays: `enter` maps direction and reciprocal vertical component to
    /// the entry distance, m, infinite for a miss.
    #[inline]
    pub(super) fn strike(&mut self, tag: u32, enter: impl Fn(f64, f64, f64, f64) -> f64) {
        let len = self.len;
        let [x, y, z] = &self.along;
        let inputs = x[..len].iter().zip(&y[..len]).zip(&z[..len]);
        let inputs = inputs.zip(&self.inverse_z[..len]);
        for (entered, (((x, y), z), inverse_z)) in self.entered_m[..len].iter_mut().zip(inputs) {
            *entered = enter(*x, *y, *z, *inverse_z);
        }
        let mut nearer = false;
        for ray in 0..len {
            if self.entered_m[ray] < self.distance_m[ray] {
                self.distance_m[ray] = self.entered_m[ray];
                self.struck[ray] = tag;
                nearer = true;
            }
        }
        if nearer {
            self.measure();
        }
    }

    /// Updates the maximum range.
    fn measure(&mut self) {
        let distances = self.distance_m[..self.len].iter();
        let farthest = distances.fold(
            0.0,
            |far, distance| {
                if *distance > far { *distance } else { far }
            },
        );
        self.farthest_squared = farthest * farthest;
    }

    /// Copies the rays of another bundle into a frame transformed in the plane.
    pub(super) fn see_from(&mut self, other: &Self, target_from_source: Pose2) {
        let origin = target_from_source * other.origin.xy();
        self.start(
            Point3::new(origin.x, origin.y, other.origin.z),
            f64::INFINITY,
        );
        let (sin, cos) = target_from_source.yaw.sin_cos();
        for ray in 0..other.len {
            let [x, y] = [other.along[0][ray], other.along[1][ray]];
            self.along[0][ray] = cos * x - sin * y;
            self.along[1][ray] = sin * x + cos * y;
            self.along[2][ray] = other.along[2][ray];
            self.inverse_z[ray] = other.inverse_z[ray];
        }
        self.len = other.len;
    }

    /// Adopts nearer hits of the same rays from another frame.
    pub(super) fn shorten_to(&mut self, own: &Self) {
        for ray in 0..self.len {
            if own.distance_m[ray] < self.distance_m[ray] {
                self.distance_m[ray] = own.distance_m[ray];
                self.struck[ray] = own.struck[ray];
            }
        }
        self.measure();
    }

    /// The plane z = 0, solid below.
    pub(super) fn strike_level_floor(&mut self, tag: u32) {
        let height_m = self.origin.z;
        if height_m <= 0.0 {
            self.strike(tag, |_, _, _, _| 0.0);
        } else {
            self.strike(tag, |_, _, z, inverse_z| {
                if z < 0.0 {
                    -height_m * inverse_z
                } else {
                    f64::INFINITY
                }
            });
        }
    }

    /// Tests an object against each ray in turn: `enter` receives direction and maximum range, m.
    pub(super) fn strike_each(
        &mut self,
        tag: u32,
        enter: impl Fn(Vector3<f64>, f64) -> Option<f64>,
    ) {
        let reach_m = self.farthest_squared.sqrt();
        self.strike(tag, |x, y, z, _| {
            enter(Vector3::new(x, y, z), reach_m).unwrap_or(f64::INFINITY)
        });
    }
}
