//! The directory of incident files.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use perception::Stamp;

use super::IncidentCause;
use super::incident::GUARD;

/// Prefix of the names of incident files.
const PREFIX: &str = "incident_";

/// Path of the file of an incident.
pub(super) fn path(directory: &Path, at: Stamp, cause: IncidentCause) -> PathBuf {
    directory.join(format!("{PREFIX}{}_{}.mcap", at.0, cause.name()))
}

/// Makes room for one more file in a directory with a maximum number: removes the oldest first,
/// files of guard stops before all others. Files of a killed recorder count, too.
pub(super) fn make_room(directory: &Path, files_max: usize) -> io::Result<()> {
    let mut files: Vec<(bool, SystemTime, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && name.contains(".mcap") {
            let is_grave = !name.contains(&format!("_{GUARD}"));
            files.push((is_grave, entry.metadata()?.modified()?, entry.path()));
        }
    }
    files.sort();
    let excess = (files.len() + 1).saturating_sub(files_max);
    for (_, _, path) in files.iter().take(excess) {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use controller::Intervention;

    use super::*;

    #[test]
    fn guard_stops_give_way_to_contacts() {
        let directory = tempfile::tempdir().unwrap();
        let mut at = 0;
        let mut add = |cause| {
            at += 1;
            make_room(directory.path(), 2).unwrap();
            std::fs::write(path(directory.path(), Stamp(at), cause), "").unwrap();
        };
        let guard = IncidentCause::Guard(Intervention::Stale);
        for cause in [guard, IncidentCause::Contact, guard, guard] {
            add(cause);
        }
        let held = || -> Vec<String> {
            let entries = std::fs::read_dir(directory.path()).unwrap();
            let name = |entry: io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
            let mut names: Vec<_> = entries.map(name).collect();
            names.sort();
            names
                .iter()
                .map(|name| name.to_string_lossy().into_owned())
                .collect()
        };
        assert_eq!(
            held(),
            ["incident_2_contact.mcap", "incident_4_guard_stale.mcap"]
        );
        std::fs::write(directory.path().join("drive.mcap"), "").unwrap();
        make_room(directory.path(), 1).unwrap();
        assert_eq!(held(), ["drive.mcap"]);
    }
}
