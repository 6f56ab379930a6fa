//! Being asked to stop, by a person or by a scheduler whose time is up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

/// Whether somebody asked the program to stop. `SIGUSR1` counts, for it is what `mpirun` hands on;
/// a second Ctrl-C stops at once.
#[derive(Debug, Clone)]
pub struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// Hears signals from now on.
    pub fn listen() -> std::io::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        // the first to be registered is the first to hear: it ends the program when the flag is up
        flag::register_conditional_shutdown(SIGINT, 130, flag.clone())?;
        for signal in [SIGINT, SIGTERM, SIGUSR1] {
            flag::register(signal, flag.clone())?;
        }
        if !is_ignored(SIGHUP) {
            flag::register(SIGHUP, flag.clone())?;
        }
        Ok(Self(flag))
    }

    /// True once somebody asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// True when whoever started the program had it ignore a signal, as `nohup` does with SIGHUP. Where
/// the system does not tell, it is not.
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
