//! Directories of rosbag2 as they are moved, renamed and packed.

use proptest::prelude::*;
use recordings::{BagReader as _, McapBag};
use runtime::recording::open_recording;

use super::drive::{Drive, Place, Row};

/// Messages of a recording, in the order in which they are read.
fn messages(path: &std::path::Path) -> (Vec<Row>, Vec<String>) {
    let mut bag = open_recording(path, |_| true).unwrap();
    let mut rows = Vec::new();
    while let Some(raw) = bag.next_message().unwrap() {
        rows.push((raw.topic.name.clone(), raw.arrival, raw.bytes));
    }
    (rows, bag.notes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// However metadata name them, the files beside it are read whole; what is missing is noted.
    #[test]
    fn files_are_found_by_their_names_wherever_the_bag_was_recorded(
        count in 1_usize..4,
        before in prop::sample::select(vec![
            "", "./", "bag/", "/home/robot/bags/bag/", "..\\bag\\", "C:\\bags\\bag\\", "another bag/",
        ]),
        storage in prop::sample::select(vec!["mcap", "\"\""]),
        mark in prop::sample::select(vec!["", "\u{feff}"]),
        folder in prop::sample::select(vec!["bag", "renamed", "with space", "ü"]),
        missing in prop::option::of(0_usize..4),
        is_blank: bool,
    ) {
        let place = Place::new();
        let drive = Drive::new();
        let rows = drive.rows();
        let share = rows.len().div_ceil(count);
        let parts: Vec<&[Row]> = rows.chunks(share).collect();
        let mut names = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let name = format!("bag_{index}.mcap");
            place.put(&format!("{folder}/{name}"), &drive.recorded(part.to_vec()));
            names.push(name);
        }
        let list: Vec<String> = names.iter().map(|name| format!("    - '{before}{name}'\n")).collect();
        let list = list.concat();
        let metadata = if is_blank {
            String::new()
        } else {
            format!(
                "{mark}rosbag2_bagfile_information:\n  version: 3\n  storage_identifier: {storage}\n  \
                 relative_file_paths:\n{list}"
            )
        };
        place.put(&format!("{folder}/metadata.yaml"), metadata.as_bytes());
        let missing = missing.filter(|missing| *missing < count && count > 1);
        if let Some(missing) = missing {
            std::fs::remove_file(place.path(&format!("{folder}/{}", names[missing]))).unwrap();
        }
        let (read, notes) = messages(&place.path(folder));
        let expected: Vec<Row> = parts
            .iter()
            .enumerate()
            .filter(|(index, _)| Some(*index) != missing)
            .flat_map(|(_, part)| part.to_vec())
            .collect();
        prop_assert_eq!(read, expected);
        let is_noted = notes.iter().any(|note| note.contains("metadata.yaml"));
        prop_assert_eq!(is_noted, is_blank || missing.is_some(), "{:?}", notes);
        if let (Some(missing), false) = (missing, is_blank) {
            prop_assert!(notes.iter().any(|note| note.contains(&names[missing])), "{:?}", notes);
        }
    }

    /// A container that is cut at any byte gives the messages before the cut, and a note of it.
    #[test]
    fn a_container_cut_at_any_byte_is_read_up_to_there_and_noted(share in 0.0_f64..1.0) {
        let place = Place::new();
        let drive = Drive::new();
        let (rows, mut bytes) = (drive.rows(), drive.bytes());
        bytes.truncate((share * bytes.len() as f64) as usize);
        // its magic and its header
        prop_assume!(McapBag::from_bytes(&[&bytes], |_| true).is_ok());
        let path = place.put("bag.mcap", &bytes);
        prop_assume!(open_recording(&path, |_| true).is_ok());
        let (read, notes) = messages(&path);
        prop_assert!(read.len() <= rows.len());
        prop_assert_eq!(&read, &rows[..read.len()]);
        prop_assert_eq!(notes.len(), 1, "{:?}", notes);
        let words = format!("{} messages up to", read.len());
        prop_assert!(notes[0].contains(&words) || read.len() < 2, "{:?}", notes);
    }
}
