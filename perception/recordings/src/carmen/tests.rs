use std::f64::consts::FRAC_PI_2;

use super::*;

const LINE: &str = "FLASER 4 1.5 2 81.83 0.5 1 2 0.5 3 4 0.25 10.5 host 11.5";

fn read(text: &str) -> Vec<Result<CarmenScan, CarmenError>> {
    CarmenReader::new(text.as_bytes(), CarmenSettings::default()).collect()
}

#[test]
fn a_line_becomes_a_scan() {
    let scans = read(&format!("# comment\nPARAM x 1\n{LINE}\nODOM 1 2 3\n"));
    let [Ok(scan)] = scans.as_slice() else {
        panic!("one scan expected: {scans:?}")
    };
    assert_eq!(scan.line, 3);
    assert_eq!(scan.stamp, Stamp::from_secs(11.5));
    assert_eq!(scan.map_from_lidar, Pose2::new(1.0, 2.0, 0.5));
    assert_eq!(scan.odom_from_lidar, Pose2::new(3.0, 4.0, 0.25));
    assert_eq!(scan.scan.ranges, [1.5, 2.0, 81.83, 0.5]);
    assert!((scan.scan.angle(2)).abs() < 1e-12);
    assert_eq!(scan.scan.beam(2), perception::Beam::Invalid);
}

#[test]
fn an_odd_number_of_beams_reaches_both_ends() {
    let scans = read("FLASER 5 1 1 1 1 1 0 0 0 0 0 0 0 h 0");
    let scan = &scans[0].as_ref().unwrap().scan;
    assert!((scan.angle(4) - FRAC_PI_2).abs() < 1e-12);
}

#[test]
fn errors_name_the_line() {
    let message = |good: &str, bad: &str| {
        let text = format!("{LINE}\n{}\n", LINE.replacen(good, bad, 1));
        read(&text).pop().unwrap().unwrap_err().to_string()
    };
    let cases = [
        (
            " 2 81",
            " x 81",
            "line 2: reading 2 is \"x\": expected a number of at most 1e6, or a time of 1e10",
        ),
        (
            " 2 81",
            " -2 81",
            "line 2: reading 2 is \"-2\": expected 0 m or more",
        ),
        (
            " 2 81",
            " nan 81",
            "line 2: reading 2 is \"nan\": expected a number of at most 1e6, or a time of 1e10",
        ),
        (
            "FLASER 4",
            "FLASER 5",
            "line 2: FLASER of 5 readings has 15 fields: expected 16",
        ),
        (
            "FLASER 4",
            "FLASER x",
            "line 2: number of readings is \"x\": expected 2 to 10000",
        ),
        (
            "1 2 0.5 3",
            "1 y 0.5 3",
            "line 2: y is \"y\": expected a number of at most 1e6, or a time of 1e10",
        ),
        (
            "11.5",
            "late",
            "line 2: logger time is \"late\": expected a number of at most 1e6, or a time of 1e10",
        ),
    ];
    for (good, bad, expected) in cases {
        assert_eq!(message(good, bad), expected);
    }
}

#[test]
fn a_line_without_end_is_refused() {
    let endless = std::io::BufReader::new(std::io::repeat(b'7'));
    let mut scans = CarmenReader::new(endless, CarmenSettings::default());
    let message = scans.next().unwrap().unwrap_err().to_string();
    assert_eq!(
        message,
        "line 1: longer than 1048576 bytes: expected a log of lines"
    );
}

#[test]
fn a_line_cut_between_fields_is_refused() {
    let words: Vec<&str> = LINE.split(' ').collect();
    for end in 1..words.len() {
        let scans = read(&words[..end].join(" "));
        assert!(scans[0].is_err(), "cut after {end} fields");
        assert_eq!(scans.len(), 1);
    }
}

const HEAD: &str = "0 -1.5 3.0 1.0 8.0 0.01 0 4 1.5 2 8.0 0.5 1 7";

#[test]
fn scans_at_corrected_poses_are_read_whatever_the_line() {
    let text = format!(
        "ROBOTLASER1 {HEAD} 1 2 0.5 3 4 0.25 0.4 0 0.5 0.5 0.5 10.5 host 11.4\r\nRLASER 1\n{LINE}\n"
    );
    let log = CarmenLog::read(text.as_bytes(), CarmenSettings::default());
    let [robot, flaser] = log.scans.as_slice() else {
        panic!("two scans expected: {log:?}")
    };
    assert_eq!(robot.kind, CarmenLine::RobotLaser);
    assert_eq!(robot.map_from_lidar, flaser.map_from_lidar);
    assert_eq!(robot.odom_from_lidar, flaser.odom_from_lidar);
    assert_eq!(robot.stamp, Stamp::from_secs(11.4));
    assert!((robot.scan.angle(1) + 0.5).abs() < 1e-12);
    // the maximum range means no return
    assert_eq!(robot.scan.beam(2), perception::Beam::Invalid);
    assert_eq!(log.passed_over.get("RLASER"), Some(&1));
    assert!(log.notes().iter().any(|note| note.contains("1 RLASER")));
}

#[test]
fn scans_without_poses_are_placed_by_odometry() {
    let raw = format!("RAWLASER1 {HEAD} 10.5 host 11.5");
    let text = format!(
        "PARAM robot_frontlaser_offset 0.1 nohost 0\n{raw}\n\
         ODOM 1 2 0 0.5 0 0 11.3 host 11.3\n{raw}\n"
    );
    let log = CarmenLog::read(text.as_bytes(), CarmenSettings::default());
    let [scan] = log.scans.as_slice() else {
        panic!("one scan expected: {log:?}")
    };
    let expected = Pose2::new(1.2, 2.0, 0.0);
    assert!((scan.map_from_lidar.position() - expected.position()).norm() < 1e-9);
    let notes = log.notes().join("\n");
    assert!(
        notes.contains("line 2: RAWLASER1 without an ODOM line before it"),
        "{notes}"
    );
    assert!(notes.contains("placed by odometry alone"), "{notes}");
    // with corrected poses in the log, the same scans without them are not used a second time
    let both = format!("{text}{LINE}\n");
    let log = CarmenLog::read(both.as_bytes(), CarmenSettings::default());
    assert_eq!(log.scans.len(), 1);
    assert_eq!(log.scans[0].kind, CarmenLine::Flaser);
    assert_eq!(log.passed_over.get("RAWLASER1"), Some(&1));
}

#[test]
fn a_damaged_line_costs_that_line() {
    let cut = &LINE[..20];
    for text in [
        format!("{LINE}\n{cut}"),
        format!("{cut}\n{LINE}\n"),
        format!("{LINE}\nFLASER x\nFLASER\n"),
    ] {
        let log = CarmenLog::read(text.as_bytes(), CarmenSettings::default());
        assert_eq!(log.scans.len(), 1, "{text}");
        let (count, _) = log.refused.as_ref().unwrap();
        assert!((1..=2).contains(count));
        assert!(log.notes()[0].contains("left out, the first: line "));
    }
}

#[test]
fn a_line_without_times_has_that_of_the_odometry() {
    let words: Vec<&str> = LINE.split(' ').collect();
    let untimed = words[..12].join(" ");
    let text = format!("ODOM 1 2 0.5 0 0 0 7.5 host 7.5\n{untimed}\n");
    let log = CarmenLog::read(text.as_bytes(), CarmenSettings::default());
    assert_eq!(log.scans.len(), 1);
    assert_eq!(log.scans[0].stamp, Stamp::from_secs(7.5));
}

#[test]
fn scans_before_a_file_breaks_off_are_read() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("torn"))
        }
    }
    let text = format!("{LINE}\n");
    let torn = std::io::BufReader::new(std::io::Read::chain(text.as_bytes(), Broken));
    let log = CarmenLog::read(torn, CarmenSettings::default());
    assert_eq!(log.scans.len(), 1);
    assert!(log.notes()[0].contains("line 2: cannot be read: torn; 1 scans before it"));
}
