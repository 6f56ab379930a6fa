//! Correction of the odometry's height and tilt from the floor around the robot.
//!
//! ```text
//! z = h + a x + b y           least squares through points on level floor, from the base
//! pitch += a' , roll −= b'    a', b': slopes forward and to the left; the floor is level
//! height −= Δheight           while the robot is level, its height does not change
//! ```
//!
//! The tilt follows the floor with a time constant, and only while the robot itself is level: seen
//! from a ramp, the surrounding floor is not. A height integrated with a wrong tilt would drift.
//! Sums are integers, so that the order of points and sensors does not matter.

use nalgebra::{Matrix3, Vector3};

use super::LevellingSettings;
use crate::{Stamp, Stance};

/// Resolution of points, parts of a cell and of a layer.
const PARTS: f32 = 256.0;
/// Minimum number of points for a correction.
const POINTS_MIN: i64 = 100;
/// Maximum tilt of a robot on level floor, rad.
const LEVEL_MAX: f64 = 0.025;
/// Regularisation of the slopes as a mean square distance from the base, cells squared. If the
/// points lie in a line or a heap, the slope across it is not corrected.
const HOLD: f64 = 16.0;

/// Floor point relative to the base, in cells and layers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FloorPoint {
    pub x: f32,
    pub y: f32,
    /// Height above the floor under the base, layers.
    pub z: f32,
}

/// State of the base at the stamp of a sweep.
#[derive(Debug, Clone, Copy)]
struct Standing {
    yaw: f64,
    /// Height according to odometry, m.
    height_m: f64,
    is_level: bool,
}

/// Estimator of the errors of height and tilt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Levelling {
    /// Correction added to height and tilt of the odometry.
    correction: Stance,
    /// State of the base at the stamp of the points, and at the one before.
    stands: Option<Standing>,
    stood: Option<Standing>,
    /// n, Σx, Σy, Σxx, Σxy, Σyy, Σz, Σxz, Σyz.
    sums: [i64; 9],
    followed: Option<Stamp>,
    fits: u32,
}

impl Levelling {
    /// Height and tilt of the odometry after correction.
    pub(crate) fn corrected(&self, stance: &Stance) -> Stance {
        Stance {
            height_m: stance.height_m + self.correction.height_m,
            roll: stance.roll + self.correction.roll,
            pitch: stance.pitch + self.correction.pitch,
        }
    }

    /// Prepares for points observed from a base with this height and tilt according to odometry.
    /// Returns false if the points are not usable.
    pub(crate) fn stand(&mut self, stance: &Stance, yaw: f64) -> bool {
        let Stance { roll, pitch, .. } = self.corrected(stance);
        let is_level = roll.hypot(pitch) <= LEVEL_MAX;
        self.stands = Some(Standing {
            yaw,
            height_m: stance.height_m,
            is_level,
        });
        is_level
    }

    /// Adds a point.
    pub(crate) fn add(&mut self, FloorPoint { x, y, z }: FloorPoint) {
        let [x, y, z] = [x, y, z].map(|value| (value * PARTS) as i64);
        let terms = [1, x, y, x * x, x * y, y * y, z, x * z, y * z];
        for (sum, term) in self.sums.iter_mut().zip(terms) {
            *sum += term;
        }
    }

    /// Updates the correction with the points of a stamp. `layer_m` and `cell_m` scale the slopes.
    pub(crate) fn follow(
        &mut self,
        settings: &LevellingSettings,
        now: Stamp,
        layer_m: f64,
        cell_m: f64,
    ) {
        let sums = std::mem::take(&mut self.sums);
        let Some(stands) = self.stands.take() else {
            return;
        };
        if let Some(stood) = self.stood.replace(stands)
            && stood.is_level
            && stands.is_level
        {
            self.correction.height_m -= stands.height_m - stood.height_m;
        }
        if sums[0] < POINTS_MIN {
            return;
        }
        let part = f64::from(PARTS);
        let [n, x, y, xx, xy, yy, z, xz, yz] = sums.map(|sum| sum as f64);
        let hold = HOLD * n * part * part;
        let normal = Matrix3::new(n, x, y, x, xx + hold, xy, y, xy, yy + hold);
        let Some(normal) = normal.cholesky() else {
            return;
        };
        let plane = normal.solve(&Vector3::new(z, xz, yz));
        let slope = layer_m / cell_m;
        let (along_x, along_y) = (plane[1] * slope, plane[2] * slope);
        let (sin, cos) = stands.yaw.sin_cos();
        let (ahead, left) = (along_x * cos + along_y * sin, along_y * cos - along_x * sin);
        self.fits = self.fits.saturating_add(1);
        let elapsed_s = self
            .followed
            .map_or(0.0, |then| now.secs_since(then).max(0.0));
        self.followed = self.followed.max(Some(now));
        // mean of all fits in the beginning
        let share = -(-elapsed_s / settings.time_s).exp_m1();
        let share = share.max(f64::from(self.fits).recip());
        let limit = settings.tilt_max;
        let Stance { roll, pitch, .. } = &mut self.correction;
        *pitch = (*pitch + share * ahead).clamp(-limit, limit);
        *roll = (*roll - share * left).clamp(-limit, limit);
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Point3, Pose2};

    const LAYER_M: f64 = 0.04;
    const CELL_M: f64 = 0.05;

    /// Correction of a base whose odometry has a wrong tilt, and therefore a wrong rise, from the
    /// floor around it.
    fn corrected(wrong: Stance, yaw: f64) -> Stance {
        let mut levelling = Levelling::default();
        let mut odometry = wrong;
        for step in 0..60 {
            assert!(levelling.stand(&odometry, yaw));
            let believed = levelling.corrected(&odometry);
            let pose = believed.lift(Pose2::new(0.0, 0.0, yaw));
            for ring in 1..40 {
                for spoke in 0..24 {
                    let (sin, cos) = (0.1 * f64::from(spoke) - 1.2).sin_cos();
                    let far = 0.1 * f64::from(ring);
                    let point = pose * Point3::new(far * cos, far * sin, 0.0);
                    levelling.add(FloorPoint {
                        x: (point.x / CELL_M) as f32,
                        y: (point.y / CELL_M) as f32,
                        z: ((point.z - believed.height_m) / LAYER_M) as f32,
                    });
                }
            }
            let now = Stamp::from_secs(0.1 * f64::from(step));
            levelling.follow(&LevellingSettings::default(), now, LAYER_M, CELL_M);
            odometry.height_m += 0.002;
        }
        odometry.height_m -= 0.002;
        levelling.corrected(&odometry)
    }

    #[test]
    fn a_wrong_tilt_is_found_whatever_the_heading() {
        for (roll, pitch, yaw) in [
            (0.006, -0.009, 0.0),
            (-0.01, 0.005, 2.2),
            (0.0, 0.008, -1.0),
        ] {
            let wrong = Stance {
                height_m: 0.3,
                roll,
                pitch,
            };
            let found = corrected(wrong, yaw);
            assert!(found.roll.abs() < 5e-4, "{found:?}");
            assert!(found.pitch.abs() < 5e-4, "{found:?}");
            assert!((found.height_m - wrong.height_m).abs() < 1e-12, "{found:?}");
        }
    }

    #[test]
    fn too_few_points_change_no_tilt() {
        let mut levelling = Levelling::default();
        levelling.stand(&Stance::LEVEL, 0.0);
        levelling.add(FloorPoint {
            x: 20.0,
            y: 0.0,
            z: 0.5,
        });
        let settings = LevellingSettings::default();
        levelling.follow(&settings, Stamp::from_secs(1.0), LAYER_M, CELL_M);
        assert_eq!(levelling.corrected(&Stance::LEVEL), Stance::LEVEL);
    }

    #[test]
    fn on_a_slope_the_robot_rises_and_is_not_levelled() {
        let mut levelling = Levelling::default();
        let settings = LevellingSettings::default();
        let mut slope = Stance {
            pitch: -0.05,
            ..Stance::LEVEL
        };
        for step in 0..10 {
            slope.height_m = 0.01 * f64::from(step);
            assert!(!levelling.stand(&slope, 0.0));
            let now = Stamp::from_secs(0.1 * f64::from(step));
            levelling.follow(&settings, now, LAYER_M, CELL_M);
        }
        assert_eq!(levelling.corrected(&slope), slope);
    }
}
