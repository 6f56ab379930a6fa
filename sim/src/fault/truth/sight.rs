//! Lines of sight from the sensors of a robot to the object that it touched.

use nalgebra::Vector3;
use perception::{Point2, Point3, Pose2, Vector2, wrap_angle};

use super::Ending;
use crate::robot::RobotModel;
use crate::world::{Material, Scene, World};

/// Maximum distance from the target at which a clear line of sight ends, m.
const NEAR_M: f64 = 0.05;

/// Mounting and field of view of a sensor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sensor {
    place: Vector3<f64>,
    /// Minimum and maximum direction in the base frame, rad.
    azimuths: [f64; 2],
    /// Minimum and maximum elevation above the horizontal, rad.
    elevations: [f64; 2],
    range_max_m: f64,
}

/// Every range sensor of a robot.
pub(super) fn sensors_of(robot: &RobotModel) -> Vec<Sensor> {
    let lidar = &robot.lidar;
    let at = lidar.base_from_lidar;
    let mut sensors = vec![Sensor {
        place: Vector3::new(at.x, at.y, lidar.height_m),
        azimuths: [lidar.angle_min_rad, lidar.angle_max_rad].map(|angle| angle + at.yaw),
        elevations: [0.0; 2],
        range_max_m: lidar.range_max_m,
    }];
    sensors.extend(robot.ring_lidars.iter().map(|rings| {
        let at = rings.mounting;
        Sensor {
            place: Vector3::new(at.x_m, at.y_m, at.z_m),
            azimuths: [rings.azimuth_min_rad, rings.azimuth_max_rad]
                .map(|angle| angle + at.yaw_rad),
            // forward rings of a sensor that is pitched down look lower
            elevations: [rings.elevation_min_rad, rings.elevation_max_rad]
                .map(|angle| angle - at.pitch_rad),
            range_max_m: rings.range_max_m,
        }
    }));
    sensors.extend(robot.depth_cameras.iter().map(|camera| {
        let at = camera.mounting;
        let half = 0.5 * camera.horizontal_view_rad;
        let aspect = camera.height as f64 / camera.width as f64;
        let half_up = (half.tan() * aspect).atan();
        Sensor {
            place: Vector3::new(at.x_m, at.y_m, at.z_m),
            azimuths: [at.yaw_rad - half, at.yaw_rad + half],
            elevations: [-at.pitch_rad - half_up, -at.pitch_rad + half_up],
            range_max_m: camera.range_max_m,
        }
    }));
    sensors
}

/// The touched object: heights and candidate points.
pub(super) enum Target<'a> {
    /// The point of contact on an obstacle.
    Point(Point2, [f64; 2]),
    /// A round body with its poses.
    Body(&'a [Pose2], f64, [f64; 2]),
}

/// Candidate points at one time, and the visible height band.
pub(super) struct Places {
    middle: Point2,
    radius_m: f64,
    heights_m: [f64; 2],
}

impl<'a> Target<'a> {
    /// The target that ended a drive; none if it is not visible.
    pub fn of(ending: &Ending<'a>) -> Option<Self> {
        let top_m = ending.robot.height_m;
        if let Some((mover, poses)) = ending.touched {
            let body = mover.body();
            let heights = [body.z_min_m, body.z_max_m.min(top_m)];
            return Some(Self::Body(poses, mover.radius_m(), heights));
        }
        let contact = ending.contact?;
        let obstacles = ending.world.obstacles().iter();
        let touched = obstacles
            .filter(|obstacle| obstacle.z_min_m < top_m)
            .min_by(|a, b| {
                let away = |shape: &crate::Shape| shape.signed_distance_m(contact).abs();
                away(&a.shape).total_cmp(&away(&b.shape))
            })?;
        let heights = [touched.z_min_m, touched.z_max_m.min(top_m)];
        (touched.material == Material::Opaque).then_some(Self::Point(contact, heights))
    }

    /// The target at a substep.
    pub fn at(&self, substep: usize) -> Places {
        match self {
            Self::Point(point, heights_m) => Places {
                middle: *point,
                radius_m: 0.0,
                heights_m: *heights_m,
            },
            Self::Body(poses, radius_m, heights_m) => {
                let at = poses
                    .get(substep)
                    .or(poses.last())
                    .map_or(Point2::origin(), Pose2::position);
                Places {
                    middle: at,
                    radius_m: *radius_m,
                    heights_m: *heights_m,
                }
            }
        }
    }
}

/// True if a sensor has a line of sight to a target in a direction that no fault hides.
pub(super) fn sees(
    world: &World,
    sensors: &[Sensor],
    base: Pose2,
    target: &Places,
    hidden: impl Fn(f64) -> bool,
) -> bool {
    sensors.iter().any(|sensor| {
        let origin = base * Point2::new(sensor.place.x, sensor.place.y);
        let towards = target.middle - origin;
        let aside = Vector2::new(-towards.y, towards.x)
            .try_normalize(1e-9)
            .unwrap_or_default();
        [0.0, 0.8, -0.8].iter().any(|side| {
            let point = target.middle + aside * (side * target.radius_m);
            let flat = point - origin;
            let azimuth = flat.y.atan2(flat.x) - base.yaw;
            let [low, high] = sensor.azimuths;
            let middle = 0.5 * (low + high);
            let is_in_view = wrap_angle(azimuth - middle).abs() <= 0.5 * (high - low);
            let away_m = flat.norm();
            if !is_in_view || away_m > sensor.range_max_m || hidden(azimuth) {
                return false;
            }
            let [lowest, highest] = sensor
                .elevations
                .map(|elevation| sensor.place.z + away_m * elevation.tan());
            let (low_m, high_m) = (
                lowest.max(target.heights_m[0]),
                highest.min(target.heights_m[1]),
            );
            low_m <= high_m
                && is_free(
                    world,
                    origin,
                    sensor.place.z,
                    point,
                    0.5 * (low_m + high_m),
                    target.radius_m,
                )
        })
    })
}

/// True if the world does not occlude a target from a sensor.
fn is_free(world: &World, from: Point2, from_m: f64, to: Point2, to_m: f64, radius_m: f64) -> bool {
    let origin = Point3::new(from.x, from.y, from_m);
    let along = Point3::new(to.x, to.y, to_m) - origin;
    let reach_m = along.norm();
    let Some(along) = along.try_normalize(1e-9) else {
        return true;
    };
    let scene = Scene { world, movers: &[] };
    scene
        .cast(origin, along, reach_m)
        .is_none_or(|hit| hit.distance_m >= reach_m - radius_m - NEAR_M)
}
