//! Processes that compete for the processor while ticks are timed.

use std::process::{Child, Command, Stdio};

/// Counts as fast as it can, and looks now and then whether its parent is still there.
const BUSY: &str =
    "while kill -0 $PPID 2>/dev/null; do i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; done";

/// Why no load could be put on the machine.
#[derive(Debug, thiserror::Error)]
#[error("cannot start a busy process (sh): {0}")]
pub struct LoadError(#[from] std::io::Error);

/// Busy processes of one thread each; dropping them ends them.
#[derive(Debug, Default)]
pub struct BusyProcesses(Vec<Child>);

impl BusyProcesses {
    /// Starts so many. The system places them on its cores.
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
            // one that has ended already needs nothing
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
