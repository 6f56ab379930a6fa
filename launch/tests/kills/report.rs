//! A report that is killed again and again comes out the same.

use std::path::Path;
use std::process::{Command, Stdio};

use controller::performer::{PerformerConfig, Precision, Weights};
use serde_json::json;

use super::{PROGRAM, Random, kill, run};

/// A small network that has learned nothing, and two worlds to drive in.
fn prepare(directory: &Path) {
    let config = PerformerConfig::preset("nano").unwrap();
    let bytes = Weights::random(&config, 0).to_safetensors(Precision::Bf16, "{}");
    std::fs::write(directory.join("cost"), bytes).unwrap();
    let world = |idx: u32, x: f64| {
        json!({
            "id": format!("world {idx}"), "idx": idx, "r": 0.075, "obs": [[x, 1.0], [2.0, 9.0]],
            "start": [0.0, 0.0, 0.0], "goal": [4.0, 0.0], "goal_tol": 1.0, "time_limit": 12.0,
            "path_len": 4.0
        })
        .to_string()
    };
    let worlds = [world(3, 1.0), world(7, 1.6)].join("\n");
    std::fs::write(directory.join("worlds.jsonl"), worlds).unwrap();
}

fn report(data: &Path, out: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .current_dir(data)
        .args(["report", "--quick", "--seed", "2", "--model", "cost"])
        .args(["--only", "barn", "--barn", "worlds.jsonl", "--out", out])
        .arg("--docs")
        .arg(format!("{out}/results.md"));
    command
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

pub fn survives_kills(kills: u32) {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    prepare(data);
    let begun = std::time::Instant::now();
    run(&mut report(data, "whole"));
    let longest_ms = begun.elapsed().as_millis() as u64 + 50;
    let figures = |out: &str| std::fs::read(data.join(out).join("report.json")).unwrap();
    let mut random = Random(22);
    for number in 0..kills {
        if number % 10 == 0 && data.join("killed").exists() {
            // driven anew, so that drives are interrupted and not only pages
            std::fs::remove_dir_all(data.join("killed")).unwrap();
        }
        let mut command = report(data, "killed");
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        random.wait(longest_ms);
        kill(&mut child);
    }
    run(&mut report(data, "killed"));
    assert!(
        figures("killed") == figures("whole"),
        "a kill changes figures"
    );
    assert_eq!(names(&data.join("killed")), names(&data.join("whole")));
    assert_eq!(names(&data.join("killed/cells")), ["barn.json"]);
    println!("report: {kills} kills, the same figures");
}
