//! How far the robot's belief of its height and tilt is off, by the floor about it.
//!
//! ```text
//! z = h + a x + b y            least squares through points on level floor, from the base
//! roll −= b' , pitch += a'     a', b' the slopes ahead and to the left: the floor is level
//! height −= mean(z − z_map)    the floor is where it was seen before
//! ```
//!
//! Corrections follow the floor with a time constant, and only while the robot itself stands level:
//! from a ramp, the floor about is not. Sums are whole numbers, so that the order of points and
//! sensors does not matter.

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
    /// Above the floor that was known.
    pub above_known: f32,
}

/// What the floor says of height and tilt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Levelling {
    /// Added to what odometry says.
    correction: Stance,
    /// How the base stood at the stamp of the points, corrected, and its heading.
    stood: Option<(Stance, f64)>,
    /// n, Σx, Σy, Σxx, Σxy, Σyy, Σz, Σxz, Σyz, Σ above what was known.
    sums: [i64; 10],
    followed: Option<Stamp>,
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

    /// Makes ready for points seen from a base that stands so; false when they would not count.
    pub(crate) fn stand(&mut self, corrected: Stance, yaw: f64) -> bool {
        self.stood = Some((corrected, yaw));
        corrected.roll.hypot(corrected.pitch) <= LEVEL_MAX
    }

    /// Adds a point.
    pub(crate) fn add(&mut self, point: FloorPoint) {
        let FloorPoint {
            x,
            y,
            z,
            above_known,
        } = point;
        let [x, y, z, known] = [x, y, z, above_known].map(|value| (value * PARTS) as i64);
        let terms = [1, x, y, x * x, x * y, y * y, z, x * z, y * z, known];
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
        let stood = self.stood.take();
        let (true, Some((_, yaw))) = (sums[0] >= POINTS_MIN, stood) else {
            return;
        };
        let part = f64::from(PARTS);
        let [n, x, y, xx, xy, yy, z, xz, yz, known] = sums.map(|sum| sum as f64);
        let hold = HOLD * n * part * part;
        let normal = Matrix3::new(n, x, y, x, xx + hold, xy, y, xy, yy + hold);
        let Some(plane) = normal
            .cholesky()
            .map(|it| it.solve(&Vector3::new(z, xz, yz)))
        else {
            return;
        };
        let slope = layer_m / cell_m;
        let (along_x, along_y) = (plane[1] * slope, plane[2] * slope);
        let (sin, cos) = yaw.sin_cos();
        let (ahead, left) = (along_x * cos + along_y * sin, along_y * cos - along_x * sin);
        let elapsed_s = self.followed.map(|then| now.secs_since(then).max(0.0));
        // at first, all of it
        let share = elapsed_s.map_or(1.0, |elapsed| -(-elapsed / settings.time_s).exp_m1());
        self.followed = self.followed.max(Some(now));
        let limit = settings.tilt_max;
        let Stance {
            height_m,
            roll,
            pitch,
        } = &mut self.correction;
        *pitch = (*pitch + share * ahead).clamp(-limit, limit);
        *roll = (*roll - share * left).clamp(-limit, limit);
        *height_m -= share * known / n / part * layer_m;
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYER_M: f64 = 0.04;
    const CELL_M: f64 = 0.05;

    /// The correction of a base that believes in a wrong tilt, from the floor about it.
    fn corrected(wrong: Stance, yaw: f64) -> Stance {
        let mut levelling = Levelling::default();
        for step in 0..60 {
            let believed = levelling.corrected(&wrong);
            assert!(levelling.stand(believed, yaw));
            let pose = believed.lift(crate::Pose2::new(0.0, 0.0, yaw));
            for ring in 1..40 {
                for spoke in 0..24 {
                    let (sin, cos) = (0.1 * f64::from(spoke) - 1.2).sin_cos();
                    let far = 0.1 * f64::from(ring);
                    let point = pose * crate::Point3::new(far * cos, far * sin, 0.0);
                    let z = (point.z / LAYER_M) as f32;
                    levelling.add(FloorPoint {
                        x: (point.x / CELL_M) as f32,
                        y: (point.y / CELL_M) as f32,
                        z: z - (believed.height_m / LAYER_M) as f32,
                        above_known: z,
                    });
                }
            }
            let now = Stamp::from_secs(0.1 * f64::from(step));
            levelling.follow(&LevellingSettings::default(), now, LAYER_M, CELL_M);
        }
        levelling.corrected(&wrong)
    }

    #[test]
    fn a_wrong_tilt_is_found_whatever_the_heading() {
        for (roll, pitch, yaw) in [
            (0.006, -0.009, 0.0),
            (-0.01, 0.005, 2.2),
            (0.0, 0.008, -1.0),
        ] {
            let wrong = Stance {
                height_m: 0.015,
                roll,
                pitch,
            };
            let found = corrected(wrong, yaw);
            assert!(found.roll.abs() < 5e-4, "{found:?}");
            assert!(found.pitch.abs() < 5e-4, "{found:?}");
            assert!(found.height_m.abs() < 2e-3, "{found:?}");
        }
    }

    #[test]
    fn too_few_points_change_nothing() {
        let mut levelling = Levelling::default();
        levelling.stand(Stance::LEVEL, 0.0);
        levelling.add(FloorPoint {
            x: 20.0,
            y: 0.0,
            z: 0.5,
            above_known: 0.5,
        });
        let settings = LevellingSettings::default();
        levelling.follow(&settings, Stamp::from_secs(1.0), LAYER_M, CELL_M);
        assert_eq!(levelling.corrected(&Stance::LEVEL), Stance::LEVEL);
    }

    #[test]
    fn a_robot_on_a_slope_is_not_levelled() {
        let slope = Stance {
            pitch: -0.05,
            ..Stance::LEVEL
        };
        assert!(!Levelling::default().stand(slope, 0.0));
    }
}
