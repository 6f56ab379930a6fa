//! Sensor frames of a drive: one for each mounting of a kind of sensor.

use perception::{PinholeCamera, Pose2, Pose3, SensorEvent, Stamp};
use recordings::messages::{Pose, TransformStamped};

use super::write::{BASE_FRAME, header};
use super::{Entry, Record};

/// All mountings in the order of appearance.
#[derive(Debug, Default)]
pub(super) struct Mountings {
    scanners: Vec<Pose2>,
    lidars: Vec<Pose3>,
    cameras: Vec<(Pose3, PinholeCamera)>,
}

impl Mountings {
    pub fn of(entries: &[Entry]) -> Self {
        let mut this = Self::default();
        for entry in entries {
            match &entry.record {
                Record::Sensor(SensorEvent::Scan {
                    base_from_lidar, ..
                }) => add(&mut this.scanners, base_from_lidar),
                Record::Sensor(SensorEvent::Cloud {
                    base_from_lidar, ..
                }) => add(&mut this.lidars, base_from_lidar),
                Record::Sensor(SensorEvent::Depth {
                    base_from_camera,
                    camera,
                    ..
                }) => add(&mut this.cameras, &(*base_from_camera, *camera)),
                _ => {}
            }
        }
        this
    }

    pub fn has_lidars(&self) -> bool {
        !self.lidars.is_empty()
    }

    pub fn has_cameras(&self) -> bool {
        !self.cameras.is_empty()
    }

    pub fn scanner_frame(&self, base_from_lidar: &Pose2) -> String {
        name("laser", &self.scanners, base_from_lidar)
    }

    pub fn lidar_frame(&self, base_from_lidar: &Pose3) -> String {
        name("lidar", &self.lidars, base_from_lidar)
    }

    pub fn camera_frame(&self, base_from_camera: &Pose3, camera: &PinholeCamera) -> String {
        name(
            "camera_optical",
            &self.cameras,
            &(*base_from_camera, *camera),
        )
    }

    /// All static transforms, stamped with the start of a recording.
    pub fn transforms(&self, begin: Stamp) -> Vec<TransformStamped> {
        let scanners = self
            .scanners
            .iter()
            .map(|mounting| (self.scanner_frame(mounting), Pose::from(*mounting)));
        let lidars = self
            .lidars
            .iter()
            .map(|mounting| (self.lidar_frame(mounting), Pose::from(*mounting)));
        let cameras = self
            .cameras
            .iter()
            .map(|(mounting, camera)| (self.camera_frame(mounting, camera), Pose::from(*mounting)));
        let told = scanners.chain(lidars).chain(cameras);
        told.map(|(child_frame_id, transform)| TransformStamped {
            header: header(begin, BASE_FRAME),
            child_frame_id,
            transform,
        })
        .collect()
    }
}

fn add<T: PartialEq + Copy>(mountings: &mut Vec<T>, mounting: &T) {
    if !mountings.contains(mounting) {
        mountings.push(*mounting);
    }
}

/// Frame name: the first of a kind has the plain name, the others have a number.
fn name<T: PartialEq>(kind: &str, mountings: &[T], mounting: &T) -> String {
    match mountings.iter().position(|held| held == mounting) {
        None | Some(0) => kind.to_owned(),
        Some(number) => format!("{kind}_{number}"),
    }
}
