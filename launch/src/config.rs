//! Settings in layers: a shipped robot, overridden by a file, overridden by single values.

use std::path::Path;

use controller::ControllerSettings;
use serde::{Deserialize, Serialize};
use sim::{
    BarnLikeSettings, BlindCornerSettings, DoorwaySettings, DriveSettings, ObstacleCourseSettings,
    PedestrianSettings, ReplaySettings, RobotModel, RoomsSettings, Scenario,
};
use training::TrainingSettings;

use runtime::RobotConfig;
use runtime::layers::{self, ConfigError, Layered};
use runtime::node::NodeSettings;

use crate::view::ViewSettings;

/// All settings of the program.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The simulated robot.
    pub robot: RobotModel,
    /// The controller.
    pub controller: ControllerSettings,
    /// Rates of the simulated loop.
    pub drive: DriveSettings,
    /// Scenarios.
    pub scenario: ScenarioSettings,
    /// Training.
    pub training: TrainingSettings,
    /// Pictures and animations of drives.
    pub view: ViewSettings,
    /// The ROS 2 node.
    pub node: NodeSettings,
}

/// Settings of every scenario.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScenarioSettings {
    /// Two rooms and a door.
    pub doorway: DoorwaySettings,
    /// Fields of posts.
    pub barn_like: BarnLikeSettings,
    /// Furnished rooms.
    pub rooms: RoomsSettings,
    /// Clutter of homes and offices.
    pub obstacle_course: ObstacleCourseSettings,
    /// Corridors or a hall with pedestrians.
    pub pedestrian: PedestrianSettings,
    /// Recorded pedestrians.
    pub replay: ReplaySettings,
    /// A blind corner.
    pub blind_corner: BlindCornerSettings,
}

impl Layered for Config {
    const FOLLOWERS: &'static [[[&'static str; 2]; 2]] =
        &[[["robot", "footprint"], ["controller", "footprint"]]];

    fn validate(&self) -> Result<(), perception::SettingsError> {
        self.controller.validate()?;
        self.robot.validate()?;
        self.drive.validate()?;
        self.training.validate()?;
        self.view.validate()?;
        self.node.validate()?;
        perception::SettingsError::ensure(
            self.controller.mapper.motion.enabled || !self.training.see_motion,
            "training",
            "see_motion",
            &self.training.see_motion,
            "false, or controller.mapper.motion.enabled to be true",
        )?;
        for name in Scenario::NAMES {
            if let Some(scenario) = self.scenario(name) {
                scenario.validate()?;
            }
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let is_one = self.robot.footprint == self.controller.footprint;
        let note = "robot.footprint and controller.footprint differ: contacts and gaps in simulation are those of \
                    robot.footprint; without robot.footprint in the settings it follows controller.footprint";
        if is_one {
            Vec::new()
        } else {
            vec![note.to_owned()]
        }
    }
}

impl Config {
    /// Names of the shipped robots.
    pub fn robots() -> Vec<&'static str> {
        layers::robots()
    }

    /// Settings of a shipped robot, overridden by those of a file and by single `key=value` pairs.
    /// Unknown keys are rejected.
    pub fn load(
        robot: &str,
        file: Option<&Path>,
        overrides: &[String],
    ) -> Result<Self, ConfigError> {
        layers::load(robot, file, overrides)
    }

    /// Settings of a shipped robot, overridden by those of a text.
    pub fn from_toml(robot: &str, text: &str) -> Result<Self, ConfigError> {
        layers::from_toml(robot, text)
    }

    /// The settings that the programs on a robot use.
    pub fn on_robot(&self) -> RobotConfig {
        RobotConfig {
            controller: self.controller.clone(),
            node: self.node.clone(),
        }
    }

    /// The scenario of this name with its settings.
    pub fn scenario(&self, name: &str) -> Option<Scenario> {
        match name {
            "doorway" => Some(Scenario::Doorway(self.scenario.doorway.clone())),
            "barn_like" => Some(Scenario::BarnLike(self.scenario.barn_like.clone())),
            "rooms" => Some(Scenario::Rooms(self.scenario.rooms.clone())),
            "obstacle_course" => Some(Scenario::ObstacleCourse(
                self.scenario.obstacle_course.clone(),
            )),
            "pedestrian" => Some(Scenario::Pedestrian(self.scenario.pedestrian.clone())),
            "blind_corner" => Some(Scenario::BlindCorner(self.scenario.blind_corner.clone())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perception::Footprint;

    fn refused(robot: &str, overrides: &[&str]) -> String {
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        Config::load(robot, None, &overrides)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn shipped_robots_are_the_simulated_ones() {
        let jackal = Config::load("jackal", None, &[]).unwrap();
        assert_eq!(jackal.robot, RobotModel::jackal());
        let round = Config::load("round", None, &[]).unwrap();
        assert_eq!(round.robot, RobotModel::round());
        let mobile_base = Config::load("mobile_base", None, &[]).unwrap();
        assert_eq!(mobile_base.robot, RobotModel::mobile_base());
        let all_round = Config::load("all_round", None, &[]).unwrap();
        assert_eq!(all_round.robot, RobotModel::all_round());
        for config in [jackal, round, mobile_base, all_round] {
            assert_eq!(config.robot.footprint, config.controller.footprint);
            runtime::Driver::Regular.agent(&config.controller).unwrap();
            // serialised settings parse to the same values
            let text = toml::to_string(&config).unwrap();
            assert_eq!(toml::from_str::<Config>(&text).unwrap(), config);
        }
    }

    #[test]
    fn single_values_override() {
        let overrides = [
            "controller.mpc.horizon=20".to_owned(),
            "controller.mpc.backend=osqp".to_owned(),
            "controller.cost.goal_weight=2".to_owned(),
        ];
        let config = Config::load("round", None, &overrides).unwrap();
        assert_eq!(config.controller.mpc.horizon, 20);
        assert_eq!(config.controller.mpc.backend, controller::LqBackend::Osqp);
        assert_eq!(config.controller.cost.goal_weight, 2.0);
    }

    #[test]
    fn a_shape_and_its_fields_may_be_given_in_any_order() {
        let corners = "[[0.6, 0.25], [0.6, -0.25], [-0.2, -0.25], [-0.2, 0.25]]";
        let whole = format!("robot.footprint={{shape=\"polygon\", vertices={corners}}}");
        let load = |overrides: &[&str]| {
            let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
            Config::load("jackal", None, &overrides).unwrap().robot
        };
        let vertices = format!("robot.footprint.vertices={corners}");
        let shape = "robot.footprint.shape=polygon";
        let whole = load(&["robot.footprint={shape=\"disc\", radius_m=0.3}", &whole]);
        assert_eq!(whole.footprint.inscribed_radius_m(), 0.2);
        assert_eq!(load(&[&vertices, shape]), whole);
        assert_eq!(load(&[shape, &vertices]), whole);
        let text = format!("robot.footprint.vertices=\"{corners}\"");
        assert_eq!(load(&[shape, &text]), whole);
        let message = refused(
            "round",
            &["robot.footprint={shape=\"polygon\", vertices=[[1, 0]]}"],
        );
        assert!(
            message.contains("polygon has 1 vertices: expected 3 to 16"),
            "{message}"
        );
    }

    #[test]
    fn the_simulated_footprint_follows_the_controller_s_unless_it_is_set() {
        let own = Footprint::Disc { radius_m: 0.2 };
        let shape = "shape = \"disc\"\nradius_m";
        for robot in Config::robots() {
            let text = format!("[controller.footprint]\n{shape} = 0.2\n");
            let config = Config::from_toml(robot, &text).unwrap();
            assert_eq!(config.robot.footprint, own, "{robot}");
            assert!(config.notes().is_empty());
            let text = format!("{text}[robot.footprint]\n{shape} = 0.25\n");
            let config = Config::from_toml(robot, &text).unwrap();
            assert_eq!(config.robot.footprint, Footprint::Disc { radius_m: 0.25 });
            assert_eq!(config.controller.footprint, own, "{robot}");
            assert!(config.notes()[0].contains("robot.footprint and controller.footprint differ"));
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &text).unwrap();
            let set = ["controller.footprint.radius_m=0.22".to_owned()];
            let config = Config::load(robot, Some(file.path()), &set).unwrap();
            assert_eq!(config.robot.footprint, Footprint::Disc { radius_m: 0.25 });
            let whole = "controller.footprint={shape=\"disc\", radius_m=0.2}".to_owned();
            let config = Config::load(robot, None, &[whole]).unwrap();
            assert_eq!(config.robot.footprint, own, "{robot}");
        }
    }

    #[test]
    fn what_nothing_reads_is_refused_by_name() {
        let message = refused("round", &["controller.mpc.horizn=20"]);
        assert!(
            message.starts_with(
                "--set: unknown setting \"controller.mpc.horizn\": controller.mpc has "
            )
        );
        assert!(message.contains("horizon"));
        assert!(refused("round", &["controller.mpc.horizon"]).contains("expected key=value"));
        assert!(refused("round", &["controller.mpc.horizon=many"]).contains("horizon"));
        assert_eq!(
            refused("round", &["controller.mpc.horizon=0"]),
            "settings: mpc.horizon is 0: expected 2 to 200 knots"
        );
        assert_eq!(
            refused("square", &[]),
            "robot is \"square\": expected one of all_round, jackal, mobile_base, round"
        );
    }
}
