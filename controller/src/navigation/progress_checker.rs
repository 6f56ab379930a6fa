//! Stuck detection: progress toward the goal, retries, and when navigation gives up.
//!
//! ```text
//! progress: the remaining path falls by STEP_M below its minimum so far,
//!           or the robot enters a cell of CELL_M that it has not visited for this goal
//! no progress for patience_s, or less than STILL_M moved for still_patience_s
//!           ──▶ rest for rest_s, try again, at most `retries` times ──▶ rest
//! ```
//!
//! An oscillating robot makes no progress by either measure; an exploring one does, and the number
//! of cells of a closed space is finite. Time spent waiting for moving objects does not count.

use perception::{Point2, Stamp};

use super::NavigationSettings;

/// Minimum reduction of the remaining path that counts as progress, m.
const STEP_M: f64 = 0.1;
/// Maximum displacement of a robot at rest, m.
const STILL_M: f64 = 0.1;
/// Size of the cells of visited ground, m.
const CELL_M: f64 = 0.5;
/// Capacity in visited cells.
const CELLS_MAX: usize = 2048;

/// Verdict of the progress checker at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Continue; number of the attempt, 0 for the first.
    Drive(u32),
    /// Rest; number of attempts so far.
    Rest(u32),
}

/// Progress checker for the navigation to one goal.
#[derive(Debug, Clone)]
pub(super) struct ProgressChecker {
    settings: NavigationSettings,
    least_left_m: f64,
    visited: Vec<[i32; 2]>,
    cell: Option<[i32; 2]>,
    /// Time of the last update, and time without progress up to it, s.
    looked: Option<Stamp>,
    idle_s: f64,
    /// Anchor of the displacement test, and the time the robot has remained near it, s.
    stands_at: Option<Point2>,
    still_s: f64,
    attempt: u32,
    /// Time at which the robot gave up, if it has.
    rests_since: Option<Stamp>,
}

impl ProgressChecker {
    pub(super) fn new(settings: NavigationSettings) -> Self {
        Self {
            settings,
            least_left_m: f64::INFINITY,
            visited: Vec::with_capacity(CELLS_MAX),
            cell: None,
            looked: None,
            idle_s: 0.0,
            stands_at: None,
            still_s: 0.0,
            attempt: 0,
            rests_since: None,
        }
    }

    /// Resets the checker for a new goal.
    pub(super) fn reset(&mut self) {
        self.least_left_m = f64::INFINITY;
        self.visited.clear();
        (self.cell, self.looked, self.rests_since) = (None, None, None);
        (self.idle_s, self.attempt) = (0.0, 0);
        (self.stands_at, self.still_s) = (None, 0.0);
    }

    /// Restarts with full patience, for example when a route has opened.
    pub(super) fn resume(&mut self) {
        self.reset();
    }

    /// Updates the checker and returns its verdict. `left_m` is the remaining path; `is_waiting` is
    /// true while the robot waits for moving objects or is stopped for other reasons.
    pub(super) fn look(
        &mut self,
        now: Stamp,
        position: Point2,
        left_m: f64,
        has_route: bool,
        is_waiting: bool,
    ) -> Verdict {
        let elapsed_s = self
            .looked
            .map_or(0.0, |then| now.secs_since(then).clamp(0.0, 0.5));
        self.looked = Some(now);
        if let Some(since) = self.rests_since {
            let tries_again = has_route
                && self.attempt < self.settings.retries
                && now.secs_since(since) >= self.settings.rest_s;
            if !tries_again {
                return Verdict::Rest(self.attempt + 1);
            }
            self.attempt += 1;
            self.rests_since = None;
            (self.idle_s, self.still_s) = (0.0, 0.0);
        }
        let gains = left_m < self.least_left_m - STEP_M;
        if gains {
            self.least_left_m = left_m;
        }
        if self.enters_new(position) || gains {
            (self.idle_s, self.attempt) = (0.0, 0);
        } else if !is_waiting {
            self.idle_s += elapsed_s;
        }
        let is_away = |from: Point2| (position - from).norm() > STILL_M;
        if self.stands_at.is_none_or(is_away) {
            (self.stands_at, self.still_s) = (Some(position), 0.0);
        } else if !is_waiting {
            self.still_s += elapsed_s;
        }
        let patience_s = if has_route {
            self.settings.patience_s
        } else {
            self.settings.no_route_patience_s
        };
        let is_still = self.still_s >= self.settings.still_patience_s;
        if self.idle_s >= patience_s || is_still {
            self.rests_since = Some(now);
            return Verdict::Rest(self.attempt + 1);
        }
        Verdict::Drive(self.attempt)
    }

    /// True when the robot enters a cell that it has not visited.
    fn enters_new(&mut self, position: Point2) -> bool {
        let cell = [position.x, position.y].map(|c| (c / CELL_M).floor() as i32);
        if self.cell.replace(cell) == Some(cell) || self.visited.contains(&cell) {
            return false;
        }
        if self.visited.len() == CELLS_MAX {
            self.visited.remove(0);
        }
        self.visited.push(cell);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checker() -> ProgressChecker {
        ProgressChecker::new(NavigationSettings::default())
    }

    /// Time at rest in 400 s, and number of attempts, of a robot whose position and remaining path
    /// are functions of time.
    fn run(
        checker: &mut ProgressChecker,
        place: impl Fn(f64) -> (f64, f64),
        has_route: bool,
        is_waiting: bool,
    ) -> (Vec<f64>, u32) {
        let mut rests = Vec::new();
        let mut attempts = 0;
        for tick in 0..8000 {
            let t = 0.05 * f64::from(tick);
            let (x, left_m) = place(t);
            match checker.look(
                Stamp::from_secs(t),
                Point2::new(x, 0.0),
                left_m,
                has_route,
                is_waiting,
            ) {
                Verdict::Rest(count) => {
                    rests.push(t);
                    attempts = attempts.max(count);
                }
                Verdict::Drive(_) => {}
            }
        }
        (rests, attempts)
    }

    #[test]
    fn a_robot_that_makes_progress_never_rests() {
        let (rests, _) = run(&mut checker(), |t| (0.1 * t, 60.0 - 0.1 * t), true, false);
        assert!(rests.is_empty());
    }

    #[test]
    fn to_and_fro_is_no_progress_and_attempts_are_bounded() {
        let to_and_fro = |t: f64| (0.8 * (0.5 * t).sin(), 6.0 - 0.8 * (0.5 * t).sin());
        let settings = NavigationSettings::default();
        let (rests, attempts) = run(&mut checker(), to_and_fro, true, false);
        assert_eq!(attempts, settings.retries + 1);
        let longest_s = (settings.patience_s + settings.rest_s) * f64::from(settings.retries + 1);
        let last_drive = (0..8000)
            .map(|tick| 0.05 * f64::from(tick))
            .filter(|t| !rests.contains(t))
            .fold(0.0, f64::max);
        assert!(last_drive <= longest_s + 10.0, "{last_drive}");
    }

    #[test]
    fn a_robot_that_does_not_move_at_all_rests_sooner_and_waiting_does_not_count() {
        let settings = NavigationSettings::default();
        let (rests, attempts) = run(&mut checker(), |_| (0.0, 6.0), true, false);
        assert!((rests[0] - settings.still_patience_s).abs() < 0.2);
        assert_eq!(attempts, settings.retries + 1);
        let (rests, _) = run(&mut checker(), |_| (0.0, 6.0), true, true);
        assert!(rests.is_empty());
    }

    #[test]
    fn without_a_route_there_is_one_attempt() {
        let (rests, attempts) = run(&mut checker(), |_| (0.0, 6.0), false, false);
        assert_eq!(attempts, 1);
        let patience_s = NavigationSettings::default().no_route_patience_s;
        assert!((rests[0] - patience_s).abs() < 0.2);
        assert_eq!(rests.len(), 8000 - (rests[0] / 0.05).round() as usize);
    }

    #[test]
    fn waiting_for_others_does_not_count() {
        let (rests, _) = run(&mut checker(), |_| (0.0, 6.0), true, true);
        assert!(rests.is_empty());
    }
}
