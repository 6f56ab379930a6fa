//! A simulated robot as a process of its own, for the tests of the node: a line of JSON in for each
//! step, one out.
//!
//! In: `{"v": m/s, "omega": rad/s, "dt": s, "scan": bool}`. Out: time, pose and velocity by
//! odometry, the scan if requested, and the clearance to the nearest obstacle.

use std::io::{BufRead as _, Write as _};

use anyhow::Context as _;
use launch::SimulatedRobot;
use perception::{LaserScan, Twist};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Step {
    v: f64,
    omega: f64,
    dt: f64,
    scan: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, name, seed] = arguments.as_slice() else {
        anyhow::bail!("usage: simulated_robot ROBOT SEED");
    };
    let seed = seed.parse().context("SEED is a whole number")?;
    let mut robot = SimulatedRobot::before_doorway(name, seed)?;
    let lidar = robot.base_from_lidar();
    let way: Vec<[f64; 3]> = robot
        .way()
        .iter()
        .map(|pose| [pose.x, pose.y, pose.yaw])
        .collect();
    let mut out = std::io::stdout().lock();
    let begin = json!({
        "way": way,
        "base_from_lidar": [lidar.x, lidar.y, lidar.yaw],
    });
    writeln!(out, "{begin}")?;
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        let step: Step = serde_json::from_str(&line?)?;
        robot.advance(Twist::new(step.v, step.omega), step.dt);
        let odometry = robot.odometry();
        let (pose, velocity) = (odometry.odom_from_base, odometry.velocity);
        let answer = json!({
            "t": robot.time_s(),
            "pose": [pose.x, pose.y, pose.yaw],
            "velocity": [velocity.linear, velocity.angular],
            "scan": step.scan.then(|| seen(&robot.scan())),
            "clearance": robot.clearance_m(),
        });
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// JSON has no infinity: a missing return is reported as twice the maximum range.
fn seen(scan: &LaserScan) -> Value {
    let beyond = 2.0 * scan.range_max as f32;
    let told = scan
        .ranges
        .iter()
        .map(|range| if range.is_finite() { *range } else { beyond });
    json!({
        "angle_min": scan.angle_min,
        "angle_increment": scan.angle_increment,
        "range_min": scan.range_min,
        "range_max": scan.range_max,
        "ranges": told.collect::<Vec<f32>>(),
    })
}
