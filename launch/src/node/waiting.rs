//! What sensors saw after the latest odometry waits for the next one: real robots tell their odometry
//! tens of milliseconds late.

use std::collections::VecDeque;

use controller::Agent;
use perception::{SensorError, SensorEvent, Stamped};

use super::fault::{FaultClass, MessageFault};

/// Scans that wait at a time, and clouds and images; after one too many, the oldest is given up.
const SCANS_MAX: usize = 8;
const LARGE_MAX: usize = 2;

/// Events that wait for odometry, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    events: VecDeque<(String, Stamped<SensorEvent>)>,
}

impl Waiting {
    /// Tells an agent of an event, now or when odometry has come so far. An error is about this
    /// event or one that waited.
    pub fn observe(
        &mut self,
        agent: &mut Agent,
        topic: &str,
        event: Stamped<SensorEvent>,
    ) -> Result<(), MessageFault> {
        match agent.observe(&event) {
            Ok(()) if matches!(event.value, SensorEvent::Odometry(_)) => self.retry(agent),
            Ok(()) => Ok(()),
            Err(SensorError::TooNew { .. }) => {
                self.events.push_back((topic.to_owned(), event));
                self.limit()
            }
            Err(error) => Err(MessageFault::new(topic, (&error).into(), error)),
        }
    }

    /// Forgets what waits, as when time begins anew.
    pub fn clear(&mut self) {
        self.events.clear();
    }

    fn retry(&mut self, agent: &mut Agent) -> Result<(), MessageFault> {
        let mut outcome = Ok(());
        for _ in 0..self.events.len() {
            let Some((topic, event)) = self.events.pop_front() else {
                break;
            };
            match agent.observe(&event) {
                Ok(()) => {}
                Err(SensorError::TooNew { .. }) => self.events.push_back((topic, event)),
                Err(error) => {
                    outcome = Err(MessageFault::new(&topic, (&error).into(), error));
                }
            }
        }
        outcome
    }

    /// Gives up the oldest of those that are as large as the latest, if there are too many.
    fn limit(&mut self) -> Result<(), MessageFault> {
        let is_large = |event: &SensorEvent| !matches!(event, SensorEvent::Scan { .. });
        let Some((_, latest)) = self.events.back() else {
            return Ok(());
        };
        let kind = is_large(&latest.value);
        let most = if kind { LARGE_MAX } else { SCANS_MAX };
        let mut alike = self
            .events
            .iter()
            .enumerate()
            .filter(|(_, (_, event))| is_large(&event.value) == kind);
        let oldest = alike.next().map(|(place, _)| place);
        if alike.count() < most {
            return Ok(());
        }
        let given_up = oldest.and_then(|place| self.events.remove(place));
        let topic = given_up.map_or_else(String::new, |(topic, _)| topic);
        Err(MessageFault::new(
            &topic,
            FaultClass::Time,
            "no odometry came that reaches so far",
        ))
    }
}
