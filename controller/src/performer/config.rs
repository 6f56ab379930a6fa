//! Shape of a network: everything that is needed to read its weights.

use perception::SettingsError;
use serde::{Deserialize, Serialize};

use crate::cost::CostHeadSettings;
use crate::explicit::PathHeadSettings;

/// Number of entries of the state input beside the image; see [`super::View::state`].
pub const STATE_LEN: usize = 8;

/// Maximum number of tokens: 64 by 64 patches.
const TOKENS_MAX: usize = 4096;
/// Maximum number of weights: 512 MiB.
const PARAMETERS_MAX: usize = 1 << 27;

/// Settings of the network input: size, resolution and channels of the view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewSettings {
    /// Cells per side of the square around the robot.
    pub cells: usize,
    /// Side of a cell, m.
    pub cell_m: f64,
    /// Lookups of the map per side of a cell; a cell is occupied when one of its lookups is.
    pub lookups: usize,
    /// Clearance that maps to 1, m.
    pub clearance_max_m: f64,
    /// Ages of the past grids, s, youngest first.
    pub history_s: Vec<f64>,
    /// Adds the motion layer of the mapper: cells that recently appeared and vanished.
    #[serde(default)]
    pub motion: bool,
    /// Adds the followed route as a channel, and rotates the view toward the route instead of the
    /// goal.
    #[serde(default)]
    pub route: bool,
    /// Lookahead distance on the route of the point toward which the view is rotated, m.
    #[serde(default = "look_ahead_m")]
    pub look_ahead_m: f64,
}

/// Default lookahead distance, about the length of a plan, m.
fn look_ahead_m() -> f64 {
    3.0
}

impl Default for ViewSettings {
    fn default() -> Self {
        Self {
            cells: 80,
            cell_m: 0.16,
            lookups: 3,
            clearance_max_m: 2.0,
            history_s: vec![0.3, 0.6],
            motion: false,
            route: true,
            look_ahead_m: look_ahead_m(),
        }
    }
}

impl ViewSettings {
    /// Number of channels: occupied, free, clearance, one occupied grid per age, and optionally two
    /// of motion and one of the route.
    pub fn channels(&self) -> usize {
        3 + self.history_s.len() + 2 * usize::from(self.motion) + usize::from(self.route)
    }
}

/// The feature map in place of the softmax of standard attention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, tag = "kind")]
pub enum AttentionKernel {
    /// `g(x) = max(x, 0) + 0.001`, the deployed variant.
    Relu,
    /// Positive orthogonal random features of the softmax kernel (FAVOR+, Choromanski et al. 2021).
    Favor {
        /// Random features per head.
        features: usize,
        /// Seed of the random features.
        seed: u64,
    },
}

/// Output head of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Head {
    /// Parameters of the learned cost.
    #[default]
    Cost,
    /// Knots of a path to follow.
    Path,
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Cost => "cost",
            Self::Path => "path",
        })
    }
}

/// Shape of a Vision Performer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerformerConfig {
    /// Input of the network.
    pub view: ViewSettings,
    /// Cells per side of a patch; every patch is a token.
    pub patch: usize,
    /// Width of a token.
    pub width: usize,
    /// Attention blocks.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of the hidden layer after attention.
    pub mlp_width: usize,
    /// Kernel of the attention.
    pub attention: AttentionKernel,
    /// Output head.
    #[serde(default)]
    pub head: Head,
    /// Cost head, used if `head` is a cost.
    pub cost: CostHeadSettings,
    /// Path head, used if `head` is a path.
    #[serde(default)]
    pub path: PathHeadSettings,
}

impl PerformerConfig {
    /// Names of the presets of [`Self::preset`].
    pub const PRESETS: [&'static str; 4] = ["nano", "mini", "small", "base"];

    /// A shape by name: `nano` for tests, `mini` for comparisons of settings within minutes,
    /// `small` of about 2 M parameters, `base` of about 8.3 M.
    pub fn preset(name: &str) -> Option<Self> {
        let (cells, patch, cell_m, width, layers, heads) = match name {
            "nano" => (32, 8, 0.4, 32, 2, 2),
            "mini" => (64, 8, 0.2, 64, 2, 4),
            "small" => (80, 10, 0.16, 192, 4, 6),
            "base" => (80, 10, 0.16, 256, 10, 8),
            _ => return None,
        };
        Some(Self {
            view: ViewSettings {
                cells,
                cell_m,
                ..ViewSettings::default()
            },
            patch,
            width,
            layers,
            heads,
            mlp_width: 4 * width,
            attention: AttentionKernel::Relu,
            head: Head::Cost,
            cost: CostHeadSettings::default(),
            path: PathHeadSettings::default(),
        })
    }

    /// Number of tokens, equal to the number of patches.
    pub fn tokens(&self) -> usize {
        let side = self.view.cells / self.patch;
        side * side
    }

    /// Number of entries of a patch: `[channels, patch, patch]`.
    pub fn patch_len(&self) -> usize {
        self.view.channels() * self.patch * self.patch
    }

    /// Width of a head.
    pub fn head_width(&self) -> usize {
        self.width / self.heads
    }

    /// Number of features per head of keys and queries.
    pub fn features(&self) -> usize {
        match self.attention {
            AttentionKernel::Relu => self.head_width(),
            AttentionKernel::Favor { features, .. } => features,
        }
    }

    /// Number of raw outputs.
    pub fn outputs(&self) -> usize {
        match self.head {
            Head::Cost => self.cost.outputs(),
            Head::Path => self.path.outputs(),
        }
    }

    /// Rejects a network with another head.
    pub fn ensure_head(&self, expected: Head) -> Result<(), SettingsError> {
        let expected_text = match expected {
            Head::Cost => "cost: a network that parameterises the cost of the MPC",
            Head::Path => "path: a network that regresses a path for the explicit policy",
        };
        let allowed = self.head == expected;
        SettingsError::ensure(allowed, "performer", "head", &self.head, expected_text)
    }

    /// Index of the readout token: the patch whose corner with the lowest coordinates is the
    /// position of the robot.
    pub fn readout(&self) -> usize {
        let side = self.view.cells / self.patch;
        (side / 2) * side + side / 2
    }

    /// Names and shapes of all weights, in the order of files and optimisers. Matrices are
    /// `[inputs, outputs]`.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let (d, mlp) = (self.width, self.mlp_width);
        let mut tensors: Vec<(String, Vec<usize>)> = Vec::new();
        let mut linear = |name: String, inputs: usize, outputs: usize| {
            tensors.push((format!("{name}.weight"), vec![inputs, outputs]));
            tensors.push((format!("{name}.bias"), vec![outputs]));
        };
        linear("patch".to_owned(), self.patch_len(), d);
        linear("state.0".to_owned(), STATE_LEN, d);
        linear("state.1".to_owned(), d, d);
        for layer in 0..self.layers {
            linear(format!("layers.{layer}.qkv"), d, 3 * d);
            linear(format!("layers.{layer}.out"), d, d);
            linear(format!("layers.{layer}.mlp.0"), d, mlp);
            linear(format!("layers.{layer}.mlp.1"), mlp, d);
        }
        linear("head.0".to_owned(), d, d);
        linear("head.1".to_owned(), d, self.outputs());
        for layer in 0..self.layers {
            for norm in ["norm1", "norm2"] {
                tensors.push((format!("layers.{layer}.{norm}.weight"), vec![d]));
                tensors.push((format!("layers.{layer}.{norm}.bias"), vec![d]));
            }
        }
        tensors.push(("norm.weight".to_owned(), vec![d]));
        tensors.push(("norm.bias".to_owned(), vec![d]));
        tensors.push(("position".to_owned(), vec![self.tokens(), d]));
        tensors
    }

    /// Number of weights.
    pub fn parameters(&self) -> usize {
        self.tensors()
            .iter()
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum()
    }

    /// Rejects shapes that do not form a network.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "performer";
        let whole = |allowed: bool, field, value: usize, expected| {
            SettingsError::ensure(allowed, section, field, &value, expected)
        };
        let view = &self.view;
        whole(
            (2..=1024).contains(&view.cells)
                && self.patch > 0
                && view.cells.is_multiple_of(self.patch),
            "view.cells",
            view.cells,
            "2 to 1024, a multiple of patch",
        )?;
        whole(
            view.cells / self.patch >= 2,
            "patch",
            self.patch,
            "at most half of view.cells",
        )?;
        whole(
            (1..=8).contains(&view.lookups),
            "view.lookups",
            view.lookups,
            "1 to 8",
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("view.cell_m", view.cell_m, 0.005..=5.0),
                ("view.clearance_max_m", view.clearance_max_m, 0.01..=100.0),
                ("view.look_ahead_m", view.look_ahead_m, 0.01..=100.0),
            ],
        )?;
        for &age_s in &view.history_s {
            SettingsError::ensure_within(section, &[("view.history_s", age_s, 0.01..=60.0)])?;
        }
        whole(
            view.history_s.len() <= 8,
            "view.history_s",
            view.history_s.len(),
            "at most 8 ages",
        )?;
        whole(
            (1..=4096).contains(&self.width)
                && self.heads > 0
                && self.width.is_multiple_of(self.heads),
            "width",
            self.width,
            "1 to 4096, a multiple of heads",
        )?;
        whole(
            (1..=64).contains(&self.layers),
            "layers",
            self.layers,
            "1 to 64",
        )?;
        whole(
            (1..=16384).contains(&self.mlp_width),
            "mlp_width",
            self.mlp_width,
            "1 to 16384",
        )?;
        if let AttentionKernel::Favor { features, .. } = self.attention {
            whole(
                (1..=4096).contains(&features),
                "attention.features",
                features,
                "1 to 4096",
            )?;
        }
        self.cost.validate()?;
        self.path.validate()?;
        whole(
            self.tokens() <= TOKENS_MAX,
            "view.cells",
            view.cells,
            "at most 4096 patches",
        )?;
        whole(
            self.parameters() <= PARAMETERS_MAX,
            "layers",
            self.layers,
            "a network of at most 134 million weights",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_have_the_sizes_that_they_are_named_for() {
        let count = |name| {
            let config = PerformerConfig::preset(name).unwrap();
            config.validate().unwrap();
            config.parameters() as f64
        };
        assert!(count("nano") < 0.2e6);
        assert!(
            (count("small") / 2.0e6 - 1.0).abs() < 0.1,
            "{}",
            count("small")
        );
        assert!(
            (count("base") / 8.3e6 - 1.0).abs() < 0.02,
            "{}",
            count("base")
        );
    }
}
