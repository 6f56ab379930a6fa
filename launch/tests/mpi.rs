//! Several processes do what one does.
#![cfg(feature = "mpi")]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use launch::learning::run::Metrics;
use serde_json::{Value, json};
use tempfile::TempDir;
use training::Checkpoint;

const PROGRAM: &str = env!("CARGO_BIN_EXE_performer-mpc");
const STEPS: u64 = 10;
const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../models/navigator.safetensors"
);

/// This many processes; one is started without `mpirun`.
fn processes(count: usize) -> Command {
    let mut command = if count == 1 {
        Command::new(PROGRAM)
    } else {
        let mut command = Command::new("mpirun");
        command.args(["-n", &count.to_string(), "--oversubscribe", PROGRAM]);
        command
    };
    // mpirun refuses root, which a container's user is, unless told twice
    command
        .env("OMPI_ALLOW_RUN_AS_ROOT", "1")
        .env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")
        .env("OMPI_MCA_rmaps_base_oversubscribe", "1")
        .env("OMPI_MCA_hwloc_base_binding_policy", "none");
    command
}

fn demonstrate(count: usize, out: &Path) {
    let mut command = processes(count);
    command
        .args(["demonstrate", "doorway", "--episodes", "5", "--seed", "2"])
        .args(["--set", "training.sample_period_s=1"])
        .arg("--out")
        .arg(out);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn drives() -> &'static Path {
    static DRIVES: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let made = DRIVES.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let drives = directory.path().join("drives");
        demonstrate(1, &drives);
        (directory, drives)
    });
    &made.1
}

fn train(count: usize, drives: &Path, out: &Path, more: &[&str]) -> Output {
    let mut command = processes(count);
    command.arg("train").arg(drives).arg("--out").arg(out);
    command.args(["--preset", "nano", "--aggregate", "1", "--seed", "4"]);
    command.arg("--steps").arg(STEPS.to_string());
    for setting in [
        "batch=8",
        "shards=2",
        "test_every=5",
        "test_samples=4",
        "optimiser.warm_up=2",
        "sample_period_s=1",
        "aggregation.episodes=2",
    ] {
        command.arg("--set").arg(format!("training.{setting}"));
    }
    command.args(more).output().unwrap()
}

fn checkpoint(out: &Path) -> Checkpoint {
    let bytes = std::fs::read(out.join("checkpoint.safetensors")).unwrap();
    Checkpoint::from_bytes(&bytes).unwrap()
}

#[test]
fn two_processes_with_half_a_batch_each_learn_what_one_does() {
    let directory = tempfile::tempdir().unwrap();
    let run = |count: usize| {
        let out = directory.path().join(count.to_string());
        let output = train(count, drives(), &out, &[]);
        assert!(output.status.success(), "{output:?}");
        out
    };
    let (one, two) = (run(1), run(2));
    let (kept, also) = (checkpoint(&one).state, checkpoint(&two).state);
    assert_eq!((kept.step, kept.rounds), (STEPS, 1));
    assert_eq!((also.step, also.rounds), (STEPS, 1));
    let worst = kept
        .weights
        .iter()
        .zip(&also.weights)
        .map(|(one, two)| (one - two).abs())
        .fold(0.0, f32::max);
    assert!(worst < 1e-5, "weights differ by {worst}");
    let rows = |out: &Path| {
        let text = std::fs::read_to_string(out.join("metrics.csv")).unwrap();
        Metrics::from_csv(&text, STEPS).unwrap().rows
    };
    let (rows_one, rows_two) = (rows(&one), rows(&two));
    assert_eq!(rows_one.len() as u64, STEPS);
    for (one, two) in rows_one.iter().zip(&rows_two) {
        assert!((one.loss - two.loss).abs() < 1e-6 * one.loss.abs());
        assert_eq!(one.drive_success, two.drive_success);
        assert_eq!(one.through_plan, two.through_plan);
    }
    let names = |out: &Path| {
        let rounds = std::fs::read_dir(out.join("rounds/00")).unwrap();
        let mut names: Vec<_> = rounds.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&one).len(), 2);
    assert_eq!(names(&one), names(&two));
}

#[test]
fn an_error_of_one_process_ends_all() {
    let directory = tempfile::tempdir().unwrap();
    let damaged = directory.path().join("damaged");
    std::fs::create_dir(&damaged).unwrap();
    for name in ["doorway-2.mcap", "doorway-4.mcap", "doorway-6.mcap"] {
        std::fs::copy(drives().join(name), damaged.join(name)).unwrap();
    }
    // no more than one process reads it
    let torn = damaged.join("doorway-4.mcap");
    let bytes = std::fs::read(&torn).unwrap();
    std::fs::write(&torn, &bytes[..bytes.len() / 2]).unwrap();
    let out = directory.path().join("out");
    let more = ["--set", "training.test_share=0"];
    let output = train(2, &damaged, &out, &more);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("doorway-4.mcap"), "{said}");
    assert!(said.contains("process 1 of 2"), "{said}");
}

#[test]
fn processes_demonstrate_what_one_does() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("drives");
    demonstrate(2, &out);
    let names = |out: &Path| {
        let files = std::fs::read_dir(out).unwrap();
        let mut names: Vec<_> = files.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&out), names(drives()));
    let index = |out: &Path| {
        let text = std::fs::read(out.join("index.json")).unwrap();
        let mut index: Value = serde_json::from_slice(&text).unwrap();
        for tick in ["tick_ms_p50", "tick_ms_p99"] {
            assert!(index[tick].as_f64().unwrap() > 0.0);
            index[tick] = json!(0);
        }
        index
    };
    assert_eq!(index(&out), index(drives()));
    for name in names(&out).iter().filter(|name| *name != "index.json") {
        let read = |out: &Path| std::fs::read(out.join(name)).unwrap();
        assert!(read(&out) == read(drives()), "{} differs", name.display());
    }
}

#[test]
fn processes_report_what_one_does() {
    let directory = tempfile::tempdir().unwrap();
    let report = |count: usize| {
        let out = directory.path().join(count.to_string());
        let mut command = processes(count);
        command
            .args(["report", "--quick", "--seed", "2", "--only", "barn_like"])
            .args(["--model", MODEL])
            .arg("--out")
            .arg(&out)
            .arg("--docs")
            .arg(out.join("results.md"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        std::fs::read(out.join("report.json")).unwrap()
    };
    assert!(report(1) == report(2), "report.json differs");
}
