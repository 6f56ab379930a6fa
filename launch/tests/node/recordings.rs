//! Drives of real robots through the controller.

use std::process::Command;

use serde_json::Value;

use super::shared::shared;

/// That robot tells its odometry up to 0.32 s late.
const ODOMETRY_AGE_MAX: &str = "controller.guard.odometry_age_max_s=0.4";

#[test]
fn the_controller_runs_on_every_scan_of_a_turtlebot() {
    let Some(data) = shared("data/sensors/tb4_mac") else {
        return;
    };
    let replay = Command::new(env!("CARGO_BIN_EXE_performer-mpc"))
        .args(["replay", "--json", "-", "--set", ODOMETRY_AGE_MAX])
        .arg(data)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&replay.stderr);
    assert!(replay.status.success(), "{told}");
    let found: Value = serde_json::from_slice(&replay.stdout).unwrap();
    println!("{found}");
    // of 357 scans, three come before the first odometry
    assert!(found["ticks"].as_u64() >= Some(354), "{told}");
    assert_eq!(found["guard_faults"], 0, "{told}");
}
