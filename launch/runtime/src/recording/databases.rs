//! Databases of rosbag2, read from disk on demand.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use recordings::{BagReader, Extent, RecordingError, SqliteBag};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;

use super::files::unreadable;
use super::{OpenError, SQLITE_MAGIC};

/// Length of a database's header, bytes (section 1.3).
const SQLITE_HEADER: u64 = 100;
/// `SQLite`'s file access without locks, which read-only media do not support.
const WITHOUT_LOCKS: &std::ffi::CStr = if cfg!(windows) {
    c"win32-none"
} else {
    c"unix-none"
};
/// A database, with the copy that replaces a file truncated within a page.
pub(super) struct Database {
    connection: Connection,
    copy: Option<NamedTempFile>,
}

impl Database {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let copy = whole_pages(path).map_err(unreadable(path))?;
        let read = copy.as_ref().map_or(path, NamedTempFile::path);
        let connection = connect(read).map_err(broken(path))?;
        Ok(Self { connection, copy })
    }

    /// A database that was compressed as a whole.
    pub(super) fn unpacked(path: &Path, bytes: Vec<u8>) -> Result<Self, OpenError> {
        let connection = SqliteBag::connect(bytes).map_err(broken(path))?;
        Ok(Self {
            connection,
            copy: None,
        })
    }
}

/// The databases of one recording; none for empty files.
pub(super) fn bag(
    databases: impl Iterator<Item = Option<Database>>,
    copies: &mut Vec<NamedTempFile>,
) -> Result<Box<dyn BagReader>, RecordingError> {
    let connections = databases.map(|database| match database {
        Some(database) => {
            copies.extend(database.copy);
            Ok(database.connection)
        }
        None => Connection::open_in_memory(),
    });
    let connections: rusqlite::Result<Vec<Connection>> = connections.collect();
    let connections = connections.map_err(unopened)?;
    Ok(Box::new(SqliteBag::from_connections(connections)?))
}

/// Length of a file, bytes, and the length according to the header of a database.
pub(super) fn lengths(path: &Path) -> std::io::Result<(u64, Option<u64>)> {
    let (length, extent) = extent(path)?;
    Ok((length, extent.map(Extent::length)))
}

fn broken(path: &Path) -> impl Fn(RecordingError) -> OpenError {
    move |source| OpenError::Recording {
        path: path.to_owned(),
        source,
    }
}

fn unopened(source: rusqlite::Error) -> RecordingError {
    RecordingError::Database {
        what: "the file",
        source,
    }
}

/// Length of a file, bytes, and the header's information for a database.
fn extent(path: &Path) -> std::io::Result<(u64, Option<Extent>)> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut head = Vec::new();
    file.take(SQLITE_HEADER).read_to_end(&mut head)?;
    let is_database = head.starts_with(SQLITE_MAGIC);
    let extent = is_database.then(|| Extent::of(&head)).flatten();
    Ok((length, extent))
}

/// A copy of the complete pages of a database truncated within one, in the directory for temporary
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

/// Opens a database read-only. A database of a killed recorder has a log, which is read too: its
/// index is kept in memory and the log is unchanged. No file is written beside the recording, and
/// its medium may be read-only.
fn connect(path: &Path) -> Result<Connection, RecordingError> {
    if log(path).exists() {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection =
            Connection::open_with_flags_and_vfs(path, flags, WITHOUT_LOCKS).map_err(unopened)?;
        let prepare = || {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            // otherwise the index of the log is a file shared by all readers
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
