//! Writer of demonstrations to MCAP.

use std::collections::BTreeMap;
use std::io::{Seek, Write};

use controller::{Goal, Plan};
use perception::{Odometry, Point2, Pose2, SensorEvent, Stamp, Twist};
use recordings::definitions::{self, Definition};
use recordings::messages::{
    CameraInfo, Header, ImageMessage, LaserScanMessage, OdometryMessage, PathMessage,
    PointCloud2Message, Pose, PoseStamped, RosTwist, Time, Transforms, TwistStamped,
};
use recordings::{BagWriter, RecordingError};

use super::mountings::Mountings;
use super::plan::{PLAN, PlanMessage};
use super::{Demonstration, DemonstrationError, Entry, Record};

pub(super) const ODOM_FRAME: &str = "odom";
pub(super) const BASE_FRAME: &str = "base_link";
/// Name of the metadata record of this program.
pub(super) const ABOUT: &str = "performer_mpc";

/// Topics and the types of their messages.
const CHANNELS: [(&str, Definition); 6] = [
    ("/tf_static", definitions::TF_MESSAGE),
    ("/scan", definitions::LASER_SCAN),
    ("/odom", definitions::ODOMETRY),
    ("/cmd_vel", definitions::TWIST_STAMPED),
    ("/goal_pose", definitions::POSE_STAMPED),
    ("/expert/plan", PLAN),
];

const POINTS: &str = "/points";
const DEPTH: &str = "/depth/image";
const CAMERA: &str = "/depth/camera_info";

/// Additional topics of drives with these sensors.
const LIDAR_CHANNELS: [(&str, Definition); 1] = [(POINTS, definitions::POINT_CLOUD2)];
const CAMERA_CHANNELS: [(&str, Definition); 2] = [
    (CAMERA, definitions::CAMERA_INFO),
    (DEPTH, definitions::IMAGE),
];

const PLAN_TOPIC: &str = "/plan";
/// Additional topic of drives along a path.
const PATH_CHANNELS: [(&str, Definition); 1] = [(PLAN_TOPIC, definitions::PATH)];

impl Demonstration {
    /// Writes an MCAP file. The same demonstration gives the same bytes.
    pub fn write(&self, sink: impl Write + Seek) -> Result<(), DemonstrationError> {
        let mut recording = Recording {
            bag: BagWriter::begin(sink)?,
        };
        let mountings = Mountings::of(&self.entries);
        let lidars: &[_] = if mountings.has_lidars() {
            &LIDAR_CHANNELS
        } else {
            &[]
        };
        let cameras: &[_] = if mountings.has_cameras() {
            &CAMERA_CHANNELS
        } else {
            &[]
        };
        let is_path = |entry: &Entry| matches!(entry.record, Record::Path(_));
        let paths: &[_] = if self.entries.iter().any(is_path) {
            &PATH_CHANNELS
        } else {
            &[]
        };
        let channels = CHANNELS.iter().chain(lidars).chain(cameras).chain(paths);
        for (topic, kind) in channels {
            recording.bag.topic(topic, kind)?;
        }
        recording.about(self)?;
        let begin = self.entries.first().map_or(Stamp(0), |entry| entry.arrival);
        recording.mountings(&mountings, begin)?;
        for (index, entry) in self.entries.iter().enumerate() {
            for stamp in [entry.arrival, entry.stamp] {
                let seconds = stamp.as_secs();
                if stamp.0 < 0 || seconds >= f64::from(i32::MAX) {
                    return Err(DemonstrationError::Time {
                        entry: index,
                        seconds,
                    });
                }
            }
            recording.entry(entry, &mountings)?;
        }
        Ok(recording.bag.finish()?)
    }
}

struct Recording<W: Write + Seek> {
    bag: BagWriter<W>,
}

impl<W: Write + Seek> Recording<W> {
    fn about(&mut self, demonstration: &Demonstration) -> Result<(), RecordingError> {
        let about = &demonstration.about;
        let mut metadata = BTreeMap::from([
            ("scenario".to_owned(), about.scenario.clone()),
            ("seed".to_owned(), about.seed.to_string()),
            ("robot".to_owned(), about.robot.clone()),
            ("driver".to_owned(), about.driver.clone()),
            ("reached".to_owned(), about.reached.to_string()),
        ]);
        let goal = demonstration.entries.iter().find_map(|e| match e.record {
            Record::Goal(goal) => Some(goal),
            _ => None,
        });
        if let Some(goal) = goal {
            metadata.insert("goal_tolerance_m".to_owned(), goal.tolerance_m.to_string());
            metadata.insert("goal_has_yaw".to_owned(), goal.yaw.is_some().to_string());
        }
        self.bag.metadata(ABOUT, metadata)
    }

    fn mountings(&mut self, mountings: &Mountings, begin: Stamp) -> Result<(), RecordingError> {
        let transforms = mountings.transforms(begin);
        self.bag
            .message("/tf_static", begin, begin, &Transforms { transforms })
    }

    fn entry(&mut self, entry: &Entry, mountings: &Mountings) -> Result<(), RecordingError> {
        let (arrival, stamp) = (entry.arrival, entry.stamp);
        match &entry.record {
            Record::Sensor(SensorEvent::Scan {
                base_from_lidar,
                scan,
            }) => {
                let frame = mountings.scanner_frame(base_from_lidar);
                {
                    let message = LaserScanMessage::new(header(stamp, &frame), scan);
                    self.bag.message("/scan", arrival, stamp, &message)
                }
            }
            Record::Sensor(SensorEvent::Odometry(odometry)) => {
                self.bag
                    .message("/odom", arrival, stamp, &odometry_message(stamp, odometry))
            }
            Record::Sensor(SensorEvent::Cloud {
                base_from_lidar,
                cloud,
            }) => {
                let header = header(stamp, &mountings.lidar_frame(base_from_lidar));
                let message = PointCloud2Message::new(header, cloud);
                self.bag.message(POINTS, arrival, stamp, &message)
            }
            Record::Sensor(SensorEvent::Depth {
                base_from_camera,
                camera,
                image,
            }) => {
                let header = header(stamp, &mountings.camera_frame(base_from_camera, camera));
                let info = CameraInfo::new(header.clone(), camera);
                self.bag.message(CAMERA, arrival, stamp, &info)?;
                let message = ImageMessage::of_depth(header, image);
                self.bag.message(DEPTH, arrival, stamp, &message)
            }
            Record::Goal(goal) => {
                self.bag
                    .message("/goal_pose", arrival, stamp, &goal_message(stamp, goal))
            }
            Record::Path(path) => {
                self.bag
                    .message(PLAN_TOPIC, arrival, stamp, &path_message(stamp, path))
            }
            Record::Command(command) => self.bag.message(
                "/cmd_vel",
                arrival,
                stamp,
                &command_message(stamp, *command),
            ),
            Record::Advice(plan) => {
                self.bag
                    .message("/expert/plan", arrival, stamp, &plan_message(stamp, plan))
            }
        }
    }
}

pub(super) fn header(stamp: Stamp, frame: &str) -> Header {
    Header {
        stamp: Time::from(stamp),
        frame_id: frame.to_owned(),
    }
}

fn odometry_message(stamp: Stamp, odometry: &Odometry) -> OdometryMessage {
    OdometryMessage {
        header: header(stamp, ODOM_FRAME),
        child_frame_id: BASE_FRAME.to_owned(),
        pose: Pose::from(odometry.stance.lift(odometry.odom_from_base)),
        pose_covariance: [[0.0; 6]; 6],
        twist: RosTwist::from(odometry.velocity),
        twist_covariance: [[0.0; 6]; 6],
    }
}

fn goal_message(stamp: Stamp, goal: &Goal) -> PoseStamped {
    let pose = Pose2::new(
        goal.position.x,
        goal.position.y,
        goal.yaw.unwrap_or_default(),
    );
    PoseStamped {
        header: header(stamp, ODOM_FRAME),
        pose: Pose::from(pose),
    }
}

fn path_message(stamp: Stamp, path: &[Point2]) -> PathMessage {
    let pose = |point: &Point2| PoseStamped {
        header: header(stamp, ODOM_FRAME),
        pose: Pose::from(Pose2::new(point.x, point.y, 0.0)),
    };
    PathMessage {
        header: header(stamp, ODOM_FRAME),
        poses: path.iter().map(pose).collect(),
    }
}

fn command_message(stamp: Stamp, command: Twist) -> TwistStamped {
    TwistStamped {
        header: header(stamp, BASE_FRAME),
        twist: RosTwist::from(command),
    }
}

fn plan_message(stamp: Stamp, plan: &Plan) -> PlanMessage {
    PlanMessage {
        stamp: Time::from(stamp),
        dt: plan.dt_s,
        states: plan.states.as_flattened().to_vec(),
        inputs: plan.inputs.as_flattened().to_vec(),
    }
}
