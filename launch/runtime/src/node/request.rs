//! Requests to the control loop, and its events.

use crossbeam::channel::Sender;

use super::black_box::IncidentCause;
use super::fault::MessageFault;
use super::mailbox::RawInput;
use super::settings::NodeSettings;
use super::task::End;

/// Request to the loop.
#[derive(Debug)]
pub enum Request {
    /// Starts the drive of a message; events refer to it by `drive` until it ends.
    Go {
        /// Identifier of the drive in events.
        drive: u64,
        /// A plan or a goal.
        message: RawInput,
    },
    /// Stops this drive, if it is in progress.
    Cancel {
        /// Identifier.
        drive: u64,
    },
    /// Processes a message of a stop device, and returns its fault.
    Stop {
        /// Topic.
        topic: &'static str,
        /// Message.
        message: RawInput,
        /// Channel for the result.
        answer: Sender<Result<(), MessageFault>>,
    },
    /// Clears the map.
    ClearMap,
    /// Changes the settings of the node.
    Adjust(Box<NodeSettings>),
    /// Saves an incident at this time, if incidents are enabled.
    Save(IncidentCause),
}

/// Event of a drive.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The drive was rejected.
    Refused {
        /// Identifier.
        drive: u64,
        /// Fault of its message.
        fault: MessageFault,
    },
    /// The drive is in progress.
    Driving {
        /// Identifier.
        drive: u64,
        /// Distance to the goal, m.
        distance_m: f64,
        /// Forward speed, m/s.
        speed_mps: f64,
    },
    /// The drive ended.
    Ended {
        /// Identifier.
        drive: u64,
        /// Result.
        end: End,
    },
    /// The drive was cancelled or replaced by another.
    Stopped {
        /// Identifier.
        drive: u64,
    },
}
