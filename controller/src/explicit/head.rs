//! Path head: mapping from raw network outputs to the knots of a path.

use perception::SettingsError;
use serde::{Deserialize, Serialize};

use super::PathParameters;
use crate::cost::{CostHeadSettings, FEATURES, bounded, bounded_slope};

/// Knots of a path and their bounds: `limit · tanh(raw / limit)`, as for the references of the
/// learned cost ([`CostHeadSettings`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathHeadSettings {
    /// Knots along the horizon, the last at its end.
    pub knots: usize,
    /// Limits of a knot, by entry of `z`: m, m, 1, 1, m/s, rad/s.
    pub reference_max: [f64; FEATURES],
}

impl Default for PathHeadSettings {
    fn default() -> Self {
        Self {
            knots: 11,
            reference_max: CostHeadSettings::default().reference_max,
        }
    }
}

impl PathHeadSettings {
    /// Number of raw outputs, equal to the number of parameters.
    pub fn outputs(&self) -> usize {
        self.knots * FEATURES
    }

    /// Rejects limits outside their bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "performer.path";
        SettingsError::ensure(
            (2..=64).contains(&self.knots),
            section,
            "knots",
            &self.knots,
            "2 to 64",
        )?;
        for limit in self.reference_max {
            SettingsError::ensure_within(section, &[("reference_max", limit, 0.001..=1000.0)])?;
        }
        Ok(())
    }

    /// Writes the knots of the raw outputs `raw` (`[outputs]`).
    pub fn bound(&self, raw: &[f32], parameters: &mut PathParameters) {
        let limits = self.reference_max.iter().cycle();
        let knots = raw.iter().zip(limits);
        parameters.0.clear();
        parameters
            .0
            .extend(knots.map(|(&raw, &limit)| bounded(raw, limit)));
    }

    /// Turns dLoss/dparameters into dLoss/draw, in place.
    pub fn bound_vjp(&self, raw: &[f32], cotangent: &mut [f64]) {
        let limits = self.reference_max.iter().cycle();
        for ((&raw, slot), &limit) in raw.iter().zip(cotangent).zip(limits) {
            *slot *= bounded_slope(raw, limit);
        }
    }
}
