//! Lasting effect of messages older than the ring.

use std::collections::BTreeMap;

use super::{Carry, Entry};

/// Maximum number of stored static transforms.
const ALWAYS_MAX: usize = 256;

/// The effect of all messages before the oldest one of the ring. Written before the messages of the
/// ring, it restores the inputs of the controller: settings, mountings, pose, goal and path. The
/// map and the last plan are not restored.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// All settings, and the last change of the node's settings.
    settings: Vec<Entry>,
    always: Vec<Entry>,
    lasting: BTreeMap<String, Entry>,
    latest: BTreeMap<String, Entry>,
    route: Option<Entry>,
}

impl Carried {
    /// Adds a message that leaves the ring.
    pub fn fold(&mut self, entry: Entry) {
        match entry.carry {
            Carry::Momentary => {}
            Carry::Settings => {
                self.settings.truncate(1);
                self.settings.push(entry);
            }
            Carry::Always => {
                let is_new = self.always.iter().all(|held| held.bytes != entry.bytes);
                if is_new && self.always.len() < ALWAYS_MAX {
                    self.always.push(entry);
                }
            }
            Carry::Lasting => {
                self.lasting.insert(entry.topic.clone(), entry);
            }
            Carry::Latest => {
                self.latest.insert(entry.topic.clone(), entry);
            }
            Carry::Route => self.route = Some(entry),
            Carry::Ended => self.route = None,
        }
    }

    /// Forgets pose and route, after the clock was set back.
    pub fn rewind(&mut self) {
        self.latest.clear();
        self.route = None;
    }

    /// The messages in the order required by a controller.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.settings
            .iter()
            .chain(&self.always)
            .chain(self.lasting.values())
            .chain(self.latest.values())
            .chain(&self.route)
    }
}
