//! Parser for `metadata.yaml` of a rosbag2 directory.

use serde::Deserialize;

use crate::RecordingError;
use crate::yaml;

/// Maximum length of the text, bytes: a kilobyte per topic and file.
const YAML_MAX: usize = 4 << 20;
/// Maximum number of files in a bag.
const FILES_MAX: usize = 10_000;

/// Metadata that a reader needs: the storage format and the files. The files contain all the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BagMetadata {
    /// Storage plugin: `sqlite3` or `mcap`; empty after some reindexing. The content of the files
    /// takes precedence.
    pub storage: String,
    /// Files of the bag, in the order of recording. Paths are relative to the directory of the bag,
    /// up to version 3 to the parent of that directory, or absolute.
    pub files: Vec<String>,
}

#[derive(Deserialize)]
struct Outer {
    rosbag2_bagfile_information: Inner,
}

#[derive(Deserialize)]
struct Inner {
    #[serde(default)]
    storage_identifier: String,
    relative_file_paths: Vec<String>,
}

impl BagMetadata {
    /// True for the file of a recorder that was killed before it wrote metadata: empty, or comments
    /// only.
    pub fn is_blank(text: &str) -> bool {
        text.lines()
            .map(|line| line.trim_matches(['\0', '\u{feff}', ' ', '\t']))
            .all(|line| line.is_empty() || line.starts_with('#') || line == "---")
    }

    /// Parses the text of the file, of any version of rosbag2.
    pub fn from_yaml(text: &str) -> Result<Self, RecordingError> {
        let fault = |found: String, expected| RecordingError::Metadata { found, expected };
        let outer: Outer = yaml::read(text, YAML_MAX)
            .map_err(|error| fault(error.to_string(), "rosbag2_bagfile_information"))?;
        let inner = outer.rosbag2_bagfile_information;
        if !["", "sqlite3", "mcap"].contains(&inner.storage_identifier.as_str()) {
            let found = format!("storage_identifier {:?}", inner.storage_identifier);
            return Err(fault(found, "\"sqlite3\" or \"mcap\""));
        }
        let files = inner.relative_file_paths.len();
        if !(1..=FILES_MAX).contains(&files) {
            let found = format!("{files} relative_file_paths");
            return Err(fault(found, "the files of the bag, 1 to 10000"));
        }
        Ok(Self {
            storage: inner.storage_identifier,
            files: inner.relative_file_paths,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_their_storage_are_read() {
        let text = "rosbag2_bagfile_information:\n  version: 4\n  storage_identifier: sqlite3\n  \
                    relative_file_paths:\n    - a_0.db3\n    - a_1.db3\n  duration:\n    \
                    nanoseconds: 46\n";
        let metadata = BagMetadata::from_yaml(text).unwrap();
        assert_eq!(metadata.storage, "sqlite3");
        assert_eq!(metadata.files, ["a_0.db3", "a_1.db3"]);
        let message = |text: &str| BagMetadata::from_yaml(text).unwrap_err().to_string();
        assert!(message(&text.replace("sqlite3", "tape")).contains("\"tape\""));
        let reindexed = BagMetadata::from_yaml(&text.replace("sqlite3", "\"\"")).unwrap();
        assert_eq!((reindexed.storage.as_str(), reindexed.files.len()), ("", 2));
        assert!(message("a: 1").contains("rosbag2_bagfile_information"));
        for cut in 0..text.len() {
            let _ = BagMetadata::from_yaml(&text[..cut]);
        }
        assert!(
            ["", "\n", "\0\0", "---\n"]
                .into_iter()
                .all(BagMetadata::is_blank)
        );
        assert!(!BagMetadata::is_blank(text));
    }
}
