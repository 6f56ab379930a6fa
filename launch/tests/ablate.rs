//! A comparison of networks from outside: run twice, it answers the same, and trains nothing twice.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_performer-mpc");

fn run(arguments: &[&str], tail: &[(&str, &Path)]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments);
    for (name, path) in tail {
        command.arg(name).arg(path);
    }
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    output
}

#[test]
fn ways_to_learn_are_compared_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let drives = directory.path().join("drives");
    run(
        &[
            "demonstrate",
            "doorway",
            "--episodes",
            "3",
            "--seed",
            "2",
            "--jobs",
            "2",
        ],
        &[("--out", &drives)],
    );
    let out = directory.path().join("ways");
    let compare = || {
        let settings = [
            "batch=2",
            "test_share=0.4",
            "optimiser.warm_up=1",
            "aggregation.rounds=1",
            "aggregation.episodes=1",
        ]
        .map(|setting| format!("training.{setting}"));
        let mut arguments = vec![
            "ablate",
            "doorway",
            "--question",
            "learns",
            "--preset",
            "nano",
        ];
        arguments.extend(["--steps", "2", "--networks", "1", "--episodes", "1"]);
        arguments.extend(["--seed", "2", "--jobs", "2"]);
        for setting in &settings {
            arguments.extend(["--set", setting]);
        }
        run(&arguments, &[("--data", &drives), ("--out", &out)])
    };
    let first = compare();
    let models = || {
        let mut models: Vec<_> = std::fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().extension().unwrap() == "safetensors")
            .map(|entry| {
                let written = entry.metadata().unwrap().modified().unwrap();
                (entry.file_name().into_string().unwrap(), written)
            })
            .collect();
        models.sort();
        models
    };
    let trained = models();
    let names: Vec<&str> = trained.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "cloned-0.safetensors",
            "one_knot-0.safetensors",
            "softmax-0.safetensors",
            "whole-0.safetensors"
        ]
    );
    let second = compare();
    assert_eq!(first.stdout, second.stdout);
    assert_eq!(models(), trained, "networks that are there stay");
    let text = String::from_utf8(first.stdout).unwrap();
    for told in [
        "| `whole`: as it is shipped |",
        "| `cloned`:",
        "Difference to `whole`",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let samples = |name: &str| {
        let text = std::fs::read_to_string(out.join(name)).unwrap();
        let outcome: serde_json::Value = serde_json::from_str(&text).unwrap();
        outcome["samples"].as_u64().unwrap()
    };
    assert!(samples("whole-0.json") > samples("cloned-0.json"));
}
