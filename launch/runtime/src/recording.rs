//! Files of recordings: rosbag2 directories, databases, MCAP. No file is written beside them.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use recordings::{
    BagReader, Damage, McapBag, RawMessage, RecordingError, Topic, decompressed, is_compressed,
};
use tempfile::NamedTempFile;

#[cfg(feature = "sqlite")]
mod databases;
#[cfg(not(feature = "sqlite"))]
#[path = "recording/no_databases.rs"]
mod databases;
mod files;

use crate::input::unread;
use databases::Database;
pub use files::is_recording;
use files::{Files, MCAP_MAGIC, ROS1_MAGIC, files, unreadable};

/// Suffix of the name of a file that a recorder is writing, or was when it was killed.
pub const ACTIVE: &str = ".active";
/// First bytes of a database (`SQLite` file format, section 1.3.1).
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";
/// Maximum size of a file decompressed in memory, bytes.
const UNPACKED_MAX: usize = 1 << 33;

/// Reasons why a recording cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file that is missing or not readable.
    #[error("{}: {}", path.display(), unread(cause, "a rosbag2 directory, or a .db3 or .mcap file"))]
    File {
        /// The file.
        path: PathBuf,
        /// Cause.
        cause: std::io::Error,
    },
    /// A directory without a recording.
    #[error("{}: expected metadata.yaml, .db3 or .mcap files in it", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// A file of an unknown type.
    #[error("{}: neither a rosbag2 database nor MCAP", path.display())]
    Kind {
        /// The file.
        path: PathBuf,
    },
    /// A database, which this build does not support.
    #[error("{}: a rosbag2 database, which this program reads only when built with the feature sqlite; \
             convert it with `ros2 bag convert`, or use performer-mpc", path.display())]
    NoDatabases {
        /// The file.
        path: PathBuf,
    },
    /// A bag of ROS 1.
    #[error(
        "{}: a bag of ROS 1: expected a recording of ROS 2; convert it with `rosbags-convert --src FILE.bag \
         --dst DIRECTORY` (pip install rosbags)",
        path.display()
    )]
    Ros1 {
        /// The file.
        path: PathBuf,
    },
    /// Empty files.
    #[error("{}: empty: its recorder ended before it wrote anything", path.display())]
    Blank {
        /// The file, or the directory of several.
        path: PathBuf,
    },
    /// Files of one recording in different storages.
    #[error("{}: databases and MCAP files in one recording", path.display())]
    Mixed {
        /// The recording.
        path: PathBuf,
    },
    /// A damaged recording.
    #[error("{}: {source}", path.display())]
    Recording {
        /// The file, or the directory of several.
        path: PathBuf,
        /// Cause.
        source: RecordingError,
    },
}

/// A file of a recording, unopened.
enum Storage {
    Blank,
    Database(Database),
    Container(Vec<u8>),
}

/// An open recording.
pub struct Recording {
    bag: Box<dyn BagReader>,
    files: Vec<PathBuf>,
    /// Notes for the user on the list of files.
    notes: Vec<String>,
    /// Removed when the recording is closed.
    _copies: Vec<NamedTempFile>,
}

impl Recording {
    /// Notes for the user on missing, truncated or damaged files, one per line. Complete when all
    /// messages have been read.
    pub fn notes(&self) -> Vec<String> {
        let damage = self.bag.damage().iter();
        let damage = damage.map(|damage| self.note(damage));
        self.notes.iter().cloned().chain(damage).collect()
    }

    fn note(&self, damage: &Damage) -> String {
        let Some(path) = self.files.get(damage.file) else {
            return damage.to_string();
        };
        let mut damage = damage.clone();
        let shown = path.display();
        let is_database = damage.byte.is_none();
        if let Ok((length, declared)) = databases::lengths(path) {
            if length == 0 {
                (damage.byte, damage.length) = (Some(0), Some(0));
                "the file is empty".clone_into(&mut damage.cause);
            } else if is_database && declared.is_some_and(|declared| declared > length) {
                (damage.byte, damage.length) = (Some(length), declared);
            }
        }
        let tool = if is_database {
            "sqlite3 FILE .recover"
        } else {
            "mcap recover FILE"
        };
        format!("{shown}: {damage}; `{tool}` makes a whole recording of it")
    }
}

impl BagReader for Recording {
    fn topics(&self) -> &[Arc<Topic>] {
        self.bag.topics()
    }

    fn damage(&self) -> &[Damage] {
        self.bag.damage()
    }

    fn select(&mut self, topics: &[&str]) {
        self.bag.select(topics);
    }

    fn next_message(&mut self) -> Result<Option<RawMessage>, RecordingError> {
        self.bag.next_message()
    }
}

/// Opens a recording: a rosbag2 directory, or one of its files. The `wanted` topics of MCAP files
/// are held in memory; databases are read from disk on demand. Truncated or damaged files are read
/// up to the damage; [`Recording::notes`] reports the position.
pub fn open_recording(path: &Path, wanted: impl Fn(&str) -> bool) -> Result<Recording, OpenError> {
    let fault = |source| OpenError::Recording {
        path: path.to_owned(),
        source,
    };
    let Files {
        paths: files,
        notes,
    } = files(path)?;
    let storages: Vec<Storage> = files
        .iter()
        .map(|file| open(file))
        .collect::<Result<_, _>>()?;
    let has = |wanted: fn(&Storage) -> bool| storages.iter().any(wanted);
    let has_database = has(|storage| matches!(storage, Storage::Database(..)));
    let has_container = has(|storage| matches!(storage, Storage::Container(_)));
    let path = path.to_owned();
    let mut copies = Vec::new();
    let bag: Box<dyn BagReader> = match (has_database, has_container) {
        (false, false) if storages.is_empty() => return Err(OpenError::Empty { path }),
        (false, false) => return Err(OpenError::Blank { path }),
        (true, true) => return Err(OpenError::Mixed { path }),
        (true, false) => {
            let databases = storages.into_iter().map(|storage| match storage {
                Storage::Database(database) => Some(database),
                Storage::Blank | Storage::Container(_) => None,
            });
            databases::bag(databases, &mut copies).map_err(fault)?
        }
        (false, true) => {
            let bytes: Vec<&[u8]> = storages
                .iter()
                .map(|storage| match storage {
                    Storage::Container(bytes) => bytes.as_slice(),
                    Storage::Blank | Storage::Database(..) => &[],
                })
                .collect();
            Box::new(McapBag::from_bytes(&bytes, wanted).map_err(fault)?)
        }
    };
    Ok(Recording {
        bag,
        files,
        notes,
        _copies: copies,
    })
}

fn open(path: &Path) -> Result<Storage, OpenError> {
    let broken = |source| OpenError::Recording {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable(path))?;
    let mut head = Vec::new();
    (&mut file)
        .take(SQLITE_MAGIC.len() as u64)
        .read_to_end(&mut head)
        .map_err(unreadable(path))?;
    if head == SQLITE_MAGIC {
        return Database::open(path).map(Storage::Database);
    }
    if head.is_empty() {
        return Ok(Storage::Blank);
    }
    if head.starts_with(ROS1_MAGIC) {
        let path = path.to_owned();
        return Err(OpenError::Ros1 { path });
    }
    let mut bytes = head;
    if !is_compressed(&bytes) && !bytes.starts_with(MCAP_MAGIC) {
        return Err(OpenError::Kind {
            path: path.to_owned(),
        });
    }
    file.read_to_end(&mut bytes).map_err(unreadable(path))?;
    let bytes = decompressed("the file", bytes, UNPACKED_MAX).map_err(broken)?;
    if bytes.starts_with(SQLITE_MAGIC) {
        return Database::unpacked(path, bytes).map(Storage::Database);
    }
    Ok(Storage::Container(bytes))
}
