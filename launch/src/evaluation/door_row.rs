//! What a report says of the door that was driven through.

use serde::{Deserialize, Serialize};
use sim::DoorDirection;

/// A passage of a real building and the way it was driven.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DoorRow {
    /// Its place in the list, from 0.
    pub index: usize,
    /// The map that it lies on.
    pub map: String,
    /// From which end to which.
    pub direction: DoorDirection,
    /// Its width as the list has it, m.
    pub width_m: f64,
    /// False when the robot does not fit through on the map.
    pub passable: bool,
    /// Space about the robot at the start, m; 0 or below when it touches something there.
    pub start_gap_m: f64,
}

impl DoorRow {
    /// For people.
    pub fn name(&self) -> String {
        let direction = match self.direction {
            DoorDirection::AToB => "a to b",
            DoorDirection::BToA => "b to a",
        };
        format!("door {:02} {direction}", self.index)
    }
}
