//! Learning rate schedule: linear warm-up, then half a cosine (Loshchilov and Hutter, "SGDR",
//! 2017).
//!
//! ```text
//! rate(t) = peak (t + 1) / warmup                                       t < warmup
//!         = floor + (peak - floor) (1 + cos(pi s)) / 2                  s = (t - warmup) / (steps - warmup)
//!         = floor                                                       t >= steps
//! ```

use perception::SettingsError;
use serde::{Deserialize, Serialize};

/// The schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Maximum rate.
    pub peak: f64,
    /// Final rate.
    pub floor: f64,
    /// Steps of the warm-up.
    pub warmup_steps: u64,
    /// Steps until the final rate.
    pub steps: u64,
}

impl Schedule {
    /// Rejects values out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "training.schedule";
        SettingsError::ensure_within(section, &[("peak", self.peak, 1e-9..=10.0)])?;
        SettingsError::ensure_range(
            section,
            "floor to peak",
            [self.floor, self.peak],
            0.0..=10.0,
        )?;
        SettingsError::ensure(
            self.warmup_steps < self.steps,
            section,
            "warmup_steps",
            &self.warmup_steps,
            "fewer than steps",
        )
    }

    /// Rate of a step; the first step is 0.
    pub fn rate(&self, step: u64) -> f64 {
        if step < self.warmup_steps {
            return self.peak * (step + 1) as f64 / self.warmup_steps as f64;
        }
        if step >= self.steps {
            return self.floor;
        }
        let share = (step - self.warmup_steps) as f64 / (self.steps - self.warmup_steps) as f64;
        let height = f64::midpoint(1.0, (std::f64::consts::PI * share).cos());
        self.floor + (self.peak - self.floor) * height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule = Schedule {
        peak: 1.0,
        floor: 0.1,
        warmup_steps: 4,
        steps: 24,
    };

    #[test]
    fn it_rises_in_a_line_and_falls_in_a_cosine() {
        SCHEDULE.validate().unwrap();
        let rates = [
            (0, 0.25),
            (3, 1.0),
            (4, 1.0),
            (14, 0.55),
            (24, 0.1),
            (99, 0.1),
        ];
        for (step, rate) in rates {
            assert!((SCHEDULE.rate(step) - rate).abs() < 1e-12, "step {step}");
        }
        for step in 4..24 {
            assert!(SCHEDULE.rate(step + 1) < SCHEDULE.rate(step));
        }
    }

    #[test]
    fn a_warm_up_as_long_as_the_run_is_rejected() {
        let schedule = Schedule {
            warmup_steps: 24,
            ..SCHEDULE
        };
        let error = schedule.validate().unwrap_err().to_string();
        assert!(error.contains("warmup_steps is 24"), "{error}");
    }
}
