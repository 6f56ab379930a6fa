//! Definitions of the ROS 2 messages, as recordings carry them along.

/// Name and text of a definition, and the definitions that it is made of.
struct Definition {
    name: &'static str,
    text: &'static str,
    parts: &'static [&'static str],
}

const TIME: &str = "builtin_interfaces/msg/Time";
const HEADER: &str = "std_msgs/msg/Header";
const VECTOR3: &str = "geometry_msgs/msg/Vector3";
const POINT: &str = "geometry_msgs/msg/Point";
const QUATERNION: &str = "geometry_msgs/msg/Quaternion";
const POSE: &str = "geometry_msgs/msg/Pose";
pub(super) const TWIST: &str = "geometry_msgs/msg/Twist";
const TRANSFORM: &str = "geometry_msgs/msg/Transform";
const TRANSFORM_STAMPED: &str = "geometry_msgs/msg/TransformStamped";
const POSE_COVARIANCE: &str = "geometry_msgs/msg/PoseWithCovariance";
const TWIST_COVARIANCE: &str = "geometry_msgs/msg/TwistWithCovariance";
pub(super) const LASER_SCAN: &str = "sensor_msgs/msg/LaserScan";
pub(super) const ODOMETRY: &str = "nav_msgs/msg/Odometry";
pub(super) const TWIST_STAMPED: &str = "geometry_msgs/msg/TwistStamped";
pub(super) const POSE_STAMPED: &str = "geometry_msgs/msg/PoseStamped";
pub(super) const TF_MESSAGE: &str = "tf2_msgs/msg/TFMessage";
pub(super) const PLAN: &str = "performer_mpc_msgs/msg/Plan";

const DEFINITIONS: [Definition; 17] = [
    Definition {
        name: TIME,
        text: "int32 sec\nuint32 nanosec\n",
        parts: &[],
    },
    Definition {
        name: HEADER,
        text: "builtin_interfaces/Time stamp\nstring frame_id\n",
        parts: &[TIME],
    },
    Definition {
        name: VECTOR3,
        text: "float64 x\nfloat64 y\nfloat64 z\n",
        parts: &[],
    },
    Definition {
        name: POINT,
        text: "float64 x\nfloat64 y\nfloat64 z\n",
        parts: &[],
    },
    Definition {
        name: QUATERNION,
        text: "float64 x 0\nfloat64 y 0\nfloat64 z 0\nfloat64 w 1\n",
        parts: &[],
    },
    Definition {
        name: POSE,
        text: "geometry_msgs/Point position\ngeometry_msgs/Quaternion orientation\n",
        parts: &[POINT, QUATERNION],
    },
    Definition {
        name: TWIST,
        text: "geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular\n",
        parts: &[VECTOR3],
    },
    Definition {
        name: TRANSFORM,
        text: "geometry_msgs/Vector3 translation\ngeometry_msgs/Quaternion rotation\n",
        parts: &[VECTOR3, QUATERNION],
    },
    Definition {
        name: TRANSFORM_STAMPED,
        text: "std_msgs/Header header\nstring child_frame_id\ngeometry_msgs/Transform transform\n",
        parts: &[HEADER, TRANSFORM],
    },
    Definition {
        name: POSE_COVARIANCE,
        text: "geometry_msgs/Pose pose\nfloat64[36] covariance\n",
        parts: &[POSE],
    },
    Definition {
        name: TWIST_COVARIANCE,
        text: "geometry_msgs/Twist twist\nfloat64[36] covariance\n",
        parts: &[TWIST],
    },
    Definition {
        name: LASER_SCAN,
        text: "std_msgs/Header header\nfloat32 angle_min\nfloat32 angle_max\n\
               float32 angle_increment\nfloat32 time_increment\nfloat32 scan_time\n\
               float32 range_min\nfloat32 range_max\nfloat32[] ranges\nfloat32[] intensities\n",
        parts: &[HEADER],
    },
    Definition {
        name: ODOMETRY,
        text: "std_msgs/Header header\nstring child_frame_id\n\
               geometry_msgs/PoseWithCovariance pose\ngeometry_msgs/TwistWithCovariance twist\n",
        parts: &[HEADER, POSE_COVARIANCE, TWIST_COVARIANCE],
    },
    Definition {
        name: TWIST_STAMPED,
        text: "std_msgs/Header header\ngeometry_msgs/Twist twist\n",
        parts: &[HEADER, TWIST],
    },
    Definition {
        name: POSE_STAMPED,
        text: "std_msgs/Header header\ngeometry_msgs/Pose pose\n",
        parts: &[HEADER, POSE],
    },
    Definition {
        name: TF_MESSAGE,
        text: "geometry_msgs/TransformStamped[] transforms\n",
        parts: &[TRANSFORM_STAMPED],
    },
    Definition {
        name: PLAN,
        text: "# A predicted motion in the odometry frame.\n\
               # Time of the tick that it was made at.\nbuiltin_interfaces/Time stamp\n\
               # Time from a state to the next, s.\nfloat64 dt\n\
               # x (m), y (m), yaw (rad), v (m/s), omega (rad/s), one state after the other.\n\
               float64[] states\n\
               # Linear (m/s^2) and angular (rad/s^2) acceleration, one input after the other.\n\
               float64[] inputs\n",
        parts: &[TIME],
    },
];

/// The text of a definition with all that it is made of, in the format `ros2msg`.
pub(super) fn whole(name: &str) -> String {
    let mut names = vec![name];
    let mut next = 0;
    while let Some(definition) = names.get(next).and_then(|name| find(name)) {
        for part in definition.parts {
            if !names.contains(part) {
                names.push(part);
            }
        }
        next += 1;
    }
    let mut text = String::new();
    for (place, definition) in names.iter().filter_map(|name| find(name)).enumerate() {
        if place > 0 {
            let title = definition.name.replace("/msg/", "/");
            text.push_str(&format!("{}\nMSG: {title}\n", "=".repeat(80)));
        }
        text.push_str(definition.text);
    }
    text
}

fn find(name: &str) -> Option<&'static Definition> {
    DEFINITIONS
        .iter()
        .find(|definition| definition.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every type that a definition names is defined in the same text.
    #[test]
    fn definitions_are_whole() {
        for definition in &DEFINITIONS {
            let text = whole(definition.name);
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let kind = line.split([' ', '[']).next().unwrap_or_default();
                if kind.contains('/') {
                    assert!(text.contains(&format!("MSG: {kind}\n")), "{kind}");
                }
            }
        }
    }
}
