//! How far the robot's belief of its height and tilt is off, by the floor about it.
//!
//! ```text
//! z = h + a x + b y           least squares through points on level floor, from the base
//! pitch += a' , roll −= b'    a', b' the slopes ahead and to the left: the floor is level
//! height −= Δheight           where the robot stands level, it does not rise
//! ```
//!
//! Tilt follows the floor with a time constant, and only while the robot itself stands level: from a
//! ramp, the floor about is not. A height that was integrated from a tilt that is off would drift.
//! Sums are whole numbers, so that the order of points and sensors does not matter.

use nalgebra::{Matrix3, Vector3};

use super::LevellingSettings;
use crate::{Stamp, Stance};

/// Parts of a cell and of a layer that points are counted in.
const PARTS: f32 = 256.0;
/// Fewer points say nothing.
const POINTS_MIN: i64 = 100;
/// A robot that is tilted more than this stands on a slope, rad.
const LEVEL_MAX: f64 = 0.025;
/// Mean square distance from the base that slopes are held back by, cells squared: where points
/// lie in a line or a heap, the slope across it is not followed.
const HOLD: f64 = 16.0;

/// A point on the floor, from the base, in cells and layers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FloorPoint {
    pub x: f32,
    pub y: f32,
    /// Above the floor under the base.
    pub z: f32,
}

/// A base at the stamp of a sweep.
#[derive(Debug, Clone, Copy)]
struct Standing {
    yaw: f64,
    /// As odometry has it, m.
    height_m: f64,
    is_level: bool,
}

/// What the floor says of height and tilt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Levelling {
    /// Added to what odometry says.
    correction: Stance,
    /// How the base stands at the stamp of the points, and stood at the one before.
    stands: Option<Standing>,
    stood: Option<Standing>,
    /// n, Σx, Σy, Σxx, Σxy, Σyy, Σz, Σxz, Σyz.
    sums: [i64; 9],
    followed: Option<Stamp>,
    fits: u32,
}

impl Levelling {
    /// Odometry's stance, corrected.
    pub(crate) fn corrected(&self, stance: &Stance) -> Stance {
        Stance {
            height_m: stance.height_m + self.correction.height_m,
            roll: stance.roll + self.correction.roll,
            pitch: stance.pitch + self.correction.pitch,
        }
    }

    /// Makes ready for points seen from a base of which odometry says this; false when they would
    /// not count.
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

    /// Makes a correction of the points of a stamp. Slopes count in `layer_m` a `cell_m`.
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
        // at first, the mean of all
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

    /// The correction of a base that believes in a wrong tilt, and rises in its belief, from the
    /// floor about it.
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
