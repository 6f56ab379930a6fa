//! The command `report` from outside.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use controller::performer::{Head, PerformerConfig, Precision, Weights};
use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_performer-mpc");

/// Small networks that have learned nothing, and two worlds to drive in.
fn data() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, head) in [("cost", Head::Cost), ("path", Head::Path)] {
        let mut config = PerformerConfig::preset("nano").unwrap();
        config.head = head;
        let bytes = Weights::random(&config, 0).to_safetensors(Precision::Bf16, "{}");
        std::fs::write(directory.path().join(name), bytes).unwrap();
    }
    let world = |idx: u32, x: f64| {
        json!({
            "id": format!("world {idx}"), "idx": idx, "r": 0.075, "obs": [[x, 1.0], [2.0, 9.0]],
            "start": [0.0, 0.0, 0.0], "goal": [4.0, 0.0], "goal_tol": 1.0, "time_limit": 12.0,
            "path_len": 4.0
        })
        .to_string()
    };
    let worlds = [world(3, 1.0), world(7, 1.6)].join("\n");
    std::fs::write(directory.path().join("worlds.jsonl"), worlds).unwrap();
    directory
}

fn report(data: &Path, out: &str, more: &[&str]) -> (Output, PathBuf) {
    let out = data.join(out);
    let output = Command::new(PROGRAM)
        .current_dir(data)
        .args(["report", "--quick", "--seed", "2", "--model", "cost"])
        .arg("--out")
        .arg(&out)
        .arg("--docs")
        .arg(out.join("results.md"))
        .args(more)
        .output()
        .unwrap();
    (output, out)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn figures(out: &Path) -> Vec<u8> {
    std::fs::read(out.join("report.json")).unwrap()
}

#[test]
fn worlds_are_driven_by_all_and_told_of_in_words_numbers_and_pictures() {
    let data = data();
    let barn = [
        "--only",
        "barn",
        "--barn",
        "worlds.jsonl",
        "--explicit",
        "path",
    ];
    let (output, one) = report(data.path(), "one", &barn);
    assert!(output.status.success(), "{}", said(&output));
    let answer: Value = serde_json::from_slice(&figures(&one)).unwrap();
    let rows = answer["scenarios"][0]["figures"]["rows"]
        .as_array()
        .unwrap();
    let names: Vec<&str> = rows
        .iter()
        .map(|row| row["policy"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["regular", "performer", "explicit", "expert"]);
    for row in rows {
        assert_eq!(row["drives"], 2, "{row}");
        assert!(row["means"]["score"]["mean"].as_f64().unwrap() <= 0.5);
    }
    let expert = &rows[3];
    assert_eq!(expert["success"]["rate"], 1.0, "{expert}");
    let spl = expert["means"]["spl"]["mean"].as_f64().unwrap();
    assert!((0.8..=1.0).contains(&spl), "{spl}");
    let text = std::fs::read_to_string(one.join("results.md")).unwrap();
    assert!(
        text.contains("--quick --only barn --barn worlds.jsonl"),
        "{text}"
    );
    assert!(text.contains("## Worlds of the BARN challenge"));
    let regular = rows[0]["means"]["score"]["mean"].as_f64().unwrap();
    assert!(
        text.contains(&format!("regular MPC {regular:.3}")),
        "{text}"
    );
    let page = std::fs::read_to_string(one.join("report.html")).unwrap();
    assert!(page.contains("data:image/png;base64,"));

    let (output, two) = report(data.path(), "two", &[&barn[..], &["--jobs", "2"]].concat());
    assert!(output.status.success(), "{}", said(&output));
    assert!(figures(&one) == figures(&two), "jobs change figures");

    // what is kept is not driven again, and is refused when the worlds are others
    let cell = one.join("cells/barn.json");
    let kept = std::fs::read(&cell).unwrap();
    let (output, _) = report(data.path(), "one", &barn);
    assert!(output.status.success(), "{}", said(&output));
    assert!(std::fs::read(&cell).unwrap() == kept);
    let worlds = data.path().join("worlds.jsonl");
    let text = std::fs::read_to_string(&worlds).unwrap();
    std::fs::write(&worlds, text.replace("1.6", "1.7")).unwrap();
    let (output, _) = report(data.path(), "one", &barn);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("barn.json"), "{}", said(&output));
}

#[test]
fn what_is_not_given_is_asked_for() {
    let data = data();
    for (name, option) in [
        ("barn", "--barn"),
        ("real_doors", "--doors"),
        ("replay", "--replay"),
    ] {
        let (output, _) = report(data.path(), "out", &["--only", name]);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(option), "{}", said(&output));
    }
    let (output, _) = report(data.path(), "out", &["--only", "nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("obstacle_course_home"));
}
