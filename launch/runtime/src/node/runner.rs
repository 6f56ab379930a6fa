//! The control loop: processes mailboxes, runs a tick and sends its command at a constant rate.
//!
//! Messages that take long to process, clouds and depth images, are processed after the command is
//! sent. Every tick beats the [`Pulse`] for the watchdog.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender};
use perception::{Stamp, Twist};

use super::cadence::Cadence;
use super::diagnosis::Diagnosis;
use super::fault::MessageFault;
use super::mailbox::{Mailboxes, RawInput, Source};
use super::messages::DiagnosticArray;
use super::pilot::{Pilot, Taken, Tick};
use super::pulse::{Pulse, PulseKeeper};
use super::recorder::Recorder;
use super::request::{Event, Request};

/// Capacity of the queue of events.
pub const EVENTS_MAX: usize = 1024;
/// Capacity of the queue of requests.
pub const REQUESTS_MAX: usize = 256;

/// Period of diagnostics, s.
const DIAGNOSIS_PERIOD_S: f64 = 1.0;
/// Minimum step back of the clock that counts as a reset, s.
const BACK_S: f64 = 0.1;
/// Maximum time to bring the robot to rest, s.
const REST_MAX_S: f64 = 3.0;

/// ROS time, and waiting by it.
pub trait NodeClock: Send {
    /// Current time.
    fn now(&self) -> Stamp;

    /// Waits for a signal, at most this long. True if it came.
    fn wait(&self, ring: &Receiver<()>, longest: Duration) -> bool;
}

/// Publisher of commands and views.
pub trait Outlet: Send {
    /// Publishes a command immediately.
    fn command(&mut self, stamp: Stamp, command: Twist);

    /// Publishes the views of a tick.
    fn show(&mut self, tick: &Tick, pilot: &Pilot);

    /// Publishes diagnostics.
    fn diagnose(&mut self, diagnosis: &DiagnosticArray);
}

/// The loop and its state.
pub struct Runner<C, O> {
    pilot: Pilot,
    mailboxes: Arc<Mailboxes>,
    clock: C,
    outlet: O,
    requests: Receiver<Request>,
    events: Sender<Event>,
    recorder: Option<Recorder>,
    pulse: Arc<Pulse>,
    /// Number of processed stops of the watchdog.
    heeded: u64,
    drive: Option<u64>,
    diagnosis: Diagnosis,
    diagnosed: Option<Stamp>,
}

impl<C: NodeClock, O: Outlet> Runner<C, O> {
    /// A loop before its first tick.
    pub fn new(
        pilot: Pilot,
        mailboxes: Arc<Mailboxes>,
        clock: C,
        outlet: O,
        (requests, events): (Receiver<Request>, Sender<Event>),
        recorder: Option<Recorder>,
    ) -> Self {
        Self {
            pilot,
            mailboxes,
            clock,
            outlet,
            requests,
            events,
            recorder,
            pulse: Arc::default(),
            heeded: 0,
            drive: None,
            diagnosis: Diagnosis::default(),
            diagnosed: None,
        }
    }

    /// Pulse for a watchdog.
    pub fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// Ticks until `stop`, then brakes to rest, sends zero, and returns the pilot.
    pub fn run(mut self, stop: &AtomicBool) -> Pilot {
        let _keeper = PulseKeeper::new(self.pulse());
        if let Some(recorder) = &mut self.recorder {
            let now = self.clock.now();
            for raw in self.pilot.lasting() {
                recorder.input(self.mailboxes.topic(&raw.source), raw.clone(), now);
            }
        }
        let mut cadence = self.cadence();
        let mut last = self.clock.now();
        let mut resting_since = None;
        loop {
            let now = self.clock.now();
            if now.secs_since(last) < -BACK_S {
                self.pilot.reset();
                self.give_up_drive();
                cadence = self.cadence();
            }
            last = now;
            if stop.load(Ordering::Relaxed) && resting_since.is_none() {
                self.halt(now);
                resting_since = Some(Instant::now());
            }
            let now_s = now.as_secs();
            let wait_s = cadence.due_s(now_s) - now_s;
            if wait_s > 0.0 {
                if self
                    .clock
                    .wait(self.mailboxes.ring(), Duration::from_secs_f64(wait_s))
                {
                    cadence.scan(self.clock.now().as_secs());
                }
                let is_long = |since: Instant| since.elapsed().as_secs_f64() > REST_MAX_S;
                if resting_since.is_some_and(is_long) {
                    break; // the clock stands still
                }
                continue;
            }
            cadence.tick(now_s);
            let rate = self.pilot.settings().controller_frequency;
            let tick = self.tick(now);
            if rate != self.pilot.settings().controller_frequency {
                cadence = self.cadence();
            }
            if resting_since.is_some() && tick.command.is_none_or(|command| command == Twist::ZERO)
            {
                break;
            }
        }
        self.outlet.command(self.clock.now(), Twist::ZERO);
        if let Some(recorder) = self.recorder.take() {
            recorder.finish();
        }
        self.pilot
    }

    fn cadence(&self) -> Cadence {
        Cadence::new(1.0 / self.pilot.settings().controller_frequency)
    }

    /// One cycle of the loop.
    fn tick(&mut self, now: Stamp) -> Tick {
        let begun = Instant::now();
        self.heed_watchdog(now, false);
        let mailboxes = Arc::clone(&self.mailboxes);
        for mailbox in mailboxes
            .boxes()
            .iter()
            .filter(|mailbox| !mailbox.source().is_heavy())
        {
            let is_order = matches!(mailbox.source(), Source::Plan | Source::GoalPose);
            while let Some(message) = mailbox.take() {
                if !is_order || (self.pilot.settings().follow_topics && self.drive.is_none()) {
                    let _ = self.take(mailbox.topic(), message, now); // counted
                }
            }
        }
        self.answer_requests(now);
        let mut tick = self.pilot.tick(now);
        if self.heed_watchdog(now, true) {
            // the tick finished after the watchdog's stop, with data from before it
            tick.command = tick.command.map(|_| Twist::ZERO);
        }
        if let Some(command) = tick.command {
            self.outlet.command(now, command);
        }
        let period = Duration::from_secs_f64(1.0 / self.pilot.settings().controller_frequency);
        self.pulse.beat(tick.command.is_some(), period);
        self.diagnosis
            .tick(now, begun.elapsed(), &tick, &self.pilot);
        if let Some(recorder) = &mut self.recorder {
            recorder.tick(&tick, &self.pilot);
        }
        self.tell(&tick);
        self.outlet.show(&tick, &self.pilot);
        for mailbox in mailboxes
            .boxes()
            .iter()
            .filter(|mailbox| mailbox.source().is_heavy())
        {
            while let Some(message) = mailbox.take() {
                let _ = self.take(mailbox.topic(), message, now); // counted
            }
        }
        if self
            .diagnosed
            .is_none_or(|then| now.secs_since(then) >= DIAGNOSIS_PERIOD_S || now < then)
        {
            self.diagnosed = Some(now);
            let recorder = self.recorder.as_ref().map(Recorder::status);
            let report = self
                .diagnosis
                .report(now, &self.pilot, &mailboxes, &self.pulse, recorder);
            self.outlet.diagnose(&report);
            if let Some(recorder) = &mut self.recorder {
                recorder.diagnosis(now, &report);
            }
        }
        tick
    }

    /// Processes stops of the watchdog; true if there were any. `is_replaced`: they replace this
    /// tick's command.
    fn heed_watchdog(&mut self, now: Stamp, is_replaced: bool) -> bool {
        let stops = self.pulse.stops();
        if stops == self.heeded {
            return false;
        }
        self.heeded = stops;
        self.pilot.was_stopped(now);
        if let Some(recorder) = &mut self.recorder {
            recorder.watchdog_stopped(is_replaced, now);
        }
        true
    }

    fn take(&mut self, topic: &str, message: RawInput, now: Stamp) -> Result<Taken, MessageFault> {
        let was_noted = self.pilot.note().is_some();
        let taken = self.pilot.take(topic, &message, now);
        if let (false, Some(note)) = (was_noted, self.pilot.note()) {
            tracing::warn!("{note}");
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.input(topic, message, now);
        }
        taken
    }

    fn answer_requests(&mut self, now: Stamp) {
        while let Ok(request) = self.requests.try_recv() {
            match request {
                Request::Go { drive, message } => match self.take(order(&message), message, now) {
                    Ok(Taken::Started) => {
                        self.give_up_drive();
                        self.drive = Some(drive);
                    }
                    Ok(_) => self.send(Event::Stopped { drive }),
                    Err(fault) => self.send(Event::Refused { drive, fault }),
                },
                Request::Cancel { drive } => {
                    if self.drive == Some(drive) {
                        self.halt(now);
                    }
                }
                Request::Stop {
                    topic,
                    message,
                    answer,
                } => {
                    let taken = self.take(topic, message, now);
                    let _ = answer.try_send(taken.map(|_| ())); // who asked may be gone
                }
                Request::ClearMap => {
                    self.pilot.clear_map();
                    if let Some(recorder) = &mut self.recorder {
                        recorder.map_cleared(now);
                    }
                }
                Request::Save(cause) => {
                    if let Some(recorder) = &self.recorder {
                        recorder.alarm().raise(cause, now);
                    }
                }
                Request::Adjust(settings) => {
                    if let Some(recorder) = &mut self.recorder {
                        recorder.adjusted(&settings, now);
                    }
                    self.pilot.adjust(*settings);
                }
            }
        }
    }

    /// Removes the goal: the robot brakes.
    fn halt(&mut self, now: Stamp) {
        self.pilot.stop();
        if let Some(recorder) = &mut self.recorder {
            recorder.stopped(now);
        }
        self.give_up_drive();
    }

    fn give_up_drive(&mut self) {
        if let Some(drive) = self.drive.take() {
            self.send(Event::Stopped { drive });
        }
    }

    fn tell(&mut self, tick: &Tick) {
        let Some(drive) = self.drive else {
            return;
        };
        if let Some(end) = tick.end {
            self.drive = None;
            self.send(Event::Ended { drive, end });
        } else if self.events.len() < EVENTS_MAX / 2 {
            // dropped if the queue is full, so that the final event has room
            self.send(Event::Driving {
                drive,
                distance_m: tick.distance_m,
                speed_mps: self.pilot.snapshot().velocity.linear,
            });
        }
    }

    fn send(&self, event: Event) {
        let _ = self.events.try_send(event); // nobody listens any more: the node is going down
    }
}

/// Topic of an order.
fn order(message: &RawInput) -> &'static str {
    if message.source == Source::GoalPose {
        "goal_pose"
    } else {
        "plan"
    }
}
