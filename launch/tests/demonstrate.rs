//! Demonstrations from outside: files that learning can read, the same for any number of jobs.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use training::{Demonstration, ReadSettings, Record};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_performer-mpc"))
        .args(arguments)
        .output()
        .unwrap()
}

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect()
}

fn demonstrated(out: &Path, more: &[&str]) -> Value {
    let mut arguments = vec!["demonstrate", "doorway", "--seed", "4", "--json", "-"];
    arguments.extend(["--out", out.to_str().unwrap()]);
    arguments.extend(more);
    let output = run(&arguments);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_drive_is_a_file_and_jobs_change_none() {
    let directory = tempfile::tempdir().unwrap();
    let (one, two) = (directory.path().join("one"), directory.path().join("two"));
    let index = demonstrated(&one, &["--episodes", "3"]);
    demonstrated(&two, &["--episodes", "3", "--jobs", "2"]);
    assert_eq!(index["files"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&index["kept"], &index["policy"]),
        (&3.into(), &"expert".into())
    );
    assert_eq!(index["runs"][2]["seed"], 8);
    let (mut one, mut two) = (files(&one), files(&two));
    // the index holds the times of the ticks
    let written: Value = serde_json::from_slice(&one.remove("index.json").unwrap()).unwrap();
    assert_eq!(written, index);
    assert!(two.remove("index.json").is_some());
    assert!(one == two, "files depend on the number of jobs");
    let names: Vec<&str> = one.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "doorway-4.mcap",
            "doorway-6.mcap",
            "doorway-8.mcap",
            "paths.png"
        ]
    );
    let read = Demonstration::read(&one["doorway-6.mcap"], &ReadSettings::default()).unwrap();
    assert_eq!((read.about.seed, read.about.reached), (6, true));
    assert_eq!(
        (read.about.robot.as_str(), read.about.driver.as_str()),
        ("round", "expert")
    );
    let is_advice = |record: &Record| matches!(record, Record::Advice(_));
    let advice = read.entries.iter().filter(|e| is_advice(&e.record)).count();
    let commands = read.commands().count();
    assert!(advice.abs_diff(commands / 5) <= 3, "{advice} of {commands}");
}

#[test]
fn drives_that_missed_the_goal_are_kept_on_demand() {
    let directory = tempfile::tempdir().unwrap();
    let hurried = [
        "--episodes",
        "1",
        "--set",
        "scenario.doorway.time_limit_s=1",
    ];
    let index = demonstrated(directory.path(), &hurried);
    assert_eq!(
        (&index["kept"], &index["timeout_rate"]),
        (&0.into(), &1.0.into())
    );
    assert!(!directory.path().join("doorway-4.mcap").exists());
    let index = demonstrated(
        directory.path(),
        &[&hurried[..], &["--keep-failures"]].concat(),
    );
    assert_eq!(index["kept"], 1);
    let bytes = std::fs::read(directory.path().join("doorway-4.mcap")).unwrap();
    let read = Demonstration::read(&bytes, &ReadSettings::default()).unwrap();
    assert!(!read.about.reached);
}

#[test]
fn nobody_drives_by_hand_without_a_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let output = run(&["demonstrate", "doorway", "--teleop", "--out", out]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--teleop needs a terminal"), "{said}");
}
