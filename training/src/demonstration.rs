//! One drive, kept for learning: what the sensors said, where to go, what the driver did.
//!
//! ```text
//! TickView ─▶ Recorder ─▶ Demonstration ⇄ MCAP with ROS 2 messages
//! ```
//!
//! A file is what `ros2 bag record` writes with its MCAP storage: any recording of a real robot
//! with a scan, odometry and its scanner's mounting is a demonstration as it is.

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

/// Where it comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct About {
    /// Scenario, world or place.
    pub scenario: String,
    /// Seed of the situation and of all faults; 0 for recordings of real robots.
    pub seed: u64,
    /// The robot's name.
    pub robot: String,
    /// Who drove.
    pub driver: String,
    /// True when the goal was reached.
    pub reached: bool,
}

/// One message.
#[derive(Debug, Clone)]
pub enum Record {
    /// What a sensor said.
    Sensor(SensorEvent),
    /// Where to go from now on, odometry frame.
    Goal(Goal),
    /// The way that is followed from now on, odometry frame; empty for none.
    Path(Vec<Point2>),
    /// What the wheels were told: a control tick took place.
    Command(Twist),
    /// What an expert would do from here, odometry frame.
    Advice(Plan),
}

/// A message and its times.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When the robot's computer received or sent it; entries are in this order.
    pub arrival: Stamp,
    /// The time that it speaks of.
    pub stamp: Stamp,
    /// What it says.
    pub record: Record,
}

/// A drive from start to end.
#[derive(Debug, Clone, Default)]
pub struct Demonstration {
    /// Where it comes from.
    pub about: About,
    /// All messages, in the order of their arrival.
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
