//! Sensor messages and their mountings.

use std::sync::Arc;

use perception::{LaserScan, Pose2, Pose3, SensorEvent};
use perception::{mounting, planar};
use recordings::RawMessage;
use recordings::messages::{CameraInfo, ImageMessage, LaserScanMessage, PointCloud2Message};

use super::super::{DemonstrationError, Record};
use super::{Translation, Unplaced, between};

impl Translation<'_> {
    pub(super) fn scan(&mut self, raw: &RawMessage) -> Result<(), DemonstrationError> {
        let message: LaserScanMessage = raw.decode()?;
        self.unplace(raw, &message.header.frame_id);
        let stamp = message.header.stamp.into();
        let scan = SensorEvent::Scan {
            base_from_lidar: Pose2::IDENTITY,
            scan: LaserScan::from(message),
        };
        self.push(raw, stamp, Record::Sensor(scan));
        Ok(())
    }

    pub(super) fn cloud(&mut self, raw: &RawMessage) -> Result<(), DemonstrationError> {
        let message: PointCloud2Message = raw.decode()?;
        let cloud = message.cloud().and_then(|cloud| {
            cloud.validate()?;
            Ok(cloud)
        });
        let cloud = SensorEvent::Cloud {
            base_from_lidar: Pose3::identity(),
            cloud: cloud.map_err(|source| DemonstrationError::sensor(raw, source))?,
        };
        self.unplace(raw, &message.header.frame_id);
        self.push(raw, message.header.stamp.into(), Record::Sensor(cloud));
        Ok(())
    }

    pub(super) fn camera(&mut self, raw: &RawMessage) -> Result<(), DemonstrationError> {
        let message: CameraInfo = raw.decode()?;
        let camera = message
            .camera()
            .map_err(|error| raw.fault(error.field, &error.found, error.expected))?;
        self.cameras.insert(message.header.frame_id, camera);
        Ok(())
    }

    pub(super) fn depth(&mut self, raw: &RawMessage) -> Result<(), DemonstrationError> {
        let message: ImageMessage = raw.decode()?;
        let frame = &message.header.frame_id;
        let Some(&camera) = self.cameras.get(frame) else {
            let expected = "a frame that camera_info described before";
            return Err(raw
                .fault("frame_id", &format!("{frame:?}"), expected)
                .into());
        };
        let image = message.depth().and_then(|image| {
            image.validate(&camera)?;
            Ok(image)
        });
        let image = SensorEvent::Depth {
            base_from_camera: Pose3::identity(),
            camera,
            image: image.map_err(|source| DemonstrationError::sensor(raw, source))?,
        };
        self.unplace(raw, frame);
        self.push(raw, message.header.stamp.into(), Record::Sensor(image));
        Ok(())
    }

    /// Marks the next entry for a lookup at the end.
    pub(super) fn unplace(&mut self, raw: &RawMessage, frame: &str) {
        self.unplaced.push(Unplaced {
            entry: self.entries.len(),
            raw: RawMessage {
                topic: Arc::clone(&raw.topic),
                index: raw.index,
                arrival: raw.arrival,
                bytes: Vec::new(),
            },
            frame: frame.to_owned(),
        });
    }

    pub(super) fn place(
        &mut self,
        unplaced: &Unplaced,
        odom: &str,
        base: &str,
    ) -> Result<(), DemonstrationError> {
        let Unplaced { entry, raw, frame } = unplaced;
        let record = &mut self.entries[*entry].record;
        let target = match record {
            Record::Goal(_) | Record::Path(_) => odom,
            _ => base,
        };
        let target_from_frame = || {
            between(&self.frames, target, frame).map_err(|source| DemonstrationError::Frame {
                topic: raw.topic.name.clone(),
                index: raw.index,
                frame: frame.clone(),
                target: target.to_owned(),
                source: Box::new(source),
            })
        };
        match record {
            Record::Sensor(SensorEvent::Scan {
                base_from_lidar,
                scan,
            }) => {
                if let Some(given) = self.settings.base_from_lidar {
                    *base_from_lidar = given;
                    return Ok(());
                }
                let mount = mounting(&target_from_frame()?, scan);
                *base_from_lidar = mount.ok_or_else(|| {
                    let expected = "level, upright or upside down";
                    raw.fault("plane of the scanner", &"tilted", expected)
                })?;
            }
            Record::Sensor(
                SensorEvent::Cloud {
                    base_from_lidar: base_from_sensor,
                    ..
                }
                | SensorEvent::Depth {
                    base_from_camera: base_from_sensor,
                    ..
                },
            ) => *base_from_sensor = target_from_frame()?,
            Record::Goal(goal) => {
                let odom_from_frame = planar(&target_from_frame()?);
                goal.position = odom_from_frame * goal.position;
                goal.yaw = goal.yaw.map(|yaw| yaw + odom_from_frame.yaw);
            }
            Record::Path(path) => {
                let odom_from_frame = planar(&target_from_frame()?);
                for point in path {
                    *point = odom_from_frame * *point;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
