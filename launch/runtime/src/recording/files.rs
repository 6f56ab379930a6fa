//! Files of a recording: by its metadata, by its directory, and by their first bytes.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use recordings::{BagMetadata, RecordingError};

use super::{ACTIVE, OpenError, SQLITE_MAGIC};
use crate::input::read_text;

/// Maximum size of the metadata, bytes.
const METADATA_MAX: usize = 4 << 20;
/// Name of the file that lists the files of a bag.
const METADATA: &str = "metadata.yaml";
/// Maximum number of directory entries listed in an error.
const LISTED: usize = 12;
/// First bytes of MCAP, of a ROS 1 bag and of zstd.
pub(super) const MCAP_MAGIC: &[u8] = b"\x89MCAP";
pub(super) const ROS1_MAGIC: &[u8] = b"#ROSBAG";
const ZSTD_MAGIC: &[u8] = b"\x28\xB5\x2F\xFD";

/// Files of a recording in the order of recording.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub paths: Vec<PathBuf>,
    /// Notes for the user.
    pub notes: Vec<String>,
}

/// True if [`super::open_recording`] accepts the path: by the first bytes or the name of a file, or
/// by the content of a directory.
pub fn is_recording(path: &Path) -> bool {
    if path.is_dir() {
        return path.join(METADATA).is_file() || !listed(path).unwrap_or_default().is_empty();
    }
    is_metadata(path) || is_named_so(path) || starts_so(path)
}

/// Finds the files of a recording.
pub(super) fn files(path: &Path) -> Result<Files, OpenError> {
    let directory = if is_metadata(path) {
        match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    } else {
        path
    };
    if !directory.is_dir() {
        return Ok(Files {
            paths: vec![path.to_owned()],
            notes: Vec::new(),
        });
    }
    let metadata = directory.join(METADATA);
    if !metadata.is_file() {
        let paths = listed(directory).map_err(unreadable(directory))?;
        return Ok(Files {
            paths,
            notes: Vec::new(),
        });
    }
    let text = read_text(&metadata, METADATA_MAX).map_err(unreadable(&metadata))?;
    if BagMetadata::is_blank(&text) {
        let paths = listed(directory).map_err(unreadable(directory))?;
        let note = format!(
            "{}: empty; the files beside it were read in the order of their names",
            metadata.display()
        );
        return Ok(Files {
            paths,
            notes: vec![note],
        });
    }
    let named = BagMetadata::from_yaml(&text).map_err(|source| OpenError::Recording {
        path: metadata.clone(),
        source,
    })?;
    resolved(directory, &metadata, &named.files)
}

/// The files named by the metadata, at their current paths.
fn resolved(directory: &Path, metadata: &Path, named: &[String]) -> Result<Files, OpenError> {
    let mut found = Files::default();
    let mut missing = Vec::new();
    for name in named {
        match resolve(directory, name) {
            Some(path) => found.paths.push(path),
            None => missing.push(name.as_str()),
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    let there = listed(directory).map_err(unreadable(directory))?;
    let shown = metadata.display();
    if found.paths.is_empty() {
        if let ([name], [only]) = (named, there.as_slice()) {
            let (name, only) = (name.clone(), only.clone());
            let note = format!(
                "{shown}: names {name:?}, which is not there; {} was read in its place",
                only.display()
            );
            return Ok(Files {
                paths: vec![only],
                notes: vec![note],
            });
        }
        return Err(OpenError::Recording {
            path: metadata.to_owned(),
            source: RecordingError::Metadata {
                found: format!(
                    "names {named:?}, none of which is beside it; there are {}",
                    entries(directory)
                ),
                expected: "the files of the bag beside metadata.yaml",
            },
        });
    }
    let notes = missing
        .iter()
        .map(|name| format!("{shown}: names {name:?}, which is not there"));
    found.notes.extend(notes);
    Ok(found)
}

/// Current path of a file named by the metadata: as written, or beside them, as in rosbag2 for bags
/// up to version 3; possibly compressed or decompressed since.
fn resolve(directory: &Path, name: &str) -> Option<PathBuf> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    if last.is_empty() {
        return None;
    }
    let packed = format!("{last}.zstd");
    let unpacked = last.strip_suffix(".zstd").unwrap_or(last);
    let mut candidates = vec![directory.join(last), directory.join(name)];
    candidates.extend([directory.join(packed), directory.join(unpacked)]);
    candidates.into_iter().find(|path| path.is_file())
}

/// Content of a directory, for messages.
fn entries(directory: &Path) -> String {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return "no files".to_owned();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != METADATA)
        .collect();
    names.sort();
    let more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    match (names.is_empty(), more) {
        (true, _) => "no files".to_owned(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}

/// Files of a directory with the names of a recording, or, if there are none, with its first bytes;
/// ordered by name.
fn listed(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    let named: Vec<PathBuf> = files
        .iter()
        .filter(|path| is_named_so(path))
        .cloned()
        .collect();
    if !named.is_empty() {
        return Ok(named);
    }
    files.retain(|path| starts_so(path));
    Ok(files)
}

fn is_metadata(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == METADATA) && path.is_file()
}

fn is_named_so(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(ACTIVE).unwrap_or(&name);
    let name = name.strip_suffix(".zstd").unwrap_or(name);
    [".db3", ".mcap", ".bag"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// True for a file that begins like a database, MCAP, a ROS 1 bag or a compressed one of them.
fn starts_so(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| {
        let limit = SQLITE_MAGIC.len() as u64;
        file.take(limit).read_to_end(&mut head)
    });
    let kinds = [SQLITE_MAGIC, MCAP_MAGIC, ROS1_MAGIC, ZSTD_MAGIC];
    read.is_ok() && kinds.iter().any(|magic| head.starts_with(magic))
}

pub(super) fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> OpenError {
    let path = path.to_owned();
    move |cause| OpenError::File {
        path: path.clone(),
        cause,
    }
}
