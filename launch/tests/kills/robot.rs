//! The process that is killed: the node without ROS about a simulated robot.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam::channel::{Receiver, bounded};
use launch::SimulatedRobot;
use perception::{Pose2, Stamp, Twist};
use recordings::cdr;
use runtime::Driver;
use runtime::RobotConfig;
use runtime::node::messages::DiagnosticArray;
use runtime::node::{
    EVENTS_MAX, IncidentCause, Mailboxes, NodeClock, Outlet, Pilot, REQUESTS_MAX, RawInput,
    Recorder, Request, Runner, Source, Tick,
};
use serde::Serialize;

use super::{messages, paths};

/// First argument of the process.
pub const ROLE: &str = "robot";
/// Time that one step of the simulation takes on the clock on the wall.
const STEP: Duration = Duration::from_millis(4);
/// Time between incidents, steps.
const INCIDENT_STEPS: usize = 200;

/// Time that the simulation sets.
#[derive(Clone)]
struct Clock(Arc<AtomicI64>);

impl NodeClock for Clock {
    fn now(&self) -> Stamp {
        Stamp(self.0.load(Ordering::SeqCst))
    }

    fn wait(&self, ring: &Receiver<()>, _: Duration) -> bool {
        ring.recv_timeout(Duration::from_micros(200)).is_ok()
    }
}

/// The wheels, and diagnostics told on standard output.
#[derive(Clone, Default)]
struct Wheels(Arc<Mutex<Twist>>);

impl Outlet for Wheels {
    fn command(&mut self, _: Stamp, command: Twist) {
        *self.0.lock().unwrap() = command;
    }

    fn show(&mut self, _: &Tick, _: &Pilot) {}

    fn diagnose(&mut self, report: &DiagnosticArray) {
        let recorder = report.status.iter().find(|s| s.name.ends_with("recorder"));
        let recorder = recorder.expect("a recorder is at work");
        let value = |key: &str| {
            let found = recorder.values.iter().find(|value| value.key == key);
            found.map_or("", |value| value.value.as_str())
        };
        let speed = self.0.lock().unwrap().linear;
        let line = format!(
            "{} {} {speed} {}",
            value("flushed"),
            value("not recorded"),
            recorder.message
        );
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{line}").and_then(|()| out.flush()); // the test may be gone
    }
}

fn topics() -> Vec<(Source, String)> {
    [
        (Source::FixedTransforms, "/tf_static"),
        (Source::Odometry, "odom"),
        (Source::Plan, "plan"),
        (Source::Scan, "scan"),
    ]
    .map(|(source, topic)| (source, topic.to_owned()))
    .to_vec()
}

/// Drives to and fro for so many seconds of the simulation, recording into a directory.
pub fn drive(directory: &Path, seconds: f64) {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let overrides = [
        "node.record=true".to_owned(),
        format!(
            "node.record_directory={:?}",
            directory.display().to_string()
        ),
        "node.failure_tolerance_s=-1.0".to_owned(),
        "node.movement_time_allowance_s=86400".to_owned(),
        "node.incidents.enabled=true".to_owned(),
        "node.incidents.before_s=2.0".to_owned(),
        "node.incidents.after_s=1.0".to_owned(),
        "node.incidents.files_max=4".to_owned(),
    ];
    let config = RobotConfig::load("round", None, &overrides).unwrap();
    let mut robot = SimulatedRobot::before_doorway("round", 12).unwrap();
    let clock = Clock(Arc::new(AtomicI64::new(1_000_000_000_000)));
    let mailboxes = Arc::new(Mailboxes::new(&topics()));
    let wheels = Wheels::default();
    let (requests, asked) = bounded(REQUESTS_MAX);
    let (told, events) = bounded(EVENTS_MAX);
    let runner = Runner::new(
        Pilot::new(&config, &Driver::Regular).unwrap(),
        Arc::clone(&mailboxes),
        clock.clone(),
        wheels.clone(),
        (asked, told),
        Recorder::of(&config, clock.now()).unwrap(),
    );
    let put = |source: Source, now: Stamp, bytes: Vec<u8>| {
        mailboxes.of(&source).unwrap().put(now, bytes);
    };
    let link = messages::link(0.0, "base_link", "laser", robot.base_from_lidar());
    put(Source::FixedTransforms, clock.now(), bytes(&link));
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = std::thread::spawn(move || runner.run(&stopped));
    let mut way: Vec<Pose2> = robot.way().to_vec();
    let mut drive = 0;
    for step in 0.. {
        let now = Stamp(clock.0.fetch_add(10_000_000, Ordering::SeqCst) + 10_000_000);
        let now_s = now.as_secs();
        robot.advance(*wheels.0.lock().unwrap(), 0.01);
        if step % 2 == 0 {
            put(
                Source::Odometry,
                now,
                bytes(&messages::odometry(&robot, now_s)),
            );
        }
        if step % 5 == 0 {
            put(Source::Scan, now, bytes(&messages::scan(&mut robot, now_s)));
        }
        if step % 1000 == 50 {
            let message = RawInput {
                source: Source::Plan,
                arrival: now,
                bytes: bytes(&paths::path(&way, now_s, "odom")),
            };
            way.reverse();
            drive += 1;
            requests.send(Request::Go { drive, message }).unwrap();
        }
        if step % INCIDENT_STEPS == INCIDENT_STEPS - 1 {
            let _ = requests.try_send(Request::Save(IncidentCause::Requested)); // full: next time
        }
        let _ = events.try_iter().count(); // how drives end is not looked at
        if 0.01 * step as f64 >= seconds {
            stop.store(true, Ordering::Relaxed);
        }
        if thread.is_finished() {
            break;
        }
        std::thread::sleep(STEP);
    }
    thread.join().unwrap();
}

fn bytes<T: Serialize>(message: &T) -> Vec<u8> {
    cdr::encode(message).unwrap()
}
