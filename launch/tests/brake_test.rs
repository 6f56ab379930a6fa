//! `brake-test` on a recording: the figures, the settings that follow, the picture, and what is no stop.
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use perception::Stamp;
use recordings::BagWriter;
use recordings::definitions::{ODOMETRY, TWIST, TWIST_STAMPED};
use recordings::messages::{
    Header, OdometryMessage, Pose, Quaternion, RosTwist, TwistStamped, Vector3,
};

/// A robot that obeys 0.12 s late and brakes at 1.5 m/s², driven to 0.8 m/s and stopped three times.
fn record(path: &Path, is_stamped: bool, brakes: bool) {
    let mut bag = BagWriter::begin(File::create(path).unwrap()).unwrap();
    bag.topic("/odom", &ODOMETRY).unwrap();
    let kind = if is_stamped { &TWIST_STAMPED } else { &TWIST };
    bag.topic("/cmd_vel", kind).unwrap();
    let wanted = |t_s: f64| f64::from(u8::from((1.0..4.0).contains(&(t_s % 6.0)))) * 0.8;
    let mut speed = 0.0_f64;
    for tick in 0..1800 {
        let t_s = 0.01 * f64::from(tick);
        let change = wanted(t_s - 0.12) - speed;
        speed += change.clamp(-0.015, 0.015);
        let stamp = Stamp::from_secs(100.0 + t_s);
        let twist = |mps: f64| RosTwist {
            linear: Vector3 {
                x: mps,
                y: 0.0,
                z: 0.0,
            },
            ..RosTwist::default()
        };
        if tick % 2 == 0 {
            let odometry = OdometryMessage {
                header: Header::default(),
                child_frame_id: "base_link".to_owned(),
                pose: Pose {
                    position: Vector3::default(),
                    orientation: Quaternion {
                        x: 0.0,
                        y: 0.0,
                        z: 0.0,
                        w: 1.0,
                    },
                },
                pose_covariance: [[0.0; 6]; 6],
                twist: twist(speed),
                twist_covariance: [[0.0; 6]; 6],
            };
            bag.message("/odom", stamp, stamp, &odometry).unwrap();
        }
        if tick % 5 == 0 && (brakes || t_s < 3.0) {
            let twist = twist(wanted(t_s));
            if is_stamped {
                let header = Header::default();
                bag.message("/cmd_vel", stamp, stamp, &TwistStamped { header, twist })
                    .unwrap();
            } else {
                bag.message("/cmd_vel", stamp, stamp, &twist).unwrap();
            }
        }
    }
    bag.finish().unwrap();
}

fn brake_test(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_performer-mpc"))
        .arg("brake-test")
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap()
}

#[test]
fn stops_give_the_settings_of_the_guard() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    for is_stamped in [false, true] {
        record(&at.join("stops.mcap"), is_stamped, true);
        let options = [
            "stops.mcap",
            "--toml",
            "brakes.toml",
            "--out",
            "out",
            "--json",
            "-",
        ];
        let output = brake_test(at, &options);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let stops = answer["stops"].as_array().unwrap();
        assert_eq!(stops.len(), 3);
        for stop in stops {
            let figure = |name: &str| stop[name].as_f64().unwrap();
            assert!((figure("speed_mps") - 0.8).abs() < 1e-9);
            assert!((figure("latency_s") - 0.12).abs() < 0.04, "{stop}");
            assert!((figure("deceleration_mps2") - 1.5).abs() < 0.1, "{stop}");
            let distance_m = 0.8 * 0.12 + 0.8 * 0.8 / 3.0;
            assert!((figure("distance_m") - distance_m).abs() < 0.04, "{stop}");
        }
        let picture = fs::read(at.join("out/stops.png")).unwrap();
        assert!(picture.starts_with(b"\x89PNG"));
        // what was written is a file of settings, with the worst of the stops
        let config = Command::new(env!("CARGO_BIN_EXE_performer-mpc"))
            .args(["config", "--config", "brakes.toml"])
            .current_dir(at)
            .output()
            .unwrap();
        assert!(
            config.status.success(),
            "{}",
            String::from_utf8_lossy(&config.stderr)
        );
        let text = String::from_utf8(config.stdout).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let latency_s = table["controller"]["guard"]["latency_s"]
            .as_float()
            .unwrap();
        assert!((0.08..=0.17).contains(&latency_s), "{latency_s}");
    }
}

#[test]
fn what_holds_no_stop_is_an_error_that_says_what_to_record() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    record(&at.join("without.mcap"), false, false);
    let no_stop = brake_test(at, &["without.mcap"]);
    assert_eq!(no_stop.status.code(), Some(3));
    let text = String::from_utf8_lossy(&no_stop.stderr).into_owned();
    assert!(
        text.contains("hold no stop") && text.contains("0.3 m/s"),
        "{text}"
    );
    let no_topic = brake_test(at, &["without.mcap", "--commands", "/teleop"]);
    assert_eq!(no_topic.status.code(), Some(3));
    let text = String::from_utf8_lossy(&no_topic.stderr).into_owned();
    assert!(
        text.contains("no messages on /teleop") && text.contains("/cmd_vel"),
        "{text}"
    );
}
