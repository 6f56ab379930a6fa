//! Motion metrics of the robot.
//!
//! ```text
//! path length        L = Σ |p_i+1 − p_i|
//! path length ratio  L / |p_goal − p_0|                 (Biswas et al., SocNavBench, 2022)
//! SPL                S ℓ / max(L, ℓ)                    (Anderson et al. 2018)
//! heading change     C = Σ |θ_i+1 − θ_i|                (Pérez-Higueras et al. 2018)
//! path irregularity  (C − |angle from θ_0 to the goal|) / L  (Guzzi et al. 2013; SocNavBench), rad/m
//! speed, acceleration, jerk: means of |differences of positions| over time steps
//! ```

use perception::wrap_angle;
use serde::{Deserialize, Serialize};

/// Speeds below which the robot is at rest, m/s and rad/s (`HuNavSim`, Pérez-Higueras et al. 2023).
const STANDING: [f64; 2] = [0.01, 0.02];
/// Minimum path length for an irregularity, m.
const LENGTH_MIN_M: f64 = 0.2;

/// Motion of the robot from its start to the end of the drive.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Motion {
    /// Path length over the distance from start to goal; 1 for a straight drive that arrives.
    pub path_length_ratio: f64,
    /// Turning beyond the initial bearing of the goal, per metre, rad/m; none for paths below 0.2
    /// m.
    pub path_irregularity_radpm: Option<f64>,
    /// Sum of absolute heading changes, rad.
    pub heading_change_rad: f64,
    /// Path length over time, m/s.
    pub speed_mps_mean: f64,
    /// Mean magnitude of the acceleration along the path, m/s².
    pub acceleration_mps2_mean: f64,
    /// Mean magnitude of the jerk along the path, m/s³.
    pub jerk_mps3_mean: f64,
    /// Time at rest, neither driving nor turning, s.
    pub stopped_s: f64,
}

impl Motion {
    /// Metrics of `path`, ordered rows of time (s), x, y (m), yaw (rad), and the goal, x, y.
    pub fn of(path: &[[f64; 4]], goal: [f64; 2]) -> Self {
        let (Some(first), Some(last)) = (path.first(), path.last()) else {
            return Self::default();
        };
        let mut length_m = 0.0;
        let mut heading_change_rad = 0.0;
        let mut stopped_s = 0.0;
        // speed along the heading at the middle of each step, with its time
        let mut speeds: Vec<[f64; 2]> = Vec::with_capacity(path.len());
        // the last row is the end, which may follow a tick immediately
        let usual_s = path.get(1).map_or(0.0, |second| second[0] - first[0]);
        for pair in path.windows(2) {
            let [[t0, x0, y0, yaw0], [t1, x1, y1, yaw1]] = [pair[0], pair[1]];
            let (dt, dx, dy) = (t1 - t0, x1 - x0, y1 - y0);
            let turn = wrap_angle(yaw1 - yaw0).abs();
            let step_m = dx.hypot(dy);
            length_m += step_m;
            heading_change_rad += turn;
            if dt <= 0.0 {
                continue;
            }
            if step_m < STANDING[0] * dt && turn < STANDING[1] * dt {
                stopped_s += dt;
            }
            if dt >= 0.5 * usual_s {
                let along_m = dx * yaw0.cos() + dy * yaw0.sin();
                speeds.push([0.5 * (t0 + t1), step_m.copysign(along_m) / dt]);
            }
        }
        let accelerations = slopes(&speeds);
        let jerks = slopes(&accelerations);
        let to_goal = [goal[0] - first[1], goal[1] - first[2]];
        let direct_m = to_goal[0].hypot(to_goal[1]);
        let needed_rad = wrap_angle(to_goal[1].atan2(to_goal[0]) - first[3]).abs();
        let unneeded_rad = (heading_change_rad - needed_rad).max(0.0);
        let took_s = last[0] - first[0];
        Self {
            path_length_ratio: if direct_m > 0.0 {
                length_m / direct_m
            } else {
                1.0
            },
            path_irregularity_radpm: (length_m >= LENGTH_MIN_M).then(|| unneeded_rad / length_m),
            heading_change_rad,
            speed_mps_mean: if took_s > 0.0 { length_m / took_s } else { 0.0 },
            acceleration_mps2_mean: magnitude(&accelerations),
            jerk_mps3_mean: magnitude(&jerks),
            stopped_s,
        }
    }
}

/// Success weighted by path length of one drive (Anderson et al., "On evaluation of embodied
/// navigation agents", 2018): 0 for a failure. `shortest_m` is the length of the shortest path.
pub fn spl(reached: bool, length_m: f64, shortest_m: f64) -> f64 {
    let longer_m = length_m.max(shortest_m);
    if reached && longer_m > 0.0 {
        shortest_m / longer_m
    } else {
        f64::from(u8::from(reached))
    }
}

/// Rows of time and slope from rows of time and value.
fn slopes(values: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let pairs = values.windows(2).map(|pair| {
        let [[t0, a], [t1, b]] = [pair[0], pair[1]];
        [0.5 * (t0 + t1), (b - a) / (t1 - t0)]
    });
    pairs.collect()
}

fn magnitude(values: &[[f64; 2]]) -> f64 {
    let sum: f64 = values.iter().map(|[_, value]| value.abs()).sum();
    sum / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_steady_drive_has_ideal_metrics() {
        let path: Vec<[f64; 4]> = (0..=100)
            .map(|tick| {
                let t = f64::from(tick) * 0.05;
                [t, 0.8 * t * 0.6, 0.8 * t * 0.8, 0.8_f64.atan2(0.6)]
            })
            .collect();
        let motion = Motion::of(&path, [2.4, 3.2]);
        assert!((motion.path_length_ratio - 1.0).abs() < 1e-9);
        assert!((motion.speed_mps_mean - 0.8).abs() < 1e-9);
        assert!(motion.acceleration_mps2_mean < 1e-9 && motion.jerk_mps3_mean < 1e-6);
        assert!(motion.path_irregularity_radpm.unwrap() < 1e-9);
        assert_eq!(motion.stopped_s, 0.0);
    }

    #[test]
    fn acceleration_and_time_at_rest_are_those_of_the_drive() {
        // 1 m/s² for 2 s, then nothing for 1 s
        let mut path: Vec<[f64; 4]> = (0..=40)
            .map(|tick| {
                let t = f64::from(tick) * 0.05;
                [t, 0.5 * t * t, 0.0, 0.0]
            })
            .collect();
        let motion = Motion::of(&path, [4.0, 0.0]);
        assert!((motion.acceleration_mps2_mean - 1.0).abs() < 1e-9);
        assert!((motion.path_length_ratio - 0.5).abs() < 1e-9);
        path.extend((41..=60).map(|tick| [f64::from(tick) * 0.05, 2.0, 0.0, 0.0]));
        assert!((Motion::of(&path, [4.0, 0.0]).stopped_s - 1.0).abs() < 1e-9);
    }

    #[test]
    fn turning_toward_the_goal_is_needed_and_turning_on_is_not() {
        let turn = |to: f64| vec![[0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, to]];
        let mut path = turn(std::f64::consts::FRAC_PI_2);
        path.push([2.0, 0.0, 2.0, std::f64::consts::FRAC_PI_2]);
        assert!(
            Motion::of(&path, [0.0, 2.0])
                .path_irregularity_radpm
                .unwrap()
                < 1e-12
        );
        path.push([3.0, 0.0, 2.0, 0.0]);
        let irregular = Motion::of(&path, [0.0, 2.0]).path_irregularity_radpm;
        assert!((irregular.unwrap() - std::f64::consts::FRAC_PI_4).abs() < 1e-12);
        assert_eq!(
            Motion::of(&turn(1.0), [0.0, 2.0]).path_irregularity_radpm,
            None
        );
        assert_eq!(Motion::of(&[], [0.0, 2.0]), Motion::default());
    }

    #[test]
    fn success_is_weighted_by_the_shortest_path() {
        assert_eq!(spl(true, 10.0, 8.0), 0.8);
        assert_eq!(spl(true, 7.9, 8.0), 1.0);
        assert_eq!(spl(false, 8.0, 8.0), 0.0);
    }
}
