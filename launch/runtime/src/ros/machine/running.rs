//! The threads of the control loop and of its watchdog.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam::channel::{Receiver, Sender, bounded};
use perception::Twist;

use crate::RobotConfig;
use crate::node::{
    EVENTS_MAX, Event, Health, Mailboxes, NodeClock as _, Outlet as _, Pilot, Pulse, REQUESTS_MAX,
    Recorder, Request, Runner, Watchdog,
};
use crate::ros::clock::RosClock;
use crate::ros::topics::Publications;
use crate::ros::{NodeError, priority};

/// A running control loop.
pub(super) struct Running {
    thread: JoinHandle<Pilot>,
    stop: Arc<AtomicBool>,
    pulse: Arc<Pulse>,
    /// Watches until it is dropped.
    _watchdog: Watchdog,
    pub(super) requests: Sender<Request>,
    pub(super) events: Receiver<Event>,
}

impl Running {
    /// Starts both threads.
    pub(super) fn begin(
        pilot: Pilot,
        config: &RobotConfig,
        mailboxes: &Arc<Mailboxes>,
        clock: &RosClock,
        publications: &Publications,
        recorder: Option<Recorder>,
    ) -> Result<Self, NodeError> {
        let is_raised = config.node.use_realtime_priority;
        let (requests, asked) = bounded(REQUESTS_MAX);
        let (told, events) = bounded(EVENTS_MAX);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let runner = Runner::new(
            pilot,
            Arc::clone(mailboxes),
            clock.clone(),
            publications.clone(),
            (asked, told),
            recorder,
        );
        let pulse = runner.pulse();
        let watchdog = watch(&pulse, config, clock, publications)?;
        let thread = std::thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || {
                if is_raised && let Err(error) = priority::raise(priority::CONTROL) {
                    tracing::error!("{error}");
                }
                runner.run(&stopped)
            })?;
        Ok(Self {
            thread,
            stop,
            pulse,
            _watchdog: watchdog,
            requests,
            events,
        })
    }

    /// Requests the loop to brake to rest and end.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Health of the loop.
    pub(super) fn health(&self) -> Health {
        self.pulse.health()
    }

    /// True when the thread has ended.
    pub(super) fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// The pilot of a loop that ended normally; none after a panic or a hang, which is abandoned.
    pub(super) fn finish(self) -> Option<Pilot> {
        self.thread
            .is_finished()
            .then(|| self.thread.join().ok())
            .flatten()
    }
}

/// Starts the watchdog, which publishes zero commands itself.
fn watch(
    pulse: &Arc<Pulse>,
    config: &RobotConfig,
    clock: &RosClock,
    publications: &Publications,
) -> Result<Watchdog, NodeError> {
    let is_raised = config.node.use_realtime_priority;
    let (mut outlet, begun) = (publications.clone(), Instant::now());
    let (time, stamps) = (clock.clone(), clock.clone());
    Ok(Watchdog::begin(
        Arc::clone(pulse),
        config.node.watchdog_periods,
        move || {
            if is_raised && let Err(error) = priority::raise(priority::WATCHDOG) {
                tracing::error!("{error}");
            }
        },
        move || time.elapsed(begun),
        move || {
            outlet.command(stamps.now(), Twist::ZERO);
            tracing::error!("the control loop does not tick: the watchdog sent a zero command");
        },
    )?)
}
