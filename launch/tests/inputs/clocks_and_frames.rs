//! Frames, namespaces, mountings and clocks.

use super::drive::{BEGIN_S, Drive, Ended, Place, SCANS, outline};
use super::messages;

#[test]
fn transforms_are_found_in_the_namespace_of_the_scans() {
    let place = Place::new();
    let usual = outline(Ended::map(&place.put("a.mcap", &Drive::new().bytes()), &[]).good());
    for space in ["/r1", "/fleet/robot_2"] {
        let drive = Drive {
            space,
            ..Drive::new()
        };
        let path = place.put("b.mcap", &drive.bytes());
        assert_eq!(outline(Ended::map(&path, &[]).good()), usual, "{space}");
        assert_eq!(Ended::replay(&path, &[]).good()["ticks"], SCANS);
    }
}

#[test]
fn frames_that_are_left_empty_are_base_link_and_odom_or_what_an_option_says() {
    let place = Place::new();
    let mut drive = Drive::new();
    for (_, odometry) in &mut drive.odometry {
        odometry.child_frame_id.clear();
        odometry.header.frame_id.clear();
    }
    let path = place.put("bag.mcap", &drive.bytes());
    let ended = Ended::map(&path, &[]);
    assert_eq!(ended.good()["scans"], SCANS);
    assert!(ended.said.contains("child_frame_id is empty"), "{ended:?}");
    let ended = Ended::replay(&path, &[]);
    assert_eq!(ended.good()["ticks"], SCANS);
    assert!(ended.said.contains("child_frame_id is empty"), "{ended:?}");
    drive.fixed = messages::link(BEGIN_S, "chassis", "laser", drive.base_from_lidar);
    let path = place.put("bag.mcap", &drive.bytes());
    Ended::map(&path, &[]).refused(&["\"base_link\"", "\"chassis\"", "--lidar-pose"]);
    let ended = Ended::map(&path, &["--base-frame", "chassis"]);
    assert_eq!(ended.good()["scans"], SCANS);
}

#[test]
fn a_scanner_that_hangs_upside_down_is_given_by_roll_or_pitch() {
    let place = Place::new();
    let mut drive = Drive::new();
    drive.fixed.transforms.clear();
    let mount = drive.base_from_lidar;
    let upright = format!("{},{},{}", mount.x, mount.y, mount.yaw);
    let path = place.put("upright.mcap", &drive.bytes());
    let usual = outline(Ended::map(&path, &["--lidar-pose", &upright]).good());
    for (_, scan) in &mut drive.scans {
        scan.angle_min = -scan.angle_min;
        scan.angle_increment = -scan.angle_increment;
    }
    let path = place.put("hanging.mcap", &drive.bytes());
    let half_turn = std::f64::consts::PI;
    let [x, y, yaw] = [mount.x, mount.y, mount.yaw];
    for hanging in [
        format!("{x},{y},0.3,{half_turn},0,{yaw}"),
        format!("{x},{y},0.3,0,{half_turn},{}", yaw + half_turn),
    ] {
        let mapped = Ended::map(&path, &["--lidar-pose", &hanging]);
        let found = outline(mapped.good());
        assert_eq!(found[0], usual[0]);
        let cells = |outline: &[serde_json::Value]| outline[2].as_f64().unwrap();
        assert!(
            (cells(&found) / cells(&usual) - 1.0).abs() < 0.05,
            "{found:?} {usual:?}"
        );
    }
    let tilted = format!("{x},{y},0.3,1.0,0,{yaw}");
    Ended::map(&path, &["--lidar-pose", &tilted]).refused(&["tilted"]);
}

#[test]
fn two_clocks_in_one_recording_are_told_with_both_spans() {
    let place = Place::new();
    for other_s in [0.0, 2132.0] {
        let mut drive = Drive::new();
        for (at_s, scan) in &mut drive.scans {
            scan.header = messages::header(*at_s - BEGIN_S + other_s, "laser");
        }
        let path = place.put("bag.mcap", &drive.bytes());
        let words = ["scans are stamped from ", "odometry is stamped from 1000.0"];
        Ended::map(&path, &[]).refused(&words);
        Ended::replay(&path, &[]).refused(&words);
    }
}

#[test]
fn a_recording_without_odometry_names_the_option_that_takes_transforms() {
    let place = Place::new();
    let mut drive = Drive::new();
    for (at_s, odometry) in drive.odometry.drain(..) {
        let mut link = messages::link(at_s, "odom", "base_link", drive.base_from_lidar);
        link.transforms[0].transform = odometry.pose;
        drive.moving.push((at_s, link));
    }
    let path = place.put("bag.mcap", &drive.bytes());
    Ended::map(&path, &[]).refused(&["--frames ODOM,BASE"]);
    Ended::replay(&path, &[]).refused(&["nav_msgs/msg/Odometry"]);
    let ended = Ended::map(&path, &["--frames", "odom,base_link"]);
    assert_eq!(ended.good()["scans"], SCANS);
}
