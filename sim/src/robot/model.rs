//! Physical description of a robot.

use std::f64::consts::PI;

use perception::{Footprint, Pose2};
use serde::{Deserialize, Serialize};

use super::PlantSettings;
use crate::SettingsError;
use crate::sensing::{
    DepthCameraSettings, InclinometerSettings, LidarSettings, Mounting, RingLidarSettings,
};

/// Geometry, drivetrain and sensors of a robot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RobotModel {
    /// A short name for tables and legends.
    pub name: String,
    /// Outline on the floor.
    pub footprint: Footprint,
    /// Obstacles that begin above this height do not collide, m.
    pub height_m: f64,
    /// Maximum depth of the floor under any part of the outline below the plane of the floor under
    /// the base, m; beyond it the robot falls.
    pub drop_max_m: f64,
    /// Maximum height of the floor above that plane, m; beyond it the floor is an obstacle.
    pub step_max_m: f64,
    /// Drivetrain.
    pub plant: PlantSettings,
    /// Planar LiDAR.
    pub lidar: LidarSettings,
    /// Multi-ring `LiDARs`.
    pub ring_lidars: Vec<RingLidarSettings>,
    /// Depth cameras.
    pub depth_cameras: Vec<DepthCameraSettings>,
    /// Tilt measurement.
    pub inclinometer: InclinometerSettings,
}

/// Maximum number of sensors of a kind.
const SENSORS_MAX: usize = 16;
/// Maximum height of a step that wheels climb, m.
const EVEN_M: f64 = 0.05;

impl RobotModel {
    /// A Clearpath Jackal with the LiDAR of the BARN challenge.
    pub fn jackal() -> Self {
        Self {
            name: "jackal".to_owned(),
            footprint: Footprint::Rectangle {
                length_m: 0.508,
                width_m: 0.430,
            },
            height_m: 0.35,
            drop_max_m: EVEN_M,
            step_max_m: EVEN_M,
            plant: PlantSettings::jackal(),
            lidar: LidarSettings {
                base_from_lidar: Pose2::new(0.055, 0.0, 0.0),
                height_m: 0.3,
                ..LidarSettings::default()
            },
            ring_lidars: Vec::new(),
            depth_cameras: Vec::new(),
            inclinometer: InclinometerSettings::default(),
        }
    }

    /// A round mobile manipulator, 0.6 m across, like the robots of the doorway experiments.
    pub fn round() -> Self {
        Self {
            name: "round".to_owned(),
            footprint: Footprint::Disc { radius_m: 0.3 },
            height_m: 1.5,
            drop_max_m: EVEN_M,
            step_max_m: EVEN_M,
            plant: PlantSettings::round(),
            lidar: LidarSettings {
                base_from_lidar: Pose2::new(0.15, 0.0, 0.0),
                height_m: 0.3,
                ..LidarSettings::default()
            },
            ring_lidars: Vec::new(),
            depth_cameras: Vec::new(),
            inclinometer: InclinometerSettings::default(),
        }
    }

    /// [`Self::round`] with a field of view of 360°, as usual among pedestrians: two scanners at
    /// opposite corners, merged into one scan with the origin of the scanner of `round`.
    pub fn all_round() -> Self {
        let beams = 960;
        Self {
            name: "all_round".to_owned(),
            lidar: LidarSettings {
                beams,
                angle_min_rad: -PI,
                angle_max_rad: PI - 2.0 * PI / beams as f64,
                ..Self::round().lidar
            },
            ..Self::round()
        }
    }

    /// A mobile manipulator with 3D sensors: the base of [`Self::round`], 1.4 m high, a LiDAR of 16
    /// rings in front and a depth camera on its head that looks down at the floor.
    pub fn mobile_base() -> Self {
        Self {
            name: "mobile_base".to_owned(),
            height_m: 1.4,
            ring_lidars: vec![RingLidarSettings {
                // the robot's body occludes the rear
                azimuth_min_rad: -0.75 * PI,
                azimuth_max_rad: 0.75 * PI,
                mounting: Mounting {
                    x_m: 0.25,
                    z_m: 0.6,
                    pitch_rad: 0.05,
                    ..Mounting::default()
                },
                ..RingLidarSettings::default()
            }],
            depth_cameras: vec![DepthCameraSettings {
                mounting: Mounting {
                    x_m: 0.1,
                    z_m: 1.2,
                    pitch_rad: 0.61,
                    ..Mounting::default()
                },
                ..DepthCameraSettings::default()
            }],
            inclinometer: InclinometerSettings {
                enabled: true,
                ..InclinometerSettings::default()
            },
            ..Self::round()
        }
    }

    /// Rejects values out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::ensure_within("robot", &[("height_m", self.height_m, 0.01..=10.0)])?;
        SettingsError::ensure_within(
            "robot",
            &[
                ("drop_max_m", self.drop_max_m, 0.0..=10.0),
                ("step_max_m", self.step_max_m, 0.0..=10.0),
            ],
        )?;
        if let Err(error) = self.footprint.validate() {
            let expected = "0.005 to 10 m";
            SettingsError::ensure(
                false,
                "robot.footprint",
                error.field,
                &error.value,
                expected,
            )?;
        }
        self.plant.validate()?;
        self.lidar.validate()?;
        self.inclinometer.validate()?;
        SettingsError::ensure_within(
            "robot",
            &[
                ("ring_lidars", self.ring_lidars.len(), 0..=SENSORS_MAX),
                ("depth_cameras", self.depth_cameras.len(), 0..=SENSORS_MAX),
            ],
        )?;
        self.ring_lidars
            .iter()
            .try_for_each(RingLidarSettings::validate)?;
        self.depth_cameras
            .iter()
            .try_for_each(DepthCameraSettings::validate)
    }
}

impl Default for RobotModel {
    fn default() -> Self {
        Self::round()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_robots_are_valid_and_survive_being_written_down() {
        for robot in [
            RobotModel::jackal(),
            RobotModel::round(),
            RobotModel::mobile_base(),
            RobotModel::all_round(),
        ] {
            robot.validate().unwrap();
            let text = serde_json::to_string(&robot).unwrap();
            assert_eq!(serde_json::from_str::<RobotModel>(&text).unwrap(), robot);
        }
    }

    #[test]
    fn unknown_fields_are_refused() {
        let error = serde_json::from_str::<RobotModel>(r#"{"plant": {"speed": 1}}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `speed`"));
    }
}
