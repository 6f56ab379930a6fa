//! Viewing directions of the pixels of a camera, with lens distortion removed.

use super::{PinholeCamera, SensorError};

/// Newton iterations for the inversion of the distortion.
const ROUNDS: usize = 12;
/// Maximum reprojection error of a direction, pixels; beyond it the pixel has no direction.
const PIXELS_OFF_MAX: f64 = 0.1;

/// Directions `(x/z, y/z)` of a camera's pixels without distortion, `[height, width]`, row-major.
/// Computed once per camera; NaN where the distortion has no inverse.
#[derive(Debug, Clone)]
pub(crate) struct CameraRays {
    camera: PinholeCamera,
    directions: Vec<[f32; 2]>,
}

impl CameraRays {
    pub(crate) fn new(camera: &PinholeCamera) -> Result<Self, SensorError> {
        camera.validate()?;
        let directions = (0..camera.width * camera.height)
            .map(|pixel| {
                let (column, row) = (pixel % camera.width, pixel / camera.width);
                camera
                    .direction(column as f64, row as f64)
                    .map_or([f32::NAN; 2], |[x, y]| [x as f32, y as f32])
            })
            .collect();
        Ok(Self {
            camera: *camera,
            directions,
        })
    }

    pub(crate) fn is_of(&self, camera: &PinholeCamera) -> bool {
        self.camera == *camera
    }

    pub(crate) fn directions(&self) -> &[[f32; 2]] {
        &self.directions
    }
}

impl PinholeCamera {
    /// Rejects invalid camera parameters.
    pub fn validate(&self) -> Result<(), SensorError> {
        let size = |count: usize| (1..=1 << 14).contains(&count);
        let d = &self.distortion;
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let checks = [
            ("width", self.width as f64, size(self.width), "1 to 16384"),
            (
                "height",
                self.height as f64,
                size(self.height),
                "1 to 16384",
            ),
            ("fx", self.fx, positive(self.fx), "a finite number above 0"),
            ("fy", self.fy, positive(self.fy), "a finite number above 0"),
            ("cx", self.cx, self.cx.is_finite(), "a finite number"),
            ("cy", self.cy, self.cy.is_finite(), "a finite number"),
            ("distortion.k1", d.k1, d.k1.is_finite(), "a finite number"),
            ("distortion.k2", d.k2, d.k2.is_finite(), "a finite number"),
            ("distortion.p1", d.p1, d.p1.is_finite(), "a finite number"),
            ("distortion.p2", d.p2, d.p2.is_finite(), "a finite number"),
            ("distortion.k3", d.k3, d.k3.is_finite(), "a finite number"),
        ];
        for (field, value, fits, expected) in checks {
            if !fits {
                return Err(SensorError::Camera {
                    field,
                    value,
                    expected,
                });
            }
        }
        Ok(())
    }

    /// Projects the direction `(x/z, y/z)` into the image: column and row, pixels.
    pub fn pixel(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [x, y] = self.distort([x, y]);
        [self.fx * x + self.cx, self.fy * y + self.cy]
    }

    /// Viewing direction `(x/z, y/z)` of a pixel; `None` where the distortion has no inverse.
    ///
    /// The distortion is inverted by Newton's method, starting at the distorted direction. Beyond
    /// the fold of a strong distortion, where the image turns back on itself, no direction exists.
    pub fn direction(&self, column: f64, row: f64) -> Option<[f64; 2]> {
        let seen = [(column - self.cx) / self.fx, (row - self.cy) / self.fy];
        let mut direction = seen;
        if self.distortion == super::Distortion::default() {
            return Some(direction);
        }
        for _ in 0..ROUNDS {
            let found = self.distort(direction);
            let off = [found[0] - seen[0], found[1] - seen[1]];
            let [a, b, d] = self.slopes(direction);
            let determinant = a * d - b * b;
            if !(determinant > 0.0) {
                return None;
            }
            direction[0] -= (d * off[0] - b * off[1]) / determinant;
            direction[1] -= (a * off[1] - b * off[0]) / determinant;
        }
        let [back_column, back_row] = self.pixel(direction);
        let off = (back_column - column).hypot(back_row - row);
        (off <= PIXELS_OFF_MAX).then_some(direction)
    }

    fn distort(&self, direction: [f64; 2]) -> [f64; 2] {
        let (radial, tangential) = self.distortion_at(direction);
        [
            direction[0] * radial + tangential[0],
            direction[1] * radial + tangential[1],
        ]
    }

    /// Derivatives of the distorted direction: dx/dx, dx/dy (equal to dy/dx), and dy/dy.
    fn slopes(&self, [x, y]: [f64; 2]) -> [f64; 3] {
        let d = &self.distortion;
        let r2 = x * x + y * y;
        let radial = 1.0 + r2 * (d.k1 + r2 * (d.k2 + r2 * d.k3));
        let rising = d.k1 + r2 * (2.0 * d.k2 + 3.0 * r2 * d.k3);
        [
            radial + 2.0 * x * x * rising + 2.0 * d.p1 * y + 6.0 * d.p2 * x,
            2.0 * x * y * rising + 2.0 * d.p1 * x + 2.0 * d.p2 * y,
            radial + 2.0 * y * y * rising + 6.0 * d.p1 * y + 2.0 * d.p2 * x,
        ]
    }

    /// Radial factor and tangential shift of the Brown (1966) model at an undistorted direction.
    fn distortion_at(&self, [x, y]: [f64; 2]) -> (f64, [f64; 2]) {
        let d = &self.distortion;
        let r2 = x * x + y * y;
        (
            1.0 + r2 * (d.k1 + r2 * (d.k2 + r2 * d.k3)),
            [
                2.0 * d.p1 * x * y + d.p2 * (r2 + 2.0 * x * x),
                d.p1 * (r2 + 2.0 * y * y) + 2.0 * d.p2 * x * y,
            ],
        )
    }
}
