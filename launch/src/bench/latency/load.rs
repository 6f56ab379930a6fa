//! Background load while ticks are timed.

use std::process::{Child, Command, Stdio};

/// Runs a busy loop, and ends when the parent process is gone.
const BUSY: &str =
    "while kill -0 $PPID 2>/dev/null; do i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; done";

/// Reasons why the load cannot be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start a busy process (sh): {0}")]
pub struct LoadError(#[from] std::io::Error);

/// Busy processes of one thread each; ended when dropped.
#[derive(Debug, Default)]
pub struct BusyProcesses(Vec<Child>);

impl BusyProcesses {
    /// Starts `count` processes, scheduled by the operating system.
    pub fn start(count: usize) -> Result<Self, LoadError> {
        let mut processes = Self::default();
        for _ in 0..count {
            let child = Command::new("sh")
                .args(["-c", BUSY])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            processes.0.push(child);
        }
        Ok(processes)
    }
}

impl Drop for BusyProcesses {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // a process that has ended needs no action
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
