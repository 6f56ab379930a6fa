//! Deviation and delay of pedestrians caused by the robot.
//!
//! The same pedestrians are simulated in the same world without the robot, and each is compared
//! with its own undisturbed path:
//!
//! ```text
//! s_i(t)        distance walked without the robot: position u_i(s)
//! σ_i(t)        progress along u_i with the robot: the nearest point, never decreasing
//! deviation     mean over pedestrians and time of |p_i(t) − u_i(σ_i(t))|
//! progress lost mean over pedestrians of s_i(T) − σ_i(T)
//! delay         mean over pedestrians of that over s_i(T) / T, the speed without the robot
//! ```
//!
//! T is the end of the drive, or the time at which the pedestrian leaves without the robot.
//! Pedestrians that cut in on the robot on purpose are excluded: without the robot they have no
//! reference path.

use perception::Vector2;
use serde::{Deserialize, Serialize};

use crate::SettingsError;
use crate::crowd::{Crowd, Habit, Person};
use crate::world::World;

/// Simulated time after the end of the drive, s: the robot may also make pedestrians faster.
const BEYOND_S: f64 = 2.0;
/// Spacing of the points of an undisturbed path, m.
const POINT_M: f64 = 0.02;
/// Search range along the path from the last match, m.
const AHEAD_M: f64 = 1.0;
/// Minimum undisturbed path length of a pedestrian that counts, m.
const WALK_MIN_M: f64 = 0.5;

/// Mean disturbance of the pedestrians that would have walked.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Disturbance {
    /// Number of pedestrians.
    pub people: u32,
    /// Distance from the undisturbed path, m.
    pub deviation_m_mean: f64,
    /// Progress lost, m; negative for a gain.
    pub progress_lost_m_mean: f64,
    /// Progress lost as time at their own speed, s.
    pub delay_s_mean: f64,
}

/// Position of each pedestrian without the robot at every tick until it leaves.
pub(crate) type Undisturbed = Vec<Vec<[f64; 2]>>;

/// Simulates pedestrians without the robot for `ticks` ticks and [`BEYOND_S`]. A tick is `steps`
/// steps of `substep_s`, as in the drive under comparison.
pub(crate) fn undisturbed(
    world: &World,
    people: &[Person],
    substep_s: f64,
    steps: u64,
    ticks: usize,
) -> Result<Undisturbed, SettingsError> {
    let mut crowd = Crowd::new(people)?;
    let beyond = (BEYOND_S / (substep_s * steps.max(1) as f64)).ceil() as usize;
    let mut ways = vec![Vec::with_capacity(ticks + beyond); people.len()];
    for tick in 0..ticks + beyond {
        for _ in 0..if tick == 0 { 0 } else { steps } {
            crowd.step(world, None, substep_s);
        }
        for (way, body) in ways.iter_mut().zip(crowd.people()) {
            way.extend(body.map(|body| [body.position.x, body.position.y]));
        }
    }
    Ok(ways)
}

impl Disturbance {
    /// Compares trajectories (a row per tick, a column per pedestrian) with the undisturbed ones;
    /// none if no pedestrian would have walked.
    pub(crate) fn of(
        people: &[Person],
        ways: &[Vec<[f64; 2]>],
        without: &Undisturbed,
        tick_s: f64,
    ) -> Option<Self> {
        let mut sum = Self::default();
        for (number, (person, alone)) in people.iter().zip(without).enumerate() {
            if matches!(person.habit, Habit::CutsIn { .. }) {
                continue;
            }
            let with: Vec<[f64; 2]> = ways
                .iter()
                .take(alone.len())
                .filter_map(|row| row.get(number).copied())
                .collect();
            let Some(one) = Self::of_one(&with, alone, tick_s) else {
                continue;
            };
            sum.people += 1;
            sum.deviation_m_mean += one.deviation_m_mean;
            sum.progress_lost_m_mean += one.progress_lost_m_mean;
            sum.delay_s_mean += one.delay_s_mean;
        }
        let count = f64::from(sum.people);
        (sum.people > 0).then(|| Self {
            people: sum.people,
            deviation_m_mean: sum.deviation_m_mean / count,
            progress_lost_m_mean: sum.progress_lost_m_mean / count,
            delay_s_mean: sum.delay_s_mean / count,
        })
    }

    /// One pedestrian at every tick, and without the robot for at least as long.
    fn of_one(with: &[[f64; 2]], alone: &[[f64; 2]], tick_s: f64) -> Option<Self> {
        let last = with.len().checked_sub(1)?;
        let walked_m: f64 = alone.get(..=last)?.windows(2).map(step_m).sum();
        if walked_m < WALK_MIN_M {
            return None;
        }
        let way = spaced(alone);
        let (mut along, mut deviation_m) = (0, 0.0);
        for place in with {
            let reach_m = way.get(along)?.1 + AHEAD_M;
            let mut nearest_m = f64::INFINITY;
            for (index, (point, s)) in way.iter().enumerate().skip(along) {
                if *s > reach_m {
                    break;
                }
                let m = step_m(&[*place, *point]);
                if m < nearest_m {
                    (along, nearest_m) = (index, m);
                }
            }
            deviation_m += nearest_m;
        }
        let lost_m = walked_m - way.get(along)?.1;
        // the spacing of the points limits the resolution
        let lost_m = if lost_m.abs() < POINT_M { 0.0 } else { lost_m };
        Some(Self {
            people: 1,
            deviation_m_mean: deviation_m / with.len() as f64,
            progress_lost_m_mean: lost_m,
            delay_s_mean: lost_m * last as f64 * tick_s / walked_m,
        })
    }
}

/// Equally spaced points of a path, each with its distance along the path.
fn spaced(way: &[[f64; 2]]) -> Vec<([f64; 2], f64)> {
    let mut points: Vec<([f64; 2], f64)> = Vec::new();
    let mut along_m = 0.0;
    for pair in way.windows(2) {
        if points.is_empty() {
            points.push((pair[0], 0.0));
        }
        let length_m = step_m(pair);
        let parts = (length_m / POINT_M).ceil().max(1.0);
        for part in 1..=parts as usize {
            let share = part as f64 / parts;
            let at = |axis: usize| pair[0][axis] + share * (pair[1][axis] - pair[0][axis]);
            let s = along_m + share * length_m;
            if points.last().is_none_or(|(_, before)| s > *before) {
                points.push(([at(0), at(1)], s));
            }
        }
        along_m += length_m;
    }
    points
}

fn step_m(pair: &[[f64; 2]]) -> f64 {
    let [from, to] = [pair[0], pair[1]];
    Vector2::new(to[0] - from[0], to[1] - from[1]).norm()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(speed: f64, y: f64, ticks: usize) -> Vec<[f64; 2]> {
        (0..ticks)
            .map(|tick| [speed * 0.05 * tick as f64, y])
            .collect()
    }

    #[test]
    fn unaffected_pedestrians_are_not_disturbed() {
        let alone = walk(1.2, 0.0, 140);
        let one = Disturbance::of_one(&alone[..100], &alone, 0.05).unwrap();
        assert!(one.deviation_m_mean < 0.02);
        assert_eq!((one.progress_lost_m_mean, one.delay_s_mean), (0.0, 0.0));
    }

    #[test]
    fn half_speed_loses_half_the_progress_and_an_offset_is_a_deviation() {
        let alone = walk(1.2, 0.0, 141);
        let slow = Disturbance::of_one(&walk(0.6, 0.3, 101), &alone, 0.05).unwrap();
        assert!((slow.progress_lost_m_mean - 3.0).abs() < 0.03);
        assert!((slow.delay_s_mean - 2.5).abs() < 0.03);
        assert!((slow.deviation_m_mean - 0.3).abs() < 0.01);
    }

    #[test]
    fn stationary_pedestrians_do_not_count_and_turning_ones_do() {
        assert!(Disturbance::of_one(&walk(0.0, 0.0, 50), &walk(0.0, 0.0, 90), 0.05).is_none());
        let mut alone = walk(1.0, 0.0, 100);
        let back: Vec<_> = alone.iter().rev().copied().collect();
        alone.extend(back);
        let one = Disturbance::of_one(&alone[..160], &alone, 0.05).unwrap();
        assert!(one.progress_lost_m_mean.abs() < 0.1, "{one:?}");
    }
}
