//! Ring buffer of the messages of the last seconds.

use std::collections::VecDeque;

use perception::Stamp;

use super::carried::Carried;
use super::{Carry, Entry};

/// Minimum step back of the clock that counts as a reset, s.
const BACK_S: f64 = 0.1;

/// Messages of the last seconds within a memory limit, and the lasting effect of earlier ones.
#[derive(Debug)]
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    bytes: usize,
    span_s: f64,
    bytes_max: usize,
    carried: Carried,
}

impl Ring {
    /// A buffer for a time span, s, and a maximum size, bytes.
    pub fn new(span_s: f64, bytes_max: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            span_s,
            bytes_max,
            carried: Carried::default(),
        }
    }

    /// Adds a message. Removes the oldest to keep the limits; the latest stays.
    pub fn push(&mut self, entry: Entry) {
        let now = entry.at;
        if self.latest().is_some_and(|at| now.secs_since(at) < -BACK_S) {
            self.evict(|_| true);
            self.carried.rewind();
        }
        self.bytes += entry.size();
        self.entries.push_back(entry);
        let span_s = self.span_s;
        self.evict(|entry| now.secs_since(entry.at) > span_s);
        while self.bytes > self.bytes_max && self.entries.len() > 1 {
            self.evict_one();
        }
    }

    /// Messages of a recording of the last seconds, all at or after its [`Self::begin`].
    pub fn recording(&self) -> impl Iterator<Item = Entry> {
        let begin = self.begin();
        let carried = self.carried.entries().cloned();
        carried
            .filter_map(move |entry| {
                Some(Entry {
                    at: begin?,
                    ..entry
                })
            })
            .chain(self.entries.iter().cloned())
            .filter(|entry| entry.carry != Carry::Ended)
    }

    /// Time of the oldest message.
    pub fn begin(&self) -> Option<Stamp> {
        self.entries.front().map(|entry| entry.at)
    }

    fn latest(&self) -> Option<Stamp> {
        self.entries.back().map(|entry| entry.at)
    }

    fn evict(&mut self, is_old: impl Fn(&Entry) -> bool) {
        while self.entries.front().is_some_and(&is_old) {
            self.evict_one();
        }
    }

    fn evict_one(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.bytes -= entry.size();
            self.carried.fold(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use recordings::definitions::PATH;

    use super::*;

    fn entry(topic: &str, at_s: f64, carry: Carry) -> Entry {
        Entry {
            topic: topic.to_owned(),
            kind: &PATH,
            at: Stamp::from_secs(at_s),
            bytes: format!("{topic} {at_s}").into_bytes(),
            carry,
        }
    }

    fn told(ring: &Ring) -> Vec<String> {
        let text = |entry: Entry| String::from_utf8(entry.bytes).unwrap();
        ring.recording().map(text).collect()
    }

    #[test]
    fn what_holds_from_before_stands_in_front() {
        let mut ring = Ring::new(2.0, 1 << 20);
        for (topic, at_s, carry) in [
            ("settings", 0.0, Carry::Settings),
            ("node", 0.1, Carry::Settings),
            ("node", 0.2, Carry::Settings),
            ("fixed", 0.3, Carry::Always),
            ("goal", 0.4, Carry::Route),
            ("odom", 0.5, Carry::Latest),
            ("scan", 0.6, Carry::Momentary),
            ("odom", 0.7, Carry::Latest),
            ("plan", 0.8, Carry::Route),
            ("scan", 3.0, Carry::Momentary),
        ] {
            ring.push(entry(topic, at_s, carry));
        }
        let held = [
            "settings 0",
            "node 0.2",
            "fixed 0.3",
            "odom 0.7",
            "plan 0.8",
            "scan 3",
        ];
        assert_eq!(told(&ring), held);
        assert!(ring.recording().all(|entry| Some(entry.at) == ring.begin()));
        ring.push(entry("end", 3.5, Carry::Ended));
        assert!(told(&ring).contains(&"plan 0.8".to_owned()));
        ring.push(entry("scan", 6.0, Carry::Momentary));
        assert_eq!(
            told(&ring),
            ["settings 0", "node 0.2", "fixed 0.3", "odom 0.7", "scan 6"]
        );
        // the clock is set back
        ring.push(entry("scan", 1.0, Carry::Momentary));
        assert_eq!(
            told(&ring),
            ["settings 0", "node 0.2", "fixed 0.3", "scan 1"]
        );
    }

    proptest! {
        /// Time span and memory are within their limits, except for the latest message, which
        /// always stays.
        #[test]
        fn the_ring_keeps_within_its_bounds(
            steps in prop::collection::vec((0.0_f64..0.5, 0_usize..3000), 1..100),
        ) {
            let mut ring = Ring::new(1.0, 20_000);
            let mut at_s = 0.0;
            for (step_s, length) in steps {
                at_s += step_s;
                ring.push(Entry { bytes: vec![0; length], ..entry("scan", at_s, Carry::Momentary) });
                prop_assert!(ring.bytes <= 20_000);
                prop_assert_eq!(ring.bytes, ring.entries.iter().map(Entry::size).sum::<usize>());
                let age_s = Stamp::from_secs(at_s).secs_since(ring.begin().unwrap());
                prop_assert!(age_s <= 1.0 + 1e-6);
                prop_assert_eq!(ring.latest(), Some(Stamp::from_secs(at_s)));
            }
        }
    }
}
