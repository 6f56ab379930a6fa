//! Parser and writer for the YAML file of a map.

use serde::{Deserialize, Serialize};

use perception::wrap_angle;
use recordings::yaml::{self, YamlError};

/// Maximum length of the text, bytes.
const YAML_MAX: usize = 64 << 10;
/// Maximum distance of a corner of a map from the origin of its frame, m.
const ORIGIN_MAX: f64 = 1e6;
/// Yaw up to which a map counts as not rotated, rad: 1 cm on 100 m.
const YAW_MAX_RAD: f64 = 1e-4;
/// A yaw up to this counts as zero (rounding), rad.
const YAW_EXACT_RAD: f64 = 1e-9;

/// Interpretation of pixel shades (`nav2_map_server`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MapMode {
    /// Occupied, free or unknown by two thresholds.
    #[default]
    Trinary,
    /// A percentage between the thresholds; transparent is unknown.
    Scale,
    /// The value itself, 0 to 100; all others are unknown.
    Raw,
}

/// Fields of the YAML file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapMeta {
    /// Name of the image file, relative to the YAML file.
    pub image: String,
    /// Interpretation of shades.
    #[serde(default)]
    pub mode: MapMode,
    /// Side of a pixel, m.
    #[serde(deserialize_with = "number")]
    pub resolution: f64,
    /// Pose of the lower left pixel's corner: x, y (m), yaw (rad).
    #[serde(deserialize_with = "numbers")]
    pub origin: [f64; 3],
    /// If true (or 1), white is occupied instead of black.
    #[serde(deserialize_with = "truth", serialize_with = "digit")]
    pub negate: bool,
    /// Darkness above which a pixel is occupied, 0 to 1.
    #[serde(deserialize_with = "number")]
    pub occupied_thresh: f64,
    /// Darkness below which a pixel is free, 0 to 1.
    #[serde(deserialize_with = "number")]
    pub free_thresh: f64,
}

/// Reason why a map was rejected.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// The text is not the expected YAML.
    #[error("map yaml: {0}")]
    Yaml(#[from] YamlError),
    /// The fields cannot be written as YAML.
    #[error("map yaml: {0}")]
    Write(#[from] serde_yaml_ng::Error),
    /// A field has an invalid value.
    #[error("map yaml: {field} is {found}: expected {expected}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// Value found.
        found: String,
        /// Values expected.
        expected: &'static str,
    },
    /// The image cannot be decoded.
    #[error("map image: {0}: expected a whole PNG, PGM or BMP image")]
    Image(#[from] ::image::ImageError),
}

impl MapMeta {
    /// Parses and validates the YAML file.
    pub fn from_yaml(text: &str) -> Result<Self, MapError> {
        Self::from_yaml_noted(text, &mut Vec::new())
    }

    /// Parses the YAML file as [`Self::from_yaml`] does, and adds notes for the user.
    pub fn from_yaml_noted(text: &str, notes: &mut Vec<String>) -> Result<Self, MapError> {
        let mut meta: Self = yaml::read(text, YAML_MAX)?;
        let yaw = wrap_angle(meta.origin[2]);
        if yaw.is_nan() {
            notes.push("the yaw of origin is no number and was taken for 0".to_owned());
        } else if yaw.abs() > YAW_EXACT_RAD && yaw.abs() <= YAW_MAX_RAD {
            notes.push(format!("the yaw of origin, {yaw} rad, was taken for 0"));
        }
        if yaw.is_nan() || yaw.abs() <= YAW_MAX_RAD {
            meta.origin[2] = 0.0;
        }
        meta.validate()?;
        Ok(meta)
    }

    /// Text of the YAML file.
    pub fn to_yaml(&self) -> Result<String, MapError> {
        Ok(serde_yaml_ng::to_string(self)?)
    }

    fn validate(&self) -> Result<(), MapError> {
        let refuse = |field, found: String, expected| {
            Err(MapError::Field {
                field,
                found,
                expected,
            })
        };
        if !(0.001..=100.0).contains(&self.resolution) {
            let expected = "0.001 to 100 m";
            return refuse("resolution", format!("{:?}", self.resolution), expected);
        }
        if !self.origin.iter().all(|value| value.abs() <= ORIGIN_MAX) {
            let expected = "three numbers from -1e6 to 1e6";
            return refuse("origin", format!("{:?}", self.origin), expected);
        }
        if self.origin[2] != 0.0 {
            let expected = "a yaw of 0: turned maps are not supported; turn the image itself and set the \
                            yaw to 0, or build the map anew with `map`";
            return refuse("origin", format!("{:?}", self.origin), expected);
        }
        for (field, value) in [
            ("occupied_thresh", self.occupied_thresh),
            ("free_thresh", self.free_thresh),
        ] {
            if !(0.0..=1.0).contains(&value) {
                return refuse(field, format!("{value:?}"), "0 to 1");
            }
        }
        if self.free_thresh >= self.occupied_thresh {
            let expected = "less than occupied_thresh";
            return refuse("free_thresh", self.free_thresh.to_string(), expected);
        }
        Ok(())
    }
}

/// Number, also in quotes, and NaN in the notation of C and YAML.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(f64),
    Text(String),
}

impl Number {
    fn value<E: serde::de::Error>(self) -> Result<f64, E> {
        match self {
            Self::Plain(value) => Ok(value),
            Self::Text(text) => match text.trim() {
                "nan" | "-nan" | "NaN" | ".nan" | ".NaN" | ".NAN" => Ok(f64::NAN),
                number => number
                    .parse()
                    .map_err(|_| E::custom(format!("{text:?}: expected a number"))),
            },
        }
    }
}

fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Number::deserialize(from)?.value()
}

fn numbers<'de, D: serde::Deserializer<'de>>(from: D) -> Result<[f64; 3], D::Error> {
    let [x, y, yaw] = <[Number; 3]>::deserialize(from)?;
    Ok([x.value()?, y.value()?, yaw.value()?])
}

/// Parses `true`, `false`, `1` or `0`, also in quotes.
fn truth<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Truth {
        Word(bool),
        Number(i64),
        Text(String),
    }
    match Truth::deserialize(from) {
        Ok(Truth::Word(truth)) => Ok(truth),
        Ok(Truth::Number(0)) => Ok(false),
        Ok(Truth::Number(1)) => Ok(true),
        Ok(Truth::Text(text)) if ["0", "false"].contains(&text.trim()) => Ok(false),
        Ok(Truth::Text(text)) if ["1", "true"].contains(&text.trim()) => Ok(true),
        _ => Err(serde::de::Error::custom(
            "negate: expected 0, 1, true or false",
        )),
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn digit<S: serde::Serializer>(truth: &bool, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u8(u8::from(*truth))
}
