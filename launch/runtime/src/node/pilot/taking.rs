//! Processing of messages by the pilot.

use std::time::Duration;

use perception::{SensorEvent, Stamp, Stamped};

use super::{Pilot, Taken};
use crate::node::fault::{FaultClass, MessageFault};
use crate::node::intake::Said;
use crate::node::mailbox::{RawInput, Source};

/// Maximum number of stored permanent messages.
const LASTING_MAX: usize = 256;

impl Pilot {
    /// Processes a message.
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

    /// Processes sensor data of a recording without ROS messages.
    pub fn observe(
        &mut self,
        topic: &str,
        event: Stamped<SensorEvent>,
    ) -> Result<(), MessageFault> {
        let seen = self.waiting.observe(&mut self.agent, 0, topic, event);
        self.count_given_up();
        seen.inspect_err(|fault| self.faults.add(fault.clone()))
    }

    /// A note for the user on accepted messages.
    pub fn note(&self) -> Option<&str> {
        self.intake.note()
    }

    /// Messages rejected with the latest one, because they waited for it without success.
    pub fn given_up(&self) -> &[MessageFault] {
        &self.given_up
    }

    /// Rejects all messages that still wait, at the end of a recording.
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
        // camera parameters repeat with another stamp
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
