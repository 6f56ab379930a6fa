//! Rules of the house.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest source file, lines.
const LINES_MAX: usize = 400;
/// Largest file outside `models/`, bytes.
const BYTES_MAX: u64 = 1 << 20;
/// Crates in import order.
const CRATES: [&str; 5] = ["perception", "controller", "sim", "training", "launch"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files of the repository; nothing where git is not at hand.
fn files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached"])
        .current_dir(root())
        .output();
    let Ok(listed) = listed else {
        println!("skipped: git is not at hand");
        return Vec::new();
    };
    String::from_utf8_lossy(&listed.stdout)
        .lines()
        .map(|line| root().join(line))
        .filter(|path| path.is_file())
        .collect()
}

#[test]
fn files_are_short_and_leave_nothing_for_later() {
    for path in files() {
        let size = path.metadata().unwrap().len();
        let in_models = path.strip_prefix(root()).unwrap().starts_with("models");
        assert!(
            in_models || size <= BYTES_MAX,
            "{}: {size} bytes",
            path.display()
        );
        if path.extension().is_none_or(|kind| kind != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{}: {lines} lines", path.display());
        for word in [
            concat!("TO", "DO"),
            concat!("FIX", "ME"),
            concat!("XX", "X"),
        ] {
            assert!(!text.contains(word), "{} says {word}", path.display());
        }
    }
}

#[test]
fn crates_import_leftward_only() {
    for (place, name) in CRATES.iter().enumerate() {
        let manifest = std::fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        for right in &CRATES[place..] {
            let dependencies = manifest["dependencies"].as_table();
            let found = dependencies.is_some_and(|table| table.contains_key(*right));
            assert!(!found, "{name} imports {right}");
        }
    }
}

#[test]
fn worlds_and_sensors_know_no_controller() {
    for part in ["world", "sensing", "scenario", "robot", "import"] {
        for path in files() {
            let inside = path
                .strip_prefix(root())
                .unwrap()
                .starts_with(format!("sim/src/{part}"));
            if inside {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(!text.contains("controller::"), "{}", path.display());
            }
        }
    }
}

#[test]
fn the_documented_example_is_the_one_that_runs() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let docs = read("docs/serve.md");
    for file in ["serve_irsim.py", "serve_irsim.yaml"] {
        let example = read(&format!("launch/examples/{file}"));
        assert!(docs.contains(&example), "docs/serve.md differs from {file}");
    }
}
