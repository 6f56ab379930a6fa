//! The control loop: mailboxes emptied, a tick, its command sent, at a steady rate.
//!
//! Messages that take long to take in, clouds and depth images, are taken in after the command is
//! on its way and not before. Every tick beats the [`Pulse`] that a watchdog watches.

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

/// Events that may wait for whoever listens.
pub const EVENTS_MAX: usize = 1024;
/// Requests that may wait for the loop.
pub const REQUESTS_MAX: usize = 256;

/// Time between diagnostics, s.
const DIAGNOSIS_PERIOD_S: f64 = 1.0;
/// A clock that goes back by more than this begins anew, s.
const BACK_S: f64 = 0.1;
/// Longest time that the robot is given to come to rest, s.
const REST_MAX_S: f64 = 3.0;

/// The time of ROS, and how to wait for it.
pub trait NodeClock: Send {
    /// Now.
    fn now(&self) -> Stamp;

    /// Waits until something rings, at most this long. True when it rang.
    fn wait(&self, ring: &Receiver<()>, longest: Duration) -> bool;
}

/// Where commands and views of them go.
pub trait Outlet: Send {
    /// A command, as soon as it is there.
    fn command(&mut self, stamp: Stamp, command: Twist);

    /// Everything else that a tick shows.
    fn show(&mut self, tick: &Tick, pilot: &Pilot);

    /// How the node is.
    fn diagnose(&mut self, diagnosis: &DiagnosticArray);
}

/// The loop and what it holds.
pub struct Runner<C, O> {
    pilot: Pilot,
    mailboxes: Arc<Mailboxes>,
    clock: C,
    outlet: O,
    requests: Receiver<Request>,
    events: Sender<Event>,
    recorder: Option<Recorder>,
    pulse: Arc<Pulse>,
    /// Stops of the watchdog that were taken into account.
    heeded: u64,
    drive: Option<u64>,
    diagnosis: Diagnosis,
    diagnosed: Option<Stamp>,
}

impl<C: NodeClock, O: Outlet> Runner<C, O> {
    /// A loop that has not begun.
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

    /// What a watchdog watches.
    pub fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// Ticks until `stop`; then brakes to rest, sends zero, and gives the pilot back.
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

    /// One round of the loop.
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
            // decided too late, on what was known then
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

    /// Takes stops of the watchdog into account; true when there were any. `is_replaced`: this tick's
    /// command gives way to them.
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

    /// Takes the goal away: the robot brakes.
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
            // left out when nobody listens, so that there is room for how the drive ends
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
