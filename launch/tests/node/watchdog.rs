//! A loop that does not tick is stopped from another thread, and a replay knows of it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Sender, bounded};
use perception::{Stamp, Twist};
use recordings::cdr;
use runtime::node::messages::DiagnosticArray;
use runtime::node::{
    EVENTS_MAX, Health, NodeClock as _, Outlet, Pilot, Pulse, REQUESTS_MAX, RawInput, Recorder,
    Request, Runner, Source, Tick, Watchdog,
};
use runtime::{Driver, RobotConfig};

use super::paths;
use super::runner::{Heard, World, replayed};

/// What becomes of the tick that is being shown.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    GoesOn,
    Hangs,
    Panics,
}

/// An outlet whose ticks can be made to hang or to panic after their command.
#[derive(Clone)]
struct Fateful {
    heard: Heard,
    fate: Arc<(Mutex<Fate>, Condvar)>,
}

impl Fateful {
    fn set(&self, fate: Fate) {
        *self.fate.0.lock().unwrap() = fate;
        self.fate.1.notify_all();
    }
}

impl Outlet for Fateful {
    fn command(&mut self, stamp: Stamp, command: Twist) {
        self.heard.command(stamp, command);
    }

    fn show(&mut self, _: &Tick, _: &Pilot) {
        let mut fate = self.fate.0.lock().unwrap();
        while *fate == Fate::Hangs {
            fate = self.fate.1.wait(fate).unwrap();
        }
        let panics = *fate == Fate::Panics;
        drop(fate);
        assert!(!panics, "as the test asks");
    }

    fn diagnose(&mut self, diagnosis: &DiagnosticArray) {
        self.heard.diagnose(diagnosis);
    }
}

/// A loop that drives, and its watchdog.
struct Watched {
    world: World,
    outlet: Fateful,
    pulse: Arc<Pulse>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Pilot>,
    _requests: Sender<Request>,
    _watchdog: Watchdog,
}

impl Watched {
    fn begin(recording: Option<&Path>) -> Self {
        let mut world = World::before_doorway();
        let config = RobotConfig::load("round", None, &[]).unwrap();
        let outlet = Fateful {
            heard: world.heard.clone(),
            fate: Arc::new((Mutex::new(Fate::GoesOn), Condvar::new())),
        };
        let (requests, asked) = bounded(REQUESTS_MAX);
        let (told, _) = bounded(EVENTS_MAX);
        let recorder =
            recording.map(|file| Recorder::begin(file, &config, world.clock.now()).unwrap());
        let runner = Runner::new(
            Pilot::new(&config, &Driver::Regular).unwrap(),
            Arc::clone(&world.mailboxes),
            world.clock.clone(),
            outlet.clone(),
            (asked, told),
            recorder,
        );
        let pulse = runner.pulse();
        let (time, mut wheels) = (world.clock.clone(), world.heard.clone());
        let watchdog = Watchdog::begin(
            Arc::clone(&pulse),
            config.node.watchdog_periods,
            || (),
            move || Duration::from_nanos(time.now().0.unsigned_abs()),
            move || wheels.command(Stamp(0), Twist::ZERO),
        )
        .unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || runner.run(&stopped));
        world.go_on(0.5);
        let path = paths::path(world.robot.way(), 0.0, "odom");
        let message = RawInput {
            source: Source::Plan,
            arrival: Stamp(0),
            bytes: cdr::encode(&path).unwrap(),
        };
        requests.send(Request::Go { drive: 1, message }).unwrap();
        let this = Self {
            world,
            outlet,
            pulse,
            stop,
            thread,
            _requests: requests,
            _watchdog: watchdog,
        };
        this.until_moving()
    }

    /// Goes on tick by tick, so that a starved loop is not a slow one.
    fn until_moving(mut self) -> Self {
        let begun = Instant::now();
        while self.last().linear < 0.3 {
            let heard = self.commands();
            self.world.go_on(0.05);
            self.wait(|this| this.commands() > heard);
            let last = self.last();
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "it never drove off: {last:?}"
            );
        }
        self
    }

    fn commands(&self) -> usize {
        self.world.heard.0.lock().unwrap().0.len()
    }

    fn last(&self) -> Twist {
        let heard = self.world.heard.0.lock().unwrap();
        heard.0.last().copied().unwrap_or(Twist::ZERO)
    }

    /// Waits, at a standing clock, for what other threads do.
    fn wait(&self, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < Duration::from_secs(60), "it never held");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn pass(&self, seconds: f64) {
        let time_ns = (1e9 * seconds) as i64;
        self.world.clock.0.fetch_add(time_ns, Ordering::SeqCst);
    }
}

#[test]
fn a_hung_tick_ends_in_a_zero_command_of_the_watchdog_and_the_drive_goes_on_from_rest() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("hung.mcap");
    let mut watched = Watched::begin(Some(&file));
    watched.outlet.set(Fate::Hangs);
    let beats = watched.pulse.beats();
    while watched.pulse.beats() == beats {
        watched.world.go_on(0.01);
    }
    // 5 periods of 0.05 s, and the loop is late
    assert!(watched.last().linear > 0.0);
    assert_eq!(watched.pulse.stops(), 0);
    for _ in 0..8 {
        watched.pass(0.04);
        std::thread::sleep(Duration::from_millis(10));
    }
    watched.wait(|watched| watched.pulse.stops() > 0);
    watched.wait(|watched| watched.last() == Twist::ZERO);
    assert_eq!(watched.pulse.health(), Health::Late);
    let before = watched.world.heard.0.lock().unwrap().0.len();
    watched.outlet.set(Fate::GoesOn);
    watched.wait(|watched| watched.pulse.health() == Health::Ticking);
    watched.world.go_on(1.0);
    {
        let heard = watched.world.heard.0.lock().unwrap();
        let limits = RobotConfig::load("round", None, &[])
            .unwrap()
            .controller
            .limits;
        let after = &heard.0[before..];
        assert!(after.iter().any(|command| command.linear > 0.2));
        // it starts again from rest, within its acceleration
        assert!(after[0].linear <= 0.2 * limits.acceleration_max_mps2);
        let safety = |report: &DiagnosticArray| {
            report
                .status
                .iter()
                .flat_map(|status| &status.values)
                .any(|value| value.key == "watchdog stops" && value.value != "0")
        };
        assert!(heard.1.iter().any(safety));
    }
    watched.stop.store(true, Ordering::Relaxed);
    while !watched.thread.is_finished() {
        watched.world.go_on(0.01);
    }
    watched.thread.join().unwrap();
    assert_eq!(watched.pulse.health(), Health::Ended);
    let found = replayed(&file);
    assert!(found.compared > 30, "{found:?}");
    assert_eq!(found.different, 0, "{found:?}");
}

#[test]
fn a_loop_that_panics_ends_in_a_zero_command_and_ticks_no_more() {
    let mut watched = Watched::begin(None);
    watched.outlet.set(Fate::Panics);
    while !watched.thread.is_finished() {
        watched.world.go_on(0.01);
    }
    watched.wait(|watched| watched.pulse.stops() > 0);
    watched.wait(|watched| watched.last() == Twist::ZERO);
    // what the bond goes by: no heartbeat without it
    assert_eq!(watched.pulse.health(), Health::Panicked);
    assert!(watched.thread.join().is_err());
}
