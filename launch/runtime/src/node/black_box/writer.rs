//! The recorder's thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError};

use super::{Account, ActiveFile, Carry, Entry, Incidents, Order, Task};
use crate::node::RecorderError;

/// Period of flushes: the maximum time that a crash loses.
const FLUSH: Duration = Duration::from_secs(1);
/// Maximum time of a wait for messages.
const WAIT: Duration = Duration::from_millis(50);

/// Writes the messages from the control loop.
pub(in crate::node) struct Writer {
    orders: Receiver<Order>,
    account: Arc<Account>,
    /// The recording of the drive and its name, if there is one.
    drive: Option<(ActiveFile, PathBuf)>,
    /// True after the recording could not be written.
    drive_failed: bool,
    incidents: Option<Incidents>,
}

impl Writer {
    /// A writer before its first message.
    pub fn new(
        orders: Receiver<Order>,
        account: Arc<Account>,
        drive: Option<(ActiveFile, PathBuf)>,
        incidents: Option<Incidents>,
    ) -> Self {
        Self {
            orders,
            account,
            drive,
            drive_failed: false,
            incidents,
        }
    }

    /// Writes until the queue closes, then finishes all files.
    pub fn run(mut self) {
        let mut flushed = Instant::now();
        loop {
            match self.orders.recv_timeout(WAIT) {
                Ok(order) => self.take(order),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    if self.account.closing.load(Ordering::Acquire) {
                        break;
                    }
                }
            }
            if flushed.elapsed() >= FLUSH {
                self.flush();
                flushed = Instant::now();
            }
        }
        self.finish();
    }

    fn take(&mut self, order: Order) {
        let size = order.size();
        self.account.queued_bytes.fetch_sub(size, Ordering::Relaxed);
        match order {
            Order::Keep(entry) => {
                self.record(&entry);
                if let Some(incidents) = &mut self.incidents {
                    incidents.keep(entry);
                }
            }
            Order::Save(cause, at) => {
                if let Some(incidents) = &mut self.incidents {
                    incidents.save(cause, at);
                }
            }
        }
    }

    fn record(&mut self, entry: &Entry) {
        if entry.carry == Carry::Ended {
            return;
        }
        if self.drive_failed {
            Account::add(&self.account.lost, 1);
        }
        if let Some((file, _)) = &mut self.drive
            && let Err(error) = file.write(entry)
        {
            if error.is_final() {
                let lost = file.unflushed() + 1;
                self.fail(lost, &error);
            } else {
                Account::add(&self.account.lost, 1);
            }
        }
    }

    fn flush(&mut self) {
        if let Some((file, _)) = &mut self.drive {
            match file.flush() {
                Ok(more) => Account::add(&self.account.flushed, more),
                Err(error) => {
                    let lost = file.unflushed();
                    self.fail(lost, &error);
                }
            }
        }
        if let Some(incidents) = &mut self.incidents {
            incidents.flush();
        }
    }

    /// Abandons the recording. Flushed data stays and is readable.
    fn fail(&mut self, lost: u64, error: &RecorderError) {
        self.drive = None;
        self.drive_failed = true;
        Account::add(&self.account.lost, lost);
        self.account
            .trouble(Task::Drive, "the recording ends", error);
    }

    fn finish(mut self) {
        self.flush();
        if let Some((file, path)) = self.drive.take()
            && let Err(error) = file.finish(&path)
        {
            self.fail(0, &error);
        }
        if let Some(incidents) = &mut self.incidents {
            incidents.finish();
        }
    }
}
