//! The program from outside: answers, exit codes, the same bytes for any number of jobs.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

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

#[test]
fn jobs_change_nothing_but_the_time() {
    let evaluate = |jobs: &str| {
        let mut report = answer(&[
            "evaluate",
            "doorway",
            "--episodes",
            "4",
            "--seed",
            "10",
            "--jobs",
            jobs,
            "--json",
            "-",
        ]);
        for tick in ["tick_ms_p50", "tick_ms_p99"] {
            assert!(report[tick].as_f64().unwrap() > 0.0);
            report[tick] = json!(0);
        }
        report
    };
    let (one, two) = (evaluate("1"), evaluate("2"));
    assert_eq!(one.to_string(), two.to_string());
    assert_eq!(one["command"], "evaluate");
    assert_eq!(one["episodes"], 4);
    assert_eq!(one["runs"][3]["seed"], 16);
    let rates = [
        "success_rate",
        "collision_rate",
        "stuck_rate",
        "timeout_rate",
    ];
    let sum: f64 = rates.iter().map(|rate| one[*rate].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-12);
    assert_hazards(&one);
}

/// Every collision is told, and the summary counts the rows.
fn assert_hazards(report: &Value) {
    let runs = report["runs"].as_array().unwrap();
    for run in runs {
        assert_eq!(
            run["outcome"] == "collided",
            !run["hazard"].is_null(),
            "{run}"
        );
    }
    for hazard in ["static", "mover", "fell", "step"] {
        let rows = runs.iter().filter(|run| run["hazard"] == hazard).count();
        assert_eq!(report["hazards"][hazard], rows, "{hazard}");
    }
}

#[test]
fn evaluate_says_what_collisions_were_with() {
    // a robot that believes nothing to be a drop, nor in the way below its knees, falls into holes
    // and runs into boxes
    let settings = [
        "scenario.rooms.hole_share=1.0",
        "scenario.rooms.stairs_share=1.0",
        "controller.mapper.volume.enabled=false",
        "controller.mapper.motion.enabled=false",
    ];
    let mut arguments = vec![
        "evaluate",
        "rooms",
        "--episodes",
        "12",
        "--seed",
        "2",
        "--json",
        "-",
    ];
    for setting in settings {
        arguments.extend(["--set", setting]);
    }
    let report = answer(&arguments);
    assert_hazards(&report);
    assert!(
        report["hazards"]["static"].as_u64().unwrap() > 0,
        "{report}"
    );
    assert!(report["hazards"]["fell"].as_u64().unwrap() > 0, "{report}");
}

#[test]
fn a_drive_leaves_its_pictures_and_the_same_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let drive = |name: &str| {
        let out = directory.path().join(name);
        let output = run(&[
            "drive",
            "doorway",
            "--seed",
            "8",
            "--out",
            out.to_str().unwrap(),
        ]);
        assert!(output.status.success(), "{output:?}");
        ["drive.png", "drive.html", "drive.json"].map(|file| std::fs::read(out.join(file)).unwrap())
    };
    let (one, two) = (drive("one"), drive("two"));
    assert!(one == two, "two drives of one seed differ");
    assert!(one[0].starts_with(b"\x89PNG"));
}

#[test]
fn a_gazebo_world_is_driven() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("one_post.world");
    let post = "<model name='unit_cylinder_0'><pose>-2.2 8 0.5 0 0 0</pose><link name='l'>\
        <collision name='c'><geometry><cylinder><radius>0.3</radius><length>1</length></cylinder>\
        </geometry></collision></link></model>";
    let text = format!("<sdf version='1.6'><world name='w'>{post}</world></sdf>");
    std::fs::write(&path, text).unwrap();
    let report = answer(&["evaluate", "barn", path.to_str().unwrap(), "--json", "-"]);
    assert_eq!(report["runs"][0]["name"], "one_post");
    assert_eq!(report["success_rate"], 1.0);
    assert!(report["score"].as_f64().unwrap() > 0.25);
}

#[test]
fn mapping_is_timed_and_drawn() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let small = ["--sweeps", "1,2", "--images", "32,64", "--repetitions", "2"];
    let more = ["--out", out, "--cloud", out, "--json", "-"];
    let output = run(&[&["bench", "mapping"], &small[..], &more].concat());
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(&text[text.find('{').unwrap()..]).unwrap();
    for (series, most) in [(0, 2048), (1, 64 * 48)] {
        let times = report["series"][series]["times"].as_array().unwrap();
        assert_eq!(times.len(), 2, "{report}");
        let items = times[1]["items"].as_u64().unwrap();
        assert!(items > most / 2 && items <= most, "{report}");
    }
    let picture = std::fs::read(directory.path().join("mapping-speed.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
    let cloud = std::fs::read(directory.path().join("cloud.f32")).unwrap();
    assert_eq!(cloud.len() % 12, 0);
    let occupied = std::fs::read(directory.path().join("occupied.u8")).unwrap();
    assert_eq!(occupied.len(), 200 * 200);
    assert!(occupied.contains(&1) && occupied.contains(&0));
}

#[test]
fn fused_maps_are_truer_than_planar_ones() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let inspect = |volume: &str| {
        let setting = format!("controller.mapper.volume.enabled={volume}");
        let episodes = ["bench", "maps", "rooms", "--episodes", "2", "--seed", "2"];
        let rest = ["--set", setting.as_str(), "--out", out, "--json", "-"];
        answer(&[&episodes[..], &rest[..]].concat())
    };
    let (fused, planar) = (inspect("true"), inspect("false"));
    let number = |report: &Value, field: &str| report[field].as_f64().unwrap();
    assert!(number(&fused, "precision") > 0.97, "{fused}");
    assert!(number(&fused, "recall") > 0.9, "{fused}");
    assert!(number(&planar, "recall") < number(&fused, "recall") - 0.2);
    // of the two dozen pieces of two rooms one may be seen too seldom
    assert!(number(&fused["found"], "high") > 0.95, "{fused}");
    assert!(planar["found"]["high"].as_f64().unwrap() < 0.5, "{planar}");
    let picture = std::fs::read(directory.path().join("rooms-2.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
}

#[test]
fn what_is_wrong_is_said_with_its_exit_code() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let worlds = path("worlds.jsonl", "{\"r\": 1}\n");
    let log = path("log.log", "FLASER 2 1 x 0 0 0 0 0 0 0 h 0\n");
    let instances = path("instances.json", "{}");
    let settings = path("settings.toml", "[controller.mpc]\nhorizn = 3\n");
    let out = directory.path().join("out");
    let out = out.to_str().unwrap();
    let cases: [(&[&str], i32, &str); 11] = [
        (&["evaluate", "barn", &worlds], 3, "line 1: obs is missing"),
        (&["evaluate", "barn", "nowhere.jsonl"], 3, "nowhere.jsonl"),
        (
            &["map", &log, "--out", out],
            3,
            "line 1: reading 2 is \"x\"",
        ),
        (
            &["map", &log, "--out", out, "--html", out, "--robot", "round"],
            2,
            "log.log is no recording",
        ),
        (
            &["config", "--set", "view.size_max_mib=0"],
            2,
            "view.size_max_mib is 0",
        ),
        (&["bench", "solve", &instances], 3, "missing field"),
        (
            &["evaluate", "kitchen"],
            2,
            "expected one of doorway, barn_like, rooms, obstacle_course, pedestrian, blind_corner",
        ),
        (
            &["evaluate", "doorway", "--robot", "square"],
            2,
            "expected one of all_round, jackal, mobile_base, round",
        ),
        (
            &["evaluate", "doorway", "--config", &settings],
            2,
            "controller.mpc.horizn",
        ),
        (
            &["config", "--set", "drive.control_period_s=-1"],
            2,
            "drive.control_period_s is -1",
        ),
        (&["fly"], 2, "unrecognized subcommand"),
    ];
    for (arguments, code, word) in cases {
        let (found, said) = refusal(arguments);
        assert!(said.contains(word), "{arguments:?}: {said}");
        assert_eq!(found, code, "{arguments:?}: {said}");
    }
}

#[test]
fn every_command_explains_itself_with_examples() {
    for command in [
        "drive",
        "evaluate",
        "evaluate barn",
        "evaluate doors",
        "map",
        "bench solve",
        "model show",
        "serve",
        "config",
    ] {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = String::from_utf8(run(&words).stdout).unwrap();
        assert!(help.contains("Examples:"), "{command}");
        assert!(
            help.contains(&format!("performer-mpc {command}")),
            "{command}"
        );
    }
}

/// Sends lines to `serve` and takes an answer a line.
fn served(lines: &[String]) -> Vec<Value> {
    let mut child = Command::new(PROGRAM)
        .args(["serve", "--robot", "round"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    let mut from = BufReader::new(child.stdout.take().unwrap());
    let answers = lines
        .iter()
        .map(|line| {
            writeln!(to, "{line}").unwrap();
            let mut answer = String::new();
            from.read_line(&mut answer).unwrap();
            serde_json::from_str(&answer).unwrap()
        })
        .collect();
    drop(to);
    assert!(child.wait().unwrap().success());
    answers
}

fn tick(t: f64) -> Value {
    // no scanner gives the same number all round
    let range = |beam: u32| if beam.is_multiple_of(5) { 3.01 } else { 3.0 };
    let ranges: Vec<f64> = (0..621).map(range).collect();
    json!({
        "t": t,
        "scan": {"angle_min": -3.1, "angle_increment": 0.01, "range_min": 0.1, "range_max": 8.0,
                 "ranges": ranges},
        "lidar_pose": [0.0, 0.0, 0.0], "odom": [0.0, 0.0, 0.0], "velocity": [0.0, 0.0],
        "goal": [2.0, 0.0, null],
    })
}

#[test]
fn serve_answers_a_line_that_is_too_long_with_a_stop_and_goes_on() {
    let long = tick(0.05).to_string() + &" ".repeat(16 << 20);
    let lines = [tick(0.0).to_string(), long, tick(0.1).to_string()];
    let answers = served(&lines);
    let said = answers[1]["error"].as_str().unwrap();
    assert!(said.contains("longer than 16777216 bytes"), "{said}");
    assert_eq!(answers[1]["v"], 0.0);
    assert_eq!(answers[1]["omega"], 0.0);
    assert_eq!(answers[2]["status"], "solved", "{}", answers[2]);
}

#[test]
fn serve_answers_every_line_and_goes_on_after_a_bad_one() {
    let mut bad_field = tick(0.10);
    bad_field["scan"]["range_max"] = json!(-1.0);
    let mut unknown = tick(0.10);
    unknown["gaol"] = json!([1, 2]);
    let with_path = {
        let mut tick = tick(0.15);
        tick["path"] = json!([[0.0, 0.0], [1.0, 0.2], [2.0, 0.0]]);
        tick["goal"] = json!([2.0, 0.0, 0.5]);
        tick
    };
    // what Python writes for numbers that JSON has not
    let pythonic = tick(0.20)
        .to_string()
        .replacen("3.0,3.0", "Infinity,NaN", 1);
    let lines = [
        tick(0.0).to_string(),
        "{not json".to_owned(),
        bad_field.to_string(),
        unknown.to_string(),
        tick(-1.0).to_string(),
        with_path.to_string(),
        pythonic,
    ];
    let answers = served(&lines);
    for good in [0, 5, 6] {
        let answer = &answers[good];
        assert!(answer["v"].as_f64().unwrap() > 0.0, "{answer}");
        assert_eq!(answer["status"], "solved", "{answer}");
        assert_eq!(answer["plan"].as_array().unwrap().len(), 31);
        assert!(answer["tick_ms"].as_f64().unwrap() > 0.0);
        assert!(answer["omega"].is_number());
    }
    let errors = [
        (1, "not a tick"),
        (2, "scan.range_max is -1"),
        (3, "unknown field `gaol`"),
        (4, "t is -1 s, not later than the 0 s of the line before"),
    ];
    for (bad, word) in errors {
        let said = answers[bad]["error"].as_str().unwrap();
        assert!(said.contains(word), "{said}");
        // an error carries a stop command
        assert_eq!(answers[bad]["v"], 0.0);
        assert_eq!(answers[bad]["omega"], 0.0);
    }
}
