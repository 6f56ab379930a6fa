//! A training run from outside: whatever stops it, it ends with the same bytes.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use launch::learning::run::{Metrics, Row};
use tempfile::TempDir;
use training::Checkpoint;

const PROGRAM: &str = env!("CARGO_BIN_EXE_performer-mpc");
const STEPS: u64 = 24;
/// The step that a round of the learner's drives comes before.
const ROUND_AT: u64 = 8;

struct Data {
    /// Demonstrations lie here.
    drives: PathBuf,
    /// A run that nothing interrupted.
    whole: PathBuf,
    _directory: TempDir,
}

/// Made once.
fn data() -> &'static Data {
    static DATA: OnceLock<Data> = OnceLock::new();
    DATA.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let drives = directory.path().join("drives");
        let output = Command::new(PROGRAM)
            .args(["demonstrate", "doorway", "--episodes", "6", "--seed", "2"])
            .args(["--jobs", "2", "--set", "training.sample_period_s=1"])
            .arg("--out")
            .arg(&drives)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let whole = directory.path().join("whole");
        let output = train(&drives, &whole).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        Data {
            drives,
            whole,
            _directory: directory,
        }
    })
}

fn train(drives: &Path, out: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("train").arg(drives).arg("--out").arg(out);
    command.args(["--preset", "nano", "--aggregate", "1", "--seed", "4"]);
    command.arg("--steps").arg(STEPS.to_string());
    for setting in [
        "batch=4",
        "test_every=6",
        "test_samples=4",
        "optimiser.warm_up=2",
        "sample_period_s=1",
        "aggregation.episodes=2",
        "aggregation.first=0.3333",
    ] {
        command.arg("--set").arg(format!("training.{setting}"));
    }
    command.stdin(Stdio::null());
    command
}

/// The same, to be interrupted: it saves after every step.
fn careful(out: &Path) -> Command {
    let mut command = train(&data().drives, out);
    command.args(["--resume", "--checkpoint-every", "0"]);
    command
}

fn checkpoint(out: &Path) -> Option<Checkpoint> {
    let bytes = std::fs::read(out.join("checkpoint.safetensors")).ok()?;
    Some(Checkpoint::from_bytes(&bytes).unwrap())
}

fn step(out: &Path) -> u64 {
    checkpoint(out).map_or(0, |kept| kept.state.step)
}

/// Rows without what the clock had a say in.
fn rows(out: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(out.join("metrics.csv")).unwrap();
    let mut rows = Metrics::from_csv(&text, u64::MAX).unwrap().rows;
    for row in &mut rows {
        row.samples_per_s = 0.0;
        row.network_share = 0.0;
    }
    rows
}

fn assert_like_whole(out: &Path) {
    let whole = &data().whole;
    let bytes = |directory: &Path, file| std::fs::read(directory.join(file)).unwrap();
    let name = "checkpoint.safetensors";
    assert!(bytes(out, name) == bytes(whole, name), "checkpoints differ");
    let (one, other) = (rows(out), rows(whole));
    assert_eq!(one.len() as u64, STEPS);
    assert_eq!(one, other);
    assert!(one[ROUND_AT as usize].drive_success.is_some());
    let weights = |directory: &Path| {
        let bytes = bytes(directory, "model.safetensors");
        let weights = controller::performer::Weights::from_safetensors(&bytes).unwrap();
        weights.to_safetensors(controller::performer::Precision::F32, "")
    };
    assert!(weights(out) == weights(whole), "models differ");
}

/// Waits until a run has gone on, or has ended.
fn wait_for(child: &mut Child, out: &Path, above: u64) {
    while step(out) <= above && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([name, &id]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_run_that_is_asked_to_stop_goes_on_as_if_it_had_not() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("run");
    // before the round of drives, and after
    for (name, above) in [("-INT", 1), ("-TERM", 4), ("-USR1", ROUND_AT)] {
        let mut child = careful(&out).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&mut child, &out, above);
        signal(&child, name);
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert!(status.success(), "{name}: {said}");
        let stopped = format!("stopped after step {}", step(&out));
        assert!(said.contains(&stopped), "{name}: {said}");
        assert!(step(&out) < STEPS);
    }
    let output = train(&data().drives, &out).arg("--resume").output();
    assert!(output.unwrap().status.success());
    assert_like_whole(&out);
}

#[test]
fn a_closed_terminal_stops_a_run_unless_nohup_started_it() {
    let directory = tempfile::tempdir().unwrap();
    // whatever these tests themselves were started by
    for (under_nohup, signals) in [
        (false, "--default-signal=HUP"),
        (true, "--ignore-signal=HUP"),
    ] {
        let out = directory.path().join(format!("run_{under_nohup}"));
        let run = careful(&out);
        let mut command = Command::new("env");
        command.arg(signals).arg(run.get_program());
        command.args(run.get_args());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&mut child, &out, 1);
        signal(&child, "-HUP");
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        assert_eq!(step(&out) == STEPS, under_nohup);
    }
}

#[test]
fn a_run_that_is_killed_again_and_again_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("run");
    let mut random = 20_u64;
    let mut below = |limit: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005) + 1;
        (random >> 33) % limit
    };
    let mut last = 0;
    for kill in 0..20 {
        let mut child = careful(&out).stderr(Stdio::null()).spawn().unwrap();
        // some are killed while they read, most while they step, drive or save
        let delay_ms = if kill % 5 == 0 {
            below(500)
        } else {
            wait_for(&mut child, &out, last);
            below(60)
        };
        std::thread::sleep(Duration::from_millis(delay_ms));
        child.kill().unwrap();
        child.wait().unwrap();
        let step = step(&out);
        assert!(step >= last, "kill {kill}: back from {last} to {step}");
        last = step;
        if out.join("metrics.csv").exists() {
            assert!(
                rows(&out).len() as u64 >= step,
                "kill {kill}: rows are lost"
            );
        }
    }
    let output = train(&data().drives, &out).arg("--resume").output();
    assert!(output.unwrap().status.success());
    assert_like_whole(&out);
    let names = std::fs::read_dir(&out).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let expected = [
        "checkpoint.safetensors",
        "curves.png",
        "events",
        "metrics.csv",
        "model.safetensors",
        "rounds",
    ];
    assert_eq!(names, expected);
}

#[test]
fn on_several_grounds_the_learner_takes_turns() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let output = Command::new(PROGRAM)
        .args([
            "demonstrate",
            "pedestrian",
            "--episodes",
            "2",
            "--seed",
            "2",
        ])
        .args(["--set", "training.sample_period_s=1", "--keep-failures"])
        .arg("--out")
        .arg(path("people"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let both = |out: &Path| {
        let mut command = train(&data().drives, out);
        command.arg(path("people"));
        command.args(["--scenario", "doorway", "--scenario", "pedestrian"]);
        command
    };
    let output = both(&path("run")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let driven = |seed: u64| {
        let file = path("run").join(format!("rounds/00/seed-{seed}.mcap"));
        launch::learning::run::read_demonstration(&file)
            .unwrap()
            .about
            .scenario
    };
    assert_eq!(
        [driven(1_000_000), driven(1_000_002)],
        ["doorway", "pedestrian"]
    );
    let model = path("run").join("model.safetensors");
    let output = train(&data().drives, &path("on"))
        .arg("--init")
        .arg(&model)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_ne!(
        std::fs::read(path("on").join("model.safetensors")).unwrap(),
        std::fs::read(data().whole.join("model.safetensors")).unwrap()
    );
    let refused = |mut command: Command, word: &str, code: i32| {
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(word), "{said}");
        assert_eq!(output.status.code(), Some(code), "{said}");
    };
    let mut other = train(&path("people"), &path("other"));
    other.args(["--scenario", "doorway"]);
    refused(other, "expected doorway by round", 3);
    let mut fewer = train(&data().drives, &path("run"));
    fewer.arg("--resume");
    refused(fewer, "demonstrations was 8 files", 2);
    let mut shape = train(&data().drives, &path("other"));
    shape.args(["--set", "training.see_past=false", "--init"]);
    shape.arg(&model);
    refused(shape, "a network of another shape", 3);
}

#[test]
fn jobs_change_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("run");
    let output = train(&data().drives, &out).args(["--jobs", "1"]).output();
    assert!(output.unwrap().status.success());
    assert_like_whole(&out);
}

#[test]
fn what_makes_no_run_is_refused_with_its_exit_code() {
    let Data { drives, whole, .. } = data();
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let (empty, damaged, out) = (path("empty"), path("damaged"), path("out"));
    std::fs::create_dir(&empty).unwrap();
    std::fs::create_dir(&damaged).unwrap();
    let drive = std::fs::read(drives.join("doorway-2.mcap")).unwrap();
    std::fs::write(damaged.join("half.mcap"), &drive[..drive.len() / 2]).unwrap();
    let torn = path("torn");
    std::fs::create_dir(&torn).unwrap();
    let kept = std::fs::read(whole.join("checkpoint.safetensors")).unwrap();
    let half = &kept[..kept.len() / 2];
    std::fs::write(torn.join("checkpoint.safetensors"), half).unwrap();
    let cases: [(&Path, &Path, &[&str], i32, &str); 10] = [
        (drives, whole, &[], 2, "give --resume"),
        (
            drives,
            whole,
            &["--resume", "--set", "training.mirror=false"],
            2,
            "mirror was true and is false",
        ),
        (
            drives,
            whole,
            &["--resume", "--set", "training.loss.speed_weight=9"],
            2,
            "loss.speed_weight was",
        ),
        (
            drives,
            &out,
            &["--set", "training.batch=5"],
            2,
            "training.batch is 5",
        ),
        (
            drives,
            &out,
            &["--set", "training.optimiser.warm_up=24"],
            2,
            "training.optimiser.warm_up is 24",
        ),
        (drives, &out, &["--checkpoint-every=-1"], 2, "is -1"),
        (&empty, &out, &[], 3, "holds no demonstrations"),
        (&path("nowhere"), &out, &[], 3, "nowhere"),
        (&damaged, &out, &[], 3, "half.mcap"),
        (drives, &torn, &["--resume"], 3, "checkpoint.safetensors"),
    ];
    for (data, out, more, code, word) in cases {
        let output = train(data, out).args(more).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(word), "{more:?}: {said}");
        assert_eq!(output.status.code(), Some(code), "{more:?}: {said}");
    }
    assert!(!out.join("model.safetensors").exists());
}
