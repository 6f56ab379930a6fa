//! Goals and paths.

use controller::Goal;
use perception::planar;
use perception::{Point2, Pose2};
use recordings::RawMessage;
use recordings::messages::{PathMessage, PoseStamped};

use super::super::{DemonstrationError, Record};
use super::{Translation, between, placed};

impl Translation<'_> {
    pub(super) fn goal(&mut self, raw: &RawMessage) -> Result<(), DemonstrationError> {
        let message: PoseStamped = raw.decode()?;
        let mut pose = planar(&placed(raw, "pose", &message.pose)?);
        match self.odom_from(&message.header.frame_id) {
            Some(odom_from_frame) => pose = odom_from_frame * pose,
            None => self.unplace(raw, &message.header.frame_id),
        }
        let goal = Goal {
            position: pose.position(),
            yaw: self.says("goal_has_yaw")?.then_some(pose.yaw),
            tolerance_m: self.tolerance_m()?,
            yaw_tolerance_rad: Goal::YAW_TOLERANCE_RAD,
        };
        self.push(raw, message.header.stamp.into(), Record::Goal(goal));
        Ok(())
    }

    pub(super) fn path(&mut self, raw: &RawMessage) -> Result<(), DemonstrationError> {
        let message: PathMessage = raw.decode()?;
        let mut path = message
            .poses
            .iter()
            .map(|pose| Ok(planar(&placed(raw, "poses", &pose.pose)?).position()))
            .collect::<Result<Vec<Point2>, DemonstrationError>>()?;
        match self.odom_from(&message.header.frame_id) {
            Some(odom_from_frame) => {
                for point in &mut path {
                    *point = odom_from_frame * *point;
                }
            }
            None => self.unplace(raw, &message.header.frame_id),
        }
        self.push(raw, message.header.stamp.into(), Record::Path(path));
        Ok(())
    }

    /// The pose of a frame, if known already.
    fn odom_from(&self, frame: &str) -> Option<Pose2> {
        let (odom, _) = self.odom_and_base.as_ref()?;
        let odom_from_frame = between(&self.frames, odom, frame).ok()?;
        Some(planar(&odom_from_frame))
    }
}
