//! Files of recordings: rosbag2 directories, databases, MCAP. Nothing is written beside them.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use recordings::{
    BagReader, Damage, Extent, McapBag, RawMessage, RecordingError, SqliteBag, Topic, decompressed,
    is_compressed,
};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;

mod files;

pub use files::is_recording;
use files::{Files, MCAP_MAGIC, ROS1_MAGIC, files, unreadable};

/// End of the name of a file that a recorder is writing, or was when it was killed.
pub(crate) const ACTIVE: &str = ".active";
/// First bytes of a database (`SQLite` file format, section 1.3.1).
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";
/// Length of a database's header, bytes (section 1.3).
const SQLITE_HEADER: u64 = 100;
/// `SQLite`'s file access without locks, which a file on read-only media cannot have.
const WITHOUT_LOCKS: &std::ffi::CStr = if cfg!(windows) {
    c"win32-none"
} else {
    c"unix-none"
};
/// Largest file that is unpacked into memory, bytes.
const UNPACKED_MAX: usize = 1 << 33;

/// Why a recording could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file that is missing or may not be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A directory without a recording.
    #[error("{}: expected metadata.yaml, .db3 or .mcap files in it", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// A file of another kind.
    #[error("{}: neither a rosbag2 database nor MCAP", path.display())]
    Kind {
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
    /// Files without a byte in them.
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
    /// A recording that is damaged.
    #[error("{}: {source}", path.display())]
    Recording {
        /// The file, or the directory of several.
        path: PathBuf,
        /// What is wrong with it.
        source: RecordingError,
    },
}

/// A file of a recording, not looked into yet.
enum Storage {
    Blank,
    /// With a copy that it reads in the place of the file, where that is cut within a page.
    Database(Connection, Option<NamedTempFile>),
    Container(Vec<u8>),
}

/// A recording that is open.
pub struct Recording {
    bag: Box<dyn BagReader>,
    files: Vec<PathBuf>,
    /// What a person should know of the list of files.
    notes: Vec<String>,
    /// Removed when the recording is closed.
    _copies: Vec<NamedTempFile>,
}

impl Recording {
    /// What a person should know of files that are missing, cut short or damaged, a line each. Complete
    /// when all messages have been read.
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
        if let Ok((length, extent)) = extent(path) {
            let declared = extent.map(Extent::length);
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

/// Length of a file, bytes, and of a database what its header says.
fn extent(path: &Path) -> std::io::Result<(u64, Option<Extent>)> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut head = Vec::new();
    file.take(SQLITE_HEADER).read_to_end(&mut head)?;
    let is_database = head.starts_with(SQLITE_MAGIC);
    let extent = is_database.then(|| Extent::of(&head)).flatten();
    Ok((length, extent))
}

/// Opens a recording: a rosbag2 directory, or one of its files. MCAP files are held in memory, of
/// the `wanted` topics; databases are read from the disk as they are asked. Files that are cut
/// short or damaged are read up to there; [`Recording::notes`] says how far.
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
            let connections = storages.into_iter().map(|storage| match storage {
                Storage::Database(connection, copy) => {
                    copies.extend(copy);
                    Ok(connection)
                }
                Storage::Blank | Storage::Container(_) => Connection::open_in_memory(),
            });
            let connections: rusqlite::Result<Vec<Connection>> = connections.collect();
            let connections = connections.map_err(unopened).map_err(fault)?;
            Box::new(SqliteBag::from_connections(connections).map_err(fault)?)
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

fn unopened(source: rusqlite::Error) -> RecordingError {
    RecordingError::Database {
        what: "the file",
        source,
    }
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
        let copy = whole_pages(path).map_err(unreadable(path))?;
        let path = copy.as_ref().map_or(path, NamedTempFile::path);
        let connection = connect(path).map_err(broken)?;
        return Ok(Storage::Database(connection, copy));
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
        let connection = SqliteBag::connect(bytes).map_err(broken)?;
        return Ok(Storage::Database(connection, None));
    }
    Ok(Storage::Container(bytes))
}

/// A copy of the whole pages of a database that is cut within one, in the directory for temporary
/// files.
fn whole_pages(path: &Path) -> std::io::Result<Option<NamedTempFile>> {
    let (length, Some(extent)) = extent(path)? else {
        return Ok(None);
    };
    let whole = extent.whole(length);
    if whole == length || log(path).exists() {
        return Ok(None);
    }
    let mut copy = NamedTempFile::new()?;
    std::io::copy(&mut File::open(path)?.take(whole), &mut copy)?;
    Ok(Some(copy))
}

/// The write-ahead log of a database.
fn log(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    PathBuf::from(log)
}

/// Opens a database for reading alone. One whose recorder was killed has a log beside it that is
/// read too: its index is kept in memory and the log is left as it is, so that nothing is written
/// beside the recording, nor need it be on media that can be written.
fn connect(path: &Path) -> Result<Connection, RecordingError> {
    if log(path).exists() {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection =
            Connection::open_with_flags_and_vfs(path, flags, WITHOUT_LOCKS).map_err(unopened)?;
        let prepare = || {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            // without this the index of the log is a file, which all its readers share
            connection.pragma_update(None, "locking_mode", "EXCLUSIVE")
        };
        prepare().map_err(unopened)?;
        return Ok(connection);
    }
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                address.push(char::from(*byte));
            }
            _ => address.push_str(&format!("%{byte:02x}")),
        }
    }
    address.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(address, flags).map_err(unopened)
}
