//! Distribution of work over processes: process `r` of `n` has the items `r`, `r + n`, …

use serde::Serialize;
use serde::de::DeserializeOwned;
use training::Ranks;

/// The items of this process.
pub(super) fn share<T: Clone>(items: &[T], ranks: &dyn Ranks) -> Vec<T> {
    let mine = items.iter().skip(ranks.rank()).step_by(ranks.size());
    mine.cloned().collect()
}

/// Gathers the results of all processes at the first one, in the order of items; none at others.
/// `mine` are the results of this process, `all` is the total number of items.
pub(super) fn gather<T: Serialize + DeserializeOwned>(
    mine: &[T],
    all: usize,
    ranks: &mut dyn Ranks,
) -> serde_json::Result<Vec<T>> {
    let mut gathered = Vec::new();
    // one item per process at a time keeps the order
    for row in 0..all.div_ceil(ranks.size()) {
        for told in ranks.gather(&serde_json::to_vec(&mine.get(row))?) {
            let told: Option<T> = serde_json::from_slice(&told)?;
            gathered.extend(told);
        }
    }
    Ok(gathered)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier, Mutex};

    use super::*;

    /// Threads that exchange data in place of processes.
    struct Threads {
        rank: usize,
        told: Arc<Mutex<Vec<Vec<u8>>>>,
        all_told: Arc<Barrier>,
    }

    impl Ranks for Threads {
        fn rank(&self) -> usize {
            self.rank
        }

        fn size(&self) -> usize {
            self.told.lock().unwrap().len()
        }

        fn sum(&mut self, _: &mut [f32]) {}

        fn sum_figures(&mut self, _: &mut [f64]) {}

        fn gather(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
            self.told.lock().unwrap()[self.rank] = bytes.to_vec();
            self.all_told.wait();
            let told = self.told.lock().unwrap().clone();
            self.all_told.wait();
            if self.rank == 0 { told } else { Vec::new() }
        }
    }

    #[test]
    fn any_number_of_processes_gathers_what_one_does() {
        let items: Vec<u64> = (0..7).collect();
        let wanted: Vec<f64> = items.iter().map(|n| 1.0 / (*n as f64 + 0.3)).collect();
        for size in [1, 2, 3, 9] {
            let told = Arc::new(Mutex::new(vec![Vec::new(); size]));
            let all_told = Arc::new(Barrier::new(size));
            let gathered: Vec<Vec<f64>> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..size)
                    .map(|rank| {
                        let (told, all_told) = (told.clone(), all_told.clone());
                        let items = &items;
                        scope.spawn(move || {
                            let mut ranks = Threads {
                                rank,
                                told,
                                all_told,
                            };
                            let mine: Vec<f64> = share(items, &ranks)
                                .into_iter()
                                .map(|n| 1.0 / (n as f64 + 0.3))
                                .collect();
                            gather(&mine, items.len(), &mut ranks).unwrap()
                        })
                    })
                    .collect();
                let joined = threads.into_iter().map(|thread| thread.join().unwrap());
                joined.collect()
            });
            assert_eq!(gathered[0], wanted, "{size} processes");
            assert!(gathered[1..].iter().all(Vec::is_empty));
        }
    }
}
