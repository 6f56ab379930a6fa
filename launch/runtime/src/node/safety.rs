//! Diagnostic status of everything besides the guard that may stop the robot.

use controller::{Monitor, MonitorCause, MonitorFinding, SpeedLimit, StopDemand};
use perception::Stamp;

use super::diagnosis::{ERROR, OK, WARN, values};
use super::messages::DiagnosticStatus;
use super::pilot::Pilot;
use super::pulse::{Health, Pulse};
use super::stop_inputs::{StopState, device_name};

/// Time during which an action of the monitor is a warning, s.
const RECENT_S: f64 = 1.0;

/// Counts of the monitor since the node became active.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MonitorTally {
    ticks: u64,
    latest: Option<(Stamp, MonitorFinding)>,
}

impl MonitorTally {
    pub(super) fn tick(&mut self, now: Stamp, finding: Option<MonitorFinding>) {
        if let Some(finding) = finding {
            self.ticks += 1;
            self.latest = Some((now, finding));
        }
    }
}

/// Guard mode, monitor, watchdog, stop devices and speed limit.
pub(super) fn safety(
    now: Stamp,
    pilot: &Pilot,
    pulse: &Pulse,
    tally: &MonitorTally,
) -> DiagnosticStatus {
    let agent = pilot.agent();
    let monitor = agent.monitor();
    let devices = [StopDemand::EmergencyStop, StopDemand::ProtectiveField]
        .map(|device| (device, pilot.stop_state(device, now)));
    let latest = tally.latest.as_ref();
    let acted = latest.map_or_else(
        || "nothing".to_owned(),
        |(_, finding)| describe(monitor, finding),
    );
    let acted_age = latest.map_or_else(
        || "never".to_owned(),
        |(then, _)| format!("{:.3}", now.secs_since(*then)),
    );
    let (limit, expires) = speed_limit(now, pilot);
    let mut list = vec![
        ("guard mode", agent.mode().name().to_owned()),
        ("monitor enabled", monitor.is_enabled().to_string()),
        ("monitor acted last", acted.clone()),
        ("monitor acted ago (s)", acted_age),
        ("monitor acted (ticks)", tally.ticks.to_string()),
        ("watchdog sees the loop", pulse.health().name().to_owned()),
        ("watchdog stops", pulse.stops().to_string()),
        ("speed limit", limit),
        ("speed limit expires in (s)", expires),
    ];
    for (device, state) in devices {
        list.push((device_name(device), state.name().to_owned()));
    }
    let is_recent = latest.is_some_and(|(then, _)| now.secs_since(*then).abs() <= RECENT_S);
    let demanding = devices
        .into_iter()
        .find(|(_, state)| *state != StopState::Clear);
    let (level, message) = match demanding {
        Some((device, state)) => (ERROR, format!("{}: {}", device_name(device), state.name())),
        None if pulse.health() == Health::Late => (ERROR, "the control loop is late".to_owned()),
        None if is_recent => (WARN, format!("monitor: {acted}")),
        None => (OK, "nothing stops the robot".to_owned()),
    };
    let list = list.into_iter();
    DiagnosticStatus {
        level,
        name: "performer_mpc: safety".to_owned(),
        message,
        hardware_id: String::new(),
        values: values(list.map(|(key, value)| (key.to_owned(), value))),
    }
}

fn describe(monitor: &Monitor, finding: &MonitorFinding) -> String {
    match finding.cause {
        MonitorCause::Zone(place) => format!(
            "zone {:?}: {:.0} % of the command",
            monitor.zone_name(place),
            100.0 * finding.share
        ),
        silent @ MonitorCause::Silent { .. } => silent.to_string(),
    }
}

fn speed_limit(now: Stamp, pilot: &Pilot) -> (String, String) {
    let Some((limit, expires)) = pilot.speed_limit(now) else {
        return ("none".to_owned(), "never".to_owned());
    };
    let limit = match limit {
        SpeedLimit::Share(share) => format!("{:.1} %", 100.0 * share),
        SpeedLimit::Speed(speed_mps) => format!("{speed_mps:.3} m/s"),
    };
    let left = |expires: Stamp| format!("{:.1}", expires.secs_since(now));
    (limit, expires.map_or_else(|| "never".to_owned(), left))
}
