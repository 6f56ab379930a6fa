//! Door properties in a report's row.

use serde::{Deserialize, Serialize};
use sim::DoorDirection;

/// A passage of a real building and the direction of the drive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DoorRow {
    /// Index in the list, from 0.
    pub index: usize,
    /// Map that contains it.
    pub map: String,
    /// Direction of the drive.
    pub direction: DoorDirection,
    /// Width according to the list, m.
    pub width_m: f64,
    /// False if the robot does not fit through on the map.
    pub passable: bool,
    /// Clearance of the robot at the start, m; 0 or negative in contact.
    pub start_gap_m: f64,
}

impl DoorRow {
    /// Display text.
    pub fn name(&self) -> String {
        let direction = match self.direction {
            DoorDirection::AToB => "a to b",
            DoorDirection::BToA => "b to a",
        };
        format!("door {:02} {direction}", self.index)
    }
}
