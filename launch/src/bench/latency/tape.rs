//! What reached a controller, tick by tick.

use std::collections::BTreeMap;

use controller::Goal;
use perception::{Pose2, SensorEvent, Stamp, Stamped};
use recordings::{BagReader, RecordingError};

use runtime::node::{RawInput, Route, Source};

/// One thing that reached the controller.
#[derive(Debug, Clone)]
pub(super) enum Input {
    /// Of a simulated drive.
    Event(Stamped<SensorEvent>),
    /// Of a recording.
    Message { topic: String, raw: RawInput },
}

/// What came before a tick, and where the robot was to go.
#[derive(Debug, Clone)]
pub struct TapeTick {
    pub(super) stamp: Stamp,
    pub(super) inputs: Vec<Input>,
    /// None: as before.
    pub(super) route: Option<Route>,
}

/// A drive as the controller got it.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    pub(super) ticks: Vec<TapeTick>,
    /// The robot does what it did, whatever the controller says.
    pub(super) is_recorded: bool,
}

impl Tape {
    /// Adds a tick of a simulated drive.
    pub fn push(
        &mut self,
        stamp: Stamp,
        events: &[Stamped<SensorEvent>],
        goal: Goal,
        odom_frame: &str,
    ) {
        let is_first = self.ticks.is_empty();
        self.ticks.push(TapeTick {
            stamp,
            inputs: events.iter().cloned().map(Input::Event).collect(),
            route: is_first.then(|| Route {
                frame: odom_frame.to_owned(),
                poses: vec![Pose2::new(
                    goal.position.x,
                    goal.position.y,
                    goal.yaw.unwrap_or_default(),
                )],
                has_way: false,
            }),
        });
    }

    /// Ticks of the drive.
    pub fn len(&self) -> usize {
        self.ticks.len()
    }

    /// True without a tick.
    pub fn is_empty(&self) -> bool {
        self.ticks.is_empty()
    }
}

/// How a recording is cut into ticks.
pub struct RecordedDrive<'a> {
    /// What is to be found on which topic.
    pub topics: &'a BTreeMap<String, Source>,
    /// Frame of the poses of `ahead`.
    pub odom_frame: &'a str,
    /// The path that lies ahead at a time, `None` at its end.
    pub ahead: &'a mut dyn FnMut(Stamp) -> Option<Vec<Pose2>>,
    /// The topic whose messages mark ticks, as in a recording of our own; scans do without one.
    pub marks: Option<&'a str>,
}

impl RecordedDrive<'_> {
    /// Reads up to `ticks_max` ticks.
    pub fn read(self, bag: &mut dyn BagReader, ticks_max: usize) -> Result<Tape, RecordingError> {
        let mut names: Vec<&str> = self.topics.keys().map(String::as_str).collect();
        names.extend(self.marks);
        bag.select(&names);
        let mut tape = Tape {
            is_recorded: true,
            ..Tape::default()
        };
        let mut inputs = Vec::new();
        while tape.len() < ticks_max
            && let Some(raw) = bag.next_message()?
        {
            let topic = raw.topic.name.clone();
            let source = self.topics.get(&topic).cloned();
            let is_tick = match self.marks {
                Some(marks) => topic == marks,
                None => source == Some(Source::Scan),
            };
            let stamp = raw.arrival;
            if let Some(source) = source {
                let raw = RawInput {
                    source,
                    arrival: stamp,
                    bytes: raw.bytes,
                };
                inputs.push(Input::Message { topic, raw });
            }
            if is_tick {
                let route = (self.ahead)(stamp).map(|poses| Route {
                    frame: self.odom_frame.to_owned(),
                    poses,
                    has_way: true,
                });
                let inputs = std::mem::take(&mut inputs);
                tape.ticks.push(TapeTick {
                    stamp,
                    inputs,
                    route,
                });
            }
        }
        Ok(tape)
    }
}
