//! Layered settings: a shipped robot, a file over it, single values over that.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::input::read_text;

/// Maximum size of a file of settings, bytes.
const FILE_MAX: usize = 1 << 20;
/// Maximum depth of the key of an override, tables.
const DEPTH_MAX: usize = 16;

/// Shipped robots with their settings, by name.
const SHIPPED: [(&str, &str); 4] = [
    ("all_round", include_str!("../config/all_round.toml")),
    ("jackal", include_str!("../config/jackal.toml")),
    ("mobile_base", include_str!("../config/mobile_base.toml")),
    ("round", include_str!("../config/round.toml")),
];

/// Settings that support the layers of a shipped robot, files and single values.
pub trait Layered: Default + Serialize + DeserializeOwned {
    /// Tables of files that belong to other programs.
    const OTHERS: &'static [&'static str] = &[];
    /// Settings that are equal to others unless a file or an override has them: `[table, key]` of both, the
    /// follower first. The shipped robots have equal values.
    const FOLLOWERS: &'static [[[&'static str; 2]; 2]] = &[];

    /// An error that names the first value out of bounds.
    fn validate(&self) -> Result<(), perception::SettingsError>;

    /// Notes for the user on valid settings, one per line.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Errors of settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The robot does not exist.
    #[error("robot is {name:?}: expected one of {}", robots().join(", "))]
    Robot {
        /// The name given.
        name: String,
    },
    /// A file that cannot be read.
    #[error("cannot read settings from {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("{place}: not TOML: {source}")]
    Toml {
        /// File or argument.
        place: String,
        /// Position and cause.
        source: Box<toml::de::Error>,
    },
    /// An unknown key.
    #[error("{place}: unknown setting {key:?}: {table} has {}", known.join(", "))]
    Unknown {
        /// File or argument.
        place: String,
        /// The complete key.
        key: String,
        /// The table of the lookup.
        table: String,
        /// Keys of that table.
        known: Vec<String>,
    },
    /// A value of the wrong type.
    #[error("settings: {}", source.to_string().trim_end())]
    Kind {
        /// Key and cause.
        source: Box<toml::de::Error>,
    },
    /// A value of a file, or of an override over it, that is not valid.
    #[error("{place}: {source}")]
    Layer {
        /// The file, and `--set` if there are overrides.
        place: String,
        /// Cause.
        source: Box<ConfigError>,
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

/// Names of the shipped robots.
pub fn robots() -> Vec<&'static str> {
    SHIPPED.iter().map(|(name, _)| *name).collect()
}

/// The settings of a shipped robot, a file over them, and single `key=value` overrides over those.
/// Unknown keys are rejected.
pub fn load<T: Layered>(
    robot: &str,
    file: Option<&Path>,
    overrides: &[String],
) -> Result<T, ConfigError> {
    let mut table = shipped::<T>(robot)?;
    let mut over = Table::new();
    if let Some(path) = file {
        let text = read_text(path, FILE_MAX).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let place = path.display().to_string();
        over = without_others::<T>(parse(&text, &place)?);
        merge(&mut table, &over, &place, "")?;
    }
    let mut together = Table::new();
    for argument in overrides {
        unite(&mut together, override_table(argument)?);
    }
    merge(&mut table, &together, "--set", "")?;
    follow::<T>(&mut table, &[&over, &together]);
    checked(table).map_err(|source| match file {
        Some(path) => ConfigError::Layer {
            place: if overrides.is_empty() {
                path.display().to_string()
            } else {
                format!("{} and --set", path.display())
            },
            source: Box::new(source),
        },
        None => source,
    })
}

/// The settings of a shipped robot, and a text over them.
pub fn from_toml<T: Layered>(robot: &str, text: &str) -> Result<T, ConfigError> {
    let mut table = shipped::<T>(robot)?;
    let over = without_others::<T>(parse(text, "settings")?);
    merge(&mut table, &over, "settings", "")?;
    follow::<T>(&mut table, &[&over]);
    checked(table)
}

/// Copies settings to those that follow them, unless a layer has these.
fn follow<T: Layered>(table: &mut Table, layers: &[&Table]) {
    for [follower, leader] in T::FOLLOWERS {
        let at = |table: &Table, [section, key]: &[&str; 2]| -> Option<Value> {
            table.get(*section)?.as_table()?.get(*key).cloned()
        };
        if layers.iter().any(|layer| at(layer, follower).is_some()) {
            continue;
        }
        let [section, key] = follower;
        let section = table.get(*section).and_then(Value::as_table).cloned();
        if let (Some(mut section), Some(value)) = (section, at(table, leader)) {
            section.insert((*key).to_owned(), value);
            table.insert(follower[0].to_owned(), Value::Table(section));
        }
    }
}

fn checked<T: Layered>(table: Table) -> Result<T, ConfigError> {
    let settings: T = table.try_into().map_err(|source| ConfigError::Kind {
        source: Box::new(source),
    })?;
    settings.validate()?;
    Ok(settings)
}

/// A table without the tables of other programs.
pub fn without_others<T: Layered>(mut table: Table) -> Table {
    table.retain(|name, _| !T::OTHERS.contains(&name));
    table
}

/// Every setting of a shipped robot.
fn shipped<T: Layered>(robot: &str) -> Result<Table, ConfigError> {
    let Some((_, text)) = SHIPPED.iter().find(|(name, _)| *name == robot) else {
        return Err(ConfigError::Robot {
            name: robot.to_owned(),
        });
    };
    let mut table = Table::try_from(T::default()).map_err(not_toml("defaults"))?;
    merge(
        &mut table,
        &without_others::<T>(parse(text, robot)?),
        robot,
        "",
    )?;
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

/// `a.b.c=value` as nested tables. A value that is not valid TOML is a string.
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

/// Adds an override to the earlier ones, over which it takes precedence. All are merged into the
/// settings together, so that the shape of an outline and its fields may come in any order.
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

/// Merges `over` into `base`, which contains every valid key.
fn merge(base: &mut Table, over: &Table, place: &str, path: &str) -> Result<(), ConfigError> {
    // another shape of an outline has other fields
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
