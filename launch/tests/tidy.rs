//! Rules of the house.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest source file, lines.
const LINES_MAX: usize = 400;
/// Most files and folders of a folder of `launch/src`.
const ENTRIES_MAX: usize = 15;
/// Largest file outside `models/`, bytes.
const BYTES_MAX: u64 = 1 << 20;
/// Crates in import order, and where they live.
const CRATES: [(&str, &str); 8] = [
    ("perception", "perception"),
    ("recordings", "perception/recordings"),
    ("mapping", "perception/mapping"),
    ("controller", "controller"),
    ("sim", "sim"),
    ("training", "training"),
    ("runtime", "launch/runtime"),
    ("launch", "launch"),
];
/// Crates of others that read files of one format or another.
const FORMATS: [&str; 7] = [
    "image",
    "mcap",
    "plotters",
    "rusqlite",
    "serde_yaml_ng",
    "resvg",
    "zstd",
];
/// What is for simulation, training and pictures alone.
const NOT_ON_ROBOTS: [&str; 11] = [
    "performer-mpc-sim",
    "performer-mpc-training",
    "performer-mpc-mapping",
    "performer-mpc-launch",
    "dfdx",
    "image",
    "indicatif",
    "plotters",
    "resvg",
    "rusqlite",
    "tensorboard-rs",
];
/// Where `unsafe` may stand: wide registers.
const UNSAFE: [&str; 3] = [
    "controller/src/performer/kernels/",
    "perception/src/wide.rs",
    "training/src/ops/",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files of the repository.
fn files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached"])
        .current_dir(root())
        .output()
        .expect("git");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let paths = listed.lines().map(|line| root().join(line));
    let files: Vec<PathBuf> = paths.filter(|path| path.is_file()).collect();
    assert!(files.len() > 100, "git lists {} files", files.len());
    files
}

/// Names of the crates that one is built of, its own features aside.
fn built_of(name: &str) -> Vec<String> {
    let listed = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--prefix", "none"])
        .args(["--edges", "normal,build", "--package", name])
        .current_dir(root())
        .output()
        .expect("cargo");
    let problem = String::from_utf8_lossy(&listed.stderr);
    assert!(listed.status.success(), "cargo tree: {problem}");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let names = listed.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
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
fn folders_of_launch_hold_few_entries() {
    let source = root().join("launch/src");
    let mut entries: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    for path in files() {
        for entry in path.ancestors().take_while(|above| *above != source) {
            if let Some(folder) = entry.parent().filter(|folder| folder.starts_with(&source)) {
                let folder = entries.entry(folder.to_owned()).or_default();
                folder.insert(entry.to_owned());
            }
        }
    }
    assert!(entries.len() > 20, "{} folders", entries.len());
    for (folder, entries) in entries {
        let count = entries.len();
        assert!(count <= ENTRIES_MAX, "{}: {count}", folder.display());
    }
}

#[test]
fn crates_import_leftward_only() {
    for (place, (name, folder)) in CRATES.iter().enumerate() {
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        for (right, _) in &CRATES[place..] {
            let dependencies = manifest["dependencies"].as_table();
            let found = dependencies.is_some_and(|table| table.contains_key(*right));
            assert!(!found, "{name} imports {right}");
        }
    }
}

#[test]
fn a_robot_builds_nothing_of_simulation_training_or_pictures() {
    let crates = built_of("performer-mpc-runtime");
    for name in NOT_ON_ROBOTS {
        assert!(!crates.iter().any(|found| found == name), "{name}");
    }
}

#[test]
fn perception_and_controller_need_no_file_format() {
    for name in ["performer-mpc-perception", "performer-mpc-controller"] {
        let crates = built_of(name);
        for format in FORMATS {
            assert!(
                !crates.iter().any(|found| found == format),
                "{name}: {format}"
            );
        }
    }
}

#[test]
fn unsafe_stands_where_registers_are_wide_alone() {
    let word = concat!("uns", "afe ");
    for path in files() {
        let place = path
            .strip_prefix(root())
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let is_source =
            path.extension().is_some_and(|kind| kind == "rs") && place.contains("/src/");
        if !is_source || UNSAFE.iter().any(|allowed| place.starts_with(allowed)) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let mut code = text
            .lines()
            .map(|line| line.split("//").next().unwrap_or(""));
        assert!(!code.any(|line| line.contains(word)), "{place}");
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
