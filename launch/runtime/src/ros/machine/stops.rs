//! Stop devices by service, and while the node is not active.

use crossbeam::channel::{Receiver, TryRecvError, bounded};
use recordings::cdr;
use serde::Serialize;

use super::Machine;
use crate::node::messages::{Bool, Empty};
use crate::node::{MessageFault, NodeClock as _, RawInput, Request, Source};

/// Sources that are processed in every state.
const SOURCES: [Source; 3] = [
    Source::EmergencyStop,
    Source::ProtectiveField,
    Source::StopReset,
];

/// Callback with the result of a request.
pub(in crate::ros) type Told = Box<dyn FnOnce(Result<(), String>)>;

/// A request without an answer of the control loop.
pub(super) struct Asked {
    outcome: Receiver<Result<(), MessageFault>>,
    told: Told,
}

impl Machine {
    /// Presses or releases the emergency stop.
    pub(in crate::ros) fn set_emergency_stop(&mut self, is_pressed: bool, told: Told) {
        let message = Bool { data: is_pressed };
        self.stop_message(Source::EmergencyStop, "emergency_stop", &message, told);
    }

    /// Releases latched stops.
    pub(in crate::ros) fn reset_stop(&mut self, told: Told) {
        self.stop_message(Source::StopReset, "reset_stop", &Empty::default(), told);
    }

    /// Processes a message as if received on its topic, in any state of the node.
    fn stop_message<T: Serialize>(
        &mut self,
        source: Source,
        topic: &'static str,
        message: &T,
        told: Told,
    ) {
        let now = self.clock.now();
        let bytes = match cdr::encode(message) {
            Ok(bytes) => bytes,
            Err(error) => return told(Err(error.to_string())),
        };
        let message = RawInput {
            source,
            arrival: now,
            bytes,
        };
        if let Some(running) = &self.running {
            let (answer, outcome) = bounded(1);
            let request = Request::Stop {
                topic,
                message,
                answer,
            };
            match running.requests.try_send(request) {
                Ok(()) => self.asked.push(Asked { outcome, told }),
                Err(_) => told(Err("the control loop does not answer".to_owned())),
            }
        } else if let Some(pilot) = self.pilot.as_mut().or(self.retired.as_mut()) {
            let taken = pilot.take(topic, &message, now);
            told(taken.map(|_| ()).map_err(|fault| fault.to_string()));
        } else {
            told(Err(
                "the node is not configured: configure it first".to_owned()
            ));
        }
    }

    /// Forwards answers of the control loop, and processes messages of devices while no loop runs.
    pub(super) fn attend_stops(&mut self) {
        let (answered, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.asked)
            .into_iter()
            .map(|asked| (asked.outcome.try_recv(), asked.told, asked.outcome))
            .partition(|(outcome, ..)| !matches!(outcome, Err(TryRecvError::Empty)));
        self.asked = waiting
            .into_iter()
            .map(|(_, told, outcome)| Asked { outcome, told })
            .collect();
        for (outcome, told, _) in answered {
            told(match outcome {
                Ok(taken) => taken.map_err(|fault| fault.to_string()),
                Err(_) => Err("the control loop ended".to_owned()),
            });
        }
        if self.running.is_some() {
            return;
        }
        let Some(pilot) = self.pilot.as_mut().or(self.retired.as_mut()) else {
            return;
        };
        let now = self.clock.now();
        for mailbox in SOURCES
            .iter()
            .filter_map(|source| self.mailboxes.of(source))
        {
            while let Some(message) = mailbox.take() {
                let _ = pilot.take(mailbox.topic(), &message, now); // counted
            }
        }
    }
}
