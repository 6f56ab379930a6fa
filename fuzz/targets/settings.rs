//! Settings as TOML over a shipped robot: refused, or the controller ticks.
#![no_main]

use launch::Config;
use libfuzzer_sys::fuzz_target;
use perception::{LaserScan, Odometry, Pose2, SensorEvent, Stamp, Stamped, Twist};
use runtime::Driver;

fuzz_target!(|text: &str| {
    let Ok(config) = Config::from_toml("round", text) else {
        return;
    };
    let mut agent = Driver::Regular
        .agent(&config.controller)
        .expect("settings were checked");
    let scan = SensorEvent::Scan {
        base_from_lidar: Pose2::IDENTITY,
        scan: LaserScan {
            angle_min: -2.0,
            angle_increment: 0.05,
            time_increment: 0.0,
            range_min: 0.1,
            range_max: 10.0,
            ranges: vec![3.0; 80],
        },
    };
    let odometry = SensorEvent::Odometry(Odometry::level(Pose2::IDENTITY, Twist::ZERO));
    let stamp = Stamp(0);
    for value in [odometry, scan] {
        let _ = agent.observe(&Stamped { stamp, value });
    }
    let command = agent.act(stamp).command;
    assert!(command.linear.is_finite() && command.angular.is_finite());
});
