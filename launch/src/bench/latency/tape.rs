//! Inputs of a controller, tick by tick.

use std::collections::BTreeMap;

use controller::Goal;
use perception::{Pose2, SensorEvent, Stamp, Stamped};
use recordings::{BagReader, RecordingError};

use runtime::node::{RawInput, Route, Source};

/// One input of the controller.
#[derive(Debug, Clone)]
pub(super) enum Input {
    /// An event of a simulated drive.
    Event(Stamped<SensorEvent>),
    /// A message of a recording.
    Message { topic: String, raw: RawInput },
}

/// Inputs before a tick, and the route.
#[derive(Debug, Clone)]
pub struct TapeTick {
    pub(super) stamp: Stamp,
    pub(super) inputs: Vec<Input>,
    /// New route; none: unchanged.
    pub(super) route: Option<Route>,
}

/// The inputs of a drive.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    pub(super) ticks: Vec<TapeTick>,
    /// True for a recording, whose motion does not depend on the controller's commands.
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

    /// Number of ticks.
    pub fn len(&self) -> usize {
        self.ticks.len()
    }

    /// True without ticks.
    pub fn is_empty(&self) -> bool {
        self.ticks.is_empty()
    }
}

/// Conversion of a recording to ticks.
pub struct RecordedDrive<'a> {
    /// Source of each topic.
    pub topics: &'a BTreeMap<String, Source>,
    /// Frame of the poses of `ahead`.
    pub odom_frame: &'a str,
    /// Path ahead at a time; `None` at its end.
    pub ahead: &'a mut dyn FnMut(Stamp) -> Option<Vec<Pose2>>,
    /// Topic that marks ticks in a recording of this program; none: every scan is a tick.
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
