//! Incident files with the seconds around each incident.

use std::path::PathBuf;
use std::sync::Arc;

use perception::Stamp;
use recordings::cdr;

use super::IncidentSettings;
use super::incident_files::{make_room, path};
use super::ring::Ring;
use super::{Account, ActiveFile, Carry, Entry, INCIDENT, Incident, IncidentCause, Task};
use crate::node::RecorderError;
use crate::node::messages::{TEXT, Text};

/// Open incidents, and the messages of the last seconds.
pub(in crate::node) struct Incidents {
    settings: IncidentSettings,
    directory: PathBuf,
    ring: Ring,
    open: Option<Open>,
    /// Time of the latest incident.
    last: Option<Stamp>,
    account: Arc<Account>,
}

/// An incident in progress.
struct Open {
    file: ActiveFile,
    name: PathBuf,
    cause: IncidentCause,
    begin: Stamp,
    until: Stamp,
}

impl Incidents {
    /// A recorder before its first incident.
    pub fn new(settings: &IncidentSettings, directory: PathBuf, account: Arc<Account>) -> Self {
        Self {
            ring: Ring::new(settings.before_s, settings.buffer_mib << 20),
            settings: settings.clone(),
            directory,
            open: None,
            last: None,
            account,
        }
    }

    /// Adds a message.
    pub fn keep(&mut self, entry: Entry) {
        let is_over = |open: &Open| entry.at > open.until || entry.at < open.begin;
        if self.open.as_ref().is_some_and(is_over) {
            self.finish();
        }
        if entry.carry != Carry::Ended
            && let Some(open) = &mut self.open
            && let Err(error) = open.file.write(&entry)
            && error.is_final()
        {
            self.give_up(&error);
        }
        self.ring.push(entry);
    }

    /// Saves the seconds around a moment.
    pub fn save(&mut self, cause: IncidentCause, at: Stamp) {
        let is_soon = |last: Stamp| at.secs_since(last).abs() < self.settings.interval_s;
        if self.open.is_some() {
            if cause.is_grave() {
                self.extend(cause, at);
            } else {
                Account::add(&self.account.left_out, 1);
            }
            return;
        }
        if !cause.is_grave() && self.last.is_some_and(is_soon) {
            Account::add(&self.account.left_out, 1);
            return;
        }
        self.last = Some(at);
        match self.begin(cause, at) {
            Ok(open) => self.open = Some(open),
            Err(error) => self.give_up(&error),
        }
    }

    /// Synchronises the file of an open incident to disk.
    pub fn flush(&mut self) {
        if let Some(open) = &mut self.open
            && let Err(error) = open.file.flush()
        {
            self.give_up(&error);
        }
    }

    /// Finishes the file of an open incident, complete or not.
    pub fn finish(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        match open.file.finish(&open.name) {
            Ok(()) => {
                Account::add(&self.account.saved, 1);
                tracing::warn!("incident: {}", open.name.display());
            }
            Err(error) => self.give_up(&error),
        }
    }

    fn begin(&self, cause: IncidentCause, at: Stamp) -> Result<Open, RecorderError> {
        let unready = |source| RecorderError::File {
            path: self.directory.clone(),
            source,
        };
        std::fs::create_dir_all(&self.directory).map_err(unready)?;
        make_room(&self.directory, self.settings.files_max).map_err(unready)?;
        let (mut file, name) = ActiveFile::create(&path(&self.directory, at, cause))?;
        let begin = self.ring.begin().map_or(at, |begin| begin.min(at));
        file.write(&self.about(cause, at, begin)?)?;
        for entry in self.ring.recording() {
            file.write(&entry)?;
        }
        file.flush()?;
        Ok(Open {
            file,
            name,
            cause,
            begin,
            until: self.end(at),
        })
    }

    /// Handles a more severe incident during an open one.
    fn extend(&mut self, cause: IncidentCause, at: Stamp) {
        let about = self.about(cause, at, at);
        let until = self.end(at);
        let Some(open) = &mut self.open else {
            return;
        };
        open.until = until;
        if !open.cause.is_grave() {
            open.cause = cause;
            open.name = path(&self.directory, at, cause);
        }
        let written = about.and_then(|about| open.file.write(&about));
        if let Err(error) = written {
            self.give_up(&error);
        }
    }

    /// The message that describes the file.
    fn about(&self, cause: IncidentCause, at: Stamp, stamp: Stamp) -> Result<Entry, RecorderError> {
        let data = toml::to_string(&Incident {
            cause: cause.name(),
            at_ns: at.0,
            before_s: self.settings.before_s,
            after_s: self.settings.after_s,
        })?;
        Ok(Entry {
            topic: INCIDENT.to_owned(),
            kind: &TEXT,
            at: stamp,
            bytes: cdr::encode(&Text { data })?,
            carry: Carry::Momentary,
        })
    }

    fn end(&self, at: Stamp) -> Stamp {
        Stamp(at.0.saturating_add((1e9 * self.settings.after_s) as i64))
    }

    fn give_up(&mut self, error: &RecorderError) {
        self.open = None;
        Account::add(&self.account.unsaved, 1);
        self.account
            .trouble(Task::Incidents, "an incident is not saved", error);
    }
}
