//! Validation of settings: bounds of numeric fields and the error for a field outside them.
//!
//! Every number has a minimum and a maximum, so that no setting causes unbounded allocation, an
//! endless loop or a division by almost zero. The bounds cover common robots, buildings and
//! computers with a margin.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::RangeInclusive;

/// Longest value that an error repeats in full, characters.
const VALUE_CHARS_MAX: usize = 120;
/// Numbers that take more characters are written with an exponent.
const NUMBER_CHARS_MAX: usize = 20;
/// Range of positive numbers for fields without bounds of their own.
const POSITIVE: RangeInclusive<f64> = 1e-9..=1e9;

/// Invalid setting: its section, field, value and the expected values.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{section}.{field} is {value}: expected {expected}")]
pub struct SettingsError {
    /// Section (table) that contains the field.
    pub section: &'static str,
    /// Name of the field.
    pub field: &'static str,
    /// Value found.
    pub value: String,
    /// Expected values.
    pub expected: Cow<'static, str>,
}

impl SettingsError {
    /// Returns an error unless `allowed` holds.
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
            value: shown(value),
            expected: expected.into(),
        })
    }

    /// Rejects fields outside their bounds, and NaN. Each field is a name, a value, and the range
    /// of allowed values.
    ///
    /// ```
    /// let horizon = [("horizon", 500, 2..=200)];
    /// let error = perception::SettingsError::ensure_within("mpc", &horizon).unwrap_err();
    /// assert_eq!(error.to_string(), "mpc.horizon is 500: expected 2 to 200");
    /// ```
    pub fn ensure_within<T: PartialOrd + Display>(
        section: &'static str,
        fields: &[(&'static str, T, RangeInclusive<T>)],
    ) -> Result<(), Self> {
        for (field, value, bounds) in fields {
            if !bounds.contains(value) {
                return Err(Self {
                    section,
                    field,
                    value: shown(value),
                    expected: format!("{} to {}", shown(bounds.start()), shown(bounds.end()))
                        .into(),
                });
            }
        }
        Ok(())
    }

    /// Rejects a range `[low, high]` that is not in order or not within its bounds.
    pub fn ensure_range<T: PartialOrd + Display>(
        section: &'static str,
        field: &'static str,
        [low, high]: [T; 2],
        bounds: RangeInclusive<T>,
    ) -> Result<(), Self> {
        let (least, most) = bounds.into_inner();
        if least <= low && low <= high && high <= most {
            return Ok(());
        }
        let (least, most) = (shown(&least), shown(&most));
        Err(Self {
            section,
            field,
            value: format!("[{}, {}]", shown(&low), shown(&high)),
            expected: format!("[low, high] in order, from {least} to {most}").into(),
        })
    }

    /// Rejects fields that are negative or above 1e9.
    pub fn ensure_not_negative(
        section: &'static str,
        fields: &[(&'static str, f64)],
    ) -> Result<(), Self> {
        let bounds = 0.0..=*POSITIVE.end();
        let expected = "a number of 0 or more, up to 1e9";
        fields.iter().try_for_each(|&(field, value)| {
            Self::ensure(bounds.contains(&value), section, field, &value, expected)
        })
    }

    /// Rejects fields below 1e-9 or above 1e9.
    pub fn ensure_positive(
        section: &'static str,
        fields: &[(&'static str, f64)],
    ) -> Result<(), Self> {
        let expected = "a number above 0, up to 1e9";
        fields.iter().try_for_each(|&(field, value)| {
            Self::ensure(POSITIVE.contains(&value), section, field, &value, expected)
        })
    }
}

/// Formats a value for an error: long numbers with an exponent, long lists truncated.
fn shown(value: &(impl Display + ?Sized)) -> String {
    let mut text = value.to_string();
    if text.len() > NUMBER_CHARS_MAX
        && let Ok(number) = text.parse::<f64>()
    {
        return format!("{number:e}");
    }
    if let Some((end, _)) = text.char_indices().nth(VALUE_CHARS_MAX) {
        text.truncate(end);
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn only_values_within_bounds_are_accepted(bits: u64) {
            let value = f64::from_bits(bits);
            let passes = SettingsError::ensure_within("a", &[("b", value, -2.5..=1e6)]).is_ok();
            prop_assert_eq!(passes, (-2.5..=1e6).contains(&value));
        }

        #[test]
        fn errors_are_short_whatever_the_value(bits: u64) {
            let error = SettingsError::ensure(false, "a", "b", &f64::from_bits(bits), "c");
            prop_assert!(error.unwrap_err().to_string().len() < 60);
        }
    }

    #[test]
    fn bounds_are_named() {
        let message = |value| {
            SettingsError::ensure_within("a", &[("b", value, 0.001..=10.0)])
                .unwrap_err()
                .to_string()
        };
        assert_eq!(message(0.0), "a.b is 0: expected 0.001 to 10");
        assert_eq!(message(1e300), "a.b is 1e300: expected 0.001 to 10");
        assert_eq!(message(f64::NAN), "a.b is NaN: expected 0.001 to 10");
        let error = SettingsError::ensure_range("a", "b", [2.0, 1.0], 0.0..=5.0).unwrap_err();
        let expected = "a.b is [2, 1]: expected [low, high] in order, from 0 to 5";
        assert_eq!(error.to_string(), expected);
        let long = format!("{:?}", vec![1.5; 1000]);
        let error = SettingsError::ensure(false, "a", "b", &long, "c").unwrap_err();
        assert!(error.value.len() < 130);
    }
}
