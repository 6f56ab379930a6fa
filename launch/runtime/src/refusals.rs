//! Rejected messages of a recording by topic and reason; `map` and `replay` count alike.

use std::collections::BTreeMap;

use perception::Stamp;
use recordings::{BagReader, RawMessage, RecordingError};

use crate::node::{FaultClass, MessageFault};

/// Counts of rejected messages.
#[derive(Debug, Clone, Default)]
pub struct Refusals {
    kinds: BTreeMap<(String, FaultClass), Refused>,
    /// Number of messages of every topic, rejected or not.
    heard: BTreeMap<String, usize>,
}

/// Messages of one topic rejected for one reason.
#[derive(Debug, Clone)]
struct Refused {
    count: usize,
    /// Fault of the first one, and its recording time.
    what: String,
    first: Stamp,
}

impl Refusals {
    /// Counts a fault of a message recorded at a time.
    pub fn add(&mut self, fault: &MessageFault, at: Stamp) {
        let kind = (fault.topic.clone(), fault.class);
        let refused = self.kinds.entry(kind).or_insert_with(|| Refused {
            count: 0,
            what: fault.what.clone(),
            first: at,
        });
        refused.count += 1;
    }

    /// Counts a message, rejected or not.
    pub fn heard(&mut self, topic: &str) {
        if let Some(count) = self.heard.get_mut(topic) {
            *count += 1;
        } else {
            self.heard.insert(topic.to_owned(), 1);
        }
    }

    /// Number of accepted messages by topic.
    pub fn accepted(&self) -> BTreeMap<&str, usize> {
        let of = |topic: &str| {
            let kinds = self.kinds.iter().filter(|((name, _), _)| name == topic);
            kinds.map(|(_, refused)| refused.count).sum::<usize>()
        };
        let heard = self.heard.iter();
        heard
            .map(|(topic, count)| (topic.as_str(), count.saturating_sub(of(topic))))
            .collect()
    }

    /// Total number.
    pub fn total(&self) -> usize {
        self.kinds.values().map(|refused| refused.count).sum()
    }

    /// Number by name of the class.
    pub fn by_class(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::from(FaultClass::ALL.map(|class| (class.name(), 0)));
        for ((_, class), refused) in &self.kinds {
            *counts.entry(class.name()).or_default() += refused.count;
        }
        counts
    }

    /// A line for every topic and reason.
    pub fn notes(&self) -> Vec<String> {
        let kinds = self.kinds.iter();
        kinds
            .map(|((topic, class), refused)| {
                let Refused { count, what, first } = refused;
                let messages = if *count == 1 { "message" } else { "messages" };
                let (reason, at_s) = (class.name(), first.as_secs());
                format!(
                    "{count} {messages} on {topic} left out ({reason}): {what}; the first at {at_s:.3} s"
                )
            })
            .collect()
    }
}

/// The next message that can be decompressed; others are counted.
pub fn next_message(
    bag: &mut dyn BagReader,
    refusals: &mut Refusals,
) -> Result<Option<RawMessage>, RecordingError> {
    loop {
        match bag.next_message() {
            Err(RecordingError::Compression { what, source }) => {
                let topic = what.split(',').next().unwrap_or_default();
                let fault = MessageFault::new(topic, FaultClass::Malformed, source);
                refusals.heard(topic);
                refusals.add(&fault, Stamp(0));
            }
            next => return next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_how_many_of_which_topic_why_and_when() {
        let mut refusals = Refusals::default();
        for (class, at_s) in [
            (FaultClass::Value, 2.5),
            (FaultClass::Value, 3.5),
            (FaultClass::Time, 1.0),
        ] {
            let fault = MessageFault::new("/scan", class, "scan.range_max is 0");
            refusals.add(&fault, Stamp::from_secs(at_s));
        }
        assert_eq!(
            refusals.notes(),
            [
                "2 messages on /scan left out (value): scan.range_max is 0; the first at 2.500 s",
                "1 message on /scan left out (time): scan.range_max is 0; the first at 1.000 s"
            ]
        );
        assert_eq!(refusals.total(), 3);
        for topic in ["/scan", "/scan", "/scan", "/scan", "/odom"] {
            refusals.heard(topic);
        }
        assert_eq!(refusals.accepted(), [("/odom", 1), ("/scan", 1)].into());
        let counts = refusals.by_class();
        assert_eq!((counts["value"], counts["time"], counts["size"]), (2, 1, 0));
    }
}
