//! `AdamW`: Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled Weight Decay
//! Regularization", 2019).
//!
//! ```text
//! m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g²
//! w <- w - rate ( m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon) + decay w )
//! ```

use std::ops::Range;

use controller::performer::PerformerConfig;
use perception::SettingsError;
use serde::{Deserialize, Serialize};

use crate::NetworkError;

/// Constants of [`AdamW`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdamWSettings {
    /// Decay of the average gradient.
    pub beta1: f64,
    /// Decay of the average squared gradient.
    pub beta2: f64,
    /// Added to the root of the average squared gradient.
    pub epsilon: f64,
    /// Decay of weights per step at a learning rate of 1.
    pub weight_decay: f64,
}

impl Default for AdamWSettings {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.01,
        }
    }
}

impl AdamWSettings {
    /// Rejects values that diverge.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "training.optimiser";
        for (field, beta) in [("beta1", self.beta1), ("beta2", self.beta2)] {
            let allowed = (0.0..1.0).contains(&beta);
            SettingsError::ensure(allowed, section, field, &beta, "0 or more, below 1")?;
        }
        SettingsError::ensure_within(section, &[("epsilon", self.epsilon, 1e-30..=1.0)])?;
        SettingsError::ensure_within(section, &[("weight_decay", self.weight_decay, 0.0..=100.0)])
    }
}

/// The optimiser and its state.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamW {
    settings: AdamWSettings,
    /// Ranges of all weights in order, each with or without decay.
    parts: Vec<(Range<usize>, bool)>,
    first: Vec<f32>,
    second: Vec<f32>,
    steps: u64,
}

impl AdamW {
    /// An optimiser for a network: only the matrices of linear layers decay.
    pub fn new(settings: AdamWSettings, config: &PerformerConfig) -> Self {
        let tensors = config.tensors().into_iter().map(|(name, shape)| {
            let decays = name.ends_with(".weight") && shape.len() == 2;
            (shape.iter().product(), decays)
        });
        Self::of_parts(settings, tensors)
    }

    /// An optimiser for consecutive parts by length, each with or without decay.
    pub fn of_parts(
        settings: AdamWSettings,
        parts: impl IntoIterator<Item = (usize, bool)>,
    ) -> Self {
        let mut len = 0;
        let place = |(part, decays)| {
            len += part;
            (len - part..len, decays)
        };
        let parts = parts.into_iter().map(place).collect();
        Self {
            settings,
            parts,
            first: vec![0.0; len],
            second: vec![0.0; len],
            steps: 0,
        }
    }

    /// Averages of the gradient and its square, without bias correction.
    pub fn moments(&self) -> [&[f32]; 2] {
        [&self.first, &self.second]
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Restores the state of an earlier run.
    pub fn restore(&mut self, moments: [Vec<f32>; 2], steps: u64) -> Result<(), NetworkError> {
        for moment in &moments {
            NetworkError::ensure("moments of the optimiser", self.first.len(), moment.len())?;
        }
        [self.first, self.second] = moments;
        self.steps = steps;
        Ok(())
    }

    /// Updates the weights with a learning rate.
    pub fn step(
        &mut self,
        weights: &mut [f32],
        gradient: &[f32],
        rate: f64,
    ) -> Result<(), NetworkError> {
        NetworkError::ensure("weights", self.first.len(), weights.len())?;
        NetworkError::ensure("gradient", self.first.len(), gradient.len())?;
        self.steps += 1;
        for (part, decays) in &self.parts {
            let step = Step::new(&self.settings, self.steps, rate, *decays);
            let weights = weights[part.clone()]
                .iter_mut()
                .zip(&gradient[part.clone()]);
            let moments = self.first[part.clone()]
                .iter_mut()
                .zip(&mut self.second[part.clone()]);
            for ((weight, gradient), (first, second)) in weights.zip(moments) {
                step.apply(weight, *gradient, first, second);
            }
        }
        Ok(())
    }
}

/// Constants of one step for a part.
struct Step {
    beta1: f32,
    beta2: f32,
    /// `rate / (1 - b1^t)`
    rate: f32,
    /// `1 / (1 - b2^t)`
    correction: f32,
    epsilon: f32,
    /// `1 - rate decay`
    keep: f32,
}

impl Step {
    fn new(settings: &AdamWSettings, steps: u64, rate: f64, decays: bool) -> Self {
        let remembered = |beta: f64| 1.0 - beta.powf(steps as f64);
        let decay = if decays { settings.weight_decay } else { 0.0 };
        Self {
            beta1: settings.beta1 as f32,
            beta2: settings.beta2 as f32,
            rate: (rate / remembered(settings.beta1)) as f32,
            correction: remembered(settings.beta2).recip() as f32,
            epsilon: settings.epsilon as f32,
            keep: (1.0 - rate * decay) as f32,
        }
    }

    #[inline]
    fn apply(&self, weight: &mut f32, gradient: f32, first: &mut f32, second: &mut f32) {
        *first = self.beta1 * *first + (1.0 - self.beta1) * gradient;
        *second = self.beta2 * *second + (1.0 - self.beta2) * gradient * gradient;
        let spread = (*second * self.correction).sqrt() + self.epsilon;
        *weight = *weight * self.keep - self.rate * *first / spread;
    }
}

/// Scales a gradient to a norm of at most `most` and returns its original norm. A gradient that is
/// not finite is unchanged; the caller rejects it.
pub fn clip_norm(gradient: &mut [f32], most: f64) -> f64 {
    let square: f64 = gradient.iter().map(|&g| f64::from(g) * f64::from(g)).sum();
    let norm = square.sqrt();
    if norm.is_finite() && norm > most {
        let scale = (most / norm) as f32;
        for g in gradient {
            *g *= scale;
        }
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_the_sign_of_the_gradient() {
        let mut optimiser = AdamW::of_parts(AdamWSettings::default(), [(3, false)]);
        let mut weights = [1.0, 2.0, 3.0];
        optimiser
            .step(&mut weights, &[0.5, -4.0, 0.0], 0.1)
            .unwrap();
        for (weight, expected) in weights.iter().zip([0.9, 2.1, 3.0]) {
            assert!((weight - expected).abs() < 1e-5, "{weight}, {expected}");
        }
        assert_eq!(optimiser.steps(), 1);
    }

    #[test]
    fn decay_is_decoupled_and_excludes_vectors() {
        let settings = AdamWSettings {
            weight_decay: 0.5,
            ..AdamWSettings::default()
        };
        let mut optimiser = AdamW::of_parts(settings, [(1, true), (1, false)]);
        let mut weights = [2.0, 2.0];
        optimiser.step(&mut weights, &[0.0, 0.0], 0.1).unwrap();
        assert!((weights[0] - 1.9).abs() < 1e-6);
        assert_eq!(weights[1], 2.0);
        assert_eq!(optimiser.moments(), [&[0.0; 2], &[0.0; 2]]);
    }

    #[test]
    fn only_matrices_of_layers_decay() {
        let config = PerformerConfig::preset("nano").unwrap();
        let optimiser = AdamW::new(AdamWSettings::default(), &config);
        let decaying: usize = optimiser
            .parts
            .iter()
            .filter(|(_, decays)| *decays)
            .map(|(part, _)| part.len())
            .sum();
        let others = optimiser.first.len() - decaying;
        let (d, tokens, mlp) = (config.width, config.tokens(), config.mlp_width);
        // biases, norms, positions
        let expected = 4 * d
            + config.layers * (3 * d + d + mlp + d + 4 * d)
            + config.outputs()
            + 2 * d
            + tokens * d;
        assert_eq!(others, expected);
    }

    #[test]
    fn a_quadratic_is_brought_to_its_minimum() {
        let minimum = [1.0_f32, -2.0, 0.5];
        let curvature = [1.0_f32, 30.0, 0.1];
        let settings = AdamWSettings {
            weight_decay: 0.0,
            ..AdamWSettings::default()
        };
        let mut optimiser = AdamW::of_parts(settings, [(3, true)]);
        let mut weights = [0.0_f32; 3];
        for step in 0..2000 {
            let gradient: Vec<f32> = (0..3)
                .map(|i| curvature[i] * (weights[i] - minimum[i]))
                .collect();
            let rate = 0.02 * (1.0 - f64::from(step) / 2000.0);
            optimiser.step(&mut weights, &gradient, rate).unwrap();
        }
        for (weight, minimum) in weights.iter().zip(minimum) {
            assert!((weight - minimum).abs() < 1e-3, "{weights:?}");
        }
    }

    #[test]
    fn a_restored_optimiser_takes_the_same_steps() {
        let fresh = || AdamW::of_parts(AdamWSettings::default(), [(2, true)]);
        let mut straight = fresh();
        let mut weights = [1.0, -1.0];
        straight.step(&mut weights, &[0.3, 0.1], 0.01).unwrap();
        let mut restored = fresh();
        let moments = straight.moments().map(<[f32]>::to_vec);
        restored.restore(moments, straight.steps()).unwrap();
        let mut same = weights;
        straight.step(&mut weights, &[-0.2, 0.4], 0.01).unwrap();
        restored.step(&mut same, &[-0.2, 0.4], 0.01).unwrap();
        assert_eq!(weights, same);
        assert_eq!(straight, restored);
        let error = restored
            .restore([vec![0.0], vec![0.0, 0.0]], 1)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "moments of the optimiser: expected 2 numbers, found 1"
        );
    }

    #[test]
    fn a_long_gradient_is_shortened_and_a_short_one_kept() {
        let mut gradient = [3.0, 4.0];
        assert_eq!(clip_norm(&mut gradient, 10.0), 5.0);
        assert_eq!(gradient, [3.0, 4.0]);
        assert_eq!(clip_norm(&mut gradient, 1.0), 5.0);
        assert!((gradient[0] - 0.6).abs() < 1e-6 && (gradient[1] - 0.8).abs() < 1e-6);
        assert!(clip_norm(&mut [f32::NAN, 1.0], 1.0).is_nan());
    }
}
