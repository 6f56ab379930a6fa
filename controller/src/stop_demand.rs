//! Stops that are demanded from outside the controller.

use serde::{Deserialize, Serialize};

use crate::policy::Intervention;

/// A device that demands a stop: the command is zero at once, without a deceleration limit.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum StopDemand {
    /// The protective field of a safety scanner is occupied.
    #[error("the protective field is occupied")]
    ProtectiveField,
    /// An emergency stop is pressed.
    #[error("the emergency stop is pressed")]
    EmergencyStop,
}

impl StopDemand {
    /// The intervention that the action reports for a command set to zero by this demand.
    pub fn intervention(self) -> Intervention {
        match self {
            Self::ProtectiveField => Intervention::ProtectiveField,
            Self::EmergencyStop => Intervention::EmergencyStop,
        }
    }
}
