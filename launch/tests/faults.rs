//! `faults` and `soak` from outside.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_performer-mpc");

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn answer(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refusal(arguments: &[&str]) -> (i32, String) {
    let output = run(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said)
}

/// A small matrix: two faults, two persistences of one of them, two policies.
const SMALL: [&str; 10] = [
    "faults",
    "--fault",
    "none",
    "messages_lost_all",
    "--scenario",
    "corridor",
    "--policy",
    "charging",
    "wild",
    "--json",
];

fn small(more: &[&str]) -> Vec<String> {
    SMALL.iter().chain(more).map(ToString::to_string).collect()
}

fn small_answer(more: &[&str]) -> Value {
    let arguments = small(more);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    answer(&arguments)
}

#[test]
fn the_matrix_adds_up_and_is_the_same_for_any_number_of_jobs() {
    let one = small_answer(&["-", "--jobs", "1", "--seed", "4"]);
    let two = small_answer(&["-", "--jobs", "2", "--seed", "4"]);
    assert_eq!(one.to_string(), two.to_string());
    assert_eq!(one["command"], "faults");
    assert_eq!(one["complete"], true);
    // one persistence of none, two of the other, two policies each
    assert_eq!(one["episodes"], 6);
    let rows = one["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    for figure in ["episodes", "collisions_caused", "contacts_unavoidable"] {
        let sum: u64 = rows.iter().map(|row| row[figure].as_u64().unwrap()).sum();
        assert_eq!(one[figure].as_u64().unwrap(), sum, "{figure}");
    }
    // no message at all blinds, whoever drives
    for row in rows {
        let blinds = row["fault"] == "messages_lost_all";
        assert_eq!(row["rests_in_time_rate"].is_number(), blinds, "{row}");
        let ends = row["persistence"] == "transient";
        assert_eq!(row["recovered_rate"].is_number(), ends, "{row}");
    }
}

#[test]
fn an_interrupted_run_goes_on_and_keeps_what_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let json = directory.path().join("faults.json");
    let out = directory.path().to_str().unwrap();
    let whole = small_answer(&["-", "--out", out]);
    let journal = directory.path().join("episodes.jsonl");
    let lines = std::fs::read_to_string(&journal).unwrap();
    assert_eq!(lines.lines().count(), 7);
    assert!(directory.path().join("faults.png").exists());
    // the third episode was cut off
    let kept: Vec<&str> = lines.lines().take(3).collect();
    std::fs::write(&journal, format!("{}\n{{\"fault", kept.join("\n"))).unwrap();
    let arguments = small(&[json.to_str().unwrap(), "--out", out]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert!(run(&arguments).status.success());
    let resumed: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(resumed, whole);
    // other settings are other episodes
    let other = small(&["-", "--out", out, "--set", "controller.guard.margin_m=0.01"]);
    let other: Vec<&str> = other.iter().map(String::as_str).collect();
    let (code, said) = refusal(&other);
    assert_eq!(code, 3);
    assert!(said.contains("episodes of other settings"), "{said}");
}

#[test]
fn wrong_arguments_are_refused_with_what_there_is() {
    let (code, said) = refusal(&["faults", "--fault", "scan_nn"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("scan_nn") && said.contains("scan_nan"),
        "{said}"
    );
    let (code, said) = refusal(&["faults", "--weights", "random", "--fault", "none"]);
    assert_eq!(code, 2);
    assert!(said.contains("expected --policy performer"), "{said}");
    let (code, said) = refusal(&["faults", "--fault", "none", "--lasting", "transient"]);
    assert_eq!(code, 2);
    assert!(said.contains("--lasting permanent"), "{said}");
    let (code, said) = refusal(&["soak", "--hours", "0"]);
    assert_eq!(code, 2);
    assert!(said.contains("soak.hours is 0"), "{said}");
}

#[test]
fn wild_weights_drive_without_ending_the_program() {
    if !Path::new("../models/navigator.safetensors").exists() {
        println!("skipped: the shipped model is missing");
        return;
    }
    for weights in ["random", "scaled", "flipped", "saturated"] {
        let report = answer(&[
            "faults",
            "--fault",
            "none",
            "--scenario",
            "corridor",
            "--policy",
            "performer",
            "--model",
            "../models/navigator.safetensors",
            "--weights",
            weights,
            "--json",
            "-",
        ]);
        assert_eq!(
            (&report["episodes"], &report["weights"]),
            (&1.into(), &weights.into())
        );
    }
}

#[test]
fn a_short_soak_counts_everything_and_repeats_itself() {
    let soak = || {
        // memory of so short a run may still grow: what it counts is what is asked here
        let output = run(&["soak", "--hours", "0.03", "--seed", "3", "--json", "-"]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let (one, two) = (soak(), soak());
    let mut all = one["all"].clone();
    let mut again = two["all"].clone();
    for counts in [&mut all, &mut again] {
        // a loaded machine makes ticks late
        counts["late_ticks"] = Value::Null;
    }
    assert_eq!(all, again);
    assert!(one["simulated_h"].as_f64().unwrap() >= 0.03);
    assert_eq!(one["complete"], true);
    let hours = one["hour"].as_array().unwrap();
    let ticks: u64 = hours
        .iter()
        .map(|hour| hour["ticks"].as_u64().unwrap())
        .sum();
    assert_eq!(all["ticks"].as_u64().unwrap(), ticks);
    #[cfg(target_os = "linux")]
    assert!(one["memory"]["last_kib"].as_u64().unwrap() > 1000);
}
