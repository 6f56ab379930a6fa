//! Registration of two maps of the same building.

use std::f64::consts::PI;

use super::{LikelihoodField, Match, SearchWindow, refine, search};
use crate::StaticMap;
use perception::{Point2, Pose2, Vector2};

/// Standard deviation of a wall's position between two maps, m.
const SIGMA_M: f64 = 0.1;
/// Maximum number of occupied cells of the smaller map in the search.
const POINTS_MAX: usize = 1500;
/// Levels of the pyramid: 128 cells at once.
const LEVELS: usize = 8;

/// Estimates `onto_from_map`: the transform with which the occupied cells of `map` have the highest
/// likelihood on those of `onto`, for arbitrary frames of the two. `None` if one of them has no
/// occupied cell.
pub fn register_maps(map: &StaticMap, onto: &StaticMap) -> Option<Match> {
    let cells = occupied(map);
    let middle = middle_of(&cells)?;
    let middle_onto = middle_of(&occupied(onto))?;
    // rotation about the centre has the shortest lever arms
    let every = cells.len().div_ceil(POINTS_MAX);
    let thinned: Vec<Point2> = cells
        .iter()
        .step_by(every)
        .map(|cell| cell - middle)
        .map(Point2::from)
        .collect();
    let all: Vec<Point2> = cells
        .iter()
        .map(|cell| Point2::from(cell - middle))
        .collect();
    let field = LikelihoodField::of_map(onto, SIGMA_M, LEVELS);
    let size = Vector2::new(onto.frame().width as f64, onto.frame().height as f64);
    let window = SearchWindow {
        half_side_m: 0.5 * size.amax() * onto.frame().resolution_m,
        half_turn_rad: PI,
    };
    let guess = Pose2::new(middle_onto.x, middle_onto.y, 0.0);
    let found = search(&field, &thinned, guess, window)?;
    let fine = refine(&field, &all, found.pose, None);
    Some(Match {
        pose: fine.pose * Pose2::new(-middle.x, -middle.y, 0.0),
        score: fine.score,
    })
}

/// Centres of the occupied cells.
fn occupied(map: &StaticMap) -> Vec<Point2> {
    let frame = map.frame();
    let cells = map.occupancy().iter().enumerate();
    cells
        .filter(|(_, value)| **value == StaticMap::OCCUPIED)
        .map(|(index, _)| frame.centre_of(index % frame.width, index / frame.width))
        .collect()
}

/// Centre of the bounding box of the points.
fn middle_of(points: &[Point2]) -> Option<Point2> {
    let first = *points.first()?;
    let (low, high) = points.iter().fold((first, first), |(low, high), point| {
        (low.inf(point), high.sup(point))
    });
    Some(nalgebra::center(&low, &high))
}
