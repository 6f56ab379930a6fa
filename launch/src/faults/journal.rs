//! Journal of episodes as JSON lines, for resuming an interrupted run.
//!
//! The first line identifies the settings of the episodes. A last line truncated by a crash is
//! driven again.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::episode::FaultEpisode;

/// Errors of a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The file has episodes of other settings or other content.
    #[error(
        "{} holds {found}: expected episodes of these settings; remove it, or give another --out",
        path.display()
    )]
    Other {
        /// The file.
        path: PathBuf,
        /// Content found.
        found: &'static str,
    },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// Hash of all inputs of episodes besides row and seed.
    settings_sha256: String,
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens or creates a journal; returns its episodes.
    pub fn open(
        path: &Path,
        settings_sha256: &str,
    ) -> Result<(Self, Vec<FaultEpisode>), JournalError> {
        let broken = |source| JournalError::File {
            path: path.to_owned(),
            source,
        };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(broken)?;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(broken)?;
        let mut journal = Self {
            path: path.to_owned(),
            file,
        };
        let header = Header {
            settings_sha256: settings_sha256.to_owned(),
        };
        let (episodes, whole) = journal.read(&header)?;
        let end = SeekFrom::Start(whole);
        journal.file.set_len(whole).map_err(broken)?;
        journal.file.seek(end).map_err(broken)?;
        if whole == 0 {
            journal.write(&header)?;
        }
        Ok((journal, episodes))
    }

    /// The episodes and the length of all complete lines, bytes.
    fn read(&self, header: &Header) -> Result<(Vec<FaultEpisode>, u64), JournalError> {
        let other = |found| JournalError::Other {
            path: self.path.clone(),
            found,
        };
        let mut reader = BufReader::new(&self.file);
        let (mut line, mut whole) = (Vec::new(), 0);
        let mut episodes = Vec::new();
        loop {
            line.clear();
            let length = reader
                .read_until(b'\n', &mut line)
                .map_err(|source| self.broken(source))?;
            if length == 0 || line.last() != Some(&b'\n') {
                return Ok((episodes, whole));
            }
            if whole == 0 {
                let found: Header =
                    serde_json::from_slice(&line).map_err(|_| other("something else"))?;
                if found != *header {
                    return Err(other("episodes of other settings"));
                }
            } else {
                let episode = serde_json::from_slice(&line);
                episodes.push(episode.map_err(|_| other("a line that is no episode"))?);
            }
            whole += length as u64;
        }
    }

    /// Appends an episode.
    pub fn push(&mut self, episode: &FaultEpisode) -> Result<(), JournalError> {
        self.write(episode)
    }

    /// Synchronises the file to disk.
    pub fn finish(&self) -> Result<(), JournalError> {
        self.file.sync_all().map_err(|source| self.broken(source))
    }

    fn write(&mut self, value: &impl Serialize) -> Result<(), JournalError> {
        let text = serde_json::to_string(value).map_err(std::io::Error::from);
        text.and_then(|line| self.file.write_all(format!("{line}\n").as_bytes()))
            .map_err(|source| self.broken(source))
    }

    fn broken(&self, source: std::io::Error) -> JournalError {
        JournalError::File {
            path: self.path.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use sim::{GroundTruth, Outcome, Persistence};

    use super::super::{EpisodeKey, Pilot, Place};
    use super::*;

    fn episode(seed: u64) -> FaultEpisode {
        FaultEpisode {
            key: EpisodeKey {
                fault: "none".to_owned(),
                persistence: Persistence::Permanent,
                scenario: Place::Corridor,
                policy: Pilot::Regular,
                robot: "round".to_owned(),
                seed,
            },
            outcome: Outcome::Reached,
            time_s: 1.5,
            path_length_m: 0.1 + 0.2,
            ticks: 30,
            unsolved: 0,
            refused_messages: 0,
            truth: GroundTruth::default(),
        }
    }

    #[test]
    fn what_was_driven_is_kept_and_a_torn_line_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/episodes.jsonl");
        let (mut journal, kept) = Journal::open(&path, "a").unwrap();
        assert!(kept.is_empty());
        journal.push(&episode(1)).unwrap();
        journal.push(&episode(3)).unwrap();
        drop(journal);
        let whole = std::fs::metadata(&path).unwrap().len();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"fault\": \"no").unwrap();
        let (mut journal, kept) = Journal::open(&path, "a").unwrap();
        assert_eq!(kept, [episode(1), episode(3)]);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), whole);
        journal.push(&episode(5)).unwrap();
        journal.finish().unwrap();
        assert_eq!(Journal::open(&path, "a").unwrap().1.len(), 3);
    }

    #[test]
    fn a_journal_of_other_settings_is_refused_and_left_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("episodes.jsonl");
        Journal::open(&path, "a").unwrap();
        let before = std::fs::read(&path).unwrap();
        let error = Journal::open(&path, "b").unwrap_err().to_string();
        assert!(
            error.contains("holds episodes of other settings"),
            "{error}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), before);
        std::fs::write(&path, "not a journal\n").unwrap();
        let error = Journal::open(&path, "a").unwrap_err().to_string();
        assert!(error.contains("holds something else"), "{error}");
    }
}
