//! Training by several processes.

/// Communication of numbers between processes.
pub trait Ranks {
    /// Index of this process, from 0.
    fn rank(&self) -> usize;
    /// Number of processes.
    fn size(&self) -> usize;
    /// Replaces every element by its sum over all processes, with the same bytes in each.
    fn sum(&mut self, values: &mut [f32]);
    /// The same in double precision.
    fn sum_figures(&mut self, values: &mut [f64]);
    /// Gathers the bytes of all processes by rank at the first; empty at the others.
    fn gather(&mut self, bytes: &[u8]) -> Vec<Vec<u8>>;
}

/// A single process.
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
