//! A robot as a whole.

use perception::{Footprint, Pose2};
use serde::{Deserialize, Serialize};

use super::PlantSettings;
use crate::SettingsError;
use crate::sensing::LidarSettings;

/// Everything about a robot that the world can feel or see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RobotModel {
    /// A short name for tables and legends.
    pub name: String,
    /// Outline on the floor.
    pub footprint: Footprint,
    /// Obstacles that begin above this height are not in its way, m.
    pub height_m: f64,
    /// How it drives.
    pub plant: PlantSettings,
    /// What it sees with.
    pub lidar: LidarSettings,
}

impl RobotModel {
    /// Like a Clearpath Jackal with the LiDAR of the BARN challenge.
    pub fn jackal() -> Self {
        Self {
            name: "jackal".to_owned(),
            footprint: Footprint::Rectangle {
                length_m: 0.508,
                width_m: 0.430,
            },
            height_m: 0.35,
            plant: PlantSettings::jackal(),
            lidar: LidarSettings {
                base_from_lidar: Pose2::new(0.055, 0.0, 0.0),
                height_m: 0.3,
                ..LidarSettings::default()
            },
        }
    }

    /// A round mobile manipulator, 0.6 m across, like the robots of the doorway experiments.
    pub fn round() -> Self {
        Self {
            name: "round".to_owned(),
            footprint: Footprint::Disc { radius_m: 0.3 },
            height_m: 1.5,
            plant: PlantSettings::round(),
            lidar: LidarSettings {
                base_from_lidar: Pose2::new(0.15, 0.0, 0.0),
                height_m: 0.3,
                ..LidarSettings::default()
            },
        }
    }

    /// Refuses what no robot is.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::ensure_positive("robot", &[("height_m", self.height_m)])?;
        if let Err(error) = self.footprint.validate() {
            let expected = "a finite length above 0 m";
            SettingsError::ensure(
                false,
                "robot.footprint",
                error.field,
                &error.value,
                expected,
            )?;
        }
        self.plant.validate()?;
        self.lidar.validate()
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
        for robot in [RobotModel::jackal(), RobotModel::round()] {
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
