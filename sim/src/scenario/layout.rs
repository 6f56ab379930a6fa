//! Placement of furniture in a room without overlap.

use perception::{Point2, Pose2, Vector2};
use rand::{Rng, RngExt as _};

use crate::world::WorldError;
use crate::{FloorPatch, Obstacle, Shape, World};

/// Thickness of walls, m.
const WALL_M: f64 = 0.15;
/// Height of walls, m.
const HEIGHT_M: f64 = 2.5;
/// Maximum number of placement attempts for a piece.
const TRIES: usize = 30;

/// An occupied rectangle of the floor: pose and extents along x and y, m.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plot {
    pub pose: Pose2,
    pub size: Vector2,
}

impl Plot {
    pub fn new(pose: Pose2, length_m: f64, width_m: f64) -> Self {
        Self {
            pose,
            size: Vector2::new(length_m, width_m),
        }
    }

    fn corners(&self, margin_m: f64) -> [Point2; 4] {
        let half = 0.5 * self.size + Vector2::repeat(margin_m);
        [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)]
            .map(|(x, y)| self.pose * Point2::new(x * half.x, y * half.y))
    }

    /// True if two plots, the first enlarged by a margin, overlap (separating axis test).
    fn meets(&self, other: &Self, margin_m: f64) -> bool {
        let (own, others) = (self.corners(margin_m), other.corners(0.0));
        let axes =
            [self.pose.yaw, other.pose.yaw].map(|yaw| [yaw, yaw + 1.5 * std::f64::consts::PI]);
        axes.into_iter().flatten().all(|angle| {
            let axis = Vector2::new(angle.cos(), angle.sin());
            let span = |corners: &[Point2; 4]| {
                corners
                    .iter()
                    .map(|corner| corner.coords.dot(&axis))
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| {
                        (low.min(at), high.max(at))
                    })
            };
            let ((low, high), (other_low, other_high)) = (span(&own), span(&others));
            low <= other_high && other_low <= high
        })
    }
}

/// A room from the origin to its far corner, with its contents.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub size: Vector2,
    obstacles: Vec<Obstacle>,
    patches: Vec<FloorPatch>,
    taken: Vec<Plot>,
}

impl Layout {
    /// Four walls around an empty floor.
    pub fn room(size: Vector2) -> Self {
        let wall = |x: f64, y: f64, length: f64, width: f64| {
            let outline = Shape::rectangle(Pose2::new(x, y, 0.0), length, width);
            Obstacle::standing(outline, HEIGHT_M)
        };
        let (x, y) = (size.x, size.y);
        let half = 0.5 * WALL_M;
        Self {
            size,
            obstacles: vec![
                wall(0.5 * x, -half, x + 2.0 * WALL_M, WALL_M),
                wall(0.5 * x, y + half, x + 2.0 * WALL_M, WALL_M),
                wall(-half, 0.5 * y, WALL_M, y),
                wall(x + half, 0.5 * y, WALL_M, y),
            ],
            patches: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// Keeps a plot free of later pieces.
    pub fn reserve(&mut self, plot: Plot) {
        self.taken.push(plot);
    }

    /// True if a plot lies in the room and overlaps no other.
    pub fn has_room_for(&self, plot: &Plot, margin_m: f64) -> bool {
        let inside = |corner: Point2| {
            (-1e-9..=self.size.x + 1e-9).contains(&corner.x)
                && (-1e-9..=self.size.y + 1e-9).contains(&corner.y)
        };
        plot.corners(0.0).into_iter().all(inside)
            && !self.taken.iter().any(|other| plot.meets(other, margin_m))
    }

    /// Places a piece without an overlap test.
    pub fn put(&mut self, plot: Plot, obstacles: Vec<Obstacle>, patches: Vec<FloorPatch>) {
        self.reserve(plot);
        self.obstacles.extend(obstacles);
        self.patches.extend(patches);
    }

    /// Adds an object that occupies no floor.
    pub fn hang(&mut self, obstacle: Obstacle) {
        self.obstacles.push(obstacle);
    }

    /// A random free plot of this size within the room.
    pub fn place_anywhere(
        &self,
        [length_m, width_m]: [f64; 2],
        margin_m: f64,
        turned: bool,
        rng: &mut impl Rng,
    ) -> Option<Plot> {
        (0..TRIES).find_map(|_| {
            let (x, y) = (rng.random::<f64>(), rng.random::<f64>());
            let turn = rng.random::<f64>() * std::f64::consts::TAU;
            let yaw = if turned {
                turn
            } else {
                (turn / std::f64::consts::FRAC_PI_2).floor() * std::f64::consts::FRAC_PI_2
            };
            let pose = Pose2::new(x * self.size.x, y * self.size.y, yaw);
            let plot = Plot::new(pose, length_m, width_m);
            self.has_room_for(&plot, margin_m).then_some(plot)
        })
    }

    /// A random free plot along a wall, with its back to the wall and x pointing into the room.
    pub fn place_at_wall(
        &self,
        [length_m, width_m]: [f64; 2],
        margin_m: f64,
        rng: &mut impl Rng,
    ) -> Option<Plot> {
        (0..TRIES).find_map(|_| {
            let (wall, along) = (rng.random_range(0..4), rng.random::<f64>());
            let back = 0.5 * length_m;
            let (x, y) = (self.size.x, self.size.y);
            let quarter = std::f64::consts::FRAC_PI_2;
            let pose = match wall {
                0 => Pose2::new(back, along * y, 0.0),
                1 => Pose2::new(along * x, back, quarter),
                2 => Pose2::new(x - back, along * y, 2.0 * quarter),
                _ => Pose2::new(along * x, y - back, -quarter),
            };
            let plot = Plot::new(pose, length_m, width_m);
            self.has_room_for(&plot, margin_m).then_some(plot)
        })
    }

    /// The room as a world.
    pub fn build(&self) -> Result<World, WorldError> {
        World::with_floor(self.obstacles.clone(), self.patches.clone())
    }
}
