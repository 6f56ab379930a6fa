//! Counters of the recorder's thread, which the control loop reads without waiting.

use std::error::Error;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Counters of the recorder.
#[derive(Debug, Default)]
pub(in crate::node) struct Account {
    /// Memory of the messages in the queue, bytes.
    pub queued_bytes: AtomicUsize,
    /// Messages missing in the recording.
    pub lost: AtomicU64,
    /// Messages that are safely on disk.
    pub flushed: AtomicU64,
    /// Incidents with a file of their own.
    pub saved: AtomicU64,
    /// Incidents skipped because another was saved shortly before.
    pub left_out: AtomicU64,
    /// Incidents that could not be written.
    pub unsaved: AtomicU64,
    /// True once no more messages come.
    pub closing: AtomicBool,
    /// First error of each task.
    trouble: [Mutex<Option<String>>; 2],
}

/// Tasks of the recorder.
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

    /// Stores the first error of a task and logs it.
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

    /// The first error, if available without waiting.
    pub fn first_trouble(&self) -> Option<String> {
        let told = self
            .trouble
            .iter()
            .filter_map(|task| task.try_lock().ok()?.clone());
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// An error with its causes, except those that its text already contains.
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
