//! Pool of buffers: activations have the same sizes in every batch, and new memory pages take time.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Unused vectors by capacity, shared by all threads.
#[derive(Debug, Default)]
pub struct Pool(Mutex<BTreeMap<usize, Vec<Vec<f32>>>>);

impl Pool {
    /// An empty buffer with capacity for `len` numbers.
    pub fn buffer(self: &Arc<Self>, len: usize) -> Buffer {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // a buffer more than twice as large is left for larger requests
        let fitting = idle
            .range_mut(len..=2 * len)
            .find_map(|(_, same)| same.pop());
        let mut data = fitting.unwrap_or_else(|| Vec::with_capacity(len));
        data.clear();
        self.adopt(data)
    }

    /// A buffer of zeros.
    pub fn zeros(self: &Arc<Self>, len: usize) -> Buffer {
        let mut buffer = self.buffer(len);
        buffer.resize(len, 0.0);
        buffer
    }

    /// Wraps a vector from this pool, to which it returns.
    pub fn adopt(self: &Arc<Self>, data: Vec<f32>) -> Buffer {
        Buffer {
            data,
            pool: Some(self.clone()),
        }
    }
}

/// A vector that returns to its pool.
#[derive(Debug)]
pub struct Buffer {
    data: Vec<f32>,
    pool: Option<Arc<Pool>>,
}

impl Buffer {
    /// A buffer without a pool.
    pub fn foreign(data: Vec<f32>) -> Self {
        Self { data, pool: None }
    }

    /// The vector, to be [adopted](Pool::adopt) again.
    pub fn into_vec(mut self) -> Vec<f32> {
        std::mem::take(&mut self.data)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.data);
        if let Some(pool) = &self.pool
            && data.capacity() > 0
        {
            let mut idle = pool.0.lock().unwrap_or_else(PoisonError::into_inner);
            idle.entry(data.capacity()).or_default().push(data);
        }
    }
}

impl Deref for Buffer {
    type Target = Vec<f32>;

    fn deref(&self) -> &Vec<f32> {
        &self.data
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<f32> {
        &mut self.data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_buffers_are_reused() {
        let pool = Arc::new(Pool::default());
        let first = pool.zeros(100);
        let place = first.as_ptr();
        drop(first);
        let small = pool.buffer(10);
        assert_ne!(small.as_ptr(), place, "ten times as large");
        let again = pool.zeros(80);
        assert_eq!((again.as_ptr(), again.len()), (place, 80));
        drop(pool.adopt(again.into_vec()));
        assert_eq!(pool.zeros(100).as_ptr(), place);
    }
}
