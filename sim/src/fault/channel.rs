//! Transport of messages from sensors to the agent: delay, loss, order, clocks.

use perception::{SensorEvent, Stamp, Stamped};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::kind::{ClockScope, Fault};
use super::plan::FaultPlan;
use super::range::{concerns, is_same_sensor};

/// Tolerance of equal times, s.
const SAME_S: f64 = 1e-9;

/// Messages in transit between sensors and agent.
#[derive(Debug)]
pub(super) struct Channel {
    rng: ChaCha8Rng,
    /// Delivery time, s, and message, in the order of sending.
    waiting: Vec<(f64, Stamped<SensorEvent>)>,
    /// Messages to be swapped with the next one of their sensor.
    held: Vec<Stamped<SensorEvent>>,
    /// By fault of the plan: true once its single message has been changed.
    done: Vec<bool>,
}

impl Channel {
    pub fn new(plan: &FaultPlan, seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            waiting: Vec::new(),
            held: Vec::new(),
            done: vec![false; plan.faults.len()],
        }
    }

    /// Accepts a message at a time, s.
    pub fn send(&mut self, plan: &FaultPlan, t_s: f64, mut event: Stamped<SensorEvent>) {
        let mut due_s = t_s;
        let mut is_swapped = false;
        for (number, scheduled) in plan.faults.iter().enumerate() {
            if !scheduled.is_active(t_s) {
                continue;
            }
            match scheduled.fault {
                Fault::ScanSilent if concerns(scheduled, &event.value) => return,
                Fault::ScanDelay { delay_s } if concerns(scheduled, &event.value) => {
                    due_s += delay_s;
                }
                Fault::MessagesLost { share } if self.rng.random::<f64>() < share => return,
                Fault::MessagesSwapped => is_swapped = true,
                Fault::ClockJump { jump_s, scope } => {
                    let is_odometry = matches!(event.value, SensorEvent::Odometry(_));
                    let jumps = match scope {
                        ClockScope::All => true,
                        ClockScope::RangeSensors => !is_odometry,
                        ClockScope::OneOdometryMessage => is_odometry && !self.done[number],
                        ClockScope::OneRangeMessage => !is_odometry && !self.done[number],
                    };
                    if jumps {
                        self.done[number] = true;
                        event.stamp = shifted(event.stamp, jump_s);
                    }
                }
                _ => {}
            }
        }
        let partner = self
            .held
            .iter()
            .position(|held| is_same_sensor(&held.value, &event.value));
        match (partner.map(|at| self.held.remove(at)), is_swapped) {
            (None, true) => self.held.push(event),
            (None, false) => self.waiting.push((due_s, event)),
            (Some(earlier), _) => {
                self.waiting.push((due_s, event));
                self.waiting.push((due_s, earlier));
            }
        }
    }

    /// Delivers messages that are due at a time, s.
    pub fn deliver(&mut self, t_s: f64, into: &mut Vec<Stamped<SensorEvent>>) {
        let is_due = |due_s: f64| due_s <= t_s + SAME_S;
        let due = self.waiting.extract_if(.., |(due_s, _)| is_due(*due_s));
        into.extend(due.map(|(_, event)| event));
    }

    /// The controller's clock at the true time `t_s`, s.
    pub fn now(plan: &FaultPlan, t_s: f64) -> Stamp {
        let mut now = Stamp::from_secs(t_s);
        for scheduled in plan.faults.iter().filter(|fault| fault.is_active(t_s)) {
            if let Fault::ClockJump {
                jump_s,
                scope: ClockScope::All,
            } = scheduled.fault
            {
                now = shifted(now, jump_s);
            }
        }
        now
    }
}

fn shifted(stamp: Stamp, by_s: f64) -> Stamp {
    Stamp(stamp.0.saturating_add(Stamp::from_secs(by_s).0))
}
