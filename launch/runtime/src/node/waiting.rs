//! Sensor data newer than the latest odometry waits for the next one: real robots publish odometry
//! tens of milliseconds late.

use std::collections::VecDeque;

use controller::Agent;
use perception::{Mapper, SensorError, SensorEvent, Stamped};

use super::fault::{FaultClass, MessageFault};

/// Maximum number of waiting scans, and of waiting clouds and images; beyond it the oldest is
/// rejected.
const SCANS_MAX: usize = 8;
const LARGE_MAX: usize = 2;

/// Consumer of sensor events, each once odometry covers it.
pub(super) trait Observer {
    /// Processes an event, or returns its error.
    fn observe(&mut self, event: &Stamped<SensorEvent>) -> Result<(), SensorError>;
}

impl Observer for Agent {
    fn observe(&mut self, event: &Stamped<SensorEvent>) -> Result<(), SensorError> {
        Self::observe(self, event)
    }
}

impl Observer for Mapper {
    fn observe(&mut self, event: &Stamped<SensorEvent>) -> Result<(), SensorError> {
        Self::observe(self, event)
    }
}

/// Events that wait for odometry, oldest first.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    events: VecDeque<Held>,
    given_up: Vec<(u64, MessageFault)>,
}

/// A waiting event.
#[derive(Debug)]
struct Held {
    /// Number of the message.
    number: u64,
    topic: String,
    event: Stamped<SensorEvent>,
}

impl Waiting {
    /// Passes an event on, now or when odometry covers it. An error refers to this event; waiting
    /// events that were rejected are in [`Self::given_up`].
    pub fn observe(
        &mut self,
        observer: &mut impl Observer,
        number: u64,
        topic: &str,
        event: Stamped<SensorEvent>,
    ) -> Result<(), MessageFault> {
        match observer.observe(&event) {
            Ok(()) => {
                if matches!(event.value, SensorEvent::Odometry(_)) {
                    self.retry(observer);
                }
                Ok(())
            }
            Err(SensorError::TooNew { .. }) => {
                self.events.push_back(Held {
                    number,
                    topic: topic.to_owned(),
                    event,
                });
                self.limit();
                Ok(())
            }
            Err(error) => Err(MessageFault::new(topic, (&error).into(), error)),
        }
    }

    /// Events rejected after waiting since the last call, by their numbers.
    pub fn given_up(&mut self) -> impl Iterator<Item = (u64, MessageFault)> {
        self.given_up.drain(..)
    }

    /// Rejects all waiting events, at the end of odometry.
    pub fn give_up(&mut self) {
        while let Some(held) = self.events.pop_front() {
            self.leave(&held);
        }
    }

    /// Drops waiting events, after the clock was set back.
    pub fn clear(&mut self) {
        self.events.clear();
    }

    fn retry(&mut self, observer: &mut impl Observer) {
        for _ in 0..self.events.len() {
            let Some(held) = self.events.pop_front() else {
                break;
            };
            match observer.observe(&held.event) {
                Ok(()) => {}
                Err(SensorError::TooNew { .. }) => self.events.push_back(held),
                Err(error) => {
                    let fault = MessageFault::new(&held.topic, (&error).into(), error);
                    self.given_up.push((held.number, fault));
                }
            }
        }
    }

    /// Rejects the oldest events of the size class of the latest, if there are too many.
    fn limit(&mut self) {
        let is_large = |held: &Held| !matches!(held.event.value, SensorEvent::Scan { .. });
        let Some(kind) = self.events.back().map(is_large) else {
            return;
        };
        let most = if kind { LARGE_MAX } else { SCANS_MAX };
        let alike = |held: &&Held| is_large(held) == kind;
        if self.events.iter().filter(alike).count() <= most {
            return;
        }
        let oldest = self.events.iter().position(|held| is_large(held) == kind);
        if let Some(held) = oldest.and_then(|place| self.events.remove(place)) {
            self.leave(&held);
        }
    }

    fn leave(&mut self, held: &Held) {
        let what = "no odometry came that reaches so far";
        let fault = MessageFault::new(&held.topic, FaultClass::Time, what);
        self.given_up.push((held.number, fault));
    }
}
