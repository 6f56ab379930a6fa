//! A recorded drive for training: sensor messages, goals, paths and commands.
//!
//! ```text
//! TickView ─▶ Recorder ─▶ Demonstration ⇄ MCAP with ROS 2 messages
//! ```
//!
//! The file format is that of `ros2 bag record` with MCAP storage. Any recording of a real robot
//! with a scan, odometry and the scanner's mounting is a demonstration.

mod error;
mod mountings;
mod plan;
mod read;
mod record;
mod translate;
mod write;

pub use error::DemonstrationError;
pub use read::ReadSettings;
pub use record::Recorder;

use controller::{Goal, Plan};
use perception::{Odometry, Point2, SensorEvent, Stamp, Twist};
use serde::{Deserialize, Serialize};

/// Origin of a demonstration.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct About {
    /// Scenario, world or place.
    pub scenario: String,
    /// Seed of the situation and of all random errors; 0 for recordings of real robots.
    pub seed: u64,
    /// Name of the robot.
    pub robot: String,
    /// Driver.
    pub driver: String,
    /// True if the robot reached the goal.
    pub reached: bool,
}

/// One message.
#[derive(Debug, Clone)]
pub enum Record {
    /// Sensor message.
    Sensor(SensorEvent),
    /// Goal from now on, odometry frame.
    Goal(Goal),
    /// Path from now on, odometry frame; empty for none.
    Path(Vec<Point2>),
    /// Command of a control tick.
    Command(Twist),
    /// Plan of an expert from here, odometry frame.
    Advice(Plan),
}

/// A message and its times.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Time at which the robot's computer received or sent it; entries are in this order.
    pub arrival: Stamp,
    /// Time of validity.
    pub stamp: Stamp,
    /// Content.
    pub record: Record,
}

/// A drive from start to end.
#[derive(Debug, Clone, Default)]
pub struct Demonstration {
    /// Origin.
    pub about: About,
    /// All messages in the order of their arrival.
    pub entries: Vec<Entry>,
}

impl Demonstration {
    /// Odometry with its stamps.
    pub fn odometry(&self) -> impl Iterator<Item = (Stamp, &Odometry)> {
        self.entries.iter().filter_map(|entry| match &entry.record {
            Record::Sensor(SensorEvent::Odometry(odometry)) => Some((entry.stamp, odometry)),
            _ => None,
        })
    }

    /// Commands with their stamps.
    pub fn commands(&self) -> impl Iterator<Item = (Stamp, Twist)> {
        self.entries.iter().filter_map(|entry| match &entry.record {
            Record::Command(command) => Some((entry.stamp, *command)),
            _ => None,
        })
    }
}
