//! Several processes that train one network.

/// The seam to whatever carries numbers between processes.
pub trait Ranks {
    /// This process, from 0.
    fn rank(&self) -> usize;
    /// How many there are.
    fn size(&self) -> usize;
    /// Replaces every number by its sum over all processes, the same bytes in each.
    fn sum(&mut self, values: &mut [f32]);
    /// The same for figures.
    fn sum_figures(&mut self, values: &mut [f64]);
    /// What every process says, by rank, to the first; nothing to the others.
    fn gather(&mut self, bytes: &[u8]) -> Vec<Vec<u8>>;
}

/// One process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Ranks for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn sum(&mut self, _: &mut [f32]) {}

    fn sum_figures(&mut self, _: &mut [f64]) {}

    fn gather(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        vec![bytes.to_vec()]
    }
}
