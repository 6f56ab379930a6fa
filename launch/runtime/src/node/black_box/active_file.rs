//! An MCAP file that survives a crash of its writer.
//!
//! Its name is `NAME.mcap.active` while it is open. A flush ends the current chunk and synchronises
//! the file to disk: a killed process loses only the messages after the last flush, and a reader
//! finds complete chunks before it. The finished file is renamed to `NAME.mcap`.

use std::fs::File;
use std::path::{Path, PathBuf};

use recordings::BagWriter;

use super::Entry;
use crate::node::RecorderError;
use crate::output::sync_directory;
use crate::recording::ACTIVE;

/// Maximum number of tried names.
const NAMES_MAX: usize = 10_000;

/// An open file.
pub(in crate::node) struct ActiveFile {
    /// Current path.
    active: PathBuf,
    file: File,
    /// None until the first message.
    bag: Option<BagWriter<File>>,
    written: u64,
    flushed: u64,
}

impl ActiveFile {
    /// Creates an empty file for a recording of this name, with a number if the name exists.
    /// Returns the name of the finished file, too.
    pub fn create(path: &Path) -> Result<(Self, PathBuf), RecorderError> {
        for number in 1..=NAMES_MAX {
            let path = numbered(path, number);
            let active = active(&path);
            if path.exists() {
                continue;
            }
            match File::create_new(&active) {
                Ok(file) => {
                    let this = Self {
                        active,
                        file,
                        bag: None,
                        written: 0,
                        flushed: 0,
                    };
                    return Ok((this, path));
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(RecorderError::File { path, source }),
            }
        }
        Err(RecorderError::File {
            path: path.to_owned(),
            source: std::io::ErrorKind::AlreadyExists.into(),
        })
    }

    /// Writes a message.
    pub fn write(&mut self, entry: &Entry) -> Result<(), RecorderError> {
        let bag = match &mut self.bag {
            Some(bag) => bag,
            empty => {
                let file = self.file.try_clone().map_err(failed(&self.active))?;
                empty.insert(BagWriter::begin(file)?)
            }
        };
        if !bag.knows(&entry.topic) {
            bag.topic(&entry.topic, entry.kind)?;
        }
        bag.bytes(&entry.topic, entry.at, entry.at, &entry.bytes)?;
        self.written += 1;
        Ok(())
    }

    /// Synchronises all messages to disk. Returns their number since the last flush.
    pub fn flush(&mut self) -> Result<u64, RecorderError> {
        let more = self.written - self.flushed;
        if let (Some(bag), true) = (&mut self.bag, more > 0) {
            bag.flush()?;
            self.file.sync_data().map_err(failed(&self.active))?;
            self.flushed = self.written;
        }
        Ok(more)
    }

    /// Messages that a crash now would lose.
    pub fn unflushed(&self) -> u64 {
        self.written - self.flushed
    }

    /// Finishes the file and renames it.
    pub fn finish(self, path: &Path) -> Result<(), RecorderError> {
        if let Some(bag) = self.bag {
            bag.finish()?;
        }
        let rename = || {
            self.file.sync_all()?;
            std::fs::rename(&self.active, path)?;
            sync_directory(path)
        };
        rename().map_err(failed(&self.active))
    }
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> RecorderError {
    let path = path.to_owned();
    move |source| RecorderError::File { path, source }
}

/// The name of an open file.
fn active(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ACTIVE);
    PathBuf::from(name)
}

/// The path with a number before its extension, from 2 on.
fn numbered(path: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}_{number}.mcap"))
}

#[cfg(test)]
mod tests {
    use perception::Stamp;
    use recordings::BagReader as _;
    use recordings::definitions::PATH;

    use super::super::Carry;
    use super::*;
    use crate::recording::open_recording;

    fn entry(at: i64) -> Entry {
        Entry {
            topic: "/plan".to_owned(),
            kind: &PATH,
            at: Stamp(at),
            bytes: vec![0, 1, 0, 0, 7],
            carry: Carry::Route,
        }
    }

    fn arrivals(path: &Path) -> (Vec<i64>, Vec<String>) {
        let mut recording = open_recording(path, |_| true).unwrap();
        let mut arrivals = Vec::new();
        while let Some(raw) = recording.next_message().unwrap() {
            arrivals.push(raw.arrival.0);
        }
        (arrivals, recording.notes())
    }

    #[test]
    fn flushed_messages_are_read_from_an_unfinished_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("drive.mcap");
        let (mut file, named) = ActiveFile::create(&path).unwrap();
        assert_eq!(named, path);
        for at in 0..20 {
            file.write(&entry(at)).unwrap();
        }
        assert_eq!(file.flush().unwrap(), 20);
        assert_eq!(file.flush().unwrap(), 0);
        file.write(&entry(20)).unwrap();
        assert_eq!(file.unflushed(), 1);
        let (read, notes) = arrivals(&active(&path));
        assert_eq!(read, (0..20).collect::<Vec<i64>>());
        assert!(notes[0].contains("20 messages"), "{notes:?}");
        file.finish(&path).unwrap();
        assert!(!active(&path).exists());
        assert_eq!(arrivals(&path), ((0..21).collect(), Vec::new()));
    }

    #[test]
    fn no_file_takes_the_place_of_another() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("drive.mcap");
        let names: Vec<PathBuf> = (0..3)
            .map(|_| ActiveFile::create(&path).unwrap().1)
            .collect();
        let expected = ["drive.mcap", "drive_2.mcap", "drive_3.mcap"];
        assert_eq!(names, expected.map(|name| directory.path().join(name)));
        let nowhere = directory.path().join("none/drive.mcap");
        let error = ActiveFile::create(&nowhere).err().unwrap().to_string();
        assert!(error.contains("none/drive.mcap"), "{error}");
    }
}
