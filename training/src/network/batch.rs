//! Batches of network inputs.

use controller::performer::{PerformerConfig, STATE_LEN};

use super::NetworkError;

/// Inputs of a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// `[len, channels, cells, cells]`
    pub images: Vec<u8>,
    /// `[len, STATE_LEN]`
    pub states: Vec<f32>,
    /// Number of inputs.
    pub len: usize,
}

impl Batch {
    /// Rejects sizes that do not match a network.
    pub fn check(&self, config: &PerformerConfig) -> Result<(), NetworkError> {
        let image = config.tokens() * config.patch_len();
        NetworkError::ensure("images of a batch", self.len * image, self.images.len())?;
        NetworkError::ensure("states of a batch", self.len * STATE_LEN, self.states.len())
    }

    /// `[len * tokens, patch_len]`: tokens row by row of the image, in a token channel, row,
    /// column, scaled to 0 to 1.
    pub fn patches(&self, config: &PerformerConfig) -> Vec<f32> {
        let (cells, patch) = (config.view.cells, config.patch);
        let image = config.view.channels() * cells * cells;
        let mut patches = Vec::with_capacity(self.images.len());
        for image in self.images.chunks_exact(image) {
            for corner_row in (0..cells).step_by(patch) {
                for corner_col in (0..cells).step_by(patch) {
                    for channel in image.chunks_exact(cells * cells) {
                        for row in corner_row..corner_row + patch {
                            let cells = &channel[row * cells + corner_col..][..patch];
                            patches.extend(cells.iter().map(|&cell| f32::from(cell) / 255.0));
                        }
                    }
                }
            }
        }
        patches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_lands_in_its_patch() {
        let config = PerformerConfig::preset("nano").unwrap();
        let (cells, patch) = (config.view.cells, config.patch);
        let [sample, channel, row, col] = [1, 3, 17, 10];
        let mut batch = Batch {
            images: vec![0; 2 * config.tokens() * config.patch_len()],
            states: vec![0.0; 2 * STATE_LEN],
            len: 2,
        };
        let channels = config.view.channels();
        batch.images[((sample * channels + channel) * cells + row) * cells + col] = 255;
        let token = (row / patch) * (cells / patch) + col / patch;
        let inside = (channel * patch + row % patch) * patch + col % patch;
        let expected = (sample * config.tokens() + token) * config.patch_len() + inside;
        let patches = batch.patches(&config);
        assert_eq!(patches[expected], 1.0);
        assert_eq!(patches.iter().sum::<f32>(), 1.0);
    }
}
