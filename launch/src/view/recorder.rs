//! Records a drive for its pictures.

use perception::{Beam, LaserScan, Point2, Pose2};
use sim::{Episode, Hazard, Outcome, RobotModel, Situation, TickView};

use super::film::Camera;
use super::layers::Layers;
use super::record::{DriveRecord, MoverRecord, TickRecord};
use super::run_length::RunLengthError;
use super::settings::ViewSettings;
use super::shapes::{Outline, Shapes, footprint_corners, millimetres, short};

/// Maximum number of stored endpoints of a scan.
const ENDS_MAX: usize = 240;

/// End of a drive as display text.
pub(super) fn describe(outcome: Outcome, hazard: Option<Hazard>) -> &'static str {
    match (outcome, hazard) {
        (Outcome::Reached, _) => "reached the goal",
        (Outcome::Collided, None) => "touched an obstacle",
        (Outcome::Collided, Some(Hazard::Mover)) => "touched something that moves",
        (Outcome::Collided, Some(Hazard::Fell)) => "fell into a hole or off a step",
        (Outcome::Collided, Some(Hazard::Step)) => "met a step too high for it",
        (Outcome::Stuck, _) => "got stuck",
        (Outcome::TimedOut, _) => "ran out of time",
    }
}

/// Recorder of a drive.
#[derive(Debug)]
pub struct Recorder {
    settings: ViewSettings,
    near_m: f64,
    ticks: Vec<TickRecord>,
    is_fused: bool,
    movers: Vec<MoverRecord>,
    camera: Camera,
    last_route: Vec<[f64; 2]>,
}

impl Recorder {
    /// A recorder for this robot.
    pub fn new(settings: ViewSettings, robot: &RobotModel) -> Self {
        Self {
            near_m: robot.footprint.circumscribed_radius_m() + settings.inflation_m,
            ticks: Vec::new(),
            is_fused: false,
            movers: Vec::new(),
            camera: Camera::new(settings.map_period_s),
            last_route: Vec::new(),
            settings,
        }
    }

    /// Distance to an obstacle within which a cell is near, m.
    pub fn near_m(&self) -> f64 {
        self.near_m
    }

    /// Records one tick. Data of the odometry frame are drawn relative to the true pose of the
    /// robot.
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
        if self.ticks.is_empty() {
            let movers = view.movers.iter().map(|mover| MoverRecord {
                outline: Outline::from(&mover.body().shape),
                heights_m: [mover.body().z_min_m, mover.body().z_max_m].map(millimetres),
            });
            self.movers = movers.collect();
        }
        self.ticks.push(TickRecord {
            t: millimetres(view.t_s),
            pose: rounded(view.world_from_base),
            velocity: [
                millimetres(view.velocity.linear),
                millimetres(view.velocity.angular),
            ],
            movers: view
                .movers
                .iter()
                .map(|mover| rounded(mover.world_from_mover))
                .collect(),
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
        self.is_fused |= view.volume.is_some();
        let layers = Layers::of_snapshot(view.snapshot, view.volume, self.near_m);
        self.camera.see(view.t_s, world_from_odom, &layers);
    }

    /// The record.
    pub fn finish(
        self,
        situation: &Situation,
        robot: &RobotModel,
        policy: &str,
        episode: &Episode,
    ) -> Result<DriveRecord, RunLengthError> {
        let metrics = &episode.metrics;
        let goal = &situation.goal;
        let bytes_max = self.settings.bytes_max();
        let mut record = DriveRecord {
            title: format!(
                "{} · {policy} policy · {} robot · seed {}",
                episode.scenario, robot.name, episode.seed
            ),
            outcome: describe(episode.outcome, episode.hazard).to_owned(),
            details: format!(
                "{:.1} s, {:.1} m, smallest gap {:.2} m",
                metrics.time_s, metrics.path_length_m, metrics.clearance_m_min
            ),
            is_success: Some(episode.outcome == Outcome::Reached),
            world: Shapes::from(&situation.world),
            is_fused: self.is_fused,
            movers: self.movers,
            footprint: footprint_corners(&robot.footprint),
            start: rounded(situation.start),
            goal: Some([goal.position.x, goal.position.y, goal.tolerance_m].map(millimetres)),
            contact: episode.contact.map(short),
            ticks: self.ticks,
            film: self.camera.finish(bytes_max / 2)?,
        };
        record.fit_ticks(bytes_max / 2);
        Ok(record)
    }
}

/// A pose to the millimetre and the milliradian.
pub(super) fn rounded(pose: Pose2) -> [f64; 3] {
    <[f64; 3]>::from(pose).map(millimetres)
}

/// Endpoints of beams with a return.
fn ends(scan: &LaserScan, world_from_lidar: Pose2) -> Vec<[f64; 2]> {
    let step = scan.ranges.len().div_ceil(ENDS_MAX).max(1);
    (0..scan.ranges.len())
        .step_by(step)
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
