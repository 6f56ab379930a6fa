//! Causes and settings of incidents.

use controller::Intervention;
use perception::SettingsError;
use serde::{Deserialize, Serialize};

/// Maximum time before and after an incident, s.
const SPAN_MAX_S: f64 = 600.0;

/// Settings of incident files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IncidentSettings {
    /// True to save the seconds around an incident in a separate file.
    pub enabled: bool,
    /// Saved time before an incident, s.
    pub before_s: f64,
    /// Saved time after an incident, s.
    pub after_s: f64,
    /// Directory of incident files; that of recordings if empty.
    pub directory: String,
    /// Maximum number of files. The oldest is removed first, files of guard stops before others.
    pub files_max: usize,
    /// Minimum time between two files of guard stops, s. Other incidents are always saved.
    pub interval_s: f64,
    /// Memory for the messages before an incident, MiB. The saved time is shorter if it is full.
    pub buffer_mib: usize,
}

impl Default for IncidentSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            before_s: 10.0,
            after_s: 10.0,
            directory: String::new(),
            files_max: 50,
            interval_s: 60.0,
            buffer_mib: 256,
        }
    }
}

impl IncidentSettings {
    /// Rejects values out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "node.incidents";
        for (field, seconds, most_s, expected) in [
            ("before_s", self.before_s, SPAN_MAX_S, "0 to 600 s"),
            ("after_s", self.after_s, SPAN_MAX_S, "0 to 600 s"),
            ("interval_s", self.interval_s, 86_400.0, "0 to 86400 s"),
        ] {
            let is_possible = (0.0..=most_s).contains(&seconds);
            SettingsError::ensure(is_possible, section, field, &seconds, expected)?;
        }
        for (field, count, most, expected) in [
            ("files_max", self.files_max, 10_000, "1 to 10000 files"),
            ("buffer_mib", self.buffer_mib, 8192, "1 to 8192 MiB"),
        ] {
            let is_possible = (1..=most).contains(&count);
            SettingsError::ensure(is_possible, section, field, &count, expected)?;
        }
        Ok(())
    }
}

/// Cause of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentCause {
    /// The guard stopped the robot.
    Guard(Intervention),
    /// A bumper contact.
    Contact,
    /// The emergency stop was pressed.
    EmergencyStop,
    /// The control loop was late.
    Watchdog,
    /// Requested by the user or another node.
    Requested,
}

impl IncidentCause {
    /// Name in files and messages, such as `guard_obstacle`.
    pub fn name(self) -> String {
        match self {
            Self::Guard(reason) => format!("{GUARD}{}", reason_name(reason)),
            Self::Contact => "contact".to_owned(),
            Self::EmergencyStop => "emergency_stop".to_owned(),
            Self::Watchdog => "watchdog".to_owned(),
            Self::Requested => "requested".to_owned(),
        }
    }

    /// True for incidents that are always saved and removed last.
    pub(super) fn is_grave(self) -> bool {
        !matches!(self, Self::Guard(_))
    }
}

/// Prefix of the names of guard stops.
pub(super) const GUARD: &str = "guard_";

/// The name of an intervention in settings, files and JSON.
pub(in crate::node) fn reason_name(reason: Intervention) -> String {
    match toml::Value::try_from(reason) {
        Ok(toml::Value::String(name)) => name,
        _ => format!("{reason:?}"),
    }
}

/// Description of an incident file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Name of the cause.
    pub cause: String,
    /// Time, ns.
    pub at_ns: i64,
    /// Requested time before it, s.
    pub before_s: f64,
    /// Requested time after it, s.
    pub after_s: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_named_as_the_guards_reasons_are() {
        let guard = IncidentCause::Guard(Intervention::PolicyFailed);
        assert_eq!(guard.name(), "guard_policy_failed");
        assert!(!guard.is_grave() && IncidentCause::Contact.is_grave());
    }

    #[test]
    fn settings_that_no_recorder_can_meet_are_refused() {
        IncidentSettings::default().validate().unwrap();
        let refused = |change: fn(&mut IncidentSettings)| {
            let mut settings = IncidentSettings::default();
            change(&mut settings);
            settings.validate().unwrap_err().to_string()
        };
        assert!(refused(|s| s.before_s = f64::NAN).contains("before_s is NaN"));
        assert!(refused(|s| s.after_s = -1.0).contains("0 to 600 s"));
        assert!(refused(|s| s.files_max = 0).contains("1 to 10000"));
        assert!(refused(|s| s.buffer_mib = usize::MAX).contains("8192"));
    }
}
