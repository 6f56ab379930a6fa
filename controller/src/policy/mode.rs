//! Guard modes: full guard, or teleoperation under human supervision.

use serde::{Deserialize, Serialize};

/// The set of checks between a policy and the wheels. It is an argument of the constructor of an
/// agent and not a setting, so that no file or parameter can switch the guard off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardMode {
    /// Every check of the guard.
    #[default]
    Full,
    /// A human operator supervises the robot: only the speed and acceleration limits are applied.
    Teleoperated,
}

impl GuardMode {
    /// Its name in diagnostics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Teleoperated => "teleoperated",
        }
    }
}
