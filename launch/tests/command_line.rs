//! Names of commands, former names, and drives in world files.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_performer-mpc");
const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../models/navigator.safetensors"
);

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn refusal(arguments: &[&str]) -> (i32, String) {
    let output = run(arguments);
    (output.status.code().unwrap(), said(&output))
}

/// A box of a model at x, y with these lengths, 1 m high.
fn cuboid(name: &str, [x, y]: [f64; 2], [length, width]: [f64; 2]) -> String {
    format!(
        "<model name='{name}'><pose>{x} {y} 0.5 0 0 0</pose><link name='l'><collision name='c'><geometry><box>\
         <size>{length} {width} 1</size></box></geometry></collision></link></model>"
    )
}

/// A room of 8 m x 6 m about the origin, with a pillar in its middle and more models.
fn room(directory: &Path, more: &str) -> PathBuf {
    let models = [
        cuboid("south", [0.0, -3.1], [8.4, 0.2]),
        cuboid("north", [0.0, 3.1], [8.4, 0.2]),
        cuboid("west", [-4.1, 0.0], [0.2, 6.4]),
        cuboid("east", [4.1, 0.0], [0.2, 6.4]),
        cuboid("pillar", [0.0, 0.0], [0.6, 0.6]),
    ];
    world(directory, "room.sdf", &(models.concat() + more))
}

fn world(directory: &Path, name: &str, models: &str) -> PathBuf {
    let path = directory.join(name);
    let text = format!("<sdf version='1.8'><world name='w'>{models}</world></sdf>");
    std::fs::write(&path, text).unwrap();
    path
}

/// A report without what depends on the time.
fn untimed(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for tick in ["tick_ms_p50", "tick_ms_p99"] {
        if report.get(tick).is_some() {
            report[tick] = json!(0);
        }
    }
    report
}

#[test]
fn a_former_name_answers_as_the_new_one_and_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let post = cuboid("post", [-2.2, 8.0], [0.5, 0.5]);
    let world = world(directory.path(), "post_0.world", &post);
    let world = world.to_str().unwrap();
    let short = ["rooms", "--episodes", "1", "--json", "-"];
    let limited = ["--set", "scenario.rooms.time_limit_s=2"];
    let of_maps = [&short[..], &limited[..]].concat();
    let cases: [(&[&str], &[&str], &[&str]); 3] = [
        (&["barn"], &["evaluate", "barn"], &[world, "--json", "-"]),
        (&["inspect"], &["bench", "maps"], &of_maps),
        (&["model"], &["model", "show"], &[MODEL, "--json", "-"]),
    ];
    for (former, new, options) in cases {
        let old = run(&[former, options].concat());
        let line = said(&old);
        assert_eq!(untimed(&old), untimed(&run(&[new, options].concat())));
        let new = new.join(" ");
        let expected = format!("{}` is now `{new}", former[0]);
        let expected = expected.replace("model`", "model FILE`");
        assert!(line.contains(&expected), "{line}: {expected}");
        assert_eq!(line.matches("` is now `").count(), 1, "{line}");
    }
}

#[test]
fn every_former_name_takes_the_options_of_the_new_one() {
    for (former, new) in [
        ("barn", "evaluate barn"),
        ("doorways", "evaluate doors"),
        ("inspect", "bench maps"),
        ("latency", "bench tick"),
        ("mapping-speed", "bench mapping"),
        ("solve", "bench solve"),
        ("card", "model card"),
    ] {
        let help = |name: &str| {
            let words: Vec<&str> = name.split(' ').chain(["-h"]).collect();
            let output = run(&words);
            assert!(output.status.success(), "{output:?}");
            let text = String::from_utf8(output.stdout).unwrap();
            let usage = text.find("Usage: ").unwrap();
            text[usage..].replacen(&format!("performer-mpc {name} "), "", 1)
        };
        assert_eq!(help(former), help(new), "{former}");
    }
    // that of a missing file comes after the line
    for (former, new, file) in [
        ("doorways", "evaluate doors", "nowhere.json"),
        ("solve", "bench solve", "nowhere.json"),
    ] {
        let (code, said) = refusal(&[former, file]);
        assert_eq!(code, 3, "{said}");
        let line = format!("`{former}` is now `{new}`");
        assert_eq!(said.lines().next(), Some(line.as_str()), "{said}");
    }
}

#[test]
fn former_names_are_in_no_help_and_no_completion() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    let bash = String::from_utf8(run(&["completions", "bash"]).stdout).unwrap();
    for former in ["doorways", "inspect", "latency", "mapping-speed", "ablate"] {
        assert!(!help.contains(&format!("  {former} ")), "{help}");
        assert!(!bash.contains(&format!(",{former})")), "{former}");
    }
    for current in ["drive", "evaluate", "barn", "doors", "mapping", "maps"] {
        assert!(bash.contains(&format!(",{current})")), "{current}");
    }
    let model = String::from_utf8(run(&["model", "--help"]).stdout).unwrap();
    assert!(
        !model.contains("--seal") && !model.contains("--tensors"),
        "{model}"
    );
}

#[test]
fn a_removed_command_says_where_its_findings_are() {
    for name in ["ablate", "attention"] {
        let (code, said) = refusal(&[name, "doorway", "--out", "out"]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("docs/ablation.md"), "{said}");
    }
}

#[test]
fn a_file_of_weights_is_sealed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.safetensors");
    std::fs::copy(MODEL, &path).unwrap();
    let path = path.to_str().unwrap();
    // one that is sealed already stays as it is
    for arguments in [&["model", "seal", path][..], &["model", path, "--seal"]] {
        let output = run(arguments);
        assert!(output.status.success(), "{output:?}");
        assert!(std::fs::read(path).unwrap() == std::fs::read(MODEL).unwrap());
    }
    let (code, said) = refusal(&["model", "--seal"]);
    assert_eq!(code, 2, "{said}");
}

#[test]
fn a_world_file_is_driven_from_a_start_to_a_goal() {
    let directory = tempfile::tempdir().unwrap();
    let world = room(directory.path(), "");
    let world = world.to_str().unwrap();
    let out = directory.path().join("out");
    let between = ["--start", "-3,-2,0.5", "--goal", "3,2"];
    let pictured = ["--out", out.to_str().unwrap(), "--json", "-"];
    let output = run(&[&["drive", world], &between[..], &pictured].concat());
    assert!(output.status.success(), "{output:?}");
    let episode: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(episode["outcome"], "reached", "{}", said(&output));
    assert_eq!(episode["scenario"], "room");
    let path = episode["path"].as_array().unwrap();
    assert!(
        (path[0][1].as_f64().unwrap() + 3.0).abs() < 0.05,
        "{path:?}"
    );
    assert!(!said(&output).contains("as in BARN"), "{}", said(&output));
    let picture = std::fs::read(out.join("drive.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
    let page = std::fs::read_to_string(out.join("drive.html")).unwrap();
    assert!(page.contains("room · regular policy"));
    // the same trial, scored
    let scored = run(&[&["evaluate", "barn", world], &between[..], &["--json", "-"]].concat());
    let report = untimed(&scored);
    assert_eq!(report["runs"][0]["outcome"], "reached");
    assert!(report["score"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_goal_that_cannot_be_reached_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let closet = [
        cuboid("closet_south", [3.0, 1.0], [2.0, 0.2]),
        cuboid("closet_west", [2.0, 2.0], [0.2, 2.2]),
    ];
    let world = room(directory.path(), &closet.concat());
    let out = directory.path().to_str().unwrap();
    let output = run(&[
        "drive",
        world.to_str().unwrap(),
        "--start",
        "-3,-2,0",
        "--goal",
        "3.3,2.3",
        "--out",
        out,
    ]);
    assert!(output.status.success(), "{output:?}");
    let said = said(&output);
    assert!(said.contains("last status of the controller"), "{said}");
    assert!(
        said.contains("no route to") || said.contains("blocked"),
        "{said}"
    );
}

#[test]
fn a_start_or_a_goal_that_cannot_be_is_refused_with_its_reason() {
    let directory = tempfile::tempdir().unwrap();
    let world = room(directory.path(), "");
    let world = world.to_str().unwrap();
    let cases = [
        (
            "0.2,0,0",
            "3,2",
            "start (0.20, 0.00) m is occupied",
            "model \"pillar\"",
        ),
        (
            "-3,-2,0",
            "4,0",
            "goal (4.00, 0.00) m is occupied",
            "model \"east\"",
        ),
        (
            "-3,-2,0",
            "0,0",
            "goal (0.00, 0.00) m is occupied",
            "model \"pillar\"",
        ),
        (
            "-30,0,0",
            "3,2",
            "start (-30.00, 0.00) m is outside the world",
            "(-4.20, -3.20)",
        ),
        (
            "-3,-2,0",
            "3,50",
            "goal (3.00, 50.00) m is outside the world",
            "(4.20, 3.20)",
        ),
        (
            "-3,-2,0",
            "-3,-2",
            "goal is 0.00 m from the start",
            "--goal",
        ),
        ("-3,-2", "3,2", "expected 3 numbers", "--start"),
        ("-3,-2,0", "3,two", "expected 2 numbers", "--goal"),
    ];
    for (start, goal, reason, detail) in cases {
        for command in [&["drive"][..], &["evaluate", "barn"]] {
            let options = [world, "--start", start, "--goal", goal];
            let (code, said) = refusal(&[command, &options].concat());
            assert_eq!(code, 2, "{said}");
            for word in [reason, detail] {
                assert!(said.contains(word), "{command:?} {start} {goal}: {said}");
            }
        }
    }
    // BARN's own start is outside this room's walls, yet near enough; its goal is not checked then
    let (code, said) = refusal(&["drive", world, "--goal", "3,2"]);
    assert!(said.contains("--start -2.25,3,1.57, as in BARN"), "{said}");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("model \"north\""), "{said}");
}

#[test]
fn what_is_no_world_to_drive_in_says_what_is_expected() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let picture = file("map.png", b"\x89PNG\r\n");
    let settings = file("robot.toml", b"[controller]\n");
    let broken = file("broken.sdf", b"<sdf><world>");
    let line = |idx: u64| {
        format!(
            r#"{{"id":"w{idx}","idx":{idx},"r":0.1,"start":[0,0,0],"goal":[5,0],"goal_tol":1,"time_limit":60,"path_len":5,"obs":[[2,1],[2,0.2]]}}"#
        )
    };
    let several = file(
        "several.jsonl",
        format!("{}\n{}\n", line(3), line(7)).as_bytes(),
    );
    let out = directory.path().to_str().unwrap();
    let cases: [(&[&str], i32, &str); 9] = [
        (
            &["drive", &picture],
            3,
            "expected a Gazebo world (SDF: .world or .sdf)",
        ),
        (
            &["evaluate", "barn", &settings],
            3,
            "expected a Gazebo world",
        ),
        (&["drive", &broken], 3, "broken.sdf: not XML"),
        (&["drive", "nowhere.sdf"], 3, "nowhere.sdf"),
        (&["drive", out], 2, "expected a world file"),
        (
            &["drive", &several],
            2,
            "contains 2 worlds: expected --world with a number from 3 to 7",
        ),
        (
            &["drive", &several, "--world", "4"],
            2,
            "contains no world of number 4",
        ),
        (
            &["drive", "doorway", "--goal", "1,2"],
            2,
            "expected a world file",
        ),
        (&["drive", "kitchen"], 2, "run `drive FILE`"),
    ];
    for (arguments, code, word) in cases {
        let (found, said) = refusal(arguments);
        assert!(said.contains(word), "{arguments:?}: {said}");
        assert_eq!(found, code, "{arguments:?}: {said}");
    }
    let (code, said) = refusal(&["drive", &several, "--world", "7", "--goal", "2,0.2"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("touches obs[1] at"), "{said}");
    let output = run(&[
        "drive", &several, "--world", "7", "--out", out, "--json", "-",
    ]);
    let episode: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(episode["scenario"], "w7");
}

#[test]
fn a_world_without_collisions_is_driven_with_a_note() {
    let directory = tempfile::tempdir().unwrap();
    let empty = world(directory.path(), "empty.sdf", "<model name='visual'/>");
    let out = directory.path().to_str().unwrap();
    let output = run(&["drive", empty.to_str().unwrap(), "--out", out]);
    assert!(output.status.success(), "{output:?}");
    let said = said(&output);
    assert!(said.contains("no model of it has a <collision>"), "{said}");
    assert!(
        said.contains("--start -2.25,3,1.57 and --goal -2.25,13"),
        "{said}"
    );
    assert!(directory.path().join("drive.png").is_file());
}

#[test]
fn a_rejected_command_line_names_what_replaces_it() {
    let directory = tempfile::tempdir().unwrap();
    let world = room(directory.path(), "");
    let world = world.to_str().unwrap();
    let cases: [(&[&str], &str); 4] = [
        (&["doorways"], "`doorways` is now `evaluate doors`"),
        (&["card", "navigator"], "`card` is now `model card`"),
        (
            &["evaluate", world, "--start", "0,0,0"],
            "is a file: `evaluate barn",
        ),
        (
            &["drive", "doorway", "--out", world],
            "room.sdf is a file: expected a directory",
        ),
    ];
    for (arguments, expected) in cases {
        let (code, line) = refusal(arguments);
        assert_ne!(code, 0);
        assert!(line.contains(expected), "{line}");
    }
}
