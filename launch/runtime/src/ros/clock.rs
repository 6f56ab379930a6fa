//! ROS time: the system clock, or that of a simulation.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam::channel::Receiver;
use perception::Stamp;

use crate::node::NodeClock;

/// Polling period of simulated time.
const LOOK: Duration = Duration::from_millis(1);

/// Source of time.
#[derive(Debug, Clone)]
pub(super) enum RosClock {
    /// System clock.
    Wall,
    /// `/clock`, ns.
    Simulated(Arc<AtomicI64>),
}

impl RosClock {
    /// Elapsed time by a steady clock: since `begun`, or by the simulation's clock, which may be
    /// paused.
    pub(super) fn elapsed(&self, begun: Instant) -> Duration {
        match self {
            Self::Wall => begun.elapsed(),
            Self::Simulated(_) => Duration::from_nanos(self.now().0.max(0).unsigned_abs()),
        }
    }
}

impl NodeClock for RosClock {
    fn now(&self) -> Stamp {
        match self {
            Self::Wall => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH);
                Stamp(since.map_or(0, |since| since.as_nanos() as i64))
            }
            Self::Simulated(time) => Stamp(time.load(Ordering::Relaxed)),
        }
    }

    fn wait(&self, ring: &Receiver<()>, longest: Duration) -> bool {
        match self {
            Self::Wall => ring.recv_timeout(longest).is_ok(),
            Self::Simulated(_) => ring.recv_timeout(LOOK).is_ok(),
        }
    }
}
