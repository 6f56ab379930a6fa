//! Definitions of the ROS 2 messages, as embedded in recordings.

/// Message definition: name, text, and the definitions that it depends on.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// Full name, such as `sensor_msgs/msg/LaserScan`.
    pub name: &'static str,
    /// Text of the `.msg` file.
    pub text: &'static str,
    /// Definitions of the types used in the text.
    pub parts: &'static [&'static Definition],
}

/// `builtin_interfaces/msg/Time`.
pub const TIME: Definition = Definition {
    name: "builtin_interfaces/msg/Time",
    text: "int32 sec\nuint32 nanosec\n",
    parts: &[],
};

/// `std_msgs/msg/Header`.
pub const HEADER: Definition = Definition {
    name: "std_msgs/msg/Header",
    text: "builtin_interfaces/Time stamp\nstring frame_id\n",
    parts: &[&TIME],
};

/// `geometry_msgs/msg/Vector3`.
pub const VECTOR3: Definition = Definition {
    name: "geometry_msgs/msg/Vector3",
    text: "float64 x\nfloat64 y\nfloat64 z\n",
    parts: &[],
};

/// `geometry_msgs/msg/Point`.
pub const POINT: Definition = Definition {
    name: "geometry_msgs/msg/Point",
    text: "float64 x\nfloat64 y\nfloat64 z\n",
    parts: &[],
};

/// `geometry_msgs/msg/Quaternion`.
pub const QUATERNION: Definition = Definition {
    name: "geometry_msgs/msg/Quaternion",
    text: "float64 x 0\nfloat64 y 0\nfloat64 z 0\nfloat64 w 1\n",
    parts: &[],
};

/// `geometry_msgs/msg/Pose`.
pub const POSE: Definition = Definition {
    name: "geometry_msgs/msg/Pose",
    text: "geometry_msgs/Point position\ngeometry_msgs/Quaternion orientation\n",
    parts: &[&POINT, &QUATERNION],
};

/// `geometry_msgs/msg/Twist`.
pub const TWIST: Definition = Definition {
    name: "geometry_msgs/msg/Twist",
    text: "geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular\n",
    parts: &[&VECTOR3],
};

/// `geometry_msgs/msg/Transform`.
pub const TRANSFORM: Definition = Definition {
    name: "geometry_msgs/msg/Transform",
    text: "geometry_msgs/Vector3 translation\ngeometry_msgs/Quaternion rotation\n",
    parts: &[&VECTOR3, &QUATERNION],
};

/// `geometry_msgs/msg/TransformStamped`.
pub const TRANSFORM_STAMPED: Definition = Definition {
    name: "geometry_msgs/msg/TransformStamped",
    text: "std_msgs/Header header\nstring child_frame_id\ngeometry_msgs/Transform transform\n",
    parts: &[&HEADER, &TRANSFORM],
};

/// `geometry_msgs/msg/PoseWithCovariance`.
pub const POSE_COVARIANCE: Definition = Definition {
    name: "geometry_msgs/msg/PoseWithCovariance",
    text: "geometry_msgs/Pose pose\nfloat64[36] covariance\n",
    parts: &[&POSE],
};

/// `geometry_msgs/msg/TwistWithCovariance`.
pub const TWIST_COVARIANCE: Definition = Definition {
    name: "geometry_msgs/msg/TwistWithCovariance",
    text: "geometry_msgs/Twist twist\nfloat64[36] covariance\n",
    parts: &[&TWIST],
};

/// `sensor_msgs/msg/LaserScan`.
pub const LASER_SCAN: Definition = Definition {
    name: "sensor_msgs/msg/LaserScan",
    text: "std_msgs/Header header\nfloat32 angle_min\nfloat32 angle_max\n\
               float32 angle_increment\nfloat32 time_increment\nfloat32 scan_time\n\
               float32 range_min\nfloat32 range_max\nfloat32[] ranges\nfloat32[] intensities\n",
    parts: &[&HEADER],
};

/// `nav_msgs/msg/Odometry`.
pub const ODOMETRY: Definition = Definition {
    name: "nav_msgs/msg/Odometry",
    text: "std_msgs/Header header\nstring child_frame_id\n\
               geometry_msgs/PoseWithCovariance pose\ngeometry_msgs/TwistWithCovariance twist\n",
    parts: &[&HEADER, &POSE_COVARIANCE, &TWIST_COVARIANCE],
};

/// `geometry_msgs/msg/TwistStamped`.
pub const TWIST_STAMPED: Definition = Definition {
    name: "geometry_msgs/msg/TwistStamped",
    text: "std_msgs/Header header\ngeometry_msgs/Twist twist\n",
    parts: &[&HEADER, &TWIST],
};

/// `geometry_msgs/msg/PoseStamped`.
pub const POSE_STAMPED: Definition = Definition {
    name: "geometry_msgs/msg/PoseStamped",
    text: "std_msgs/Header header\ngeometry_msgs/Pose pose\n",
    parts: &[&HEADER, &POSE],
};

/// `tf2_msgs/msg/TFMessage`.
pub const TF_MESSAGE: Definition = Definition {
    name: "tf2_msgs/msg/TFMessage",
    text: "geometry_msgs/TransformStamped[] transforms\n",
    parts: &[&TRANSFORM_STAMPED],
};

/// `sensor_msgs/msg/PointField`.
pub const POINT_FIELD: Definition = Definition {
    name: "sensor_msgs/msg/PointField",
    text: "string name\nuint32 offset\nuint8 datatype\nuint32 count\n",
    parts: &[],
};

/// `sensor_msgs/msg/PointCloud2`.
pub const POINT_CLOUD2: Definition = Definition {
    name: "sensor_msgs/msg/PointCloud2",
    text: "std_msgs/Header header\nuint32 height\nuint32 width\nsensor_msgs/PointField[] fields\n\
           bool is_bigendian\nuint32 point_step\nuint32 row_step\nuint8[] data\nbool is_dense\n",
    parts: &[&HEADER, &POINT_FIELD],
};

/// `sensor_msgs/msg/Image`.
pub const IMAGE: Definition = Definition {
    name: "sensor_msgs/msg/Image",
    text: "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\n\
           uint8 is_bigendian\nuint32 step\nuint8[] data\n",
    parts: &[&HEADER],
};

/// `sensor_msgs/msg/RegionOfInterest`.
pub const REGION_OF_INTEREST: Definition = Definition {
    name: "sensor_msgs/msg/RegionOfInterest",
    text: "uint32 x_offset\nuint32 y_offset\nuint32 height\nuint32 width\nbool do_rectify\n",
    parts: &[],
};

/// `sensor_msgs/msg/CameraInfo`.
pub const CAMERA_INFO: Definition = Definition {
    name: "sensor_msgs/msg/CameraInfo",
    text: "std_msgs/Header header\nuint32 height\nuint32 width\nstring distortion_model\n\
           float64[] d\nfloat64[9] k\nfloat64[9] r\nfloat64[12] p\nuint32 binning_x\n\
           uint32 binning_y\nsensor_msgs/RegionOfInterest roi\n",
    parts: &[&HEADER, &REGION_OF_INTEREST],
};

/// `nav_msgs/msg/Path`.
pub const PATH: Definition = Definition {
    name: "nav_msgs/msg/Path",
    text: "std_msgs/Header header\ngeometry_msgs/PoseStamped[] poses\n",
    parts: &[&HEADER, &POSE_STAMPED],
};

impl Definition {
    /// Text with all dependencies, in the format `ros2msg`.
    pub fn whole(&self) -> String {
        let mut definitions = vec![self];
        let mut next = 0;
        while let Some(definition) = definitions.get(next) {
            for part in definition.parts {
                if !definitions.iter().any(|known| known.name == part.name) {
                    definitions.push(part);
                }
            }
            next += 1;
        }
        let mut text = self.text.to_owned();
        for definition in &definitions[1..] {
            let title = definition.name.replace("/msg/", "/");
            text.push_str(&format!("{}\nMSG: {title}\n", "=".repeat(80)));
            text.push_str(definition.text);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every type that a definition uses is defined in the same text.
    #[test]
    fn definitions_are_whole() {
        let all = [
            LASER_SCAN,
            POINT_CLOUD2,
            IMAGE,
            CAMERA_INFO,
            ODOMETRY,
            TF_MESSAGE,
            TWIST,
            TWIST_STAMPED,
            PATH,
        ];
        for definition in all {
            let text = definition.whole();
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let kind = line.split([' ', '[']).next().unwrap_or_default();
                if kind.contains('/') {
                    assert!(text.contains(&format!("MSG: {kind}\n")), "{kind}");
                }
            }
        }
    }
}
