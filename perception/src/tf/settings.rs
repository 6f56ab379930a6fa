//! Limits of the transform buffer.

use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// Maximum window, s: thirty years.
const WINDOW_MAX_S: f64 = 1e9;
/// Maximum number of samples of a transform, and of frames: a day at 1 kHz.
const SAMPLES_MAX: usize = 100_000_000;

/// Limits of a [`super::TransformBuffer`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TransformSettings {
    /// Moving transforms older than this before the newest one of their frame are removed, s.
    pub window_s: f64,
    /// Maximum number of transforms per moving frame; the oldest are removed first.
    pub samples_max: usize,
    /// Maximum number of frames; further ones are rejected.
    pub frames_max: usize,
}

impl Default for TransformSettings {
    fn default() -> Self {
        Self {
            window_s: 10.0,
            samples_max: 10_000, // 10 s at 1 kHz
            frames_max: 1_000,
        }
    }
}

impl TransformSettings {
    /// Rejects settings with which nothing would be stored.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "transforms";
        SettingsError::ensure(
            self.window_s > 0.0 && self.window_s <= WINDOW_MAX_S,
            section,
            "window_s",
            &self.window_s,
            "above 0, at most 1e9 s",
        )?;
        for (field, value) in [
            ("samples_max", self.samples_max),
            ("frames_max", self.frames_max),
        ] {
            SettingsError::ensure_within(section, &[(field, value, 2..=SAMPLES_MAX)])?;
        }
        Ok(())
    }
}
