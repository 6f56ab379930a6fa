//! Diagnostics of the node: tick durations, inputs, rejected messages, wait reasons.

use std::sync::atomic::Ordering;
use std::time::Duration;

use controller::{Intervention, NavigationStatus, SolveStatus};
use perception::Stamp;
use recordings::messages::Header;

use super::black_box::Account;
use super::fault::FaultClass;
use super::mailbox::Mailboxes;
use super::messages::{DiagnosticArray, DiagnosticStatus, KeyValue};
use super::pilot::{Pilot, Tick};
use super::pulse::Pulse;
use super::safety::{MonitorTally, safety};
use super::task::Hold;

/// Number of ticks for percentiles.
const WINDOW: usize = 1000;

/// Levels of `diagnostic_msgs/DiagnosticStatus`.
pub(super) const OK: u8 = 0;
pub(super) const WARN: u8 = 1;
pub(super) const ERROR: u8 = 2;
const STALE: u8 = 3;

/// Durations of the latest ticks.
#[derive(Debug, Clone, Default)]
pub struct TickTimes {
    seconds: Vec<f64>,
    next: usize,
}

impl TickTimes {
    /// Adds a duration.
    pub fn add(&mut self, seconds: f64) {
        if self.seconds.len() < WINDOW {
            self.seconds.push(seconds);
        } else {
            self.seconds[self.next] = seconds;
            self.next = (self.next + 1) % WINDOW;
        }
    }

    /// Quantile `share` of the durations, s; 0 before the first tick.
    pub fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(place.saturating_sub(1)).copied().unwrap_or(0.0)
    }
}

/// Counters since the node became active.
#[derive(Debug, Clone, Default)]
pub struct Diagnosis {
    times: TickTimes,
    periods: TickTimes,
    last: Option<Stamp>,
    ticks: u64,
    late: u64,
    interventions: [u64; Intervention::ALL.len()],
    monitor: MonitorTally,
    status: SolveStatus,
    hold: Option<Hold>,
}

impl Diagnosis {
    /// Registers a tick, and the time from its start to its command.
    pub fn tick(&mut self, now: Stamp, took: Duration, tick: &Tick, pilot: &Pilot) {
        let period_s = 1.0 / pilot.settings().controller_frequency;
        self.times.add(took.as_secs_f64());
        if let Some(last) = self.last {
            self.periods.add(now.secs_since(last));
        }
        self.last = Some(now);
        self.ticks += 1;
        self.late += u64::from(took.as_secs_f64() > period_s);
        let action = pilot.action();
        self.status = action.status;
        if let (Some(reason), true) = (action.intervention, pilot.is_driving()) {
            self.interventions[reason as usize] += 1;
        }
        self.monitor.tick(now, pilot.agent().monitor().finding());
        self.hold.clone_from(&tick.hold);
    }

    /// The diagnostics as a message, with the recorder's part if there is one.
    pub fn report(
        &self,
        now: Stamp,
        pilot: &Pilot,
        mailboxes: &Mailboxes,
        pulse: &Pulse,
        recorder: Option<DiagnosticStatus>,
    ) -> DiagnosticArray {
        let milliseconds = |seconds: f64| format!("{:.3}", 1e3 * seconds);
        let mut control = vec![
            ("policy", pilot.policy_name().to_owned()),
            ("driving", pilot.is_driving().to_string()),
            ("state", pilot.agent().status().word().to_owned()),
            ("solve status", format!("{:?}", self.status)),
            ("ticks", self.ticks.to_string()),
            ("ticks longer than a period", self.late.to_string()),
            ("tick p50 (ms)", milliseconds(self.times.quantile(0.5))),
            ("tick p99 (ms)", milliseconds(self.times.quantile(0.99))),
            ("period p50 (ms)", milliseconds(self.periods.quantile(0.5))),
            ("period p99 (ms)", milliseconds(self.periods.quantile(0.99))),
        ];
        if let Some(backend) = pilot.backend() {
            control.extend([
                ("network instruction set", backend.isa.to_string()),
                ("network kernel", backend.kernel.name().to_owned()),
                ("network precision", backend.kernel.precision().to_owned()),
            ]);
        }
        for reason in Intervention::ALL {
            let count = self.interventions[reason as usize];
            control.push((label(reason), count.to_string()));
        }
        let held = self.hold.as_ref().map(ToString::to_string);
        let status = pilot.agent().status();
        let is_warning = held.is_some()
            || status.is_given_up()
            || matches!(
                status,
                NavigationStatus::Degraded(_) | NavigationStatus::Stale(_)
            );
        let control = DiagnosticStatus {
            level: if is_warning { WARN } else { OK },
            name: "performer_mpc: control".to_owned(),
            message: held.unwrap_or_else(|| status.to_string()),
            hardware_id: String::new(),
            values: values(
                control
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value)),
            ),
        };
        DiagnosticArray {
            header: Header {
                stamp: now.into(),
                frame_id: String::new(),
            },
            status: [
                control,
                safety(now, pilot, pulse, &self.monitor),
                inputs(now, pilot, mailboxes),
                refused(pilot),
            ]
            .into_iter()
            .chain(recorder)
            .collect(),
        }
    }
}

/// Input counts of every topic, and age of sensor data.
fn inputs(now: Stamp, pilot: &Pilot, mailboxes: &Mailboxes) -> DiagnosticStatus {
    let snapshot = pilot.snapshot();
    let age = |stamp: Stamp| format!("{:.3}", now.secs_since(stamp));
    let never = || "never".to_owned();
    let mut list = vec![
        ("odometry age (s)".to_owned(), age(snapshot.stamp)),
        (
            "scan age (s)".to_owned(),
            snapshot.scan_stamp.map_or_else(never, age),
        ),
    ];
    for mailbox in mailboxes.boxes() {
        let (received, dropped) = mailbox.counts();
        let since = mailbox.latest().map_or_else(never, age);
        let topic = mailbox.topic();
        list.push((format!("{topic} received"), received.to_string()));
        list.push((format!("{topic} dropped"), dropped.to_string()));
        list.push((format!("{topic} age (s)"), since));
    }
    let is_stale = pilot.stale(now).is_some();
    DiagnosticStatus {
        level: if is_stale { STALE } else { OK },
        name: "performer_mpc: inputs".to_owned(),
        message: pilot
            .stale(now)
            .map_or_else(|| "fresh".to_owned(), |hold| hold.to_string()),
        hardware_id: String::new(),
        values: values(list.into_iter()),
    }
}

/// Rejected messages by class.
fn refused(pilot: &Pilot) -> DiagnosticStatus {
    let faults = pilot.faults();
    let counts = FaultClass::ALL
        .into_iter()
        .map(|class| (class.name().to_owned(), faults.of(class).to_string()));
    DiagnosticStatus {
        level: if faults.total() > 0 { WARN } else { OK },
        name: "performer_mpc: refused messages".to_owned(),
        message: faults
            .latest()
            .map_or_else(|| "none".to_owned(), ToString::to_string),
        hardware_id: String::new(),
        values: values(counts),
    }
}

/// Status of the recorder: lost messages and saved incidents.
pub(super) fn recorder_status(account: &Account) -> DiagnosticStatus {
    let counts = [
        ("not recorded", &account.lost),
        ("flushed", &account.flushed),
        ("incidents saved", &account.saved),
        ("incidents left out", &account.left_out),
        ("incidents not saved", &account.unsaved),
    ]
    .map(|(key, count)| (key, count.load(Ordering::Relaxed)));
    let is_lossy = counts[0].1 > 0 || counts[4].1 > 0;
    let trouble = account.first_trouble();
    DiagnosticStatus {
        level: if is_lossy || trouble.is_some() {
            WARN
        } else {
            OK
        },
        name: "performer_mpc: recorder".to_owned(),
        message: trouble.unwrap_or_else(|| {
            let words = if is_lossy {
                "messages were lost"
            } else {
                "as it should be"
            };
            words.to_owned()
        }),
        hardware_id: String::new(),
        values: values(
            counts
                .into_iter()
                .map(|(key, count)| (key.to_owned(), count.to_string())),
        ),
    }
}

pub(super) fn values(list: impl Iterator<Item = (String, String)>) -> Vec<KeyValue> {
    list.map(|(key, value)| KeyValue { key, value }).collect()
}

fn label(reason: Intervention) -> &'static str {
    match reason {
        Intervention::PolicyFailed => "guard: policy failed",
        Intervention::Stale => "guard: stale",
        Intervention::Limited => "guard: limited",
        Intervention::Obstacle => "guard: obstacle",
        Intervention::Person => "guard: person",
        Intervention::Monitor => "monitor",
        Intervention::ProtectiveField => "protective field",
        Intervention::EmergencyStop => "emergency stop",
        Intervention::Sensor => "guard: sensor",
        Intervention::Odometry => "guard: odometry",
        Intervention::Unseen => "guard: unseen ground",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_latest() {
        let mut times = TickTimes::default();
        assert_eq!(times.quantile(0.5), 0.0);
        for tick in 0..2 * WINDOW {
            times.add(tick as f64);
        }
        assert_eq!(times.quantile(0.5), 1499.0);
        assert_eq!(times.quantile(0.99), 1989.0);
        assert_eq!(times.quantile(1.0), 1999.0);
    }
}
