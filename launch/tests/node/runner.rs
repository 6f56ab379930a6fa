//! The control loop on its thread, and a replay of what it recorded.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, bounded};
use launch::SimulatedRobot;
use perception::{Pose2, Stamp, Twist};
use recordings::cdr;
use runtime::node::messages::DiagnosticArray;
use runtime::node::{
    EVENTS_MAX, Event, Mailboxes, NodeClock, Outlet, Pilot, REQUESTS_MAX, RawInput, Recorder,
    Replay, Request, Runner, Source, Tick, recorded_config,
};
use runtime::recording::open_recording;
use runtime::{Driver, RobotConfig};
use serde::Serialize;

use super::{messages, paths};

/// Time that the test sets.
#[derive(Clone)]
pub(super) struct Clock(pub Arc<AtomicI64>);

impl NodeClock for Clock {
    fn now(&self) -> Stamp {
        Stamp(self.0.load(Ordering::SeqCst))
    }

    fn wait(&self, ring: &Receiver<()>, _: Duration) -> bool {
        ring.recv_timeout(Duration::from_micros(200)).is_ok()
    }
}

/// Commands and diagnostics as they went out.
#[derive(Clone, Default)]
pub(super) struct Heard(pub Arc<Mutex<(Vec<Twist>, Vec<DiagnosticArray>)>>);

impl Outlet for Heard {
    fn command(&mut self, _: Stamp, command: Twist) {
        self.0.lock().unwrap().0.push(command);
    }

    fn show(&mut self, _: &Tick, _: &Pilot) {}

    fn diagnose(&mut self, diagnosis: &DiagnosticArray) {
        self.0.lock().unwrap().1.push(diagnosis.clone());
    }
}

pub(super) struct World {
    pub robot: SimulatedRobot,
    pub mailboxes: Arc<Mailboxes>,
    pub clock: Clock,
    pub heard: Heard,
    /// False: the scanner says nothing.
    pub scans: bool,
}

impl World {
    pub fn before_doorway() -> Self {
        let this = Self {
            robot: SimulatedRobot::before_doorway("round", 12).unwrap(),
            mailboxes: Arc::new(Mailboxes::new(&topics())),
            clock: Clock(Arc::new(AtomicI64::new(1_000_000_000_000))),
            heard: Heard::default(),
            scans: true,
        };
        let lidar = this.robot.base_from_lidar();
        this.put(
            &Source::FixedTransforms,
            &messages::link(0.0, "base_link", "laser", lidar),
        );
        this
    }

    pub fn put<T: Serialize>(&self, source: &Source, message: &T) {
        let bytes = cdr::encode(message).unwrap();
        self.mailboxes
            .of(source)
            .unwrap()
            .put(self.clock.now(), bytes);
    }

    /// Lets the robot go on for some time, with odometry at 50 Hz and scans at 20 Hz.
    pub fn go_on(&mut self, seconds: f64) {
        for step in 0..(seconds / 0.01).round() as usize {
            let command = self.heard.0.lock().unwrap().0.last().copied();
            self.robot.advance(command.unwrap_or(Twist::ZERO), 0.01);
            let now = self.clock.0.fetch_add(10_000_000, Ordering::SeqCst) + 10_000_000;
            let now_s = Stamp(now).as_secs();
            if step % 2 == 0 {
                self.put(&Source::Odometry, &messages::odometry(&self.robot, now_s));
            }
            if self.scans && step % 5 == 0 {
                let scan = messages::scan(&mut self.robot, now_s);
                self.put(&Source::Scan, &scan);
            }
            std::thread::sleep(Duration::from_millis(4));
        }
    }
}

pub(super) fn topics() -> Vec<(Source, String)> {
    [
        (Source::EmergencyStop, "emergency_stop"),
        (Source::StopReset, "reset_stop"),
        (Source::FixedTransforms, "/tf_static"),
        (Source::Odometry, "odom"),
        (Source::Plan, "plan"),
        (Source::Scan, "scan"),
    ]
    .map(|(source, topic)| (source, topic.to_owned()))
    .to_vec()
}

pub(super) fn replayed(file: &Path) -> runtime::node::Replayed {
    let mut bag = open_recording(file, |_| true).unwrap();
    let config = recorded_config(&mut bag).unwrap().unwrap();
    let mut pilot = Pilot::new(&config, &Driver::Regular).unwrap();
    let topics: BTreeMap<String, Source> = topics()
        .into_iter()
        .map(|(source, topic)| (format!("/{}", topic.trim_start_matches('/')), source))
        .collect();
    let begun = Instant::now();
    let (mut ahead, mut clock) = (|_: Stamp| None::<Vec<Pose2>>, || begun.elapsed());
    Replay::new(&mut pilot, &mut ahead, &mut clock)
        .bag(&mut bag, &topics)
        .unwrap()
}

#[test]
fn a_drive_ends_at_rest_and_its_recording_replays_to_the_last_bit() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("drive.mcap");
    let config = RobotConfig::load("round", None, &[]).unwrap();
    let mut world = World::before_doorway();
    let (requests, asked) = bounded(REQUESTS_MAX);
    let (told, events) = bounded(EVENTS_MAX);
    let runner = Runner::new(
        Pilot::new(&config, &Driver::Regular).unwrap(),
        Arc::clone(&world.mailboxes),
        world.clock.clone(),
        world.heard.clone(),
        (asked, told),
        Some(Recorder::begin(&file, &config, world.clock.now()).unwrap()),
    );
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = std::thread::spawn(move || runner.run(&stopped));
    let go = |drive, way: &[Pose2]| {
        let path = paths::path(way, 0.0, "odom");
        let message = RawInput {
            source: Source::Plan,
            arrival: Stamp(0),
            bytes: cdr::encode(&path).unwrap(),
        };
        requests.send(Request::Go { drive, message }).unwrap();
    };
    let way = world.robot.way().to_vec();
    world.go_on(0.5);
    go(1, &way);
    world.go_on(1.5);
    go(2, &way[..way.len() / 2]);
    let mut patient = config.node.clone();
    patient.failure_tolerance_s = -1.0;
    requests.send(Request::Adjust(Box::new(patient))).unwrap();
    world.go_on(0.5);
    requests.send(Request::Cancel { drive: 2 }).unwrap();
    world.go_on(1.0);
    go(3, &way);
    world.go_on(1.5);
    stop.store(true, Ordering::Relaxed);
    for _ in 0..300 {
        if !thread.is_finished() {
            world.go_on(0.01);
        }
    }
    let pilot = thread.join().unwrap();
    assert_eq!(pilot.faults().total(), 0, "{:?}", pilot.faults().latest());

    let events: Vec<Event> = events.try_iter().collect();
    for drive in 1..=3 {
        let driving =
            |event: &Event| matches!(event, Event::Driving { drive: d, .. } if *d == drive);
        assert!(events.iter().any(driving), "{drive}");
        assert!(events.contains(&Event::Stopped { drive }), "{drive}");
    }
    let (commands, reports) = &*world.heard.0.lock().unwrap();
    assert!(commands.iter().any(|command| command.linear > 0.3));
    assert_eq!(commands.last(), Some(&Twist::ZERO));
    let limit = config.controller.limits.deceleration_max_mps2;
    for pair in commands.windows(2) {
        let slowed = pair[0].linear - pair[1].linear;
        assert!(slowed <= limit * 0.2 + 1e-9, "{slowed}");
    }
    assert!(reports.len() >= 4);

    let found = replayed(&file);
    assert!(found.compared > 60, "{found:?}");
    assert_eq!(found.different, 0, "{found:?}");
}
