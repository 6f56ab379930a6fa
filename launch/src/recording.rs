//! Files of recordings: rosbag2 directories, databases, MCAP.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use perception::recording::{
    BagMetadata, BagReader, McapBag, RecordingError, SqliteBag, decompressed, is_compressed,
};
use rusqlite::{Connection, OpenFlags};

use crate::input::read_text;

/// Largest file of metadata, bytes.
const METADATA_MAX: usize = 4 << 20;
/// Name of the file that lists the files of a bag.
const METADATA: &str = "metadata.yaml";
/// First bytes of a database (`SQLite` file format, section 1.3.1).
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";
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
    Database(Connection),
    Container(Vec<u8>),
}

/// True for what [`open_recording`] takes: by the name of a file or what a directory holds.
pub fn is_recording(path: &Path) -> bool {
    if path.is_dir() {
        return path.join(METADATA).is_file() || !listed(path).unwrap_or_default().is_empty();
    }
    is_named_so(path)
}

/// Opens a recording: a rosbag2 directory, or one of its files. MCAP files are held in memory, of
/// the `wanted` topics; databases are read from the disk as they are asked.
pub fn open_recording(
    path: &Path,
    wanted: impl Fn(&str) -> bool,
) -> Result<Box<dyn BagReader>, OpenError> {
    let fault = |source| OpenError::Recording {
        path: path.to_owned(),
        source,
    };
    let (mut databases, mut containers) = (Vec::new(), Vec::new());
    for file in files(path)? {
        match open(&file)? {
            Storage::Database(connection) => databases.push(connection),
            Storage::Container(bytes) => containers.push(bytes),
        }
    }
    match (databases.is_empty(), containers.is_empty()) {
        (true, true) => Err(OpenError::Empty {
            path: path.to_owned(),
        }),
        (false, false) => Err(OpenError::Mixed {
            path: path.to_owned(),
        }),
        (false, true) => {
            let bag = SqliteBag::from_connections(databases).map_err(fault)?;
            Ok(Box::new(bag))
        }
        (true, false) => {
            let files: Vec<&[u8]> = containers.iter().map(Vec::as_slice).collect();
            let bag = McapBag::from_bytes(&files, wanted).map_err(fault)?;
            Ok(Box::new(bag))
        }
    }
}

/// Files of a recording in the order of recording.
fn files(path: &Path) -> Result<Vec<PathBuf>, OpenError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let metadata = path.join(METADATA);
    if metadata.is_file() {
        let text = read_text(&metadata, METADATA_MAX).map_err(unreadable(&metadata))?;
        let metadata = BagMetadata::from_yaml(&text).map_err(|source| OpenError::Recording {
            path: metadata,
            source,
        })?;
        return Ok(metadata.files.iter().map(|file| path.join(file)).collect());
    }
    listed(path).map_err(unreadable(path))
}

/// Files of a directory that are named like a recording's, in the order of their names.
fn listed(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if is_named_so(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn is_named_so(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".zstd").unwrap_or(&name);
    [".db3", ".mcap"].iter().any(|end| name.ends_with(end))
}

fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::File {
        path: path.clone(),
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
        return connect(path).map(Storage::Database).map_err(broken);
    }
    let mut bytes = head;
    if !is_compressed(&bytes) && !bytes.starts_with(mcap_magic()) {
        return Err(OpenError::Kind {
            path: path.to_owned(),
        });
    }
    file.read_to_end(&mut bytes).map_err(unreadable(path))?;
    let bytes = decompressed("the file", bytes, UNPACKED_MAX).map_err(broken)?;
    if bytes.starts_with(SQLITE_MAGIC) {
        let connection = SqliteBag::connect(bytes).map_err(broken)?;
        return Ok(Storage::Database(connection));
    }
    Ok(Storage::Container(bytes))
}

fn mcap_magic() -> &'static [u8] {
    b"\x89MCAP"
}

/// Opens a database for reading alone. One whose recorder was interrupted has a log beside it that
/// must be read too; any other is not written by anybody.
fn connect(path: &Path) -> Result<Connection, RecordingError> {
    let fault = |source| RecordingError::Database {
        what: "the file",
        source,
    };
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if Path::new(&log).exists() {
        return Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(fault);
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
    Connection::open_with_flags(address, flags).map_err(fault)
}
