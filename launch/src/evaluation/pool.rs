//! Parallel map over items.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Applies `work` to every item on at most `jobs` threads. Results are in the order of the items;
/// `done` is called with each result when it is available. The first error ends the work.
pub fn map<T: Sync, R: Send, E: Send>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> Result<R, E> + Sync,
    mut done: impl FnMut(&R),
) -> Result<Vec<R>, E> {
    let jobs = jobs.clamp(1, items.len().max(1));
    let next = AtomicUsize::new(0);
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let (sender, receiver) = crossbeam::channel::bounded(2 * jobs);
    std::thread::scope(|scope| -> Result<(), E> {
        for _ in 0..jobs {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = work(item);
                    let failed = result.is_err();
                    if sender.send((index, result)).is_err() || failed {
                        break;
                    }
                }
            });
        }
        drop(sender);
        // leaving early closes the channel, which stops the threads at their next result
        for (index, result) in receiver {
            let result = result?;
            done(&result);
            results[index] = Some(result);
        }
        Ok(())
    })?;
    Ok(results.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn results_come_in_order_whatever_the_number_of_threads() {
        let items: Vec<u64> = (0..100).collect();
        for jobs in [1, 2, 7] {
            let mut heard = 0;
            let squares = map(&items, jobs, |n| Ok::<_, ()>(n * n), |_| heard += 1).unwrap();
            assert_eq!(squares, items.iter().map(|n| n * n).collect::<Vec<_>>());
            assert_eq!(heard, 100);
        }
    }

    #[test]
    fn the_first_error_ends_the_work() {
        let items: Vec<u64> = (0..1000).collect();
        let outcome = map(&items, 2, |&n| if n == 3 { Err(n) } else { Ok(n) }, |_| {});
        assert_eq!(outcome, Err(3));
    }
}
