//! What a drive looked like, tick by tick, in the world frame.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use image::{ImageFormat, Rgba, RgbaImage};
use perception::{Beam, Cell, Footprint, LaserScan, OccupancyGrid, Point2, Pose2};
use serde::{Deserialize, Serialize};
use sim::{Episode, Outcome, RobotModel, Shape, Situation, TickView, World};

/// Every this many beams one is kept.
const BEAM_STEP: usize = 3;
/// Time between pictures of the grid, s.
const GRID_PERIOD_S: f64 = 0.5;
/// Corners that a disc is drawn with.
const DISC_CORNERS: usize = 40;
const OCCUPIED: Rgba<u8> = Rgba([58, 76, 130, 255]);
const FREE: Rgba<u8> = Rgba([255, 255, 255, 255]);
const UNKNOWN: Rgba<u8> = Rgba([0, 0, 0, 0]);

/// A drive from start to end. Lengths in m, angles in rad, world frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriveRecord {
    /// What was tried.
    pub scenario: String,
    /// Who drove.
    pub policy: String,
    /// In what.
    pub robot: String,
    /// From what it was drawn.
    pub seed: u64,
    /// How it ended, for people.
    pub outcome: String,
    /// True when the goal was reached.
    pub is_success: bool,
    /// On the trial's clock, s.
    pub time_s: f64,
    /// Driven, m.
    pub path_length_m: f64,
    /// Smallest gap, m.
    pub clearance_m_min: f64,
    /// What stood there.
    pub world: Shapes,
    /// The robot's outline in its base frame.
    pub footprint: Vec<[f64; 2]>,
    /// x, y, yaw.
    pub start: [f64; 3],
    /// x, y, radius.
    pub goal: [f64; 3],
    /// What was touched.
    pub contact: Option<[f64; 2]>,
    /// A row a tick.
    pub ticks: Vec<TickRecord>,
    /// Pictures of the map.
    pub grids: Vec<GridImage>,
}

/// Outlines of a world.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Shapes {
    /// x, y, radius.
    pub circles: Vec<[f64; 3]>,
    /// Corners; a wall without thickness has two.
    pub polygons: Vec<Vec<[f64; 2]>>,
    /// Corners of floor below z = 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sunk: Vec<Vec<[f64; 2]>>,
    /// Corners of floor above z = 0, or sloped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raised: Vec<Vec<[f64; 2]>>,
}

/// One tick.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TickRecord {
    /// Since the start, s.
    pub t: f64,
    /// True pose.
    pub pose: [f64; 3],
    /// True speed and turning rate.
    pub velocity: [f64; 2],
    /// Commanded speed and turning rate.
    pub command: [f64; 2],
    /// Predicted way.
    pub plan: Vec<[f64; 2]>,
    /// Route that is followed; empty when unchanged since the last tick.
    pub route: Vec<[f64; 2]>,
    /// Where beams ended; empty without a new scan.
    pub scan: Vec<[f64; 2]>,
    /// How the solve ended, and what the guard changed.
    pub status: String,
}

/// The known part of the grid at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridImage {
    /// Since the start, s.
    pub t: f64,
    /// PNG, base64; its top row is the one of the highest y.
    pub png: String,
    /// Lower left corner and direction: x, y, yaw.
    pub corner: [f64; 3],
    /// Extent along and across that direction.
    pub size_m: [f64; 2],
}

impl From<&World> for Shapes {
    fn from(world: &World) -> Self {
        let mut shapes = Self::default();
        for obstacle in world.obstacles() {
            match &obstacle.shape {
                Shape::Circle { centre, radius_m } => {
                    shapes.circles.push([centre.x, centre.y, *radius_m]);
                }
                Shape::Segment { a, b } => shapes.polygons.push(vec![short(*a), short(*b)]),
                Shape::Polygon { vertices } => {
                    shapes
                        .polygons
                        .push(vertices.iter().map(|v| short(*v)).collect());
                }
            }
        }
        for patch in world.floor_patches() {
            let outline = patch.vertices.iter().map(|v| short(*v)).collect();
            if patch.vertices.iter().all(|v| patch.plane_m(*v) < 0.0) {
                shapes.sunk.push(outline);
            } else {
                shapes.raised.push(outline);
            }
        }
        shapes
    }
}

/// To the millimetre.
fn short(point: Point2) -> [f64; 2] {
    [millimetres(point.x), millimetres(point.y)]
}

fn millimetres(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// Corners of an outline, base frame.
pub(super) fn outline(footprint: &Footprint) -> Vec<[f64; 2]> {
    match *footprint {
        Footprint::Disc { radius_m } => (0..DISC_CORNERS)
            .map(|corner| {
                let angle = std::f64::consts::TAU * corner as f64 / DISC_CORNERS as f64;
                short(Point2::new(radius_m * angle.cos(), radius_m * angle.sin()))
            })
            .collect(),
        Footprint::Rectangle { .. } => footprint.corners().into_iter().map(short).collect(),
    }
}

/// How a drive ended, for people.
pub(super) fn describe(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Reached => "reached the goal",
        Outcome::Collided => "touched an obstacle",
        Outcome::Stuck => "got stuck",
        Outcome::TimedOut => "ran out of time",
    }
}

/// Watches a drive.
#[derive(Debug, Default)]
pub struct Recorder {
    ticks: Vec<TickRecord>,
    grids: Vec<GridImage>,
    last_route: Vec<[f64; 2]>,
}

impl Recorder {
    /// Takes down one tick. What the robot believes in its odometry frame is drawn where it is
    /// relative to the robot.
    pub fn watch(&mut self, view: &TickView<'_>) {
        let world_from_odom = view.world_from_base * view.odom_from_base.inverse();
        let route: Vec<[f64; 2]> = view
            .route
            .iter()
            .map(|point| short(world_from_odom * *point))
            .collect();
        let states = view.action.plan.states.iter();
        let status = match view.action.intervention {
            Some(reason) => format!("{:?}, guard: {reason:?}", view.action.status),
            None => format!("{:?}", view.action.status),
        };
        self.ticks.push(TickRecord {
            t: millimetres(view.t_s),
            pose: [
                millimetres(view.world_from_base.x),
                millimetres(view.world_from_base.y),
                millimetres(view.world_from_base.yaw),
            ],
            velocity: [
                millimetres(view.velocity.linear),
                millimetres(view.velocity.angular),
            ],
            command: [
                millimetres(view.action.command.linear),
                millimetres(view.action.command.angular),
            ],
            plan: states
                .map(|s| short(world_from_odom * Point2::new(s[0], s[1])))
                .collect(),
            scan: view.scan.map_or_else(Vec::new, |scan| {
                ends(scan, view.world_from_base * view.base_from_lidar)
            }),
            route: if route == self.last_route {
                Vec::new()
            } else {
                self.last_route.clone_from(&route);
                route
            },
            status,
        });
        let due = self
            .grids
            .last()
            .is_none_or(|last| view.t_s - last.t >= GRID_PERIOD_S - 1e-6);
        if due {
            self.grids
                .extend(grid_image(view.t_s, &view.snapshot.grid, world_from_odom));
        }
    }

    /// The record of the drive that was watched.
    pub fn finish(
        self,
        situation: &Situation,
        robot: &RobotModel,
        policy: &str,
        episode: &Episode,
    ) -> DriveRecord {
        DriveRecord {
            scenario: episode.scenario.clone(),
            policy: policy.to_owned(),
            robot: robot.name.clone(),
            seed: episode.seed,
            outcome: describe(episode.outcome).to_owned(),
            is_success: episode.outcome == Outcome::Reached,
            time_s: episode.metrics.time_s,
            path_length_m: episode.metrics.path_length_m,
            clearance_m_min: episode.metrics.clearance_m_min,
            world: Shapes::from(&situation.world),
            footprint: outline(&robot.footprint),
            start: situation.start.into(),
            goal: [
                situation.goal.position.x,
                situation.goal.position.y,
                situation.goal.tolerance_m,
            ],
            contact: episode.contact.map(short),
            ticks: self.ticks,
            grids: self.grids,
        }
    }
}

/// Where beams ended that hit something.
fn ends(scan: &LaserScan, world_from_lidar: Pose2) -> Vec<[f64; 2]> {
    (0..scan.ranges.len())
        .step_by(BEAM_STEP)
        .filter_map(|index| match scan.beam(index) {
            Beam::Hit(range) => {
                let (sin, cos) = scan.angle(index).sin_cos();
                Some(short(
                    world_from_lidar * Point2::new(range * cos, range * sin),
                ))
            }
            Beam::Miss | Beam::Invalid => None,
        })
        .collect()
}

/// The grid cropped to what is known; nothing when nothing is.
fn grid_image(t_s: f64, grid: &OccupancyGrid, world_from_odom: Pose2) -> Option<GridImage> {
    let frame = grid.frame();
    let known = |column: usize, row: usize| grid.cell(column, row) != Cell::Unknown;
    let (mut left, mut right, mut bottom, mut top) = (frame.width, 0, frame.height, 0);
    for row in 0..frame.height {
        for column in (0..frame.width).filter(|&column| known(column, row)) {
            left = left.min(column);
            right = right.max(column + 1);
            bottom = bottom.min(row);
            top = top.max(row + 1);
        }
    }
    if left >= right {
        return None;
    }
    let (width, height) = (right - left, top - bottom);
    let picture = RgbaImage::from_fn(width as u32, height as u32, |x, y| {
        match grid.cell(left + x as usize, top - 1 - y as usize) {
            Cell::Occupied => OCCUPIED,
            Cell::Free => FREE,
            Cell::Unknown => UNKNOWN,
        }
    });
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).ok()?;
    let side = frame.resolution_m;
    let corner = world_from_odom
        * Pose2::new(
            frame.origin.x + left as f64 * side,
            frame.origin.y + bottom as f64 * side,
            0.0,
        );
    Some(GridImage {
        t: millimetres(t_s),
        png: BASE64.encode(png.into_inner()),
        corner: corner.into(),
        size_m: [width as f64 * side, height as f64 * side],
    })
}
