//! Model of a depth camera.
//!
//! ```text
//! z' = z + (a + b z²) ε,   ε ~ N(0, 1)      noise along the axis
//! d = f B / z',   z'' = f B / (q round(d / q))      disparity in steps of q
//! z = w z₁ + (1 − w) z₂,   w ~ U(0, 1)      a mixed pixel on an edge
//! ```
//!
//! `z` is the exact depth along the optical axis at the centre of a pixel. The noise of
//! triangulation grows with the square of the depth (Khoshelham and Elberink, "Accuracy and
//! resolution of Kinect depth data for indoor mapping applications", 2012, eq. 11), and the
//! disparity has a fixed resolution (the same, eq. 12). Surfaces at grazing angles give no return,
//! and pixels on edges read a wrong depth (Nguyen, Izadi and Lovell, "Modeling Kinect sensor noise
//! for improved 3D reconstruction and tracking", 2012, found a lateral spread of about a pixel and
//! no depth beyond 70 to 80 degrees): in this model a share of the pixels with a neighbour at
//! another depth reads a mixture of both, or nothing if the neighbour has no depth.

use nalgebra::Vector3;
use perception::{DepthImage, DepthPixels, Distortion, PinholeCamera, Pose2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::DepthCameraSettings;
use crate::SettingsError;
use crate::world::{RayBundle, Surroundings};

/// Side of a tile of pixels whose rays are cast together.
const TILE: usize = 8;

/// State of a depth camera.
#[derive(Debug, Clone)]
pub struct DepthCamera {
    settings: DepthCameraSettings,
    camera: PinholeCamera,
    rng: ChaCha8Rng,
    /// Unit direction of every pixel, optical frame, `[height, width]`, row-major.
    along: Vec<Vector3<f64>>,
    /// True depth of every pixel, m; infinite without a return.
    depth_m: Vec<f64>,
    /// True at grazing angles.
    grazed: Vec<bool>,
    rays: RayBundle,
    own: RayBundle,
}

impl DepthCamera {
    /// A camera with noise from `seed`.
    pub fn new(settings: DepthCameraSettings, seed: u64) -> Result<Self, SettingsError> {
        settings.validate()?;
        let camera = settings.camera();
        let pixels = camera.width * camera.height;
        let along = (0..pixels)
            .map(|pixel| {
                let (column, row) = (pixel % camera.width, pixel / camera.width);
                Vector3::new(
                    (column as f64 - camera.cx) / camera.fx,
                    (row as f64 - camera.cy) / camera.fy,
                    1.0,
                )
                .normalize()
            })
            .collect();
        Ok(Self {
            camera,
            along,
            depth_m: vec![f64::INFINITY; pixels],
            grazed: vec![false; pixels],
            rng: ChaCha8Rng::seed_from_u64(seed),
            rays: RayBundle::new(),
            own: RayBundle::new(),
            settings,
        })
    }

    /// Settings of the camera.
    pub fn settings(&self) -> &DepthCameraSettings {
        &self.settings
    }

    /// Pinhole model of the images.
    pub fn camera(&self) -> &PinholeCamera {
        &self.camera
    }

    /// Writes one image, in millimetres with 0 for no measurement, of a robot at a pose. Does not
    /// allocate once `image` has its size.
    pub fn expose(
        &mut self,
        mut surroundings: impl Surroundings,
        world_from_base: Pose2,
        image: &mut DepthImage,
    ) {
        self.look(&mut surroundings, world_from_base);
        let (width, height) = (self.camera.width, self.camera.height);
        let mut pixels =
            match std::mem::replace(&mut image.pixels, DepthPixels::Millimetres(Vec::new())) {
                DepthPixels::Millimetres(pixels) => pixels,
                DepthPixels::Metres(_) => Vec::new(),
            };
        pixels.clear();
        for row in 0..height {
            for column in 0..width {
                let measured = self.measure(column, row);
                pixels.push(measured.map_or(0, |depth_m| (depth_m * 1e3).round() as u16));
            }
        }
        image.width = width;
        image.height = height;
        image.pixels = DepthPixels::Millimetres(pixels);
    }

    /// Computes true depths and grazing angles.
    fn look(&mut self, surroundings: &mut impl Surroundings, world_from_base: Pose2) {
        let scene = surroundings.at(0.0);
        let settings = &self.settings;
        let world_from_optical =
            scene.world.standing(world_from_base) * settings.mounting.optical_pose();
        let turn = world_from_optical.rotation.to_rotation_matrix();
        let origin = world_from_optical.translation.vector.into();
        let (width, height) = (self.camera.width, self.camera.height);
        let cosine_min = settings.grazing_max_rad.cos();
        // maximum ratio of ray length to depth z
        let stretch = 1.0 / self.along[0].z;
        let reach_m = settings.range_max_m * stretch + 6.0 * settings.noise_m(settings.range_max_m);
        for top in (0..height).step_by(TILE) {
            for left in (0..width).step_by(TILE) {
                let (right, bottom) = ((left + TILE).min(width), (top + TILE).min(height));
                self.rays.start(origin, reach_m);
                for row in top..bottom {
                    for along in &self.along[row * width + left..row * width + right] {
                        self.rays.push(turn * along);
                    }
                }
                let (across, last) = (right - left, self.rays.len() - 1);
                self.rays
                    .is_pyramid([0, across - 1, last, last + 1 - across]);
                scene.cast_bundle(&mut self.rays, &mut self.own);
                for ray in 0..=last {
                    let pixel = (top + ray / across) * width + left + ray % across;
                    self.depth_m[pixel] = self
                        .rays
                        .hit_m(ray)
                        .map_or(f64::INFINITY, |hit_m| hit_m * self.along[pixel].z);
                    self.grazed[pixel] = scene
                        .normal_of(&self.rays, ray)
                        .is_some_and(|normal| -normal.dot(&self.rays.along(ray)) < cosine_min);
                }
            }
        }
    }

    /// Reading of a pixel, m.
    fn measure(&mut self, column: usize, row: usize) -> Option<f64> {
        let pixel = row * self.camera.width + column;
        let noise: f64 = StandardNormal.sample(&mut self.rng);
        let lost = self.rng.random::<f64>() < self.settings.dropout_share;
        let mut depth_m = self.depth_m[pixel];
        if let Some(other_m) = self.beyond_an_edge(column, row)
            && self.rng.random::<f64>() < self.settings.edge_mix_share
        {
            let weight = self.rng.random::<f64>();
            depth_m = weight * depth_m + (1.0 - weight) * other_m;
        }
        if lost || self.grazed[pixel] || !depth_m.is_finite() {
            return None;
        }
        let settings = &self.settings;
        depth_m += settings.noise_m(depth_m) * noise;
        if settings.disparity_step_px > 0.0 {
            let product = self.camera.fx * settings.baseline_m;
            let steps = (product / depth_m / settings.disparity_step_px).round();
            depth_m = product / (steps * settings.disparity_step_px);
        }
        let range = settings.range_min_m..=settings.range_max_m;
        range.contains(&depth_m).then_some(depth_m)
    }

    /// The depth of the most different neighbour across an edge, m.
    fn beyond_an_edge(&self, column: usize, row: usize) -> Option<f64> {
        let (width, height) = (self.camera.width, self.camera.height);
        let pixel = row * width + column;
        let depth_m = self.depth_m[pixel];
        let neighbours = [
            (column > 0).then(|| pixel - 1),
            (column + 1 < width).then(|| pixel + 1),
            (row > 0).then(|| pixel - width),
            (row + 1 < height).then(|| pixel + width),
        ];
        let mut beyond = None;
        let mut most_m = self.settings.edge_m;
        for neighbour in neighbours.into_iter().flatten() {
            let apart_m = (self.depth_m[neighbour] - depth_m).abs();
            if apart_m > most_m {
                (beyond, most_m) = (Some(self.depth_m[neighbour]), apart_m);
            }
        }
        beyond
    }
}

impl DepthCameraSettings {
    /// The pinhole model: square pixels, optical axis at the image centre.
    pub fn camera(&self) -> PinholeCamera {
        let focal = 0.5 * self.width as f64 / (0.5 * self.horizontal_view_rad).tan();
        PinholeCamera {
            width: self.width,
            height: self.height,
            fx: focal,
            fy: focal,
            cx: 0.5 * (self.width as f64 - 1.0),
            cy: 0.5 * (self.height as f64 - 1.0),
            distortion: Distortion::default(),
        }
    }

    /// Standard deviation of a depth, m.
    pub fn noise_m(&self, depth_m: f64) -> f64 {
        self.noise_a_m + self.noise_b_per_m * depth_m * depth_m
    }
}

#[cfg(test)]
mod tests;
