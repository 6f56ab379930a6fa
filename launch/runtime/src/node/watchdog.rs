//! Watchdog: stops the robot if the control loop is late, hangs, or ends by a panic.
//!
//! ```text
//! stop  ⇐  time since the last tick > watchdog_periods / controller_frequency, or a panic
//! ```
//!
//! It runs on a separate thread and shares an atomic count with the loop, without a lock. A stop is
//! a zero command, once per period while the loop is late, and only while commands of the loop are
//! sent: another controller may drive the robot otherwise. The loop reads [`Pulse::stops`] and
//! continues from a zero command.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{RecvTimeoutError, Sender, bounded};

use super::pulse::{Health, Pulse};

/// Sampling period of the loop: added to the delay that the settings allow.
pub const LOOK: Duration = Duration::from_millis(5);

/// Monitor of the beats of a loop. It reads no clock: times are those of any steady clock.
#[derive(Debug)]
pub struct Watch {
    periods: f64,
    /// The latest beat, and the time of its first observation.
    seen: Option<(u64, Duration)>,
    /// Time of the last stop.
    stopped: Option<Duration>,
}

impl Watch {
    /// Allows a tick to be late by this number of periods.
    pub fn new(periods: f64) -> Self {
        Self {
            periods,
            seen: None,
            stopped: None,
        }
    }

    /// Samples the loop; true if a stop command is to be sent now.
    pub fn look(&mut self, now: Duration, pulse: &Pulse) -> bool {
        match pulse.health() {
            Health::NotBegun | Health::Ended => return false,
            Health::Panicked => return self.is_due(now, pulse.period()),
            Health::Ticking | Health::Late => {}
        }
        let beats = pulse.beats();
        let since = match self.seen {
            Some((seen, since)) if seen == beats && since <= now => since,
            _ => {
                self.seen = Some((beats, now));
                self.stopped = None;
                return false;
            }
        };
        let waited_s = now.saturating_sub(since).as_secs_f64();
        if waited_s <= self.periods * pulse.period().as_secs_f64() {
            return false;
        }
        pulse.set_late(beats);
        pulse.has_wheels() && self.is_due(now, pulse.period())
    }

    fn is_due(&mut self, now: Duration, period: Duration) -> bool {
        let is_due = self
            .stopped
            .is_none_or(|then| now < then || now.saturating_sub(then) >= period);
        if is_due {
            self.stopped = Some(now);
        }
        is_due
    }
}

/// Thread of the watchdog.
#[derive(Debug)]
pub struct Watchdog {
    quit: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Monitors a loop until it is dropped. `elapsed` is a steady clock, and `stop` sends a zero
    /// command; both are called on the watchdog's thread. `begin` is called there first.
    pub fn begin(
        pulse: Arc<Pulse>,
        periods: f64,
        begin: impl FnOnce() + Send + 'static,
        mut elapsed: impl FnMut() -> Duration + Send + 'static,
        mut stop: impl FnMut() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (quit, asked) = bounded::<()>(0);
        let thread = std::thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || {
                begin();
                let mut watch = Watch::new(periods);
                while asked.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                    if watch.look(elapsed(), &pulse) {
                        pulse.add_stop(); // before the command: the loop must not overtake it
                        stop();
                    }
                }
            })?;
        Ok(Self {
            quit: Some(quit),
            thread: Some(thread),
        })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.quit = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic there was printed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_millis(50);

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_loop_that_ticks_is_left_alone() {
        let (pulse, mut watch) = (Pulse::default(), Watch::new(4.0));
        for tick in 0..1000 {
            // ticks that are late by up to two periods, and a sample every 5 ms
            if tick % 30 == 0 {
                pulse.beat(true, PERIOD);
            }
            assert!(!watch.look(ms(5 * tick), &pulse));
        }
        assert_eq!(pulse.health(), Health::Ticking);
    }

    #[test]
    fn a_late_tick_is_stopped_once_a_period_until_the_loop_ticks_again() {
        let (pulse, mut watch) = (Pulse::default(), Watch::new(4.0));
        pulse.beat(true, PERIOD);
        let stops: Vec<u64> = (0..=500)
            .step_by(5)
            .filter(|&now| watch.look(ms(now), &pulse))
            .collect();
        // the first as soon as 4 periods of 50 ms have passed
        assert_eq!(stops, [205, 255, 305, 355, 405, 455]);
        assert_eq!(pulse.health(), Health::Late);
        pulse.beat(true, PERIOD);
        assert_eq!(pulse.health(), Health::Ticking);
        assert!(!watch.look(ms(505), &pulse));
        assert!(!watch.look(ms(700), &pulse));
        assert!(watch.look(ms(706), &pulse));
    }

    #[test]
    fn wheels_of_others_and_loops_that_ended_are_let_be() {
        let (pulse, mut watch) = (Pulse::default(), Watch::new(4.0));
        assert!(!watch.look(ms(900), &pulse));
        pulse.beat(false, PERIOD);
        assert!(!watch.look(ms(1000), &pulse));
        assert!(!watch.look(ms(2000), &pulse));
        assert_eq!(pulse.health(), Health::Late);
        pulse.set_health(Health::Ended);
        assert!(!watch.look(ms(3000), &pulse));
    }

    #[test]
    fn a_clock_that_is_set_back_is_no_late_tick() {
        let (pulse, mut watch) = (Pulse::default(), Watch::new(4.0));
        pulse.beat(true, PERIOD);
        assert!(!watch.look(ms(5000), &pulse));
        assert!(!watch.look(ms(0), &pulse));
        assert!(!watch.look(ms(100), &pulse));
        assert!(watch.look(ms(300), &pulse));
    }
}
