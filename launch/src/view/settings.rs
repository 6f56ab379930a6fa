//! Settings of pages.

use perception::SettingsError;
use serde::{Deserialize, Serialize};

/// Settings of the page of a drive or a map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ViewSettings {
    /// Period of maps in the page, s. Long drives have fewer, to limit the size.
    pub map_period_s: f64,
    /// Margin beyond the radius of the robot's outline within which cells are shown as near to an
    /// obstacle, m.
    pub inflation_m: f64,
    /// Approximate maximum size of the page, MiB.
    pub size_max_mib: f64,
}

impl Default for ViewSettings {
    fn default() -> Self {
        Self {
            map_period_s: 0.25,
            inflation_m: 0.05,
            size_max_mib: 10.0,
        }
    }
}

impl ViewSettings {
    /// Rejects values out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "view";
        SettingsError::ensure_within(
            section,
            &[("map_period_s", self.map_period_s, 0.01..=3600.0)],
        )?;
        SettingsError::ensure_within(section, &[("inflation_m", self.inflation_m, 0.0..=10.0)])?;
        SettingsError::ensure(
            (0.25..=1024.0).contains(&self.size_max_mib),
            section,
            "size_max_mib",
            &self.size_max_mib,
            "0.25 to 1024 MiB",
        )
    }

    /// The page's size, bytes.
    pub(super) fn bytes_max(&self) -> usize {
        (self.size_max_mib * f64::from(1 << 20)) as usize
    }
}
