//! The commands around a learned policy.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

use controller::performer::{Head, PerformerConfig, Precision, Weights};
use serde_json::Value;

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_performer-mpc"))
        .args(arguments)
        .output()
        .unwrap()
}

fn answer(arguments: &[&str]) -> Value {
    let output = program(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A small network that has learned nothing.
fn model(directory: &Path) -> String {
    model_of(directory, Head::Cost)
}

fn model_of(directory: &Path, head: Head) -> String {
    let mut config = PerformerConfig::preset("nano").unwrap();
    config.head = head;
    let bytes =
        Weights::random(&config, 0).to_safetensors(Precision::Bf16, "{\"note\":\"random\"}");
    let path = directory.join(match head {
        Head::Cost => "nano.safetensors",
        Head::Path => "path.safetensors",
    });
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_model_says_what_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let model = model(directory.path());
    let said = answer(&["model", "show", &model, "--json", "-"]);
    let config = PerformerConfig::preset("nano").unwrap();
    assert_eq!(said["parameters"], config.parameters());
    assert_eq!(said["tokens"], 16);
    assert_eq!(said["card"]["note"], "random");
    assert_eq!(said["sha256"].as_str().unwrap().len(), 64);
    let shapes = said["tensors"].as_array().unwrap();
    assert_eq!(shapes.len(), config.tensors().len());
}

#[test]
fn what_is_no_model_is_refused_with_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let missing = program(&[
        "evaluate",
        "doorway",
        "--policy",
        "performer",
        "--model",
        "none.safetensors",
    ]);
    assert_eq!(missing.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("none.safetensors"));
    let model = model(directory.path());
    let mut bytes = std::fs::read(&model).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&model, bytes).unwrap();
    let damaged = program(&["model", "show", &model]);
    assert_eq!(damaged.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&damaged.stderr).contains("nano.safetensors"));
}

#[test]
fn a_learned_policy_drives_the_same_whatever_the_number_of_jobs() {
    let directory = tempfile::tempdir().unwrap();
    let model = model(directory.path());
    let reports = ["1", "2"].map(|jobs| {
        let mut report = answer(&[
            "evaluate",
            "doorway",
            "--policy",
            "performer",
            "--model",
            &model,
            "--episodes",
            "2",
            "--seed",
            "2",
            "--set",
            "scenario.doorway.time_limit_s=4",
            "--jobs",
            jobs,
            "--json",
            "-",
        ]);
        let report = report.as_object_mut().unwrap();
        report.retain(|key, _| !key.starts_with("tick_ms"));
        report.clone()
    });
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0]["policy"], "performer");
}

#[test]
fn options_of_a_network_are_refused_without_a_learned_policy() {
    let directory = tempfile::tempdir().unwrap();
    let model = model(directory.path());
    let settings = directory.path().join("settings.toml");
    std::fs::write(&settings, format!("[node]\nmodel = {model:?}\n")).unwrap();
    let settings = settings.to_str().unwrap();
    let commands: [&[&str]; 7] = [
        &["drive", "doorway"],
        &["evaluate", "doorway"],
        &["inspect", "rooms"],
        &["bench", "tracking", "pedestrian"],
        &["serve"],
        &["soak"],
        &["faults"],
    ];
    let refused = |arguments: &[&str], words: &[&str]| {
        let output = program(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{arguments:?}: {word:?} in {said}");
        }
    };
    for command in commands {
        let with = |more: &[&str], words: &[&str]| refused(&[command, more].concat(), words);
        let policies = "--policy performer";
        with(
            &["--model", &model],
            &["--model", "--policy is regular", policies],
        );
        with(
            &["--kernel", "int8"],
            &["--kernel int8", "--policy is regular", policies],
        );
        if ["soak", "faults"].contains(&command[0]) {
            continue;
        }
        let regular = ["--policy", "regular", "--model", &model];
        with(&regular, &["--model", "--policy is regular", policies]);
        with(&["--isa", "portable"], &["--isa portable", policies]);
        with(
            &["--config", settings],
            &["node.model is ", policies, "--policy regular"],
        );
    }
    refused(
        &["bench", "tick", "--policy", "regular", "--model", &model],
        &["--model", "--policy is regular"],
    );
    // the same settings serve a baseline that is asked for, and the model that they name
    let out = directory.path().to_str().unwrap();
    let common = [
        "--config",
        settings,
        "--set",
        "scenario.doorway.time_limit_s=1",
    ];
    for policy in ["regular", "performer"] {
        let drive = [
            "drive", "doorway", "--policy", policy, "--json", "-", "--out", out,
        ];
        let output = program(&[&drive[..], &common].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{policy}: {said}");
        assert!(said.contains(&format!("doorway · {policy}")), "{said}");
    }
    std::fs::remove_file(&model).unwrap();
    let output = program(&[&["drive", "doorway", "--policy", "performer"], &common[..]].concat());
    assert!(String::from_utf8_lossy(&output.stderr).contains("nano.safetensors"));
}

#[test]
fn every_stage_of_the_tick_is_timed() {
    let directory = tempfile::tempdir().unwrap();
    let model = model(directory.path());
    let pictures = directory.path().join("pictures");
    let common = [
        "--model",
        &model,
        "--episodes",
        "1",
        "--seed",
        "2",
        "--set",
        "scenario.doorway.time_limit_s=4",
        "--json",
        "-",
    ];
    let bench = |more: &[&str]| answer(&[&["bench", "tick"], &common[..], more].concat());
    let out = pictures.to_str().unwrap();
    let said = bench(&["--ticks", "50", "--isa", "portable", "--load", "--out", out]);
    assert_eq!(said["ticks"], 50);
    assert_eq!(said["isa"], "portable");
    assert_eq!(said["kernel"], "single");
    assert_eq!(said["busy_processes"], 1);
    assert!(pictures.join("ticks.png").is_file());
    let figures = ["p50", "p99", "p999", "worst"].map(|of| said[format!("tick_ms_{of}")].as_f64());
    assert!(figures.is_sorted() && figures[0] > Some(0.0), "{figures:?}");
    assert_eq!(bench(&["--ticks", "5", "--rate", "100"])["rate_hz"], 100.0);
    // the former name
    let former = answer(&[&["latency"], &common[..], &["--seconds", "0.1"]].concat());
    assert!(former["ticks"].as_u64().unwrap() > 0);
    let stages: Vec<&str> = said["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        stages,
        ["tick", "map", "network", "solve", "field and guard"]
    );
}

#[test]
fn the_ticks_of_a_recording_are_timed() {
    let directory = tempfile::tempdir().unwrap();
    let model = model(directory.path());
    let drives = directory.path().join("drives");
    let drives = drives.to_str().unwrap();
    answer(&[
        "demonstrate",
        "doorway",
        "--episodes",
        "1",
        "--seed",
        "2",
        "--out",
        drives,
        "--json",
        "-",
    ]);
    let recording = format!("{drives}/doorway-2.mcap");
    let said = answer(&[
        "bench",
        "tick",
        "--recording",
        &recording,
        "--model",
        &model,
        "--ticks",
        "60",
        "--json",
        "-",
    ]);
    assert_eq!(said["ticks"], 60);
    assert_eq!(said["source"], recording.as_str());
    assert_eq!(said["messages_refused"], 0);
    assert!(said["ticks_held"].as_u64().unwrap() < 30, "{said}");
}

#[test]
fn the_explicit_policy_drives_by_weights_of_its_own_alone() {
    let directory = tempfile::tempdir().unwrap();
    let cost = model_of(directory.path(), Head::Cost);
    let path = model_of(directory.path(), Head::Path);
    let evaluate = |policy, model| {
        program(&[
            "evaluate",
            "doorway",
            "--policy",
            policy,
            "--model",
            model,
            "--episodes",
            "1",
            "--seed",
            "2",
            "--set",
            "scenario.doorway.time_limit_s=4",
            "--json",
            "-",
        ])
    };
    let driven = evaluate("explicit", &path);
    let report: Value = serde_json::from_slice(&driven.stdout).unwrap();
    assert_eq!(report["policy"], "explicit");
    for (policy, model, found) in [("explicit", &cost, "cost"), ("performer", &path, "path")] {
        let refused = evaluate(policy, model);
        assert_eq!(refused.status.code(), Some(3));
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains(model.as_str()), "{said}");
        assert!(said.contains(&format!("head is {found}")), "{said}");
    }
}

#[test]
fn three_drivers_share_one_picture_and_a_fourth_may_join() {
    let directory = tempfile::tempdir().unwrap();
    let model = model(directory.path());
    let explicit = model_of(directory.path(), Head::Path);
    let out = directory.path().join("out");
    let said = answer(&[
        "compare",
        "doorway",
        "--model",
        &model,
        "--explicit",
        &explicit,
        "--seed",
        "2",
        "--out",
        out.to_str().unwrap(),
        "--set",
        "scenario.doorway.time_limit_s=4",
        "--json",
        "-",
    ]);
    let policies: Vec<&str> = said["drives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|drive| drive["policy"].as_str().unwrap())
        .collect();
    assert_eq!(policies, ["expert", "regular", "performer", "explicit"]);
    for file in [
        "compare.png",
        "expert.html",
        "regular.html",
        "performer.html",
        "explicit.html",
    ] {
        assert!(out.join(file).metadata().unwrap().len() > 1000, "{file}");
    }
}

/// The shipped weights fit the shipped network, and drive through a door that stops regular MPC. Odometry
/// is exact: with the usual one the robot comes to rest where that has the goal, 0.3 to 0.4 m beside it.
#[test]
fn the_shipped_model_passes_a_door_that_regular_mpc_does_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let drive = |policy: &[&str]| {
        let common = [
            "--episodes",
            "1",
            "--seed",
            "12",
            "--set",
            "robot.plant.odometry_speed_scale=0.0",
            "--set",
            "robot.plant.odometry_turn_scale=0.0",
            "--set",
            "robot.plant.odometry_slip_seen=1.0",
            "--set",
            "robot.plant.odometry_speed_noise_mps=0.0",
            "--set",
            "robot.plant.odometry_turn_noise_radps=0.0",
            "--json",
            "-",
        ];
        let report = answer(&[&["evaluate", "doorway"], policy, &common[..]].concat());
        report["success_rate"].as_f64().unwrap()
    };
    let model = root.join("models/navigator.safetensors");
    let model = model.to_str().unwrap();
    let said = answer(&["model", "show", model, "--json", "-"]);
    let mut base = PerformerConfig::preset("base").unwrap();
    base.view.route = true;
    assert_eq!(said["parameters"], base.parameters());
    assert_eq!(drive(&["--policy", "performer", "--model", model]), 1.0);
    assert_eq!(drive(&["--policy", "regular"]), 0.0);
}
