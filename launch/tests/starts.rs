//! Trials drawn for a smaller robot than the one that drives.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_performer-mpc"));
    program.args(arguments).output().unwrap()
}

#[test]
fn a_robot_that_touches_an_obstacle_at_the_start_is_reported() {
    let large = "controller.footprint={shape=\"rectangle\", length_m=1.4, width_m=0.6}";
    let common = ["evaluate", "doorway", "--episodes", "6", "--seed", "1"];
    let limited = ["--set", "scenario.doorway.time_limit_s=0.5"];
    let line = |more: &[&str]| {
        let output = run(&[&common[..], &limited[..], more].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let note = "the robot touches an obstacle at the start";
    assert!(line(&["--set", large]).contains(note));
    assert!(!line(&[]).contains(note));
    let fits = [
        "--set",
        large,
        "--set",
        "scenario.doorway.robot_radius_m=0.77",
        "--set",
        "scenario.doorway.door_width_m=[1.6, 1.8]",
    ];
    assert!(!line(&fits).contains(note));
}
