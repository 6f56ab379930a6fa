//! Messages that cannot be used, and readings as drivers send them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use recordings::messages::{LaserScanMessage, OdometryMessage};
use serde_json::json;

use super::drive::{Drive, Ended, Place, SCANS, outline};
use super::messages;

type Spoil<T> = fn(&mut T);

#[test]
fn a_scan_that_cannot_be_costs_that_scan_in_map_and_replay_alike() {
    let place = Place::new();
    let spoils: [(Spoil<LaserScanMessage>, &str); 9] = [
        (|scan| scan.ranges.clear(), "size"),
        (|scan| scan.angle_increment = 0.0, "value"),
        (|scan| scan.angle_increment = f32::INFINITY, "value"),
        (|scan| scan.angle_increment = f32::NAN, "value"),
        (|scan| scan.angle_min = f32::NAN, "value"),
        (|scan| scan.time_increment = 153_333.0, "value"),
        (|scan| scan.range_min = -2.35, "value"),
        (|scan| scan.range_max = 0.0, "value"),
        (|scan| scan.header.frame_id = "nowhere".to_owned(), "frame"),
    ];
    for (number, (spoil, class)) in spoils.into_iter().enumerate() {
        let mut drive = Drive::new();
        // the first scan, as drivers begin, or any other
        spoil(&mut drive.scans[number * number % SCANS].1);
        let path = place.put("bag.mcap", &drive.bytes());
        for ended in [Ended::map(&path, &[]), Ended::replay(&path, &[])] {
            let figures = ended.good();
            assert_eq!(figures["refused_messages"][class], 1, "{ended:?}");
            let used = figures["scans"].as_u64().or(figures["ticks"].as_u64());
            assert_eq!(used, Some(SCANS as u64 - 1), "{ended:?}");
            let note = format!("1 message on /scan left out ({class}): ");
            assert!(ended.said.contains(&note), "{ended:?}");
        }
    }
}

#[test]
fn transforms_and_odometry_that_cannot_be_cost_themselves() {
    let place = Place::new();
    let nan = |drive: &mut Drive| {
        let mut link = messages::link(1001.0, "base_link", "wheel", drive.base_from_lidar);
        link.transforms[0].transform.orientation.w = f64::NAN;
        drive.moving.push((1001.0, link));
    };
    let spoils: [(Spoil<Drive>, &str, usize); 3] = [
        (nan, "not finite", SCANS),
        (
            |drive| {
                spoil(&mut drive.odometry[7].1, |odometry| {
                    odometry.pose.orientation.z = 9.0;
                });
            },
            "rotation",
            SCANS,
        ),
        (
            |drive| {
                spoil(&mut drive.odometry[9].1, |odometry| {
                    odometry.twist.linear.x = f64::NAN;
                });
            },
            "not finite",
            SCANS,
        ),
    ];
    for (spoil, class, scans) in spoils {
        let mut drive = Drive::new();
        spoil(&mut drive);
        let path = place.put("bag.mcap", &drive.bytes());
        let counts = [Ended::map(&path, &[]), Ended::replay(&path, &[])].map(|ended| {
            let figures = ended.good();
            let used = figures["scans"].as_u64().or(figures["ticks"].as_u64());
            assert_eq!(used, Some(scans as u64), "{ended:?}");
            figures["refused_messages"].clone()
        });
        assert_eq!(counts[0], counts[1]);
        assert_eq!(counts[0][class], 1);
    }
}

fn spoil(odometry: &mut OdometryMessage, how: Spoil<OdometryMessage>) {
    how(odometry);
}

#[test]
fn where_nothing_can_be_used_the_reason_and_the_option_are_named() {
    let place = Place::new();
    let mut drive = Drive::new();
    for (_, scan) in &mut drive.scans {
        scan.range_max = 0.0;
    }
    let path = place.put("bag.mcap", &drive.bytes());
    let count = format!("{SCANS} messages on /scan left out (value): scan.range_max is 0");
    Ended::map(&path, &[]).refused(&[&count, "--range-max-m"]);
    Ended::replay(&path, &[]).refused(&[&count, "nothing was replayed"]);
    assert_eq!(
        Ended::map(&path, &["--range-max-m", "20"]).good()["scans"],
        SCANS
    );
}

#[test]
fn a_range_without_bound_changes_no_map() {
    let place = Place::new();
    let mut maps = Vec::new();
    for range_max in [100.0, f32::INFINITY, f32::MAX, 1e4] {
        let mut drive = Drive::new();
        for (_, scan) in &mut drive.scans {
            scan.range_max = range_max;
        }
        let path = place.put("bag.mcap", &drive.bytes());
        maps.push(outline(Ended::map(&path, &[]).good()));
        assert_eq!(Ended::replay(&path, &[]).good()["ticks"], SCANS);
    }
    assert!(maps.iter().all(|map| *map == maps[0]), "{maps:?}");
}

#[test]
fn what_drivers_send_where_nothing_came_back_is_no_obstacle() {
    let place = Place::new();
    let near_m = 2.0;
    let mut maps = Vec::new();
    for nothing in [
        f32::INFINITY,
        f32::NAN,
        0.0,
        -1.0,
        near_m,
        near_m + 1.0,
        65.5,
    ] {
        let mut drive = Drive::new();
        for (_, scan) in &mut drive.scans {
            scan.range_max = near_m;
            for range in &mut scan.ranges {
                if *range >= near_m {
                    *range = nothing;
                }
            }
        }
        let path = place.put("bag.mcap", &drive.bytes());
        maps.push(outline(Ended::map(&path, &[]).good()));
    }
    assert!(maps.iter().all(|map| *map == maps[0]), "{maps:?}");
    // just below the bound it is a reading like any other; a note says what may be meant
    let mut drive = Drive::new();
    for (_, scan) in &mut drive.scans {
        scan.range_max = near_m;
        for range in &mut scan.ranges {
            *range = range.min(near_m - 0.01);
        }
    }
    let path = place.put("bag.mcap", &drive.bytes());
    let said = Ended::map(&path, &[]).said;
    assert!(said.contains("use --range-max-m 1.98"), "{said}");
}

#[test]
fn serve_reads_scans_by_the_same_rules() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_performer-mpc"))
        .args(["serve", "--policy", "regular", "--robot", "round"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let bounds = [
        json!(10.0),
        json!("inf"),
        json!(3.4e38),
        json!(0.0),
        json!(-1.0),
    ];
    for (index, range_max) in bounds.iter().enumerate() {
        let tick = json!({
            "t": 0.1 * index as f64,
            "scan": {"angle_min": -3.0, "angle_increment": 0.0174, "range_min": 0.0,
                     "range_max": range_max, "ranges": vec![4.0; 360]},
            "odom": [0.0, 0.0, 0.0], "velocity": [0.0, 0.0], "goal": [3.0, 0.0, null]
        });
        writeln!(input, "{tick}").unwrap();
    }
    drop(input);
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let answers: Vec<&str> = output.lines().collect();
    assert_eq!(answers.len(), bounds.len());
    for (index, answer) in answers.iter().enumerate() {
        assert_eq!(answer.contains("scan.range_max is"), index > 2, "{answer}");
    }
}
