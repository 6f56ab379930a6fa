//! Time to collision (Hayward 1972; Francis et al. 2023): time to contact of two discs at constant
//! velocities.
//!
//! ```text
//! | r + v t | = R,   r, v the other's place and velocity from the robot's,   R the sum of radii
//! ```

/// Times to a collision beyond this are ignored, s.
pub const TTC_REACH_S: f64 = 10.0;

/// State of a body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moving {
    /// Centre, m.
    pub place: [f64; 2],
    /// m/s.
    pub velocity: [f64; 2],
}

/// The smallest time to collision over a drive, s: at most [`TTC_REACH_S`], 0 in contact, none if
/// nothing moves. `path` has rows of time, x, y, yaw, then follow the positions of movers at the
/// same ticks; `radii_m` has their radii.
pub fn time_to_collision_s_min(
    path: &[[f64; 4]],
    ways: &[Vec<[f64; 2]>],
    robot_radius_m: f64,
    radii_m: &[f64],
) -> Option<f64> {
    if ways.is_empty() {
        return None;
    }
    let mut least_s = TTC_REACH_S;
    for (rows, places) in path.windows(2).zip(ways.windows(2)) {
        let dt = rows[1][0] - rows[0][0];
        if dt <= 0.0 {
            continue;
        }
        let at = |from: [f64; 2], to: [f64; 2]| Moving {
            place: to,
            velocity: [(to[0] - from[0]) / dt, (to[1] - from[1]) / dt],
        };
        let robot = at([rows[0][1], rows[0][2]], [rows[1][1], rows[1][2]]);
        for ((from, to), radius_m) in places[0].iter().zip(&places[1]).zip(radii_m) {
            // a mover that has left keeps its last position, and its touch is no contact
            let other = at(*from, *to);
            if other.velocity == [0.0; 2] {
                continue;
            }
            if let Some(s) = time_to_touch_s(&robot, &other, robot_radius_m + radius_m) {
                least_s = least_s.min(s);
            }
        }
    }
    Some(least_s)
}

/// Time to contact of two discs, s: 0 in contact, none without contact.
pub(crate) fn time_to_touch_s(robot: &Moving, other: &Moving, apart_m: f64) -> Option<f64> {
    let difference = |a: [f64; 2], b: [f64; 2]| [b[0] - a[0], b[1] - a[1]];
    let dot = |a: [f64; 2], b: [f64; 2]| a[0] * b[0] + a[1] * b[1];
    let r = difference(robot.place, other.place);
    let v = difference(robot.velocity, other.velocity);
    let c = dot(r, r) - apart_m * apart_m;
    if c <= 0.0 {
        return Some(0.0);
    }
    let (a, b) = (dot(v, v), dot(r, v));
    let root = b * b - a * c;
    (b < 0.0 && root >= 0.0).then(|| c / (-b + root.sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_on_the_gap_closes_at_the_sum_of_speeds() {
        let path: Vec<[f64; 4]> = (0..3)
            .map(|i| [f64::from(i), f64::from(i), 0.0, 0.0])
            .collect();
        let ways: Vec<Vec<[f64; 2]>> = (0..3).map(|i| vec![[20.0 - f64::from(i), 0.0]]).collect();
        // at the end the centres are 16 m apart, the outlines 15.5 m, at 2 m/s
        let s = time_to_collision_s_min(&path, &ways, 0.3, &[0.2]).unwrap();
        assert!((s - 7.75).abs() < 1e-12, "{s}");
    }

    #[test]
    fn passing_and_receding_movers_do_not_collide() {
        let path: Vec<[f64; 4]> = (0..3)
            .map(|i| [f64::from(i), f64::from(i), 0.0, 0.0])
            .collect();
        for ways in [
            (0..3).map(|i| vec![[20.0 - f64::from(i), 0.6]]).collect(),
            (0..3)
                .map(|i| vec![[5.0 + 2.0 * f64::from(i), 0.0]])
                .collect::<Vec<_>>(),
        ] {
            let s = time_to_collision_s_min(&path, &ways, 0.3, &[0.2]);
            assert_eq!(s, Some(TTC_REACH_S));
        }
        assert_eq!(time_to_collision_s_min(&path, &[], 0.3, &[]), None);
    }
}
