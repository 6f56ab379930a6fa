//! What a settings struct says when a field is out of bounds.

use std::fmt::Display;

/// A setting that cannot be, with its place.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{section}.{field} is {value}: expected {expected}")]
pub struct SettingsError {
    /// The table that holds the field.
    pub section: &'static str,
    /// The field at fault.
    pub field: &'static str,
    /// What it held.
    pub value: String,
    /// What it may hold.
    pub expected: &'static str,
}

impl SettingsError {
    /// Refuses a value unless `allowed` holds.
    pub fn ensure(
        allowed: bool,
        section: &'static str,
        field: &'static str,
        value: &dyn Display,
        expected: &'static str,
    ) -> Result<(), Self> {
        if allowed {
            return Ok(());
        }
        Err(Self {
            section,
            field,
            value: value.to_string(),
            expected,
        })
    }

    /// Refuses fields that are not finite numbers of 0 or more.
    pub fn ensure_not_negative(
        section: &'static str,
        fields: &[(&'static str, f64)],
    ) -> Result<(), Self> {
        let expected = "a finite number, 0 or more";
        fields.iter().try_for_each(|&(field, value)| {
            let allowed = value.is_finite() && value >= 0.0;
            Self::ensure(allowed, section, field, &value, expected)
        })
    }

    /// Refuses fields that are not finite numbers above 0.
    pub fn ensure_positive(
        section: &'static str,
        fields: &[(&'static str, f64)],
    ) -> Result<(), Self> {
        let expected = "a finite number above 0";
        fields.iter().try_for_each(|&(field, value)| {
            let allowed = value.is_finite() && value > 0.0;
            Self::ensure(allowed, section, field, &value, expected)
        })
    }

    /// Refuses a range `[low, high]` that is not finite and in order, or starts below `least`.
    pub fn ensure_range(
        section: &'static str,
        field: &'static str,
        [low, high]: [f64; 2],
        least: f64,
        expected: &'static str,
    ) -> Result<(), Self> {
        let allowed = low.is_finite() && high.is_finite() && least <= low && low <= high;
        let value = format!("[{low}, {high}]");
        Self::ensure(allowed, section, field, &value, expected)
    }
}
