//! Stop requests by the user or a scheduler.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

/// True once a stop of the program is requested. `SIGUSR1` counts, since `mpirun` forwards it; a
/// second Ctrl-C ends the program immediately.
#[derive(Debug, Clone)]
pub struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// Handles signals from now on.
    pub fn listen() -> std::io::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        // handlers run in the order of registration: this one ends the program if the flag is
        // already set
        flag::register_conditional_shutdown(SIGINT, 130, flag.clone())?;
        for signal in [SIGINT, SIGTERM, SIGUSR1] {
            flag::register(signal, flag.clone())?;
        }
        if !is_ignored(SIGHUP) {
            flag::register(SIGHUP, flag.clone())?;
        }
        Ok(Self(flag))
    }

    /// True once a stop was requested.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// True if the parent process set the signal to be ignored, as `nohup` does with SIGHUP. False
/// where the system does not report it.
fn is_ignored(signal: i32) -> bool {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("SigIgn:"))?;
            u64::from_str_radix(line.trim(), 16).ok()
        })
        .is_some_and(|ignored| ignored >> (signal - 1) & 1 == 1)
}
