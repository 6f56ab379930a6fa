//! Reading of whole files with a maximum size.

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _, Result};
use std::path::Path;

/// The bytes of a file of at most `bytes_max`. A larger or infinite file is rejected after that
/// many bytes.
pub fn read_bytes(path: &Path, bytes_max: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = bytes_max as u64 + 1;
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        let reason = format!("larger than the {bytes_max} bytes that such a file may have");
        return Err(Error::new(ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

/// The text of a file of at most `bytes_max`.
pub fn read_text(path: &Path, bytes_max: usize) -> Result<String> {
    String::from_utf8(read_bytes(path, bytes_max)?)
        .map_err(|error| Error::new(ErrorKind::InvalidData, error))
}

/// Why a file cannot be read; where there is none, with what was expected.
pub fn unread(error: &Error, expected: &str) -> String {
    match error.kind() {
        ErrorKind::NotFound => format!("no such file or directory; expected {expected}"),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_without_end_are_refused() {
        let error = read_bytes(Path::new("/dev/zero"), 1000).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert!(error.to_string().contains("1000 bytes"));
    }

    #[test]
    fn files_of_the_largest_size_are_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "12345").unwrap();
        assert_eq!(read_text(file.path(), 5).unwrap(), "12345");
        assert!(read_text(file.path(), 4).is_err());
    }
}
