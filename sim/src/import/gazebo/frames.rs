//! Poses and their reference frames.

use std::collections::BTreeMap;

use nalgebra::{Quaternion, Translation3, UnitQuaternion};
use perception::Pose3;
use roxmltree::Node;

use super::{GazeboError, child, refused};

/// Maximum distance from the origin, and maximum length, m.
pub(super) const REACH_M: f64 = 20_000.0;
/// Expected content of a pose.
const POSE: &str =
    "x y z roll pitch yaw, within 20 km, or with rotation_format quat_xyzw x y z qx qy qz qw";
/// Names of the frame of the scope.
const ROOTS: [&str; 4] = ["", "world", "__model__", "__root__"];
/// Maximum number of frames from a pose to its scope.
const CHAIN_MAX: usize = 64;

/// Frames of a world or model by name: frames, links and models.
pub(super) struct Scope<'a, 'i> {
    names: BTreeMap<&'a str, Node<'a, 'i>>,
}

impl<'a, 'i> Scope<'a, 'i> {
    pub fn of(parent: Node<'a, 'i>) -> Self {
        let named = parent.children().filter(|node| {
            ["frame", "link", "model"]
                .iter()
                .any(|tag| node.has_tag_name(*tag))
        });
        let named = named.filter_map(|node| Some((node.attribute("name")?, node)));
        Self {
            names: named.collect(),
        }
    }

    /// Pose of an element in the scope.
    pub fn pose(&self, of: Node<'_, '_>, model: &str) -> Result<Pose3, GazeboError> {
        self.chained(of, model, &Pose3::identity(), 0)
    }

    /// Pose in the scope of an element whose parent element has this pose.
    pub fn pose_within(
        &self,
        of: Node<'_, '_>,
        model: &str,
        parent: &Pose3,
    ) -> Result<Pose3, GazeboError> {
        self.chained(of, model, parent, 0)
    }

    fn chained(
        &self,
        of: Node<'_, '_>,
        model: &str,
        parent: &Pose3,
        depth: usize,
    ) -> Result<Pose3, GazeboError> {
        let node = child(of, "pose");
        let pose = node.map_or(Ok(Pose3::identity()), |node| read_pose(node, model))?;
        let named = node.and_then(|node| {
            let relative = node.attribute("relative_to").or(node.attribute("frame"));
            relative.filter(|frame| !frame.is_empty())
        });
        let Some(frame) = named.or(of.attribute("attached_to")) else {
            return Ok(parent * pose);
        };
        if ROOTS.contains(&frame) {
            return Ok(pose);
        }
        let Some(target) = self.names.get(frame).filter(|_| depth < CHAIN_MAX) else {
            let found = format!("relative to {frame:?}");
            let expected = "a frame, link or model beside it, of which none is relative to itself";
            return Err(refused(node.unwrap_or(of), "pose", model, &found, expected));
        };
        Ok(self.chained(*target, model, &Pose3::identity(), depth + 1)? * pose)
    }
}

/// The pose in a `<pose>`; an empty one is the identity.
pub(super) fn read_pose(node: Node<'_, '_>, model: &str) -> Result<Pose3, GazeboError> {
    let text = node.text().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(Pose3::identity());
    }
    let is_set = |name| {
        node.attribute(name)
            .is_some_and(|value| value == "true" || value == "1")
    };
    let (place, turn) = match node.attribute("rotation_format").unwrap_or("euler_rpy") {
        "euler_rpy" => {
            let [x, y, z, roll, pitch, yaw] = numbers(node, "pose", model, POSE)?;
            let unit = if is_set("degrees") {
                1_f64.to_radians()
            } else {
                1.0
            };
            let turn = UnitQuaternion::from_euler_angles(roll * unit, pitch * unit, yaw * unit);
            ([x, y, z], turn)
        }
        "quat_xyzw" => {
            let [x, y, z, i, j, k, w] = numbers(node, "pose", model, POSE)?;
            let turn = Quaternion::new(w, i, j, k);
            if (turn.norm() - 1.0).abs() > 1e-2 {
                return Err(refused(node, "pose", model, text, POSE));
            }
            ([x, y, z], UnitQuaternion::new_normalize(turn))
        }
        other => {
            let expected = "rotation_format euler_rpy or quat_xyzw";
            return Err(refused(node, "pose", model, other, expected));
        }
    };
    Ok(Pose3::from_parts(Translation3::from(place), turn))
}

pub(super) fn numbers<const N: usize>(
    node: Node<'_, '_>,
    element: &'static str,
    model: &str,
    expected: &'static str,
) -> Result<[f64; N], GazeboError> {
    let text = node.text().unwrap_or_default().trim();
    let parsed: Option<Vec<f64>> = text
        .split_whitespace()
        .map(|word| {
            word.parse()
                .ok()
                .filter(|value: &f64| value.abs() <= REACH_M)
        })
        .collect();
    parsed
        .and_then(|values| values.try_into().ok())
        .ok_or_else(|| refused(node, element, model, text, expected))
}
