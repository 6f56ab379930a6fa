//! Parallel evaluation of a matrix with a journal.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::episode::{FaultEpisode, FaultError, Judge, drive_episode};
use super::journal::Journal;
use super::matrix::Matrix;
use super::pilot::Pilots;
use crate::evaluation::pool;

/// Result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// All completed episodes in the order of the matrix.
    pub episodes: Vec<FaultEpisode>,
    /// True if the run ended before the matrix was complete.
    pub is_interrupted: bool,
}

/// Drives the episodes that are not in `kept` on `jobs` threads. Every episode is written to the
/// journal when it ends; `done` receives the number of episodes so far; the run stops when
/// `is_asked` returns true.
pub fn run_matrix(
    matrix: &Matrix,
    (pilots, judge): (&Pilots, &Judge),
    journal: (Option<Journal>, Vec<FaultEpisode>),
    jobs: usize,
    is_asked: impl Fn() -> bool + Sync,
    mut done: impl FnMut(usize),
) -> Result<Outcome, FaultError> {
    let (journal, kept) = journal;
    let by_key: BTreeMap<_, usize> = (0..matrix.episodes.len())
        .map(|number| (matrix.key(number), number))
        .collect();
    let mut episodes: Vec<Option<FaultEpisode>> = vec![None; matrix.episodes.len()];
    for episode in kept {
        if let Some(&number) = by_key.get(&episode.key) {
            episodes[number] = Some(episode);
        }
    }
    let left: Vec<usize> = (0..episodes.len())
        .filter(|&number| episodes[number].is_none())
        .collect();
    let mut count = episodes.len() - left.len();
    done(count);
    let shared = Mutex::new((journal, episodes));
    let outcome = pool::map(
        &left,
        jobs,
        |&number| {
            if is_asked() {
                return Err(FaultError::Interrupted);
            }
            let driven = drive_episode(matrix, number, pilots, judge)?;
            let mut shared = shared
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let (journal, episodes) = &mut *shared;
            if let Some(journal) = journal {
                journal.push(&driven)?;
            }
            episodes[number] = Some(driven);
            Ok(())
        },
        |()| {
            count += 1;
            done(count);
        },
    );
    let is_interrupted = match outcome {
        Ok(_) => false,
        Err(FaultError::Interrupted) => true,
        Err(error) => return Err(error),
    };
    let (journal, episodes) = shared
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(journal) = journal {
        journal.finish()?;
    }
    Ok(Outcome {
        episodes: episodes.into_iter().flatten().collect(),
        is_interrupted,
    })
}
