//! Who answers for a drive: the guard, or a person.

use serde::{Deserialize, Serialize};

/// The checks between a policy and the wheels. It is chosen where an agent is made and by no
/// setting, so that no file or parameter can switch the guard off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardMode {
    /// Every check of the guard.
    #[default]
    Full,
    /// A person sees where the robot drives: commands are held to the limits and nothing else.
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
