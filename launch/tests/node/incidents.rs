//! The seconds around incidents, as files that replay.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::JoinHandle;

use crossbeam::channel::{Receiver, Sender, bounded};
use launch::SimulatedRobot;
use perception::{Stamp, Twist};
use recordings::{BagReader as _, cdr};
use runtime::node::messages::Bool;
use runtime::node::{
    EVENTS_MAX, Event, IncidentCause, Mailboxes, Pilot, REQUESTS_MAX, RawInput, Recorder, Request,
    Runner, Source,
};
use runtime::recording::open_recording;
use runtime::{Driver, RobotConfig};
use serde_json::Value;

use super::runner::{Clock, Heard, World, replayed, topics};
use super::{messages, paths};

/// A drive that saves incidents and records nothing else.
struct Drive {
    world: World,
    requests: Sender<Request>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Pilot>,
    _events: Receiver<Event>,
}

impl Drive {
    fn begin(directory: &Path, overrides: &[&str]) -> Self {
        let mut all = vec![
            "node.incidents.enabled=true".to_owned(),
            format!(
                "node.incidents.directory={:?}",
                directory.display().to_string()
            ),
            "node.failure_tolerance_s=-1.0".to_owned(),
        ];
        all.extend(overrides.iter().map(|&text| text.to_owned()));
        let config = RobotConfig::load("round", None, &all).unwrap();
        let world = World {
            robot: SimulatedRobot::before_doorway("round", 12).unwrap(),
            mailboxes: Arc::new(Mailboxes::new(&topics())),
            clock: Clock(Arc::new(AtomicI64::new(1_000_000_000_000))),
            heard: Heard::default(),
            scans: true,
        };
        let lidar = world.robot.base_from_lidar();
        world.put(
            &Source::FixedTransforms,
            &messages::link(0.0, "base_link", "laser", lidar),
        );
        let (requests, asked) = bounded(REQUESTS_MAX);
        let (told, events) = bounded(EVENTS_MAX);
        let now = Stamp(world.clock.0.load(Ordering::SeqCst));
        let runner = Runner::new(
            Pilot::new(&config, &Driver::Regular).unwrap(),
            Arc::clone(&world.mailboxes),
            world.clock.clone(),
            world.heard.clone(),
            (asked, told),
            Recorder::of(&config, now).unwrap(),
        );
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let mut this = Self {
            world,
            requests,
            stop,
            thread: std::thread::spawn(move || runner.run(&stopped)),
            _events: events,
        };
        this.world.go_on(0.5);
        let path = paths::path(this.world.robot.way(), 0.0, "odom");
        this.ask(Request::Go {
            drive: 1,
            message: RawInput {
                source: Source::Plan,
                arrival: Stamp(0),
                bytes: cdr::encode(&path).unwrap(),
            },
        });
        this
    }

    fn ask(&mut self, request: Request) {
        self.requests.send(request).unwrap();
    }

    fn command(&self) -> Twist {
        let commands = &self.world.heard.0.lock().unwrap().0;
        commands.last().copied().unwrap_or(Twist::ZERO)
    }

    fn end(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for _ in 0..300 {
            if !self.thread.is_finished() {
                self.world.go_on(0.01);
            }
        }
        self.thread.join().unwrap();
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Time from the first message of a topic to the last, s.
fn span_s(file: &Path, topic: &str) -> f64 {
    let mut bag = open_recording(file, |_| true).unwrap();
    bag.select(&[topic]);
    let mut arrivals = Vec::new();
    while let Some(raw) = bag.next_message().unwrap() {
        arrivals.push(raw.arrival);
    }
    arrivals.last().unwrap().secs_since(arrivals[0])
}

#[test]
fn a_guard_stop_saves_the_seconds_around_it_as_a_file_that_replays() {
    let directory = tempfile::tempdir().unwrap();
    let spans = ["node.incidents.before_s=1.0", "node.incidents.after_s=0.5"];
    let mut drive = Drive::begin(directory.path(), &spans);
    drive.world.go_on(2.5);
    assert!(drive.command().linear > 0.3, "{:?}", drive.command());
    assert!(files(directory.path()).is_empty(), "nothing has happened");
    drive.world.scans = false;
    drive.world.go_on(2.0);
    assert_eq!(drive.command(), Twist::ZERO);
    drive.world.scans = true;
    drive.world.go_on(1.0);
    drive.end();
    let [file] = files(directory.path()).try_into().unwrap();
    let name = file.file_name().unwrap().to_string_lossy();
    assert!(name.ends_with("_guard_stale.mcap"), "{name}");
    let span = span_s(&file, "/cmd_vel");
    assert!((1.3..1.6).contains(&span), "{span} s");

    // the middle of a drive: where to, from where and with what came before it
    let found = replayed(&file);
    assert_eq!(found.incidents[0].cause, "guard_stale");
    assert!(found.compared > 20, "{found:?}");
    assert_eq!(found.faults.total(), 0, "{:?}", found.faults.latest());
    assert!(found.guard_faults > 0, "{found:?}");
    let incident = Stamp(found.incidents[0].at_ns);
    let last = found.last_difference.unwrap_or(Stamp(0));
    // both brake to rest by the same rule; the faster rests later by the difference over the
    // deceleration, to a tick
    let config = RobotConfig::load("round", None, &[]).unwrap().controller;
    let braking_s = found.largest_difference[0] / config.limits.deceleration_max_mps2;
    let differed_s = last.secs_since(incident);
    assert!(
        differed_s <= braking_s + 0.05,
        "commands differ to the end: {found:?}"
    );
    explained(&file, directory.path(), found.ticks);
}

/// What `replay --explain` says of a file whose scans end.
fn explained(file: &Path, directory: &Path, ticks: usize) {
    let json = directory.join("ticks.json");
    let output = Command::new(env!("CARGO_BIN_EXE_performer-mpc"))
        .arg("replay")
        .arg(file)
        .args(["--explain", "--explain-json"])
        .arg(&json)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("incident: guard_stale at"), "{said}");
    let table = String::from_utf8(output.stdout).unwrap();
    let row = table.lines().find(|line| line.contains(" stale "));
    let row = row.unwrap_or_else(|| panic!("{table}"));
    assert!(row.contains("scan: the latest is"), "{row}");
    let told: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let rows = told["ticks"].as_array().unwrap();
    assert_eq!(rows.len(), ticks);
    let last = rows.last().unwrap();
    assert_eq!(last["check"], "stale", "{last}");
    assert_eq!(last["sent"], serde_json::json!([0.0, 0.0]), "{last}");
}

#[test]
fn an_emergency_stop_of_a_moving_robot_is_saved() {
    let directory = tempfile::tempdir().unwrap();
    let spans = ["node.incidents.before_s=0.5", "node.incidents.after_s=0.2"];
    let mut drive = Drive::begin(directory.path(), &spans);
    drive.world.go_on(2.0);
    assert!(drive.command().linear > 0.3, "{:?}", drive.command());
    drive
        .world
        .put(&Source::EmergencyStop, &Bool { data: true });
    drive.world.go_on(1.0);
    drive.end();
    let [file] = files(directory.path()).try_into().unwrap();
    let name = file.file_name().unwrap().to_string_lossy();
    assert!(name.ends_with("_emergency_stop.mcap"), "{name}");
}

#[test]
fn a_contact_is_always_saved_and_guard_stops_no_more_often_than_asked() {
    let directory = tempfile::tempdir().unwrap();
    let mut drive = Drive::begin(
        directory.path(),
        &["node.incidents.before_s=0.5", "node.incidents.after_s=0.2"],
    );
    drive.world.go_on(2.0);
    for cause in [IncidentCause::Contact, IncidentCause::EmergencyStop] {
        drive.ask(Request::Save(cause));
        drive.world.go_on(0.5);
    }
    // within a minute of those, a guard stop is left out
    drive.world.scans = false;
    drive.world.go_on(2.0);
    drive.end();
    let names: Vec<String> = files(directory.path())
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[0].ends_with("_contact.mcap"), "{names:?}");
    assert!(names[1].ends_with("_emergency_stop.mcap"), "{names:?}");
}
