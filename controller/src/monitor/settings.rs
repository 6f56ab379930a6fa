//! Settings of the collision monitor and its zones.

use perception::{Footprint, Point2, SettingsError};
use serde::{Deserialize, Serialize};

use super::shape::area_m2;

/// Maximum number of zones.
const ZONES_MAX: usize = 16;
/// Maximum number of corners of a polygon.
const CORNERS_MAX: usize = 64;
/// Maximum distance of a corner of a zone from the base, m.
const EXTENT_MAX_M: f64 = 20.0;
/// Maximum of `min_points`.
const POINTS_MAX: usize = 10_000;
/// Smallest area of a polygon, m².
const AREA_MIN_M2: f64 = 1e-4;

/// Settings of the monitor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MonitorSettings {
    /// False: commands pass unchanged.
    pub enabled: bool,
    /// Age of the latest scan of a scanner at which the robot is stopped, s; 0 disables the
    /// timeout. Longer than the guard needs to detect a timeout and to brake within the limits.
    pub source_timeout_s: f64,
    /// The zones. With an empty list only `source_timeout_s` is in force.
    pub zones: Vec<ZoneSettings>,
}

/// One zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneSettings {
    /// Its name in diagnostics.
    pub name: String,
    /// False: the zone is ignored.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// Its outline.
    pub shape: ZoneShape,
    /// Direction of the commands to which the zone applies.
    #[serde(default)]
    pub travel: Travel,
    /// Minimum number of scan points in the zone that trigger it: fewer are noise.
    #[serde(default = "min_points")]
    pub min_points: usize,
    /// Reaction to points in the zone.
    pub action: ZoneAction,
}

fn enabled() -> bool {
    true
}

fn min_points() -> usize {
    4
}

/// Outline of a zone in the base frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ZoneShape {
    /// The footprint of the robot.
    Footprint {
        /// Padding of the footprint on all sides, m; may be negative.
        #[serde(default)]
        padding_m: f64,
        /// Shift of the footprint in the direction of travel, m. If above 0, the zone does not
        /// apply to turns on the spot.
        #[serde(default)]
        ahead_m: f64,
    },
    /// A circle about the base frame's origin.
    Circle {
        /// Its radius, m.
        radius_m: f64,
    },
    /// A polygon, convex or not.
    Polygon {
        /// Its corners x, y in order, m.
        points: Vec<[f64; 2]>,
    },
}

/// Direction of the commands to which a zone applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Travel {
    /// All commands.
    #[default]
    Any,
    /// Forward.
    Forward,
    /// Backward.
    Backward,
}

/// Reaction of a zone with enough points in it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ZoneAction {
    /// A zero command.
    Stop,
    /// Scales the command.
    Slowdown {
        /// The share, 0 to 1.
        factor: f64,
    },
    /// Limits speed and turning rate by scaling the command.
    Limit {
        /// Speed, m/s.
        speed_max_mps: f64,
        /// Turning rate, rad/s.
        turn_rate_max_radps: f64,
    },
    /// Forward simulation: the command is scaled so that the robot stops before a contact.
    Approach {
        /// Time to contact that must remain before braking begins, s.
        time_before_collision_s: f64,
    },
}

impl Default for MonitorSettings {
    /// A stop zone one centimetre ahead of the footprint and as wide, and an approach zone with the
    /// footprint as its shape. Both act later than the guard and leave normal driving unchanged.
    fn default() -> Self {
        Self {
            enabled: true,
            source_timeout_s: 2.0,
            zones: vec![
                ZoneSettings {
                    name: "stop".to_owned(),
                    enabled: enabled(),
                    shape: ZoneShape::Footprint {
                        padding_m: -0.02,
                        ahead_m: 0.03,
                    },
                    travel: Travel::Any,
                    min_points: min_points(),
                    action: ZoneAction::Stop,
                },
                ZoneSettings {
                    name: "approach".to_owned(),
                    enabled: enabled(),
                    shape: ZoneShape::Footprint {
                        padding_m: 0.0,
                        ahead_m: 0.0,
                    },
                    travel: Travel::Any,
                    min_points: min_points(),
                    action: ZoneAction::Approach {
                        time_before_collision_s: 0.1,
                    },
                },
            ],
        }
    }
}

impl MonitorSettings {
    /// Rejects zones without an area, values outside their bounds, and duplicate names.
    pub fn validate(&self, footprint: &Footprint) -> Result<(), SettingsError> {
        let section = "monitor";
        SettingsError::ensure(
            (0.0..=60.0).contains(&self.source_timeout_s),
            section,
            "source_timeout_s",
            &self.source_timeout_s,
            "0 to 60 s",
        )?;
        SettingsError::ensure(
            self.zones.len() <= ZONES_MAX,
            section,
            "zones",
            &self.zones.len(),
            "at most 16 zones",
        )?;
        for (place, zone) in self.zones.iter().enumerate() {
            let is_new = self.zones[..place]
                .iter()
                .all(|other| other.name != zone.name);
            SettingsError::ensure(
                is_new && !zone.name.is_empty(),
                "monitor.zones",
                "name",
                &format!("{:?}", zone.name),
                "a name that no other zone has",
            )?;
            zone.validate(footprint)?;
        }
        Ok(())
    }
}

impl ZoneSettings {
    fn validate(&self, footprint: &Footprint) -> Result<(), SettingsError> {
        let section = "monitor.zones";
        SettingsError::ensure(
            (1..=POINTS_MAX).contains(&self.min_points),
            section,
            "min_points",
            &self.min_points,
            "1 to 10000 points",
        )?;
        let extent = |value: f64| value.is_finite() && value.abs() <= EXTENT_MAX_M;
        match &self.shape {
            ZoneShape::Footprint { padding_m, ahead_m } => {
                let inscribed_m = footprint.inscribed_radius_m();
                SettingsError::ensure(
                    extent(*padding_m) && *padding_m > -inscribed_m,
                    section,
                    "shape.padding_m",
                    padding_m,
                    "less than 20 m, and above the negative of the footprint's inscribed radius",
                )?;
                SettingsError::ensure(
                    (0.0..=EXTENT_MAX_M).contains(ahead_m),
                    section,
                    "shape.ahead_m",
                    ahead_m,
                    "0 to 20 m",
                )?;
            }
            ZoneShape::Circle { radius_m } => SettingsError::ensure(
                extent(*radius_m) && *radius_m > 0.0,
                section,
                "shape.radius_m",
                radius_m,
                "above 0, at most 20 m",
            )?,
            ZoneShape::Polygon { points } => {
                let fits = (3..=CORNERS_MAX).contains(&points.len())
                    && points.iter().flatten().all(|&value| extent(value));
                let corners: Vec<Point2> = points.iter().map(|&[x, y]| Point2::new(x, y)).collect();
                SettingsError::ensure(
                    fits && area_m2(&corners) >= AREA_MIN_M2,
                    section,
                    "shape.points",
                    &format!("{points:?}"),
                    "3 to 64 corners about an area, each within 20 m",
                )?;
            }
        }
        self.action.validate()
    }
}

impl ZoneAction {
    fn validate(&self) -> Result<(), SettingsError> {
        let section = "monitor.zones";
        match *self {
            Self::Stop => Ok(()),
            Self::Slowdown { factor } => SettingsError::ensure(
                (0.0..=1.0).contains(&factor),
                section,
                "action.factor",
                &factor,
                "0 to 1",
            ),
            Self::Limit {
                speed_max_mps,
                turn_rate_max_radps,
            } => SettingsError::ensure_not_negative(
                section,
                &[
                    ("action.speed_max_mps", speed_max_mps),
                    ("action.turn_rate_max_radps", turn_rate_max_radps),
                ],
            ),
            Self::Approach {
                time_before_collision_s,
            } => SettingsError::ensure(
                (0.01..=10.0).contains(&time_before_collision_s),
                section,
                "action.time_before_collision_s",
                &time_before_collision_s,
                "0.01 to 10 s",
            ),
        }
    }
}
