//! What `replay` says of a recording: times, comparison, guard faults, files and options.

use perception::Stamp;
use recordings::messages::Time;

use super::drive::{BEGIN_S, Drive, Ended, Place, SCANS};

/// Scans of a log by their times, s.
fn log(times: &[f64]) -> String {
    let line = |(step, time_s): (usize, &f64)| {
        let x = 0.1 * step as f64;
        let ranges = " 3.0".repeat(181);
        format!("FLASER 181{ranges} {x} 0 0 {x} 0 0 {time_s} host {time_s}\n")
    };
    times.iter().enumerate().map(line).collect()
}

/// Notes and errors, each once.
fn lines(ended: &Ended) -> Vec<&str> {
    let lines: Vec<&str> = ended.said.lines().collect();
    for (place, line) in lines.iter().enumerate() {
        let cause = line.trim_start_matches("note:").trim();
        let repeated = lines[place + 1..].iter().any(|other| other.contains(cause));
        assert!(!repeated, "{line:?} twice in {}", ended.said);
    }
    lines
}

#[test]
fn a_recording_without_advancing_stamps_is_refused_with_what_it_holds() {
    let place = Place::new();
    for (times, words) in [
        ([0.0; 12], "12 scans all stamped 0 s"),
        ([5.0; 12], "12 scans all stamped 5 s"),
        (
            std::array::from_fn(|step| 20.0 - step as f64),
            "12 scans, none stamped later than the first at 20 s",
        ),
    ] {
        let path = place.put("flat.log", log(&times).as_bytes());
        let ended = Ended::replay(&path, &[]);
        ended.refused(&[
            "flat.log: the log holds no times: ",
            words,
            "`performer-mpc map` reads",
        ]);
        lines(&ended);
        assert!(!ended.said.contains("left out"), "{ended:?}");
        assert_eq!(Ended::map(&path, &[]).good()["scans"], 12);
    }
    // some times that advance are enough
    let times: Vec<f64> = (0..12)
        .map(|step| (0.2 * f64::from(step)).floor())
        .collect();
    let ended = Ended::replay(&place.put("steps.log", log(&times).as_bytes()), &[]);
    assert_eq!(ended.good()["ticks"], 3);
    assert_eq!(ended.figures["refused_messages"]["time"], 9);
    assert_eq!(ended.figures["accepted_messages"]["carmen"], 3);
    lines(&ended);
    for stamp in [Stamp(0), Stamp::from_secs(BEGIN_S)] {
        let still = Time::from(stamp);
        let mut scans = Drive::new();
        for (_, scan) in &mut scans.scans {
            scan.header.stamp = still;
        }
        let mut odometry = Drive::new();
        for (_, message) in &mut odometry.odometry {
            message.header.stamp = still;
        }
        for (drive, what) in [(scans, "scans all"), (odometry, "messages of odometry all")] {
            let path = place.put("still.mcap", &drive.bytes());
            let words = ["still.mcap: the recording holds no times: ", what, "need"];
            Ended::replay(&path, &[]).refused(&words);
        }
    }
}

#[test]
fn the_recording_of_another_controller_says_that_commands_were_not_compared() {
    let place = Place::new();
    let path = place.put("bag.mcap", &Drive::new().bytes());
    let ended = Ended::replay(&path, &["--ahead", "1"]);
    assert_eq!(ended.good()["commands_compared"], 0);
    for words in [
        "commands not compared",
        "only a recording of performer_mpc_node (record: true)",
    ] {
        assert!(ended.said.contains(words), "{ended:?}");
    }
    assert!(!ended.said.contains("without effect"), "{ended:?}");
    lines(&ended);
    let path = place.put("a.log", log(&[0.0, 0.2, 0.4]).as_bytes());
    let ended = Ended::replay(&path, &["--scan", "/scan"]);
    assert_eq!(ended.good()["ticks"], 3);
    assert!(
        ended
            .said
            .contains("--scan without effect: a CARMEN log has no topics")
    );
    assert!(ended.said.contains("commands not compared"), "{ended:?}");
}

#[test]
fn a_guard_fault_is_explained_with_the_setting_of_its_limit() {
    let place = Place::new();
    let mut drive = Drive::new();
    // from the second second on, every message of odometry arrives 0.4 s after its stamp
    let rows = drive.rows().into_iter().map(|(topic, at, bytes)| {
        let at_s = at.as_secs();
        let is_late = topic == "/odom" && at_s > BEGIN_S + 1.0;
        let late_s = if is_late { 0.4 } else { 0.0 };
        (topic, Stamp::from_secs(at_s + late_s), bytes)
    });
    let rows = rows.collect();
    let path = place.put("late.mcap", &drive.recorded(rows));
    let ended = Ended::replay(&path, &[]);
    assert!(ended.good()["guard_faults"].as_u64() > Some(5), "{ended:?}");
    for words in [
        "ticks with a guard fault: the guard braked because data or a plan was missing, too old",
        "(controller.guard.odometry_age_max_s)",
    ] {
        assert!(ended.said.contains(words), "{ended:?}");
    }
    lines(&ended);
    let more = ["--set", "controller.guard.odometry_age_max_s=0.6"];
    let ended = Ended::replay(&path, &more);
    assert_eq!(ended.good()["guard_faults"], 0, "{ended:?}");
    assert!(!ended.said.contains("with a guard fault"), "{ended:?}");
    // scans that cannot be used are counted in one line
    drive.scans.truncate(SCANS - 1);
    for (_, scan) in drive.scans.iter_mut().take(3) {
        scan.range_max = -1.0;
    }
    let path = place.put("bag.mcap", &drive.bytes());
    let ended = Ended::replay(&path, &["--map", place.path("map").to_str().unwrap()]);
    assert_eq!(ended.good()["refused_messages"]["value"], 3);
    lines(&ended);
}

#[test]
fn errors_name_the_file_and_options_of_the_command_alone() {
    let place = Place::new();
    let missing = ["gone.mcap", "gone.db3", "gone.log", "gone", "gone/"];
    for name in missing {
        let words = [
            name,
            ": no such file or directory; expected a rosbag2 directory",
        ];
        for ended in [
            Ended::replay(&place.path(name), &[]),
            Ended::map(&place.path(name), &[]),
        ] {
            ended.refused(&words);
            assert!(!ended.said.contains("os error"), "{ended:?}");
        }
    }
    let mut drive = Drive::new();
    for (at_s, odometry) in drive.odometry.drain(..) {
        let mut link = super::messages::link(at_s, "odom", "base_link", drive.base_from_lidar);
        link.transforms[0].transform = odometry.pose;
        drive.moving.push((at_s, link));
    }
    let path = place.put("transforms.mcap", &drive.bytes());
    let ended = Ended::replay(&path, &[]);
    ended.refused(&[
        "transforms.mcap: topics are ",
        "expected one of type nav_msgs/msg/Odometry",
    ]);
    assert!(!ended.said.contains("--frames"), "{ended:?}");
    let path = place.put("bag.mcap", &Drive::new().bytes());
    let ended = Ended::replay(&path, &["--scan", "/other"]);
    ended.refused(&[
        "bag.mcap: no message on /other",
        "--scan chooses another topic",
    ]);
    let ended = Ended::map(&path, &["--scan-topic", "/other"]);
    ended.refused(&["no message on /other", "--scan-topic chooses another topic"]);
}
