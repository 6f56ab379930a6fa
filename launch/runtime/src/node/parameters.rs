//! Every setting of controller and node as a named parameter.
//!
//! Settings of the node have plain names, those of the controller their path:
//! `controller.limits.speed_max_mps`. `robot` and `config` select the settings that they override.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::{Table, Value};

use crate::RobotConfig;

/// Descriptions by name.
const DESCRIPTIONS: &str = include_str!("parameters.toml");
/// Parameters that are read only at the start of the node.
const STARTUP: [&str; 6] = [
    "robot",
    "config",
    "depth_cameras",
    "enable_stamped_cmd_vel",
    "use_sim_time",
    "autostart",
];
/// Parameters of the node that take effect at the next activation.
const ON_ACTIVATION: [&str; 7] = [
    "model",
    "base_frame",
    "odom_frame",
    "record",
    "record_directory",
    "use_realtime_priority",
    "watchdog_periods",
];

/// States in which a parameter may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settable {
    /// At the start of the node only.
    AtStart,
    /// While the node is not active.
    Inactive,
    /// Always.
    Always,
}

/// All parameters and the resulting settings.
#[derive(Debug, Clone)]
pub struct Parameters {
    robot: String,
    file: String,
    set: BTreeMap<String, Value>,
    config: RobotConfig,
    values: BTreeMap<String, Value>,
}

impl Parameters {
    /// The settings with some parameters. Unknown parameters are rejected.
    pub fn new(given: &BTreeMap<String, Value>) -> Result<Self, String> {
        let text = |name: &str, usual: &str| match given.get(name) {
            None => Ok(usual.to_owned()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value) => Err(format!("{name} is {value}: expected a string")),
        };
        let (robot, file) = (text("robot", "round")?, text("config", "")?);
        let mut set = given.clone();
        set.remove("robot");
        set.remove("config");
        Self::load(robot, file, set)
    }

    fn load(robot: String, file: String, set: BTreeMap<String, Value>) -> Result<Self, String> {
        let overrides: Vec<String> = set
            .iter()
            .map(|(name, value)| format!("{}={value}", key(name)))
            .collect();
        let path = (!file.is_empty()).then(|| PathBuf::from(&file));
        let config = RobotConfig::load(&robot, path.as_deref(), &overrides);
        let config = config.map_err(|error| error.to_string().replace("node.", ""))?;
        let table = Table::try_from(&config).map_err(|error| error.to_string())?;
        let mut values = BTreeMap::new();
        for (section, prefix) in [("controller", "controller."), ("node", "")] {
            if let Some(Value::Table(table)) = table.get(section) {
                flatten(table, prefix, &mut values);
            }
        }
        values.insert("robot".to_owned(), Value::String(robot.clone()));
        values.insert("config".to_owned(), Value::String(file.clone()));
        Ok(Self {
            robot,
            file,
            set,
            config,
            values,
        })
    }

    /// The settings.
    pub fn config(&self) -> &RobotConfig {
        &self.config
    }

    /// Names and values, in the order of names.
    pub fn values(&self) -> &BTreeMap<String, Value> {
        &self.values
    }

    /// The same with other values, all or none, for a node that is active or not; else the error.
    pub fn with(&self, changes: &[(String, Value)], is_active: bool) -> Result<Self, String> {
        let mut set = self.set.clone();
        for (name, value) in changes {
            let Some(held) = self.values.get(name) else {
                return Err(format!("{name:?} is no parameter of this node"));
            };
            if held == value {
                continue;
            }
            if !is_alike(held, value) {
                let (held, value) = (held.type_str(), value.type_str());
                return Err(format!("{name} is of type {held}: found {value}"));
            }
            match settable(name) {
                Settable::AtStart => return Err(format!("{name} is read when the node starts")),
                Settable::Inactive if is_active => {
                    return Err(format!("{name} cannot change while the node is active"));
                }
                Settable::Inactive | Settable::Always => {}
            }
            set.insert(name.clone(), value.clone());
        }
        Self::load(self.robot.clone(), self.file.clone(), set)
    }

    /// Description of a parameter.
    pub fn description(name: &str) -> String {
        let table: Table = DESCRIPTIONS.parse().unwrap_or_default();
        let text = table.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    }

    /// Valid values of a parameter, as in errors; empty if any value of its type is valid.
    pub fn range(&self, name: &str) -> String {
        let trials: Vec<Value> = match self.values.get(name) {
            Some(Value::Float(_)) => [f64::NAN, -1e300, 1e300].map(Value::Float).to_vec(),
            Some(Value::Integer(_)) => [-1, 0, i64::from(i32::MAX)].map(Value::Integer).to_vec(),
            Some(Value::String(_)) if settable(name) != Settable::AtStart => {
                vec![Value::String("?".to_owned()), Value::String(String::new())]
            }
            _ => Vec::new(),
        };
        let refusals = trials.into_iter().filter_map(|value| {
            let mut set = self.set.clone();
            set.insert(name.to_owned(), value);
            let refused = Self::load(self.robot.clone(), self.file.clone(), set).err()?;
            let (_, expected) = refused.split_once("expected ")?;
            let expected = expected.lines().next().unwrap_or_default();
            (!expected.starts_with("usize")).then(|| expected.to_owned())
        });
        refusals.min_by_key(String::len).unwrap_or_default()
    }
}

/// Minimum and maximum of a number, if its range has both.
pub fn bounds(range: &str) -> Option<[f64; 2]> {
    let (least, rest) = range.split_once(" to ")?;
    let greatest = rest.split([' ', ',']).next()?;
    Some([least.parse().ok()?, greatest.parse().ok()?])
}

/// States in which a parameter may be set.
pub fn settable(name: &str) -> Settable {
    if STARTUP.contains(&name) {
        Settable::AtStart
    } else if ["controller.", "incidents."]
        .iter()
        .any(|part| name.starts_with(part))
        || ON_ACTIVATION.contains(&name)
    {
        Settable::Inactive
    } else {
        Settable::Always
    }
}

/// Key of a parameter in the settings.
fn key(name: &str) -> String {
    if name.starts_with("controller.") {
        name.to_owned()
    } else {
        format!("node.{name}")
    }
}

fn flatten(table: &Table, prefix: &str, into: &mut BTreeMap<String, Value>) {
    for (name, value) in table {
        let name = format!("{prefix}{name}");
        match value {
            Value::Table(inner) => flatten(inner, &format!("{name}."), into),
            Value::Array(items) if items.iter().any(Value::is_table) => {}
            // ROS parameters have no nested lists: like Nav2, they are text
            Value::Array(items) if items.iter().any(Value::is_array) => {
                into.insert(name, Value::String(value.to_string()));
            }
            _ => {
                into.insert(name, value.clone());
            }
        }
    }
}

/// True if a value can replace another: the same type, or an integer for a float.
fn is_alike(held: &Value, value: &Value) -> bool {
    match (held, value) {
        (Value::Float(_), Value::Integer(_)) => true,
        (Value::Array(held), Value::Array(items)) => items
            .iter()
            .all(|item| held.first().is_none_or(|held| is_alike(held, item))),
        _ => held.type_str() == value.type_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(given: &[(&str, Value)]) -> Result<Parameters, String> {
        let given = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        Parameters::new(&given.collect())
    }

    fn change(name: &str, value: impl Into<Value>) -> Vec<(String, Value)> {
        vec![(name.to_owned(), value.into())]
    }

    const CORNERS: &str = "[[0.6, 0.25], [0.6, -0.25], [-0.2, -0.25], [-0.2, 0.25]]";

    fn polygonal() -> Parameters {
        let given = [
            ("controller.footprint.shape", Value::from("polygon")),
            ("controller.footprint.vertices", Value::from(CORNERS)),
        ];
        parameters(&given).unwrap()
    }

    #[test]
    fn a_polygon_is_given_and_shown_as_nav2_writes_it() {
        let held = polygonal();
        let name = "controller.footprint.vertices";
        let shown = held.values()[name].as_str().unwrap();
        assert_eq!(
            shown.parse::<perception::Polygon>(),
            CORNERS.parse::<perception::Polygon>()
        );
        assert_eq!(held.config().controller.footprint.reach_x_m(), [-0.2, 0.6]);
        let longer = "[[0.8, 0.25], [0.8, -0.25], [-0.2, -0.25], [-0.2, 0.25]]";
        let changed = held.with(&change(name, longer), false).unwrap();
        let reach_m = changed.config().controller.footprint.reach_x_m();
        assert_eq!(reach_m, [-0.2, 0.8]);
        let refused = held.with(&change(name, "[[0, 1]]"), false).unwrap_err();
        assert!(refused.contains("3 to 16"), "{refused}");
        assert!(held.range(name).contains("vertices"));
    }

    #[test]
    fn every_parameter_is_described_and_nothing_else_is() {
        let table: Table = DESCRIPTIONS.parse().unwrap();
        let told: Vec<&str> = table.keys().map(String::as_str).collect();
        let mut known: Vec<String> = crate::layers::robots()
            .iter()
            .flat_map(|robot| {
                let given = parameters(&[("robot", Value::from(*robot))]).unwrap();
                given.values().keys().cloned().collect::<Vec<_>>()
            })
            .collect();
        known.extend(polygonal().values().keys().cloned());
        known.push("use_sim_time".to_owned());
        known.sort();
        known.dedup();
        let missing: Vec<&String> = known
            .iter()
            .filter(|name| !told.contains(&name.as_str()))
            .collect();
        let stale: Vec<&&str> = told
            .iter()
            .filter(|name| !known.iter().any(|k| k == *name))
            .collect();
        assert!(
            missing.is_empty() && stale.is_empty(),
            "missing {missing:?}, stale {stale:?}"
        );
        assert!(
            table
                .values()
                .all(|text| text.as_str().is_some_and(|text| !text.is_empty()))
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_reason() {
        let held = parameters(&[("robot", Value::from("jackal"))]).unwrap();
        let refused = |name: &str, value: Value, is_active| {
            held.with(&change(name, value), is_active).unwrap_err()
        };
        assert_eq!(
            refused("controller_frequency", Value::from(0.0), false),
            "settings: controller_frequency is 0: expected 1 to 200 Hz"
        );
        assert!(refused("controller_freq", Value::from(1.0), false).contains("no parameter"));
        assert!(
            refused("controller.mpc.horizon", Value::from("ten"), false).contains("type integer")
        );
        assert!(refused("controller.mpc.horizon", Value::from(20), true).contains("active"));
        assert!(refused("robot", Value::from("round"), false).contains("starts"));
        let changed = held.with(&change("xy_goal_tolerance_m", 1), true).unwrap();
        assert_eq!(changed.config().node.xy_goal_tolerance_m, 1.0);
        assert!(parameters(&[("no_such", Value::from(1))]).is_err());
    }

    #[test]
    fn ranges_are_what_refusals_say() {
        let held = parameters(&[]).unwrap();
        assert_eq!(held.range("controller_frequency"), "1 to 200 Hz");
        assert_eq!(held.range("controller.guard.scan_age_max_s"), "0.05 to 2");
        assert!(held.range("controller.mpc.horizon").contains("knots"));
        assert!(held.range("controller.mpc.backend").contains("osqp"));
        assert_eq!(held.range("model"), "");
        let bounds = |name| bounds(&held.range(name));
        assert_eq!(bounds("controller_frequency"), Some([1.0, 200.0]));
        assert_eq!(bounds("controller.mpc.horizon"), Some([2.0, 200.0]));
        assert_eq!(bounds("controller.guard.scan_age_max_s"), Some([0.05, 2.0]));
        assert_eq!(
            bounds("controller.limits.speed_max_mps"),
            Some([0.01, 20.0])
        );
    }
}
