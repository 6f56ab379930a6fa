//! Path and speed at blind corners.
//!
//! ```text
//! keep to its outer side     F(x) += q (1 − w / R)₊²
//! be able to stop            v t + v² / 2a ≤ (d − r) / 2   ⇒   v = √(a²t² + a (d − r)₊) − a t
//! ```
//!
//! `w` is the distance to the walls that end at the inner corner, `d` the distance to the corner,
//! behind which a pedestrian may be, and `r` the robot's radius. A robot that keeps to the outer
//! wall beforehand need not evade when a pedestrian comes into sight: at that moment the guard
//! brakes. The speed allows a stop within half of the visible free distance; an oncoming pedestrian
//! needs the other half. This is the rule for narrow roads (German road traffic regulations, `StVO`
//! § 3 (1) sentence 5). It applies while a part of the path ahead is hidden. A wide turn reveals
//! that path earlier and increases `d`, so it is also faster.

use perception::{DistanceField, GridFrame, Point2};

use super::ground::Ground;

/// Range of the price of inner walls, from the robot's centre, R, m.
const REACH_M: f64 = 2.4;
/// Additional price of a metre along inner walls, relative to a metre in the open, q.
const INNER_PRICE: f64 = 12.0;
/// Maximum distance from the corner of the walls that belong to it, m.
const ALONG_M: f64 = 2.0;
/// Maximum distance from the corner at which a wall ends there, m.
const ENDS_M: f64 = 0.1;
/// Share of the deceleration limit used for stops.
const BRAKING: f64 = 0.9;
/// Time until braking begins, t, s.
const REACTION_S: f64 = 0.3;
/// Length of the path ahead that should be visible, m.
const LOOK_M: f64 = 4.0;
/// Spacing of the path points tested for visibility, m.
const LOOK_STEP_M: f64 = 0.2;
/// Minimum speed limit due to hidden space, m/s.
const SPEED_MIN_MPS: f64 = 0.25;

/// The inner corner of a path.
#[derive(Debug, Clone)]
pub(super) struct Corner {
    points: Vec<Point2>,
    radius_m: f64,
    deceleration_mps2: f64,
}

impl Corner {
    /// The corner of these points; none without points.
    pub fn new(points: &[Point2], radius_m: f64, deceleration_max_mps2: f64) -> Option<Self> {
        (!points.is_empty()).then(|| Self {
            points: points.to_vec(),
            radius_m,
            deceleration_mps2: BRAKING * deceleration_max_mps2,
        })
    }

    fn distance_m(&self, place: Point2) -> f64 {
        self.points
            .iter()
            .map(|corner| (corner - place).norm())
            .fold(f64::INFINITY, f64::min)
    }

    /// Distances from the walls that end at the corner, near it. `occupied` are the cells of the
    /// frame.
    pub fn inner_walls(&self, frame: GridFrame, occupied: &[bool]) -> DistanceField {
        let away_m =
            |cell: usize| self.distance_m(frame.centre_of(cell % frame.width, cell / frame.width));
        let mut inner: Vec<bool> = occupied
            .iter()
            .enumerate()
            .map(|(cell, &is_wall)| is_wall && away_m(cell) < ENDS_M)
            .collect();
        let mut front: Vec<usize> = (0..inner.len()).filter(|&cell| inner[cell]).collect();
        while let Some(cell) = front.pop() {
            let (column, row) = (cell % frame.width, cell / frame.width);
            let left = (column > 0).then(|| cell - 1);
            let right = (column + 1 < frame.width).then(|| cell + 1);
            let below = (row > 0).then(|| cell - frame.width);
            let above = (row + 1 < frame.height).then(|| cell + frame.width);
            for next in [left, right, below, above].into_iter().flatten() {
                if occupied[next] && !inner[next] && away_m(next) < ALONG_M {
                    inner[next] = true;
                    front.push(next);
                }
            }
        }
        let mut field = DistanceField::new(REACH_M);
        field.update_where(frame, |column, row| inner[frame.index(column, row)]);
        field
    }

    /// Additional price per metre at a distance from the inner walls.
    pub fn price(inner_m: f64) -> f64 {
        let near = (1.0 - inner_m / REACH_M).max(0.0);
        INNER_PRICE * near * near
    }

    /// Maximum speed at a place from which a part of the path ahead is hidden, m/s.
    fn speed_mps(&self, place: Point2) -> f64 {
        let free_m = (self.distance_m(place) - self.radius_m).max(0.0);
        let lost = self.deceleration_mps2 * REACTION_S;
        let speed = (lost * lost + self.deceleration_mps2 * free_m).sqrt() - lost;
        speed.max(SPEED_MIN_MPS)
    }

    /// Writes the maximum speed at every point of a path; infinite where the path is visible up to
    /// the look-ahead distance.
    pub fn pace(&self, ground: &Ground, way: &[Point2], pace: &mut Vec<f64>) {
        pace.clear();
        let mut walked_m = 0.0;
        let mut looked_m = f64::NEG_INFINITY;
        let mut hides = false;
        for (index, place) in way.iter().enumerate() {
            if walked_m - looked_m >= LOOK_STEP_M && walked_m <= LOOK_M {
                looked_m = walked_m;
                hides = is_hidden(ground, &way[index..]);
            }
            pace.push(if hides && walked_m <= LOOK_M {
                self.speed_mps(*place)
            } else {
                f64::INFINITY
            });
            if let Some(next) = way.get(index + 1) {
                walked_m += (next - place).norm();
            }
        }
    }
}

/// True if a part of the next stretch of a path is hidden from its start.
fn is_hidden(ground: &Ground, way: &[Point2]) -> bool {
    let (mut walked_m, mut looked_m) = (0.0, 0.0);
    for pair in way.windows(2) {
        walked_m += (pair[1] - pair[0]).norm();
        if walked_m > LOOK_M {
            return false;
        }
        if walked_m - looked_m >= LOOK_STEP_M {
            looked_m = walked_m;
            if !ground.sees(way[0], pair[1]) {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::robot::RobotModel;
    use crate::{Obstacle, Shape, World};

    fn corner() -> Corner {
        Corner::new(&[Point2::origin()], 0.3, 1.5).unwrap()
    }

    #[test]
    fn the_robot_stops_within_half_of_the_visible_distance() {
        for away_m in [0.8, 1.2, 2.0, 4.0] {
            let speed = corner().speed_mps(Point2::new(0.0, away_m));
            let stopped_m = speed * REACTION_S + speed * speed / (2.0 * BRAKING * 1.5);
            assert!((stopped_m - 0.5 * (away_m - 0.3)).abs() < 1e-9);
        }
        assert_eq!(corner().speed_mps(Point2::origin()), SPEED_MIN_MPS);
    }

    #[test]
    fn walls_that_end_elsewhere_are_not_inner_walls() {
        // a wall along the lower row up to the corner, another along the upper row
        let frame = GridFrame {
            origin: Point2::new(-3.0, -0.05),
            resolution_m: 0.1,
            width: 60,
            height: 20,
        };
        let occupied: Vec<bool> = (0..frame.len())
            .map(|cell| (cell / 60 == 0 && cell % 60 <= 30) || cell / 60 == 19)
            .collect();
        let inner = corner().inner_walls(frame, &occupied);
        let away_m = |x, y| inner.sample(Point2::new(x, y)).distance_m;
        assert!(
            (away_m(-1.0, 1.0) - 1.0).abs() < 0.1,
            "{}",
            away_m(-1.0, 1.0)
        );
        assert!(away_m(-1.0, 1.8) > 1.6, "the outer wall counts");
        assert!(
            away_m(-2.9, 0.3) > 0.8,
            "the wall counts far from the corner"
        );
        assert!(Corner::price(0.5) > Corner::price(1.0));
        assert_eq!(Corner::price(REACH_M), 0.0);
    }

    #[test]
    fn speed_is_limited_while_the_path_ahead_is_hidden() {
        // a wall along y = 0 that ends at the corner; the path turns around its end
        let wall = Shape::Polygon {
            vertices: [(0.0, 0.0), (-9.0, 0.0), (-9.0, 0.2), (0.0, 0.2)]
                .map(|(x, y)| Point2::new(x, y))
                .to_vec(),
        };
        let world = World::new(vec![Obstacle::standing(wall, 2.0)]).unwrap();
        let robot = RobotModel::round();
        let ends = [Point2::new(-4.0, -1.0), Point2::new(-4.0, 1.2)];
        let ground = Ground::of(&world, 0.3, &robot, &ends, None).unwrap();
        let there = (0..32).map(|step| Point2::new(-1.0 + 0.05 * f64::from(step), -1.0));
        let up = (0..44).map(|step| Point2::new(0.6, -1.0 + 0.05 * f64::from(step)));
        let back = (0..80).map(|step| Point2::new(0.6 - 0.05 * f64::from(step), 1.2));
        let way: Vec<Point2> = there.chain(up).chain(back).collect();
        let mut pace = Vec::new();
        corner().pace(&ground, &way, &mut pace);
        assert_eq!(pace.len(), way.len());
        assert!(pace[0].is_finite(), "the way behind the wall is hidden");
        corner().pace(&ground, &way[80..], &mut pace);
        assert!(pace.iter().all(|speed| speed.is_infinite()));
    }
}
