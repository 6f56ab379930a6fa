//! Conversion of messages to entries of a demonstration.

mod sensors;
mod targets;

use std::collections::BTreeMap;

use controller::{Goal, Plan};
use perception::planar;
use perception::{
    Odometry, PinholeCamera, Pose2, Pose3, SensorEvent, Stamp, Stance, TransformBuffer,
    TransformError, TransformSettings, Twist,
};
use recordings::messages::{OdometryMessage, Pose, RosTwist, Transforms, TwistStamped};
use recordings::{RawMessage, RecordingError, definitions};

use super::plan::PlanMessage;
use super::read::Role;
use super::{About, Demonstration, DemonstrationError, Entry, ReadSettings, Record};

/// State of the conversion.
pub(super) struct Translation<'a> {
    settings: &'a ReadSettings,
    about: &'a BTreeMap<String, String>,
    frames: TransformBuffer,
    /// Frames of the odometry, once known.
    odom_and_base: Option<(String, String)>,
    /// Stamp of the latest odometry.
    now: Option<Stamp>,
    entries: Vec<Entry>,
    /// Cameras by image frame.
    cameras: BTreeMap<String, PinholeCamera>,
    /// Messages whose transforms are looked up at the end.
    unplaced: Vec<Unplaced>,
}

/// A message in a frame without a known transform.
struct Unplaced {
    entry: usize,
    raw: RawMessage,
    frame: String,
}

impl<'a> Translation<'a> {
    pub fn new(settings: &'a ReadSettings, about: &'a BTreeMap<String, String>) -> Self {
        Self {
            settings,
            about,
            frames: TransformBuffer::new(TransformSettings::default())
                .expect("default settings hold"),
            odom_and_base: None,
            now: None,
            entries: Vec::new(),
            cameras: BTreeMap::new(),
            unplaced: Vec::new(),
        }
    }

    /// Adds transforms; `fixed` for static ones.
    pub fn transforms(&mut self, raw: &RawMessage, fixed: bool) -> Result<(), DemonstrationError> {
        let message: Transforms = raw.decode()?;
        for link in message.transforms {
            let transform = placed(raw, "transform", &link.transform)?;
            let (parent, child) = (&link.header.frame_id, &link.child_frame_id);
            let outcome = if fixed {
                self.frames.insert_fixed(parent, child, transform)
            } else {
                let stamp = Stamp::from(link.header.stamp);
                self.frames.insert(parent, child, stamp, transform)
            };
            match outcome {
                // no lookup goes back that far
                Ok(()) | Err(TransformError::TooOld { .. }) => {}
                Err(source) => {
                    return Err(DemonstrationError::Transform {
                        topic: raw.topic.name.clone(),
                        index: raw.index,
                        source: Box::new(source),
                    });
                }
            }
        }
        Ok(())
    }

    /// Converts a message; messages come in the order of arrival.
    pub fn message(&mut self, role: Role, raw: &RawMessage) -> Result<(), DemonstrationError> {
        match role {
            Role::Transforms => self.transforms(raw, false),
            Role::FixedTransforms => self.transforms(raw, true),
            Role::Scan => self.scan(raw),
            Role::Cloud => self.cloud(raw),
            Role::Depth => self.depth(raw),
            Role::Camera => self.camera(raw),
            Role::Odometry => self.odometry(raw),
            Role::Command => self.command(raw),
            Role::Goal => self.goal(raw),
            Role::Path => self.path(raw),
            Role::Plan => self.plan(raw),
        }
    }

    fn push(&mut self, raw: &RawMessage, stamp: Stamp, record: Record) {
        self.entries.push(Entry {
            arrival: raw.arrival,
            stamp,
            record,
        });
    }

    fn odometry(&mut self, raw: &RawMessage) -> Result<(), DemonstrationError> {
        let message: OdometryMessage = raw.decode()?;
        let pose = placed(raw, "pose", &message.pose)?;
        let velocity = twist(raw, message.twist)?;
        let stamp = Stamp::from(message.header.stamp);
        self.now = Some(stamp);
        self.odom_and_base
            .get_or_insert((message.header.frame_id, message.child_frame_id));
        let odometry = SensorEvent::Odometry(Odometry {
            odom_from_base: planar(&pose),
            stance: Stance::of(&pose),
            velocity,
        });
        self.push(raw, stamp, Record::Sensor(odometry));
        Ok(())
    }

    fn command(&mut self, raw: &RawMessage) -> Result<(), DemonstrationError> {
        let is_stamped = raw.topic.kind == definitions::TWIST_STAMPED.name;
        let (stamp, message) = if is_stamped {
            let message: TwistStamped = raw.decode()?;
            (message.header.stamp.into(), message.twist)
        } else {
            // the message has no stamp: takes that of the latest odometry
            let message: RosTwist = raw.decode()?;
            (self.now.unwrap_or(raw.arrival), message)
        };
        let command = twist(raw, message)?;
        self.push(raw, stamp, Record::Command(command));
        Ok(())
    }

    fn plan(&mut self, raw: &RawMessage) -> Result<(), DemonstrationError> {
        let message: PlanMessage = raw.decode()?;
        let (states, rest) = message.states.as_chunks::<5>();
        let (inputs, more) = message.inputs.as_chunks::<2>();
        let whole = rest.is_empty() && more.is_empty() && states.len() == inputs.len() + 1;
        if !whole {
            let lengths = format!("{} and {}", message.states.len(), message.inputs.len());
            let expected = "5 (N + 1) and 2 N numbers";
            let field = "length of states and inputs";
            return Err(raw.fault(field, &lengths, expected).into());
        }
        let numbers = message.states.iter().chain(&message.inputs);
        if !(message.dt > 0.0 && numbers.chain([&message.dt]).all(|x| x.is_finite())) {
            let expected = "finite numbers and dt above 0";
            return Err(raw.fault("plan", &message.dt, expected).into());
        }
        let plan = Plan {
            dt_s: message.dt,
            states: states.to_vec(),
            inputs: inputs.to_vec(),
        };
        self.push(raw, message.stamp.into(), Record::Advice(plan));
        Ok(())
    }

    /// Looks up missing transforms and adds defaults for missing data.
    pub fn finish(
        mut self,
        judge: &mut dyn FnMut(DemonstrationError) -> Result<(), DemonstrationError>,
    ) -> Result<Demonstration, DemonstrationError> {
        let missing = |topic: &str, expected| DemonstrationError::Missing {
            topic: topic.to_owned(),
            expected,
        };
        let Some((odom, base)) = self.odom_and_base.take() else {
            return Err(missing(&self.settings.odometry, "nav_msgs/msg/Odometry"));
        };
        let mut left_out = Vec::new();
        for unplaced in std::mem::take(&mut self.unplaced) {
            if let Err(error) = self.place(&unplaced, &odom, &base) {
                judge(error)?;
                left_out.push(unplaced.entry);
            }
        }
        // in reverse, so that earlier indices stay valid
        for entry in left_out.into_iter().rev() {
            self.entries.remove(entry);
        }
        let is_sight = |entry: &Entry| match &entry.record {
            Record::Sensor(event) => !matches!(event, SensorEvent::Odometry(_)),
            _ => false,
        };
        if !self.entries.iter().any(is_sight) {
            return Err(missing(&self.settings.scan, "sensor_msgs/msg/LaserScan"));
        }
        let mut demonstration = Demonstration {
            about: About::default(),
            entries: std::mem::take(&mut self.entries),
        };
        self.aim(&mut demonstration)?;
        Ok(demonstration)
    }

    /// Adds the goal and the outcome: as recorded, or from the end of the drive.
    fn aim(&self, demonstration: &mut Demonstration) -> Result<(), DemonstrationError> {
        let end = demonstration.odometry().last().map(|(_, o)| *o);
        let end = end.map_or(Pose2::IDENTITY, |odometry| odometry.odom_from_base);
        let goal = demonstration
            .entries
            .iter()
            .rev()
            .find_map(|e| match e.record {
                Record::Goal(goal) => Some(goal),
                _ => None,
            });
        let goal = match (goal, demonstration.entries.first()) {
            (None, Some(first)) => {
                let goal = Goal {
                    position: end.position(),
                    yaw: None,
                    tolerance_m: self.tolerance_m()?,
                    yaw_tolerance_rad: Goal::YAW_TOLERANCE_RAD,
                };
                let entry = Entry {
                    record: Record::Goal(goal),
                    ..*first
                };
                demonstration.entries.insert(0, entry);
                goal
            }
            (Some(goal), _) => goal,
            (None, None) => return Ok(()),
        };
        let text = |key: &str| self.about.get(key).cloned().unwrap_or_default();
        demonstration.about = About {
            scenario: text("scenario"),
            seed: self.number("seed")?.unwrap_or_default(),
            robot: text("robot"),
            driver: text("driver"),
            reached: if self.about.contains_key("reached") {
                self.says("reached")?
            } else {
                (goal.position - end.position()).norm() <= goal.tolerance_m
            },
        };
        Ok(())
    }

    fn tolerance_m(&self) -> Result<f64, DemonstrationError> {
        let told = self.number("goal_tolerance_m")?;
        Ok(told.unwrap_or(self.settings.goal_tolerance_m))
    }

    fn says(&self, key: &'static str) -> Result<bool, DemonstrationError> {
        Ok(self.number(key)?.unwrap_or(false))
    }

    /// A value of the metadata, if present.
    fn number<T: std::str::FromStr>(
        &self,
        key: &'static str,
    ) -> Result<Option<T>, DemonstrationError> {
        self.about
            .get(key)
            .map(|text| {
                text.parse().map_err(|_| {
                    DemonstrationError::from(RecordingError::Value {
                        topic: "metadata".to_owned(),
                        index: 0,
                        field: key,
                        found: text.clone(),
                        expected: std::any::type_name::<T>(),
                    })
                })
            })
            .transpose()
    }
}

/// The latest transform between two frames; the identity for equal frames, known or not.
fn between(frames: &TransformBuffer, target: &str, source: &str) -> Result<Pose3, TransformError> {
    if target.trim_start_matches('/') == source.trim_start_matches('/') {
        return Ok(Pose3::identity());
    }
    frames
        .lookup_latest(target, source)
        .map(|latest| latest.value)
}

fn placed(raw: &RawMessage, field: &'static str, pose: &Pose) -> Result<Pose3, DemonstrationError> {
    let expected = "finite numbers and a quaternion of some length";
    pose.to_pose3()
        .ok_or_else(|| raw.fault(field, &format!("{pose:?}"), expected).into())
}

fn twist(raw: &RawMessage, message: RosTwist) -> Result<Twist, DemonstrationError> {
    let twist = Twist::from(message);
    if twist.is_finite() {
        Ok(twist)
    } else {
        let found = format!("{twist:?}");
        Err(raw.fault("twist", &found, "finite speeds").into())
    }
}
