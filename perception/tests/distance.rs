//! Laws of the distance field: exact between cells, true to surfaces, and smooth between points.
#![allow(clippy::unwrap_used)]

mod cells;

use perception::{Cell, DistanceField, GridFrame, OccupancyGrid, Point2, Surface, Vector2};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use cells::{frame, grid_of};

const MAX_M: f64 = 1.0;

/// Distance to the nearest occupied cell of a window by looking at all of them.
fn brute_force(grid: &OccupancyGrid, window: GridFrame, column: usize, row: usize) -> f64 {
    let centre = window.centre_of(column, row);
    (0..window.len())
        .map(|index| window.centre_of(index % window.width, index / window.width))
        .filter(|other| grid.at(*other) == Cell::Occupied)
        .map(|other| (other - centre).norm())
        .fold(MAX_M, f64::min)
}

fn sized_grid() -> impl Strategy<Value = (GridFrame, Vec<(usize, usize)>)> {
    (1_usize..40, 1_usize..40).prop_flat_map(|(width, height)| {
        let cells = prop::collection::vec((0..width, 0..height), 0..60);
        cells.prop_map(move |cells| (frame(width, height), cells))
    })
}

/// A cell of a frame, and where in it a surface is, in half cells from its middle.
type Placed = (usize, usize, f32, f32);

/// Distances to these surfaces; of two in a cell to the first.
fn to_surfaces(frame: GridFrame, cells: &[Placed]) -> DistanceField {
    let mut field = DistanceField::new(MAX_M);
    field.update_surfaces(frame, |column, row| {
        let found = cells.iter().find(|cell| (cell.0, cell.1) == (column, row));
        found.map_or(Surface::NONE, |&(.., x, y)| Surface::at([x, y]))
    });
    field
}

fn placed() -> impl Strategy<Value = Vec<Placed>> {
    let cell = (0_usize..30, 0_usize..25, -0.98_f32..0.98, -0.98_f32..0.98);
    prop::collection::vec(cell, 1..40)
}

/// By how much distances to surfaces exceed those to the nearest one, m; of two in a cell the last counts.
fn excess_m(cells: &[Placed]) -> Vec<f64> {
    let frame = frame(30, 25);
    let mut surfaces = vec![Surface::NONE; frame.len()];
    for &(column, row, x, y) in cells {
        surfaces[frame.index(column, row)] = Surface::at([x, y]);
    }
    let mut field = DistanceField::new(MAX_M);
    field.update_surfaces(frame, |column, row| surfaces[frame.index(column, row)]);
    let place = |index: usize, [x, y]: [f32; 2]| {
        let centre = frame.centre_of(index % frame.width, index / frame.width);
        centre + Vector2::new(f64::from(x), f64::from(y)) * frame.resolution_m
    };
    let places: Vec<Point2> = surfaces
        .iter()
        .enumerate()
        .filter_map(|(index, surface)| Some(place(index, surface.offset_cells()?)))
        .collect();
    let nearest_m = |index: usize| {
        let centre = place(index, [0.0; 2]);
        let distances = places.iter().map(|place| (place - centre).norm());
        distances.fold(MAX_M, f64::min)
    };
    let found = field.distances_m().iter().enumerate();
    found
        .map(|(index, &found)| f64::from(found) - nearest_m(index))
        .collect()
}

#[test]
fn distances_to_surfaces_are_hardly_ever_to_another_than_the_nearest() {
    let mut runner = TestRunner::deterministic();
    let (mut farther, mut all) = (0, 0);
    for _ in 0..200 {
        let cells = placed().new_tree(&mut runner).unwrap().current();
        let excess = excess_m(&cells);
        farther += excess.iter().filter(|more| **more > 1e-5).count();
        all += excess.len();
    }
    assert!(farther * 10 <= all, "{farther} of {all}");
}

proptest! {
    #[test]
    fn distances_equal_brute_force((frame, cells) in sized_grid()) {
        let grid = grid_of(frame, &cells);
        let mut field = DistanceField::new(MAX_M);
        field.update(&grid);
        for index in 0..frame.len() {
            let (column, row) = (index % frame.width, index / frame.width);
            let exact = brute_force(&grid, frame, column, row);
            let got = f64::from(field.distances_m()[index]);
            prop_assert!((got - exact).abs() < 1e-5, "{column}, {row}: {got} not {exact}");
        }
    }

    #[test]
    fn a_window_contains_the_obstacles_within_it(
        cells in prop::collection::vec((0_usize..50, 0_usize..50), 1..60),
        (left, bottom) in (0_usize..30, 0_usize..30),
    ) {
        let whole = frame(50, 50);
        let grid = grid_of(whole, &cells);
        let corner = Vector2::new(left as f64, bottom as f64) * whole.resolution_m;
        let window = GridFrame { origin: whole.origin + corner, width: 20, height: 15, ..whole };
        let mut field = DistanceField::new(MAX_M);
        field.update(&grid);
        field.update_window(&grid, window);
        for index in 0..window.len() {
            let (column, row) = (index % window.width, index / window.width);
            let exact = brute_force(&grid, window, column, row);
            prop_assert!((f64::from(field.distances_m()[index]) - exact).abs() < 1e-5);
        }
    }

    #[test]
    fn distances_to_surfaces_are_to_one_of_them_within_a_cell_of_the_nearest(cells in placed()) {
        for more in excess_m(&cells) {
            prop_assert!((-1e-5..frame(30, 25).resolution_m).contains(&more), "{more}");
        }
    }

    #[test]
    fn a_cell_with_something_somewhere_counts_as_filled(
        (column, row) in (0_usize..20, 0_usize..20),
    ) {
        let frame = frame(20, 20);
        let mut field = DistanceField::new(MAX_M);
        field.update_surfaces(frame, |c, r| {
            if (c, r) == (column, row) { Surface::SOMEWHERE } else { Surface::NONE }
        });
        let mut cells = DistanceField::new(MAX_M);
        cells.update_where(frame, |c, r| (c, r) == (column, row));
        for (placed, told) in field.distances_m().iter().zip(cells.distances_m()) {
            let placed = f64::from(*placed) - field.slack_m();
            let told = f64::from(*told) - cells.slack_m();
            // at the maximum the two differ by their slacks
            prop_assert!((placed - told).abs() < 1e-5 || !(0.0..MAX_M - 0.06).contains(&told));
        }
    }

    #[test]
    fn the_gradient_is_that_of_the_value(
        cells in prop::collection::vec(
            (0_usize..30, 0_usize..30, -0.98_f32..0.98, -0.98_f32..0.98), 1..20,
        ),
        (x, y) in (-0.6_f64..0.7, 0.4_f64..1.7),
        is_placed: bool,
    ) {
        let frame = frame(30, 30);
        let mut field = to_surfaces(frame, &cells);
        if !is_placed {
            let surfaces = field.surfaces().to_vec();
            field.update_where(frame, |column, row| surfaces[frame.index(column, row)].is_some());
        }
        let step = 1e-6;
        let at = |dx: f64, dy: f64| field.sample(Point2::new(x + dx, y + dy));
        // a difference across the border between two points is of neither side
        let spacing_m = if is_placed { 0.0125 } else { 0.05 };
        let cell = |d: f64, from: f64| ((d - from) / spacing_m - 0.5).floor();
        prop_assume!(cell(x - step, -0.7) == cell(x + step, -0.7));
        prop_assume!(cell(y - step, 0.3) == cell(y + step, 0.3));
        let slope_x = (at(step, 0.0).distance_m - at(-step, 0.0).distance_m) / (2.0 * step);
        let slope_y = (at(0.0, step).distance_m - at(0.0, -step).distance_m) / (2.0 * step);
        let gradient = at(0.0, 0.0).gradient;
        prop_assert!((gradient - Vector2::new(slope_x, slope_y)).norm() < 1e-5);
        let slopes_y = (at(step, 0.0).gradient.y - at(-step, 0.0).gradient.y) / (2.0 * step);
        prop_assert!((at(0.0, 0.0).mixed - slopes_y).abs() < 1e-3);
    }

    /// A gap between two walls, wherever it lies in the cells.
    #[test]
    fn the_centre_of_a_gap_has_its_true_clearance(
        (gap_m, lower_m) in (0.3_f64..1.2, 0.5_f64..0.6),
        x in -0.6_f64..0.7,
    ) {
        let frame = frame(30, 45);
        let mut field = DistanceField::new(MAX_M);
        let walls = [lower_m, lower_m + gap_m];
        field.update_surfaces(frame, |column, row| {
            let centre = frame.centre_of(column, row);
            let offsets = walls.map(|wall| (wall - centre.y) / (0.5 * frame.resolution_m));
            let here = offsets.into_iter().find(|offset| (-1.0..1.0).contains(offset));
            here.map_or(Surface::NONE, |offset| Surface::at([0.0, offset as f32]))
        });
        let at = |y: f64| field.sample(Point2::new(x, lower_m + y));
        // at most half the spacing of points is cut off the ridge, at most what places along a wall
        // a cell apart add to it
        let middle = at(0.5 * gap_m).distance_m;
        prop_assert!((-0.0065..0.0015).contains(&(middle - 0.5 * gap_m)), "{middle} of {gap_m}");
        // and beside it slopes lead there
        prop_assert!(at(0.5 * gap_m - 0.015).gradient.y > 0.9);
        prop_assert!(at(0.5 * gap_m + 0.015).gradient.y < -0.9);
    }

    /// Distances of neighbouring points may be to different surfaces, yet none jumps.
    #[test]
    fn samples_are_continuous(
        cells in prop::collection::vec(
            (0_usize..30, 0_usize..30, -0.98_f32..0.98, -0.98_f32..0.98), 1..20,
        ),
        (x, y) in (0_usize..118, 0_usize..118),
        across in -0.5_f64..0.5,
    ) {
        let frame = frame(30, 30);
        let field = to_surfaces(frame, &cells);
        // borders between points are where their centres are
        let border = frame.origin + Vector2::new(x as f64 + 0.5, y as f64 + 0.5) * 0.0125;
        let slide = across * 0.05;
        for (side, along) in [(Vector2::x(), Vector2::y()), (Vector2::y(), Vector2::x())] {
            let at = |off: f64| field.sample(border + along * slide + side * off).distance_m;
            prop_assert!((at(1e-9) - at(-1e-9)).abs() < 1e-6);
        }
    }
}
