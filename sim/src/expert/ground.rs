//! Cost per metre on the ground-truth map.
//!
//! ```text
//! F(x) = 1 + p s² + q (−c)₊,   c = d(x) − r,   s = (1 − c / m)₊ up to 1
//! ```
//!
//! `d` is the distance to the nearest obstacle, `r` the robot's radius, `m` the desired clearance;
//! `corner` adds a price that keeps the robot to the outer side of blind corners. Where the robot
//! does not fit, the price is high but finite, so that a path leads out again. Obstacles have an
//! infinite price.

use perception::{DistanceField, GridFrame, Point2, SettingsError, Vector2};

use super::corner::Corner;
use crate::robot::RobotModel;
use crate::{Band, CellTruth, Shape, Truth, World};

/// Side of a cell, m.
const CELL_M: f64 = 0.05;
/// Free margin around all obstacles and places, m.
const MARGIN_M: f64 = 1.0;
/// Maximum number of cells of a map.
const CELLS_MAX: f64 = 4e6;
/// Desired clearance of the path, m.
const COMFORT_M: f64 = 0.5;
/// Range of the distance field beyond the robot's radius, m.
const REACH_M: f64 = 1.0;
/// Additional price of a metre along an obstacle, relative to a metre in the open.
const NEARNESS_PRICE: f64 = 8.0;
/// Maximum traversable slope, m/m.
const SLOPE_MAX: f64 = 0.15;
/// Price of a metre per metre of overlap of the robot's disc with obstacles, 1/m.
const OVERLAP_PRICE: f64 = 400.0;

/// Prices of cells, infinite in obstacles.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    pub frame: GridFrame,
    /// `[height, width]`, row-major.
    pub price: Vec<f64>,
    /// Distance to obstacles.
    pub field: DistanceField,
}

impl Ground {
    /// Prices the world for a robot approximated by a disc of this radius. The map includes
    /// `places`.
    pub fn of(
        world: &World,
        radius_m: f64,
        robot: &RobotModel,
        places: &[Point2],
        corner: Option<&Corner>,
    ) -> Result<Self, SettingsError> {
        let height_m = robot.height_m;
        let frame = frame_about(world, places)?;
        let mut occupied = vec![false; frame.len()];
        for obstacle in world.obstacles() {
            if obstacle.z_max_m > 0.0 && obstacle.z_min_m < height_m {
                mark(&frame, &obstacle.shape, &mut occupied);
            }
        }
        mark_floor(&frame, world, robot, &mut occupied);
        let mut field = DistanceField::new(radius_m + REACH_M);
        field.update_where(frame, |column, row| occupied[frame.index(column, row)]);
        let inner = corner.map(|corner| corner.inner_walls(frame, &occupied));
        let price = field
            .distances_m()
            .iter()
            .zip(&occupied)
            .enumerate()
            .map(|(cell, (&distance_m, &occupied))| {
                if occupied {
                    return f64::INFINITY;
                }
                let clearance_m = f64::from(distance_m) - radius_m;
                let short = (1.0 - clearance_m / COMFORT_M).clamp(0.0, 1.0);
                let wide = inner.as_ref().map_or(0.0, |inner| {
                    Corner::price(f64::from(inner.distances_m()[cell]))
                });
                let overlap = OVERLAP_PRICE * (-clearance_m).max(0.0);
                1.0 + NEARNESS_PRICE * short * short + overlap + wide
            })
            .collect();
        Ok(Self {
            frame,
            price,
            field,
        })
    }

    /// The same with price 1 where a disc of this radius fits, and infinite elsewhere.
    #[must_use]
    pub fn even(mut self, radius_m: f64) -> Self {
        for (price, &distance_m) in self.price.iter_mut().zip(self.field.distances_m()) {
            *price = if f64::from(distance_m) < radius_m {
                f64::INFINITY
            } else {
                1.0
            };
        }
        self
    }

    /// True if no obstacle lies between two places.
    pub fn sees(&self, from: Point2, to: Point2) -> bool {
        let length_m = (to - from).norm();
        let mut at_m = 0.0;
        while at_m < length_m {
            let place = from + (to - from) * (at_m / length_m);
            let free_m = self.field.sample(place).distance_m;
            if free_m <= 0.0 {
                return false;
            }
            at_m += free_m.max(0.5 * CELL_M);
        }
        true
    }
}

/// A frame that contains obstacles and places with a margin.
fn frame_about(world: &World, places: &[Point2]) -> Result<GridFrame, SettingsError> {
    let (mut low, mut high) = if world.obstacles().is_empty() {
        (places[0], places[0])
    } else {
        world.bounds()
    };
    for place in places {
        low = low.inf(place);
        high = high.sup(place);
    }
    let size = high - low + Vector2::repeat(2.0 * MARGIN_M);
    let (width, height) = ((size.x / CELL_M).ceil(), (size.y / CELL_M).ceil());
    SettingsError::ensure(
        width * height <= CELLS_MAX,
        "expert",
        "world",
        &format!("{:.0} m by {:.0} m", size.x, size.y),
        "at most 10000 square metres",
    )?;
    Ok(GridFrame {
        origin: low - Vector2::repeat(MARGIN_M),
        resolution_m: CELL_M,
        width: width as usize,
        height: height as usize,
    })
}

/// Marks cells whose centres lie within the shape or at most half a cell from it.
fn mark(frame: &GridFrame, shape: &Shape, occupied: &mut [bool]) {
    for_each_cell(frame, shape, |column, row| {
        if shape.signed_distance_m(frame.centre_of(column, row)) <= 0.5 * CELL_M {
            occupied[frame.index(column, row)] = true;
        }
    });
}

/// Visits the cells of the bounding box of a shape, enlarged by one cell.
fn for_each_cell(frame: &GridFrame, shape: &Shape, mut give: impl FnMut(usize, usize)) {
    let (low, high) = extent(shape);
    let reach = Vector2::repeat(CELL_M);
    let (left, bottom) = frame.signed_cell(low - reach);
    let (right, top) = frame.signed_cell(high + reach);
    for row in bottom.max(0)..=top.min(frame.height as i64 - 1) {
        for column in left.max(0)..=right.min(frame.width as i64 - 1) {
            give(column as usize, row as usize);
        }
    }
}

/// Marks cells of floor that the robot cannot traverse.
fn mark_floor(frame: &GridFrame, world: &World, robot: &RobotModel, occupied: &mut [bool]) {
    let band = Band {
        clearance_m: 0.0,
        height_m: robot.height_m,
        step_max_m: robot.drop_max_m.min(robot.step_max_m),
        slope_max: SLOPE_MAX,
        glass: true,
    };
    let truth = Truth::new(world, band);
    for patch in world.floor_patches() {
        let outline = Shape::Polygon {
            vertices: patch.vertices.clone(),
        };
        for_each_cell(frame, &outline, |column, row| {
            let middle = frame.centre_of(column, row);
            if truth.cell(middle, 0.5 * CELL_M) != CellTruth::Free {
                occupied[frame.index(column, row)] = true;
            }
        });
    }
}

/// Lower left and upper right corner of the bounding box of a shape.
fn extent(shape: &Shape) -> (Point2, Point2) {
    match shape {
        Shape::Segment { a, b } => (a.inf(b), a.sup(b)),
        Shape::Circle { centre, radius_m } => {
            let reach = Vector2::repeat(*radius_m);
            (centre - reach, centre + reach)
        }
        Shape::Polygon { vertices } => vertices.iter().fold(
            (
                Point2::new(f64::INFINITY, f64::INFINITY),
                Point2::new(f64::NEG_INFINITY, f64::NEG_INFINITY),
            ),
            |(low, high), vertex| (low.inf(vertex), high.sup(vertex)),
        ),
    }
}
