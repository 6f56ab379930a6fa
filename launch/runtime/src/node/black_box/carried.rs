//! What still holds of messages that are older than those kept.

use std::collections::BTreeMap;

use super::{Carry, Entry};

/// Fixed transforms that are kept.
const ALWAYS_MAX: usize = 256;

/// The effect of all messages before the ring's oldest. Written in front of the ring's messages, it
/// puts a controller into the place of the one that drove: settings, where sensors are, where the
/// robot was and where it was going. What the controller had made of it, its map and its last plan,
/// is not in it.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// All settings, and those of the node that changed last.
    settings: Vec<Entry>,
    always: Vec<Entry>,
    lasting: BTreeMap<String, Entry>,
    latest: BTreeMap<String, Entry>,
    route: Option<Entry>,
}

impl Carried {
    /// Takes over a message that is no longer kept itself.
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

    /// Forgets where the robot was and went, as when time begins anew.
    pub fn rewind(&mut self) {
        self.latest.clear();
        self.route = None;
    }

    /// The messages, in the order in which a controller needs them.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.settings
            .iter()
            .chain(&self.always)
            .chain(self.lasting.values())
            .chain(self.latest.values())
            .chain(&self.route)
    }
}
