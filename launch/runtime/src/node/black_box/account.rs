//! What the recorder's thread has done, for the control loop to look at without waiting.

use std::error::Error;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Counts of the recorder.
#[derive(Debug, Default)]
pub(in crate::node) struct Account {
    /// Memory of the messages in the queue, bytes.
    pub queued_bytes: AtomicUsize,
    /// Messages that the recording lacks.
    pub lost: AtomicU64,
    /// Messages of the recording that a crash can no longer take.
    pub flushed: AtomicU64,
    /// Incidents with a file of their own.
    pub saved: AtomicU64,
    /// Incidents that were left out because another was saved shortly before.
    pub left_out: AtomicU64,
    /// Incidents that could not be written.
    pub unsaved: AtomicU64,
    /// True: nothing more comes.
    pub closing: AtomicBool,
    /// What went wrong first, by task.
    trouble: [Mutex<Option<String>>; 2],
}

/// What the recorder does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::node) enum Task {
    /// The recording of the drive.
    Drive,
    /// Incident files.
    Incidents,
}

impl Account {
    /// Adds to a count.
    pub fn add(count: &AtomicU64, more: u64) {
        count.fetch_add(more, Ordering::Relaxed);
    }

    /// Takes note of what went wrong with a task, and says it in the log the first time.
    pub fn trouble(&self, task: Task, what: &str, error: &dyn Error) {
        let Ok(mut trouble) = self.trouble[task as usize].lock() else {
            return;
        };
        if trouble.is_none() {
            let text = format!("{what}: {}", with_causes(error));
            tracing::error!("{text}");
            *trouble = Some(text);
        }
    }

    /// What went wrong first, if it can be told without waiting.
    pub fn first_trouble(&self) -> Option<String> {
        let told = self
            .trouble
            .iter()
            .filter_map(|task| task.try_lock().ok()?.clone());
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// An error with its causes, but for those that its own words tell already.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text += &format!(": {words}");
        }
        cause = error.source();
    }
    text
}
