//! What every settings struct of this crate says when a field is out of bounds.

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

/// Refuses a value unless `allowed` holds.
pub(crate) fn ensure(
    allowed: bool,
    section: &'static str,
    field: &'static str,
    value: &dyn Display,
    expected: &'static str,
) -> Result<(), SettingsError> {
    if allowed {
        Ok(())
    } else {
        Err(SettingsError {
            section,
            field,
            value: value.to_string(),
            expected,
        })
    }
}

/// Refuses fields that are not finite numbers of 0 or more.
pub(crate) fn ensure_not_negative(
    section: &'static str,
    fields: &[(&'static str, f64)],
) -> Result<(), SettingsError> {
    for &(field, value) in fields {
        let allowed = value.is_finite() && value >= 0.0;
        ensure(
            allowed,
            section,
            field,
            &value,
            "a finite number, 0 or more",
        )?;
    }
    Ok(())
}

/// Refuses fields that are not finite numbers above 0.
pub(crate) fn ensure_positive(
    section: &'static str,
    fields: &[(&'static str, f64)],
) -> Result<(), SettingsError> {
    for &(field, value) in fields {
        let allowed = value.is_finite() && value > 0.0;
        ensure(allowed, section, field, &value, "a finite number above 0")?;
    }
    Ok(())
}

/// Refuses ranges `[low, high]` that are not finite and in order, or start below `least`.
pub(crate) fn ensure_range(
    section: &'static str,
    field: &'static str,
    [low, high]: [f64; 2],
    least: f64,
    expected: &'static str,
) -> Result<(), SettingsError> {
    let allowed = low.is_finite() && high.is_finite() && least <= low && low <= high;
    ensure(
        allowed,
        section,
        field,
        &format!("[{low}, {high}]"),
        expected,
    )
}
