//! What is asked of the control loop, and what it answers.

use crossbeam::channel::Sender;

use super::black_box::IncidentCause;
use super::fault::MessageFault;
use super::mailbox::RawInput;
use super::settings::NodeSettings;
use super::task::End;

/// What is asked of the loop.
#[derive(Debug)]
pub enum Request {
    /// Go where a message says, as one `drive` that is told of until it ends.
    Go {
        /// The number that events name it by.
        drive: u64,
        /// A plan or a goal.
        message: RawInput,
    },
    /// Stop this drive, if it is the one under way.
    Cancel {
        /// Its number.
        drive: u64,
    },
    /// Take in a message of a stop device, and say what is wrong with it.
    Stop {
        /// Its topic.
        topic: &'static str,
        /// The message.
        message: RawInput,
        /// Where the outcome goes.
        answer: Sender<Result<(), MessageFault>>,
    },
    /// Forget the map.
    ClearMap,
    /// Other settings of the node.
    Adjust(Box<NodeSettings>),
    /// Save the seconds around now as an incident, where incidents are saved.
    Save(IncidentCause),
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The drive could not begin.
    Refused {
        /// Its number.
        drive: u64,
        /// What is wrong with its message.
        fault: MessageFault,
    },
    /// The drive goes on.
    Driving {
        /// Its number.
        drive: u64,
        /// Distance to the goal, m.
        distance_m: f64,
        /// Forward speed, m/s.
        speed_mps: f64,
    },
    /// The drive ended.
    Ended {
        /// Its number.
        drive: u64,
        /// How.
        end: End,
    },
    /// The drive was stopped as asked, or gave way to another.
    Stopped {
        /// Its number.
        drive: u64,
    },
}
