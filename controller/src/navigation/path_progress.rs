//! Progress along a given path, kept as a monotonic arc length.
//!
//! ```text
//! arc_k = argmin over s in [arc_(k-1), arc_(k-1) + window] of |path(s) - p| + penalty (s - arc_(k-1))
//! ```
//!
//! Progress never decreases and never jumps to another part of the path that passes nearby:
//! crossings, adjacent lanes and paths out and back are followed in order. The path ahead ends at
//! the next sharp corner until the robot reaches it, so that the optimiser does not cut the corner.

use perception::Point2;

/// Search window for progress in one tick, m of path.
const WINDOW_M: f64 = 2.0;
/// Penalty per metre of skipped path, m.
const SKIP_PENALTY: f64 = 0.2;
/// Penalty per metre of skipped path at the start, m: a new path is joined at its nearest point.
const START_PENALTY: f64 = 0.05;
/// A sharp corner is reached within this distance along the path, m.
const CORNER_REACHED_M: f64 = 0.15;
/// Cosine of the minimum turn at a sharp corner: 60 degrees.
const CORNER_COS: f64 = 0.5;
/// Maximum shift, m, and rotation, rad, of the same path by corrections of the `map` frame, and the
/// tolerance of its segment lengths, m.
const MOVED_M: f64 = 0.5;
const MOVED_RAD: f64 = 0.1;
const SAME_M: f64 = 1e-4;
/// Chord length for the direction of the path before and after a corner, m.
const CHORD_M: f64 = 0.3;

/// A position on a path.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Place {
    piece: usize,
    on_piece_m: f64,
}

/// A path and the progress of the robot along it.
#[derive(Debug, Clone, Default)]
pub(super) struct PathProgress {
    path: Vec<Point2>,
    /// Arc length from the start of the path to each point, m.
    arcs_m: Vec<f64>,
    /// Indices of sharp corners.
    corners: Vec<usize>,
    place: Place,
    has_begun: bool,
}

impl PathProgress {
    /// Clears the path.
    pub(super) fn clear(&mut self) {
        self.path.clear();
        self.arcs_m.clear();
        self.corners.clear();
        self.has_begun = false;
    }

    /// True when there is no path to follow: none, or one of a single point.
    pub(super) fn is_empty(&self) -> bool {
        self.path.len() < 2
    }

    /// Sets the path. The same path keeps its progress, also after a small shift by a correction of
    /// the `map` frame.
    pub(super) fn set(&mut self, path: &[Point2]) {
        if self.path == path {
            return;
        }
        let is_moved = self.is_moved(path);
        self.path.clear();
        self.path.extend_from_slice(path);
        self.arcs_m.clear();
        let mut arc_m = 0.0;
        for (index, point) in path.iter().enumerate() {
            if index > 0 {
                arc_m += (point - path[index - 1]).norm();
            }
            self.arcs_m.push(arc_m);
        }
        self.find_corners();
        if !is_moved {
            (self.place, self.has_begun) = (Place::default(), false);
        }
    }

    /// True for the present path after a small rigid motion: the same lengths, and no point far
    /// off.
    fn is_moved(&self, path: &[Point2]) -> bool {
        if self.path.len() != path.len() || path.is_empty() {
            return false;
        }
        let first = self.path[0];
        let is_near = |(old, new): (&Point2, &Point2)| {
            (new - old).norm() <= MOVED_M + MOVED_RAD * (old - first).norm()
        };
        let keeps_length = |(old, new): (&[Point2], &[Point2])| {
            let length_m = |piece: &[Point2]| (piece[1] - piece[0]).norm();
            (length_m(old) - length_m(new)).abs() < SAME_M
        };
        self.path.iter().zip(path).all(is_near)
            && (self.path.windows(2).zip(path.windows(2))).all(keeps_length)
    }

    /// Advances progress to the position of the robot; true when it passes a sharp corner.
    pub(super) fn advance(&mut self, position: Point2) -> bool {
        if self.is_empty() {
            return false;
        }
        let (window_m, penalty) = if self.has_begun {
            (WINDOW_M, SKIP_PENALTY)
        } else {
            (f64::INFINITY, START_PENALTY)
        };
        self.has_begun = true;
        let from_m = self.arc_m();
        let mut best = (f64::INFINITY, self.place);
        for piece in self.place.piece..self.path.len() - 1 {
            let begins_m = self.arcs_m[piece];
            if begins_m > from_m + window_m {
                break;
            }
            let (from, to) = (self.path[piece], self.path[piece + 1]);
            let length_m = self.arcs_m[piece + 1] - begins_m;
            let along = (to - from) / length_m.max(1e-9);
            let least_m = if piece == self.place.piece {
                self.place.on_piece_m.min(length_m)
            } else {
                0.0
            };
            let on_piece_m = (position - from).dot(&along).max(least_m).min(length_m);
            let off_m = (from + along * on_piece_m - position).norm();
            let score = off_m + penalty * (begins_m + on_piece_m - from_m);
            if score < best.0 {
                best = (score, Place { piece, on_piece_m });
            }
            if window_m.is_finite() && self.is_sharp(piece + 1) {
                break;
            }
        }
        self.place = best.1;
        self.pass_corner()
    }

    /// Advances beyond a sharp corner that is reached; true if so.
    fn pass_corner(&mut self) -> bool {
        let mut has_passed = false;
        let mut corner = self.place.piece + 1;
        while corner + 1 < self.path.len() {
            if self.arcs_m[corner] - self.arc_m() > CORNER_REACHED_M {
                break;
            }
            if self.is_sharp(corner) {
                self.place = Place {
                    piece: corner,
                    on_piece_m: 0.0,
                };
                has_passed = true;
            }
            corner += 1;
        }
        has_passed
    }

    fn is_sharp(&self, corner: usize) -> bool {
        self.corners.binary_search(&corner).is_ok()
    }

    /// Finds the sharp corners: of neighbouring points with a sharp turn the one that protrudes
    /// farthest.
    fn find_corners(&mut self) {
        self.corners.clear();
        let mut last: Option<(usize, f64)> = None;
        for corner in 1..self.path.len().saturating_sub(1) {
            let arc_m = self.arcs_m[corner];
            let before = self.path[corner] - self.point_at(arc_m - CHORD_M);
            let after = self.point_at(arc_m + CHORD_M) - self.path[corner];
            let lengths = before.norm() * after.norm();
            if lengths < 1e-9 || before.dot(&after) >= CORNER_COS * lengths {
                continue;
            }
            let reach_m = before.norm() + after.norm();
            match last {
                Some((index, most_m)) if arc_m - self.arcs_m[index] < CHORD_M => {
                    if reach_m > most_m + 1e-9 {
                        self.corners.pop();
                        self.corners.push(corner);
                        last = Some((corner, reach_m));
                    }
                }
                _ => {
                    self.corners.push(corner);
                    last = Some((corner, reach_m));
                }
            }
        }
    }

    /// The point of the path at an arc length from its start.
    fn point_at(&self, arc_m: f64) -> Point2 {
        let next = self.arcs_m.partition_point(|arc| *arc < arc_m);
        if next == 0 {
            return self.path[0];
        }
        if next == self.path.len() {
            return self.path[next - 1];
        }
        let (from, to) = (self.path[next - 1], self.path[next]);
        let length_m = self.arcs_m[next] - self.arcs_m[next - 1];
        from + (to - from) * ((arc_m - self.arcs_m[next - 1]) / length_m.max(1e-9))
    }

    /// Arc length of the progress, m.
    fn arc_m(&self) -> f64 {
        self.arcs_m[self.place.piece] + self.place.on_piece_m
    }

    /// Remaining length of the path, m.
    pub(super) fn left_m(&self) -> f64 {
        self.arcs_m.last().map_or(0.0, |end| end - self.arc_m())
    }

    /// Distance from the end of the path to a point, m.
    pub(super) fn off_end_m(&self, point: Point2) -> f64 {
        self.path.last().map_or(0.0, |end| (point - end).norm())
    }

    /// Writes the path ahead, at most `reach_m` of it and no farther than the next sharp corner;
    /// true when this is the complete remainder.
    pub(super) fn ahead(&self, reach_m: f64, ahead: &mut Vec<Point2>) -> bool {
        ahead.clear();
        let Place { piece, on_piece_m } = self.place;
        let (from, to) = (self.path[piece], self.path[piece + 1]);
        let length_m = (self.arcs_m[piece + 1] - self.arcs_m[piece]).max(1e-9);
        ahead.push(from + (to - from) * (on_piece_m / length_m).min(1.0));
        let end_m = self.arc_m() + reach_m;
        for corner in piece + 1..self.path.len() {
            ahead.push(self.path[corner]);
            if self.is_sharp(corner) || self.arcs_m[corner] > end_m {
                return corner + 1 == self.path.len();
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perception::Vector2;
    use proptest::prelude::*;

    fn points(path: &[(f64, f64)]) -> Vec<Point2> {
        path.iter().map(|&(x, y)| Point2::new(x, y)).collect()
    }

    /// The progress, tick by tick, of a robot that moves exactly along a path in steps of 0.1 m.
    fn drive(path: &[Point2]) -> Vec<f64> {
        let mut progress = PathProgress::default();
        progress.set(path);
        let mut left = Vec::new();
        for pair in path.windows(2) {
            let length = (pair[1] - pair[0]).norm();
            let steps = (length / 0.1).ceil().max(1.0);
            for step in 0..steps as usize {
                progress.advance(pair[0] + (pair[1] - pair[0]) * (step as f64 / steps));
                left.push(progress.left_m());
            }
        }
        progress.advance(path[path.len() - 1]);
        left.push(progress.left_m());
        left
    }

    #[test]
    fn paths_that_come_back_are_driven_in_order() {
        let paths = [
            points(&[(0.0, 0.0), (6.0, 0.0), (0.0, 0.0)]),
            points(&[(0.0, 0.0), (6.0, 0.0), (2.0, 0.0), (2.0, 4.0)]),
            points(&[(0.0, 0.0), (8.0, 0.0), (8.0, 4.0), (4.0, 4.0), (4.0, -4.0)]),
            points(&[
                (0.0, 0.0),
                (6.0, 0.0),
                (6.0, 0.6),
                (0.0, 0.6),
                (0.0, 1.2),
                (6.0, 1.2),
            ]),
        ];
        for path in &paths {
            let total: f64 = path.windows(2).map(|p| (p[1] - p[0]).norm()).sum();
            for (step, left) in drive(path).into_iter().enumerate() {
                let driven = 0.1 * step as f64;
                assert!((total - driven - left).abs() < 0.4, "{step}: {left} m left");
            }
        }
    }

    #[test]
    fn the_path_ahead_ends_at_a_sharp_corner_until_it_is_reached() {
        let mut progress = PathProgress::default();
        progress.set(&points(&[(0.0, 0.0), (6.0, 0.0), (0.0, 0.0)]));
        let mut ahead = Vec::new();
        for x in [0.0, 3.0, 5.7] {
            progress.advance(Point2::new(x, 0.0));
            assert!(!progress.ahead(100.0, &mut ahead));
            assert_eq!(ahead.last(), Some(&Point2::new(6.0, 0.0)));
        }
        progress.advance(Point2::new(5.9, 0.0));
        assert!(progress.ahead(100.0, &mut ahead));
        assert_eq!(ahead.last(), Some(&Point2::new(0.0, 0.0)));
        assert_eq!(progress.left_m(), 6.0);
    }

    #[test]
    fn a_path_that_is_moved_by_corrections_of_the_map_keeps_its_progress() {
        let path = points(&[(0.0, 0.0), (6.0, 0.0), (0.0, 0.0)]);
        let mut progress = PathProgress::default();
        for tick in 0..120 {
            let shift = Vector2::new(0.001 * f64::from(tick), -0.002 * f64::from(tick));
            let moved: Vec<Point2> = path.iter().map(|point| point + shift).collect();
            progress.set(&moved);
            let driven = 0.1 * f64::from(tick);
            let x = if driven < 6.0 { driven } else { 12.0 - driven };
            progress.advance(Point2::new(x, 0.0) + shift);
            assert!((12.0 - driven - progress.left_m()).abs() < 0.4, "{tick}");
        }
        // another path of the same length begins anew
        progress.set(&points(&[(0.0, 0.0), (0.0, 6.0), (0.0, 0.0)]));
        progress.advance(Point2::new(0.0, 0.0));
        assert!(progress.left_m() > 11.0);
    }

    #[test]
    fn a_path_that_begins_behind_is_joined_where_it_is_nearest() {
        let mut progress = PathProgress::default();
        progress.set(&points(&[(-10.0, 0.0), (8.0, 0.0)]));
        progress.advance(Point2::new(1.0, 0.3));
        assert!((progress.left_m() - 7.0).abs() < 0.2);
    }

    proptest! {
        #[test]
        fn progress_never_decreases(
            path in prop::collection::vec((-5.0..5.0_f64, -5.0..5.0_f64), 2..20),
            positions in prop::collection::vec((-6.0..6.0_f64, -6.0..6.0_f64), 1..50),
        ) {
            let path = points(&path);
            let mut progress = PathProgress::default();
            progress.set(&path);
            let mut last = f64::INFINITY;
            let mut ahead = Vec::new();
            for (x, y) in positions {
                progress.advance(Point2::new(x, y));
                let left = progress.left_m();
                prop_assert!(left <= last + 1e-9 && left >= -1e-9);
                last = left;
                progress.ahead(6.0, &mut ahead);
                prop_assert!(ahead.iter().all(|p| p.coords.iter().all(|c| c.is_finite())));
            }
        }

        #[test]
        fn repeated_points_have_no_effect(
            path in prop::collection::vec((-5.0..5.0_f64, -5.0..5.0_f64), 2..10),
            positions in prop::collection::vec((-6.0..6.0_f64, -6.0..6.0_f64), 1..20),
        ) {
            let once = points(&path);
            let thrice: Vec<Point2> = once.iter().flat_map(|&p| [p, p, p]).collect();
            let (mut a, mut b) = (PathProgress::default(), PathProgress::default());
            a.set(&once);
            b.set(&thrice);
            for (x, y) in positions {
                a.advance(Point2::new(x, y));
                b.advance(Point2::new(x, y));
                prop_assert!(a.left_m() <= b.left_m() + 1e-9);
            }
        }
    }
}
