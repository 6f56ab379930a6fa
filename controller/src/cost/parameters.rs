//! Cost parameters, the output of the network and input of the optimiser: a learned quadratic cost
//! along the horizon.
//!
//! ```text
//! l(x, t) = ½ |L(t)' (z(x) - r(t))|²,   z = [p_x, p_y, cos θ, sin θ, v, ω]
//! ```
//!
//! `K` knots, evenly spread from the first state to the last, each hold a reference `r` and a
//! lower-triangular factor `L`; both are interpolated linearly in between, so that `L L'` stays
//! positive semi-definite. All zero is regular MPC.

use perception::SettingsError;
use serde::{Deserialize, Serialize};

/// Number of entries of `z`.
pub const FEATURES: usize = 6;
/// Number of entries of a lower-triangular factor, row by row: `L_00, L_10, L_11, L_20, ..`.
pub const FACTOR_LEN: usize = FEATURES * (FEATURES + 1) / 2;
/// Number of parameters of one knot: reference, then factor.
pub const KNOT_LEN: usize = FEATURES + FACTOR_LEN;

/// References and factors of `K` knots, flat: `[K, KNOT_LEN]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CostParameters(pub Vec<f64>);

impl CostParameters {
    /// Zero parameters: regular MPC.
    pub fn zeros(knots: usize) -> Self {
        Self(vec![0.0; knots * KNOT_LEN])
    }

    /// Number of knots.
    pub fn knots(&self) -> usize {
        self.0.len() / KNOT_LEN
    }

    /// `[FEATURES]` reference of a knot.
    pub fn reference(&self, knot: usize) -> &[f64] {
        &self.0[knot * KNOT_LEN..][..FEATURES]
    }

    /// `[FACTOR_LEN]` factor of a knot.
    pub fn factor(&self, knot: usize) -> &[f64] {
        &self.0[knot * KNOT_LEN + FEATURES..][..FACTOR_LEN]
    }
}

/// Mapping from raw network outputs to parameters: `limit · tanh(raw / limit)`, so that small
/// outputs pass unchanged and no output is large enough to make a problem ill-posed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostHeadSettings {
    /// Knots along the horizon.
    pub knots: usize,
    /// Limits of the reference, by entry of `z`: m, m, 1, 1, m/s, rad/s.
    pub reference_max: [f64; FEATURES],
    /// Limit of every entry of the factor.
    pub factor_max: f64,
}

impl Default for CostHeadSettings {
    fn default() -> Self {
        Self {
            knots: 4,
            reference_max: [6.0, 6.0, 1.5, 1.5, 2.5, 2.5],
            factor_max: 4.0,
        }
    }
}

impl CostHeadSettings {
    /// Number of raw outputs, equal to the number of parameters.
    pub fn outputs(&self) -> usize {
        self.knots * KNOT_LEN
    }

    /// Rejects limits outside their bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "performer.cost";
        SettingsError::ensure(
            (1..=64).contains(&self.knots),
            section,
            "knots",
            &self.knots,
            "1 to 64",
        )?;
        for limit in self.reference_max {
            SettingsError::ensure_within(section, &[("reference_max", limit, 0.001..=1000.0)])?;
        }
        SettingsError::ensure_within(section, &[("factor_max", self.factor_max, 0.001..=1000.0)])
    }

    fn limit(&self, index: usize) -> f64 {
        let entry = index % KNOT_LEN;
        self.reference_max
            .get(entry)
            .copied()
            .unwrap_or(self.factor_max)
    }

    /// Writes the parameters of the raw outputs `raw` (`[outputs]`).
    pub fn bound(&self, raw: &[f32], parameters: &mut CostParameters) {
        parameters.0.clear();
        parameters.0.extend(
            raw.iter()
                .enumerate()
                .map(|(index, &raw)| bounded(raw, self.limit(index))),
        );
    }

    /// Turns dLoss/dparameters into dLoss/draw, in place.
    pub fn bound_vjp(&self, raw: &[f32], cotangent: &mut [f64]) {
        for (index, (raw, slot)) in raw.iter().zip(cotangent).enumerate() {
            *slot *= bounded_slope(*raw, self.limit(index));
        }
    }
}

/// `limit · tanh(raw / limit)`.
pub(crate) fn bounded(raw: f32, limit: f64) -> f64 {
    limit * (f64::from(raw) / limit).tanh()
}

/// Derivative of [`bounded`] in `raw`.
pub(crate) fn bounded_slope(raw: f32, limit: f64) -> f64 {
    let tanh = (f64::from(raw) / limit).tanh();
    1.0 - tanh * tanh
}
