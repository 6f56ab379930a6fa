//! What people read: links resolve, commands parse, and the words are those of the field.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use launch::Config;

const PROGRAM: &str = env!("CARGO_BIN_EXE_performer-mpc");
/// Words that a robotics engineer would not search for.
const PRIVATE: [&str; 8] = [
    "whom", "nobody", "somebody", "told", "tells", "stands", "way", "ways",
];
/// Files that quote such words, and phrases that have another meaning.
const QUOTING: [&str; 1] = ["STYLE.md"];
const ALLOWED: [&str; 6] = [
    "given way",
    "gives way",
    "collided with what stands",
    "something stands",
    "one-way",
    "the other way round",
];
/// Written by commands.
const GENERATED: [&str; 1] = ["docs/results.md"];
/// Crates whose comments are checked.
const COMMENTED: [&str; 10] = [
    "controller/src",
    "launch/runtime/src",
    "launch/src",
    "perception/mapping/src",
    "perception/recordings/src",
    "perception/src",
    "sim/src",
    "sim/tests",
    "training/src",
    "training/tests",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names and texts of the repository's files of a kind.
fn files(kind: &str) -> Vec<(String, String)> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached"])
        .current_dir(root())
        .output()
        .expect("git");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let names = listed.lines().filter(|name| name.ends_with(kind));
    let read = |name: &str| std::fs::read_to_string(root().join(name)).ok();
    let files: Vec<_> = names
        .filter_map(|name| Some((name.to_owned(), read(name)?)))
        .collect();
    assert!(files.len() > 10, "git lists {} {kind}", files.len());
    files
}

/// The private words of a line.
fn private(line: &str) -> Vec<&'static str> {
    let mut line = line.to_lowercase();
    for phrase in ALLOWED {
        line = line.replace(phrase, "");
    }
    let words: Vec<&str> = line
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .collect();
    let found = PRIVATE.into_iter();
    found.filter(|word| words.contains(word)).collect()
}

#[test]
fn links_between_pages_resolve() {
    for (name, text) in files(".md") {
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#', ' ']).next().unwrap();
            let is_outside = target.contains("://") || target.starts_with("mailto:");
            if target.is_empty() || is_outside {
                continue;
            }
            let path = root().join(&name).parent().unwrap().join(target);
            assert!(path.exists(), "{name} links to {target}");
        }
    }
}

#[test]
fn pages_and_comments_use_the_words_of_the_field() {
    let mut found = Vec::new();
    for (name, text) in files(".md") {
        if QUOTING.contains(&name.as_str()) || GENERATED.contains(&name.as_str()) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for word in private(line) {
                found.push(format!("{name}:{}: {word}", number + 1));
            }
        }
    }
    for (name, text) in files(".rs") {
        if !COMMENTED.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                for word in private(line) {
                    found.push(format!("{name}:{}: {word}", number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn commands_of_the_pages_parse() {
    let mut count = 0;
    for (name, text) in files(".md") {
        let shell = text.split("```sh\n").skip(1);
        let blocks = shell.map(|block| block.split("```").next().unwrap().replace("\\\n", " "));
        for line in blocks.flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>()) {
            let command = line.trim().trim_start_matches("target/release/");
            let Some(arguments) = command.strip_prefix("performer-mpc ") else {
                continue;
            };
            let ends = [" #", " |", " >", " &", ";"];
            let end = ends.iter().filter_map(|end| arguments.find(end)).min();
            let arguments = &arguments[..end.unwrap_or(arguments.len())];
            let words = arguments
                .split_whitespace()
                .map(|word| word.replace(['"', '\''], ""));
            let output = Command::new(PROGRAM)
                .args(words)
                .arg("--help")
                .output()
                .unwrap();
            let problem = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {command}: {problem}");
            count += 1;
        }
    }
    assert!(count > 20, "{count} commands");
}

#[test]
fn settings_of_the_pages_are_those_of_a_robot_that_drives() {
    let mut count = 0;
    let pages = files(".md").into_iter();
    for (name, text) in pages.filter(|(name, _)| name.starts_with("docs/")) {
        for block in text.split("```toml\n").skip(1) {
            let block = block.split("```").next().unwrap();
            let own = Config::from_toml("round", block);
            let own = own.unwrap_or_else(|error| panic!("{name}: {error}: {block}"));
            if block.contains("controller.footprint") || block.contains("footprint =") {
                assert_eq!(own.robot.footprint, own.controller.footprint, "{name}");
                let reach_m = own.controller.footprint.circumscribed_radius_m();
                let is_ours = name.ends_with("getting-started.md");
                assert!(!is_ours || own.controller.mapper.footprint_radius_m >= reach_m);
                count += 1;
            }
            let directory = tempfile::tempdir().unwrap();
            let (file, out) = (
                directory.path().join("mine.toml"),
                directory.path().join("out"),
            );
            std::fs::write(&file, block).unwrap();
            let output = Command::new(PROGRAM)
                .args([
                    "drive", "doorway", "--policy", "regular", "--robot", "round",
                ])
                .args(["--set", "scenario.doorway.time_limit_s=2"])
                .args([Path::new("--config"), &file, Path::new("--out"), &out])
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {said}");
            assert!(!said.contains("robot.footprint"), "{name}: {said}");
        }
    }
    assert!(count >= 2, "{count} robots");
}
