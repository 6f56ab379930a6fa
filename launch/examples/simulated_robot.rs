//! A simulated robot as a process of its own: a line of JSON in for each step, one out.
//!
//! In: `{"v": m/s, "omega": rad/s, "dt": s, "scan": bool}`. Out: time, pose and velocity by
//! odometry, the scan if one was asked for, and the distance to the nearest obstacle.
#![allow(clippy::unwrap_used)]

#[path = "../tests/shared/robot.rs"]
mod robot;

use std::io::{BufRead as _, Write as _};

use perception::Twist;
use robot::SimulatedRobot;
use serde_json::{Value, json};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, name, seed] = arguments.as_slice() else {
        panic!("usage: simulated_robot ROBOT SEED");
    };
    let mut robot = SimulatedRobot::in_doorway(name, seed.parse().unwrap());
    let goal = robot.goal();
    let lidar = robot.model.lidar.base_from_lidar;
    let mut out = std::io::stdout().lock();
    let begin = json!({
        "goal": [goal.x, goal.y, goal.yaw],
        "base_from_lidar": [lidar.x, lidar.y, lidar.yaw],
    });
    writeln!(out, "{begin}").unwrap();
    out.flush().unwrap();
    for line in std::io::stdin().lock().lines() {
        let step: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let number = |key: &str| step[key].as_f64().unwrap();
        robot.advance(Twist::new(number("v"), number("omega")), number("dt"));
        let odometry = robot.odometry();
        let (pose, velocity) = (odometry.odom_from_base, odometry.velocity);
        let scan = (step["scan"] == true).then(|| {
            let scan = robot.scan();
            // JSON has no infinity: what is beyond the range is told as twice the range
            let finite = |range: &f32| if range.is_finite() { *range } else { 2.0 * scan.range_max as f32 };
            json!({
                "angle_min": scan.angle_min,
                "angle_increment": scan.angle_increment,
                "range_min": scan.range_min,
                "range_max": scan.range_max,
                "ranges": scan.ranges.iter().map(finite).collect::<Vec<f32>>(),
            })
        });
        let answer = json!({
            "t": robot.time_s(),
            "pose": [pose.x, pose.y, pose.yaw],
            "velocity": [velocity.linear, velocity.angular],
            "scan": scan,
            "clearance": robot.clearance_m(),
        });
        writeln!(out, "{answer}").unwrap();
        out.flush().unwrap();
    }
}
