//! Health of the control loop, readable without waiting: ticks, and the end of the loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

/// Health of the control loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It has not ticked yet.
    NotBegun,
    /// It ticks.
    Ticking,
    /// Its tick is late.
    Late,
    /// It ended on request.
    Ended,
    /// It ended with a panic.
    Panicked,
}

impl Health {
    const ALL: [Self; 5] = [
        Self::NotBegun,
        Self::Ticking,
        Self::Late,
        Self::Ended,
        Self::Panicked,
    ];

    /// Name in diagnostics.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotBegun => "not begun",
            Self::Ticking => "ticking",
            Self::Late => "late",
            Self::Ended => "ended",
            Self::Panicked => "panicked",
        }
    }
}

/// Shared state, written by the loop and its watchdog.
#[derive(Debug, Default)]
pub struct Pulse {
    beats: AtomicU64,
    period_ns: AtomicU64,
    has_wheels: AtomicBool,
    health: AtomicU8,
    stops: AtomicU64,
}

/// Owner of the pulse of a loop: its drop marks the end of the loop, by a panic or on request.
#[derive(Debug)]
pub(super) struct PulseKeeper(Arc<Pulse>);

impl Pulse {
    /// Registers a tick. `has_wheels`: its command was sent; the next one is due in `period`.
    pub(super) fn beat(&self, has_wheels: bool, period: Duration) {
        let period_ns = u64::try_from(period.as_nanos()).unwrap_or(u64::MAX);
        self.period_ns.store(period_ns, Ordering::Relaxed);
        self.has_wheels.store(has_wheels, Ordering::Relaxed);
        self.set_health(Health::Ticking);
        self.beats.fetch_add(1, Ordering::Release);
    }

    /// Number of ticks.
    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Acquire)
    }

    /// Tick period.
    pub fn period(&self) -> Duration {
        Duration::from_nanos(self.period_ns.load(Ordering::Relaxed))
    }

    /// True while commands of the loop are sent to the base.
    pub fn has_wheels(&self) -> bool {
        self.has_wheels.load(Ordering::Relaxed)
    }

    /// Health of the loop.
    pub fn health(&self) -> Health {
        let place = usize::from(self.health.load(Ordering::Acquire));
        Health::ALL.get(place).copied().unwrap_or(Health::NotBegun)
    }

    pub(super) fn set_health(&self, health: Health) {
        self.health.store(health as u8, Ordering::Release);
    }

    /// Marks the tick after `beats` as late, unless the loop has continued or ended.
    pub(super) fn set_late(&self, beats: u64) {
        let (ticking, late) = (Health::Ticking as u8, Health::Late as u8);
        if self.beats() == beats {
            let _ =
                self.health
                    .compare_exchange(ticking, late, Ordering::AcqRel, Ordering::Acquire);
        }
    }

    /// Stop commands that the watchdog sent.
    pub fn stops(&self) -> u64 {
        self.stops.load(Ordering::Acquire)
    }

    pub(super) fn add_stop(&self) {
        self.stops.fetch_add(1, Ordering::AcqRel);
    }
}

impl PulseKeeper {
    pub(super) fn new(pulse: Arc<Pulse>) -> Self {
        Self(pulse)
    }
}

impl Drop for PulseKeeper {
    fn drop(&mut self) {
        self.0.set_health(if std::thread::panicking() {
            Health::Panicked
        } else {
            Health::Ended
        });
    }
}
