//! Passages of real buildings: a list of doors as JSON, each on a map.
//!
//! | field | meaning |
//! | --- | --- |
//! | `map` | name of the map |
//! | `door` | centre of the passage, `[x, y]`, m, map frame |
//! | `width` | its width, m |
//! | `heading` | of a path through it from `a` to `b`, rad |
//! | `a`, `b` | a place before it and one behind it, `[x, y]`, m |
//! | `clear_a`, `clear_b` | free radius around those, m: map cells that reach into it are free |
//!
//! Other fields are ignored.

use std::f64::consts::PI;

use mapping::StaticMap;
use perception::{Point2, Pose2, Vector2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};

use super::floor_plan::{self, FreeDisc, Window};
use crate::robot::RobotModel;
use crate::scenario::{DoorwaySettings, Lattice, Survey, Walker};
use crate::{Obstacle, Rules, SimGoal, Situation, World, WorldError};

/// Margin around a passage and its ends of the simulated part of the map, m.
const REACH_M: f64 = 4.0;
/// Margin around a passage and its ends of the path search, m.
const SURVEY_M: f64 = 1.5;
/// Maximum distance of the ends from a passage, m.
const APART_MAX_M: f64 = 20.0;
/// Maximum distance from the origin of a map's frame, m.
const MAP_REACH_M: f64 = 1e6;
/// Maximum number of cells of a map around a passage.
const CELLS_MAX: usize = 4_000_000;
/// Minimum spacing of nodes of the path search, m.
const PLACES_APART_MIN_M: f64 = 0.005;
/// Maximum number of doors of a list.
const DOORS_MAX: usize = 100_000;
/// Nodes of that search per side of a cell, so that doors of one cell have nodes at their centre.
const PLACES_A_CELL: f64 = 4.0;

/// One passage of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedDoor {
    /// Index in the list, from 0.
    pub index: usize,
    /// Name of its map.
    pub map: String,
    /// Centre, map frame.
    pub door: Point2,
    /// Width according to the list, m.
    pub width_m: f64,
    /// A place before it, map frame.
    pub a: Point2,
    /// A place behind it, map frame.
    pub b: Point2,
    /// Radii of the free discs around `a` and `b`, m.
    pub clear_m: [f64; 2],
}

/// Reasons to reject a list of doors.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Not JSON.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Not a list.
    #[error("the file holds {found}: expected a list of 1 to {DOORS_MAX} doors")]
    List {
        /// Value found.
        found: String,
    },
    /// A field is missing or invalid.
    #[error("entry {entry}: {field} is {found}: expected {expected}")]
    Field {
        /// Counted from 0.
        entry: usize,
        /// Field name.
        field: &'static str,
        /// Value found.
        found: String,
        /// Value expected.
        expected: &'static str,
    },
    /// The map is not a valid world.
    #[error("entry {entry}: {source}")]
    World {
        /// Counted from 0.
        entry: usize,
        /// Cause.
        source: WorldError,
    },
}

/// Reads all doors of a list.
pub fn read_doors(json: &[u8]) -> Result<Vec<MappedDoor>, DoorError> {
    let value: Value = serde_json::from_slice(json)?;
    let fits = |list: &&Vec<Value>| (1..=DOORS_MAX).contains(&list.len());
    let Some(list) = value.as_array().filter(fits) else {
        let found = short(Some(&value));
        return Err(DoorError::List { found });
    };
    list.iter()
        .enumerate()
        .map(|(entry, value)| {
            let fields = value.as_object().ok_or_else(|| {
                let expected = "an object of map, door, width, a and b";
                refused(entry, "the entry", Some(value), expected)
            })?;
            MappedDoor::of(&Fields { entry, map: fields })
        })
        .collect()
}

impl MappedDoor {
    fn of(fields: &Fields<'_>) -> Result<Self, DoorError> {
        fields.number("heading", |_| true, "a number, rad")?;
        let clear = |field| {
            let expected = "a number from 0 to 100, m";
            fields.number(field, |clear| (0.0..=100.0).contains(&clear), expected)
        };
        Ok(Self {
            index: fields.entry,
            map: fields.text("map")?,
            door: fields.point("door")?,
            width_m: fields.number(
                "width",
                |width| width > 0.0 && width <= 100.0,
                "a number above 0, up to 100, m",
            )?,
            a: fields.point("a")?,
            b: fields.point("b")?,
            clear_m: [clear("clear_a")?, clear("clear_b")?],
        })
    }

    /// The simulated part of the map. Rejects doors whose places lie outside the map or far from
    /// the passage.
    pub fn place(&self, map: &StaticMap) -> Result<DoorPlace, DoorError> {
        for (field, point) in [("a", self.a), ("b", self.b)] {
            if (point - self.door).norm() > APART_MAX_M {
                return Err(DoorError::Field {
                    entry: self.index,
                    field,
                    found: format!("[{}, {}]", point.x, point.y),
                    expected: "a place within 20 m of the passage",
                });
            }
        }
        for (field, point) in [("door", self.door), ("a", self.a), ("b", self.b)] {
            if map.frame().cell_of(point).is_none() {
                return Err(DoorError::Field {
                    entry: self.index,
                    field,
                    found: format!("[{}, {}]", point.x, point.y),
                    expected: "a place on its map",
                });
            }
        }
        let points = [self.door, self.a, self.b];
        let free = [(self.a, self.clear_m[0]), (self.b, self.clear_m[1])]
            .map(|(centre, radius_m)| FreeDisc { centre, radius_m });
        let window = Window::about(map, &points, REACH_M);
        if let Some(cells) = window.map(|window| window.cells())
            && cells > CELLS_MAX
        {
            return Err(DoorError::Field {
                entry: self.index,
                field: "map",
                found: format!("{cells} cells about the passage"),
                expected: "at most 4000000, a map of a coarser resolution",
            });
        }
        let obstacles = window
            .map(|window| floor_plan::obstacles(map, &window, &free))
            .unwrap_or_default();
        let entry = self.index;
        let world = World::new(obstacles).map_err(|source| DoorError::World { entry, source })?;
        Ok(DoorPlace {
            door: self.clone(),
            cell_m: map.frame().resolution_m,
            world,
        })
    }
}

/// Direction through a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoorDirection {
    /// From `a` to `b`.
    AToB,
    /// From `b` to `a`.
    BToA,
}

/// A passage and the world around it, map frame.
#[derive(Debug, Clone)]
pub struct DoorPlace {
    /// The passage.
    pub door: MappedDoor,
    cell_m: f64,
    world: World,
}

impl DoorPlace {
    /// A drive through it. The seed draws only the initial heading; goal tolerance, time limit and
    /// rules are those of the scenario `doorway`.
    pub fn situation(&self, direction: DoorDirection, seed: u64) -> Situation {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let heading = PI * (2.0 * rng.random::<f64>() - 1.0);
        let (start, goal) = self.ends(direction);
        let usual = DoorwaySettings::default();
        Situation {
            scenario: self.door.map.clone(),
            seed,
            world: self.world.clone(),
            start: Pose2::new(start.x, start.y, heading),
            goal: SimGoal {
                position: goal,
                yaw: None,
                tolerance_m: usual.goal_tolerance_m,
            },
            path: Vec::new(),
            walks: Vec::new(),
            inner_corners: Vec::new(),
            people: Vec::new(),
            time_limit_s: usual.time_limit_s,
            rules: Rules::default(),
        }
    }

    fn ends(&self, direction: DoorDirection) -> (Point2, Point2) {
        match direction {
            DoorDirection::AToB => (self.door.a, self.door.b),
            DoorDirection::BToA => (self.door.b, self.door.a),
        }
    }

    /// Clearance of the robot at the start, m; 0 or below in contact.
    pub fn start_gap_m(&self, direction: DoorDirection, robot: &RobotModel) -> f64 {
        let (start, _) = self.ends(direction);
        let pose = Pose2::new(start.x, start.y, 0.0);
        self.world
            .gap(&robot.footprint, robot.height_m, pose, REACH_M)
            .map_or(REACH_M, |gap| gap.distance_m)
    }

    /// True if a disc inscribed in the robot passes in either direction to within the goal's
    /// tolerance, by exact geometry on nodes spaced a quarter of a map cell.
    pub fn is_passable(&self, robot: &RobotModel) -> Result<bool, DoorError> {
        let points = [self.door.door, self.door.a, self.door.b];
        let (low, high) = points
            .iter()
            .fold((points[0], points[0]), |(low, high), p| {
                (low.inf(p), high.sup(p))
            });
        // nodes are aligned with the map's cells, from a corner of the map
        let step = (self.cell_m / PLACES_A_CELL).max(PLACES_APART_MIN_M);
        let (first, _) = self.world.bounds();
        let snap = |at: f64, from: f64| from + ((at - from) / step).floor() * step;
        let origin = Point2::new(
            snap(low.x - SURVEY_M, first.x),
            snap(low.y - SURVEY_M, first.y),
        );
        let moved = Pose2::new(-origin.x, -origin.y, 0.0);
        let obstacles = self.world.obstacles().iter().map(|obstacle| Obstacle {
            shape: obstacle.shape.moved(moved),
            ..obstacle.clone()
        });
        let entry = self.door.index;
        let world =
            World::new(obstacles.collect()).map_err(|source| DoorError::World { entry, source })?;
        let radius_m = robot.footprint.inscribed_radius_m();
        let walker = Walker {
            radius_m,
            height_m: robot.height_m,
            step_max_m: robot.step_max_m,
        };
        let size = high - origin + Vector2::repeat(SURVEY_M);
        let survey = Survey::on(&world, size, &walker, Lattice::fine(step, radius_m));
        let tolerance_m = DoorwaySettings::default().goal_tolerance_m;
        let (a, b) = (moved * self.door.a, moved * self.door.b);
        Ok(survey.are_joined(a, b, tolerance_m) && survey.are_joined(b, a, tolerance_m))
    }
}

/// The fields of one entry.
struct Fields<'a> {
    entry: usize,
    map: &'a Map<String, Value>,
}

impl Fields<'_> {
    fn number(
        &self,
        field: &'static str,
        counts: impl Fn(f64) -> bool,
        expected: &'static str,
    ) -> Result<f64, DoorError> {
        let found = self.map.get(field);
        found
            .and_then(Value::as_f64)
            .filter(|value| value.is_finite() && counts(*value))
            .ok_or_else(|| refused(self.entry, field, found, expected))
    }

    fn text(&self, field: &'static str) -> Result<String, DoorError> {
        let found = self.map.get(field);
        found
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| refused(self.entry, field, found, "a map's name"))
    }

    fn point(&self, field: &'static str) -> Result<Point2, DoorError> {
        let found = self.map.get(field);
        let numbers: Option<Vec<f64>> = found
            .and_then(Value::as_array)
            .and_then(|list| list.iter().map(Value::as_f64).collect());
        match numbers.as_deref() {
            Some([x, y]) if x.abs() <= MAP_REACH_M && y.abs() <= MAP_REACH_M => {
                Ok(Point2::new(*x, *y))
            }
            _ => Err(refused(
                self.entry,
                field,
                found,
                "[x, y] within 1000 km of the map's origin, m",
            )),
        }
    }
}

fn refused(
    entry: usize,
    field: &'static str,
    found: Option<&Value>,
    expected: &'static str,
) -> DoorError {
    DoorError::Field {
        entry,
        field,
        found: short(found),
        expected,
    }
}

fn short(found: Option<&Value>) -> String {
    let mut found = found.map_or_else(|| "missing".to_owned(), Value::to_string);
    if let Some((end, _)) = found.char_indices().nth(60) {
        found.truncate(end);
        found.push_str("...");
    }
    found
}

#[cfg(test)]
mod tests;
