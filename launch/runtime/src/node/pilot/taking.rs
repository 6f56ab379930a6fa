//! Messages as a pilot takes them in.

use std::time::Duration;

use perception::{SensorEvent, Stamp, Stamped};

use super::{Pilot, Taken};
use crate::node::fault::{FaultClass, MessageFault};
use crate::node::intake::Said;
use crate::node::mailbox::{RawInput, Source};

/// Messages that are kept because they are told once.
const LASTING_MAX: usize = 256;

impl Pilot {
    /// Takes in a message.
    pub fn take(&mut self, topic: &str, raw: &RawInput, now: Stamp) -> Result<Taken, MessageFault> {
        let taken = self.intake.read(topic, raw, now).and_then(|said| {
            Ok(match said {
                Said::Event(event) => {
                    if matches!(event.value, SensorEvent::Odometry(_)) {
                        self.odometry = Some(Stamped::clone(&event));
                    }
                    self.waiting.observe(&mut self.agent, 0, topic, *event)?;
                    Taken::Noted
                }
                Said::Route(Some(route)) => {
                    self.go(route);
                    Taken::Started
                }
                Said::Route(None) => {
                    self.stop();
                    Taken::Stopped
                }
                Said::SpeedLimit(limit) => {
                    let timeout_s = self.settings.speed_limit_timeout_s;
                    let expires =
                        (timeout_s > 0.0).then(|| now + Duration::from_secs_f64(timeout_s));
                    self.agent.set_speed_limit(limit, expires);
                    Taken::Noted
                }
                Said::Stop { device, is_pressed } => {
                    self.stops.hear(device, is_pressed, now);
                    Taken::Noted
                }
                Said::StopReset => {
                    let reset = self.stops.reset(now);
                    reset.map_err(|error| MessageFault::new(topic, FaultClass::Value, error))?;
                    Taken::Noted
                }
                Said::Noted => Taken::Noted,
            })
        });
        match &taken {
            Ok(_) => self.keep(raw),
            Err(fault) => self.faults.add(fault.clone()),
        }
        self.count_given_up();
        taken
    }

    /// Takes in what a sensor saw, of a recording that is no ROS message.
    pub fn observe(
        &mut self,
        topic: &str,
        event: Stamped<SensorEvent>,
    ) -> Result<(), MessageFault> {
        let seen = self.waiting.observe(&mut self.agent, 0, topic, event);
        self.count_given_up();
        seen.inspect_err(|fault| self.faults.add(fault.clone()))
    }

    /// What a person should know of messages that were taken in.
    pub fn note(&self) -> Option<&str> {
        self.intake.note()
    }

    /// Messages that were refused with the latest one, because they waited for it in vain.
    pub fn given_up(&self) -> &[MessageFault] {
        &self.given_up
    }

    /// Refuses all that still waits, as at the end of a recording.
    pub fn give_up(&mut self) {
        self.waiting.give_up();
        self.count_given_up();
    }

    fn count_given_up(&mut self) {
        self.given_up.clear();
        let faults = self.waiting.given_up().map(|(_, fault)| fault);
        self.given_up.extend(faults);
        for fault in &self.given_up {
            self.faults.add(fault.clone());
        }
    }

    fn keep(&mut self, raw: &RawInput) {
        if !matches!(raw.source, Source::FixedTransforms | Source::CameraInfo(_)) {
            return;
        }
        // cameras say the same over and over, but for the time
        let is_again = |held: &RawInput| {
            held.source == raw.source
                && (raw.source != Source::FixedTransforms || held.bytes == raw.bytes)
        };
        self.lasting.retain(|held| !is_again(held));
        if self.lasting.len() < LASTING_MAX {
            self.lasting.push(raw.clone());
        }
    }
}
