//! Recorded people and their walls, and a drive among them. Walls follow the people behind a line
//! of `#`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sim::{Recording, ReplaySettings};

fuzz_target!(|text: &str| {
    let (people, walls) = text.split_once("\n#\n").unwrap_or((text, "[]"));
    let Ok(recording) = Recording::read("fuzz", people) else {
        return;
    };
    if let Ok(recording) = recording.with_walls(walls) {
        let _ = ReplaySettings::default().situation(&recording, 1);
    }
});
