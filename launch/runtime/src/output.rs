//! Atomic writing of files.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Reasons why a file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct OutputError {
    path: PathBuf,
    source: std::io::Error,
}

/// Prefix of the name of an unfinished file.
const UNFINISHED: &str = ".unfinished-";

/// Removes the unfinished files of killed writers from a directory. No other process may write
/// there.
pub fn sweep(directory: &Path) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Writes a file under a temporary name and renames it once it is on disk, so that neither a crash
/// nor a power failure leaves a partial file in place of the old one. Creates directories as
/// needed.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let attempt = || {
        let directory = directory_of(path);
        std::fs::create_dir_all(directory)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(std::fs::Permissions::from_mode(0o644));
        }
        let mut file = builder.tempfile_in(directory)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        sync_directory(path)
    };
    attempt().map_err(|source| OutputError {
        path: path.to_owned(),
        source,
    })
}

/// Synchronises the name of a created or renamed file to disk.
pub fn sync_directory(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        std::fs::File::open(directory_of(path))?.sync_all()?;
    }
    Ok(())
}

/// The directory of a file.
fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
