//! Settings: a shipped robot, a file over it, single values over that.

use std::path::PathBuf;

use controller::ControllerSettings;
use serde::{Deserialize, Serialize};
use sim::{
    BarnLikeSettings, BlindCornerSettings, DoorwaySettings, DriveSettings, ObstacleCourseSettings,
    PedestrianSettings, ReplaySettings, RobotModel, RoomsSettings, Scenario,
};
use toml::{Table, Value};
use training::TrainingSettings;

use crate::input::read_text;
use crate::node::NodeSettings;
use crate::view::ViewSettings;

/// Largest file of settings, bytes.
const FILE_MAX: usize = 1 << 20;
/// Deepest key of an override, tables.
const DEPTH_MAX: usize = 16;

/// Robots whose settings are part of the program, by name.
const SHIPPED: [(&str, &str); 4] = [
    ("all_round", include_str!("../config/all_round.toml")),
    ("jackal", include_str!("../config/jackal.toml")),
    ("mobile_base", include_str!("../config/mobile_base.toml")),
    ("round", include_str!("../config/round.toml")),
];

/// Every setting of the program.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The robot as it is simulated.
    pub robot: RobotModel,
    /// What drives it.
    pub controller: ControllerSettings,
    /// Rates of the simulated loop.
    pub drive: DriveSettings,
    /// Scenarios to draw situations from.
    pub scenario: ScenarioSettings,
    /// How a policy learns.
    pub training: TrainingSettings,
    /// How drives are shown.
    pub view: ViewSettings,
    /// What the node of ROS 2 does about the controller.
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
    /// Corridors with people, or a hall.
    pub pedestrian: PedestrianSettings,
    /// People as they were recorded.
    pub replay: ReplaySettings,
    /// A corner that hides who comes round it.
    pub blind_corner: BlindCornerSettings,
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No such robot.
    #[error("robot is {name:?}: expected one of {}", Config::robots().join(", "))]
    Robot {
        /// The name given.
        name: String,
    },
    /// A file that cannot be read.
    #[error("cannot read settings from {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("{place}: not TOML: {source}")]
    Toml {
        /// File or argument.
        place: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A key that nothing reads.
    #[error("{place}: unknown setting {key:?}: {table} has {}", known.join(", "))]
    Unknown {
        /// File or argument.
        place: String,
        /// The whole key.
        key: String,
        /// The table it was looked for in.
        table: String,
        /// What that table has.
        known: Vec<String>,
    },
    /// A value of the wrong kind.
    #[error("settings: {source}")]
    Kind {
        /// Which key, and why.
        source: Box<toml::de::Error>,
    },
    /// `--set` without `=`.
    #[error("--set {argument:?}: expected key=value, for example controller.mpc.horizon=20")]
    NoValue {
        /// The argument given.
        argument: String,
    },
    /// A value out of bounds.
    #[error("settings: {0}")]
    Perception(#[from] perception::SettingsError),
}

impl Config {
    /// Names of the robots that are part of the program.
    pub fn robots() -> Vec<&'static str> {
        SHIPPED.iter().map(|(name, _)| *name).collect()
    }

    /// The settings of a shipped robot, those of a file over them, and single `key=value`
    /// overrides over those. Keys that nothing reads are refused.
    pub fn load(
        robot: &str,
        file: Option<&std::path::Path>,
        overrides: &[String],
    ) -> Result<Self, ConfigError> {
        let mut table = shipped(robot)?;
        if let Some(path) = file {
            let text = read_text(path, FILE_MAX).map_err(|source| ConfigError::Read {
                path: path.to_owned(),
                source,
            })?;
            let place = path.display().to_string();
            merge(&mut table, &parse(&text, &place)?, &place, "")?;
        }
        let mut together = Table::new();
        for argument in overrides {
            unite(&mut together, override_table(argument)?);
        }
        merge(&mut table, &together, "--set", "")?;
        Self::checked(table)
    }

    /// The settings of a shipped robot, and those of a text over them.
    pub fn from_toml(robot: &str, text: &str) -> Result<Self, ConfigError> {
        let mut table = shipped(robot)?;
        merge(&mut table, &parse(text, "settings")?, "settings", "")?;
        Self::checked(table)
    }

    fn checked(table: Table) -> Result<Self, ConfigError> {
        let config: Self = table.try_into().map_err(|source| ConfigError::Kind {
            source: Box::new(source),
        })?;
        config.controller.validate()?;
        config.robot.validate()?;
        config.drive.validate()?;
        config.training.validate()?;
        config.view.validate()?;
        config.node.validate()?;
        perception::SettingsError::ensure(
            config.controller.mapper.motion.enabled || !config.training.see_motion,
            "training",
            "see_motion",
            &config.training.see_motion,
            "false, or controller.mapper.motion.enabled to be true",
        )?;
        for name in Scenario::NAMES {
            if let Some(scenario) = config.scenario(name) {
                scenario.validate()?;
            }
        }
        Ok(config)
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

/// Every setting of a shipped robot.
fn shipped(robot: &str) -> Result<Table, ConfigError> {
    let Some((_, text)) = SHIPPED.iter().find(|(name, _)| *name == robot) else {
        return Err(ConfigError::Robot {
            name: robot.to_owned(),
        });
    };
    let mut table = Table::try_from(Config::default()).map_err(not_toml("defaults"))?;
    merge(&mut table, &parse(text, robot)?, robot, "")?;
    Ok(table)
}

fn not_toml<E: Into<toml::ser::Error>>(place: &'static str) -> impl Fn(E) -> ConfigError {
    move |error| ConfigError::Toml {
        place: place.to_owned(),
        source: Box::new(serde::de::Error::custom(error.into())),
    }
}

fn parse(text: &str, place: &str) -> Result<Table, ConfigError> {
    text.parse().map_err(|source| ConfigError::Toml {
        place: place.to_owned(),
        source: Box::new(source),
    })
}

/// `a.b.c=value` as nested tables. A value that is not TOML is a string.
fn override_table(argument: &str) -> Result<Table, ConfigError> {
    let Some((key, value)) = argument.split_once('=') else {
        return Err(ConfigError::NoValue {
            argument: argument.to_owned(),
        });
    };
    let (key, value) = (key.trim(), value.trim());
    let parsed = parse(&format!("value = {value}"), "--set")
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(value.to_owned()));
    if key.matches('.').count() >= DEPTH_MAX {
        return Err(ConfigError::Unknown {
            place: "--set".to_owned(),
            key: key.chars().take(60).collect(),
            table: "the deepest table".to_owned(),
            known: vec![format!("at most {DEPTH_MAX} levels")],
        });
    }
    let mut parts = key.rsplit('.');
    let mut nested = Table::new();
    nested.insert(parts.next().unwrap_or_default().to_owned(), parsed);
    for part in parts {
        let inner = std::mem::take(&mut nested);
        nested.insert(part.to_owned(), Value::Table(inner));
    }
    Ok(nested)
}

/// Adds an override to those before it, of which it takes precedence. They are laid over the settings
/// together, so that the shape of an outline and its fields may come in any order.
fn unite(together: &mut Table, one: Table) {
    for (key, value) in one {
        match (together.get_mut(&key), value) {
            (Some(Value::Table(held)), Value::Table(inner)) if !is_whole_outline(&inner) => {
                unite(held, inner);
            }
            (_, value) => {
                together.insert(key, value);
            }
        }
    }
}

fn is_whole_outline(table: &Table) -> bool {
    table.contains_key("shape") && table.len() > 1
}

/// Lays `over` on `base`, which has every key there is.
fn merge(base: &mut Table, over: &Table, place: &str, path: &str) -> Result<(), ConfigError> {
    // an outline of another shape has other fields
    let is_tagged = over.contains_key("shape");
    if is_tagged {
        base.clear();
    }
    for (key, value) in over {
        let whole = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        if !is_tagged && !base.contains_key(key) {
            return Err(ConfigError::Unknown {
                place: place.to_owned(),
                key: whole,
                table: if path.is_empty() { "the file" } else { path }.to_owned(),
                known: base.keys().cloned().collect(),
            });
        }
        match (base.get_mut(key), value) {
            (Some(Value::Table(inner)), Value::Table(over)) => merge(inner, over, place, &whole)?,
            (Some(Value::Float(slot)), Value::Integer(number)) => *slot = *number as f64,
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
            crate::driver::Driver::Regular.agent(&config).unwrap();
            // what is written down reads back the same
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
