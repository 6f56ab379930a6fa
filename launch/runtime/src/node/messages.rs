//! ROS 2 messages that recordings of sensors do not have, field for field.
#![allow(missing_docs)] // fields mean what the ROS definitions of the same names say

use recordings::definitions::{Definition, HEADER};
use recordings::messages::{Header, Pose, Time, Vector3};
use serde::{Deserialize, Serialize};

/// `nav2_msgs/msg/SpeedLimit`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SpeedLimit {
    pub header: Header,
    pub percentage: bool,
    pub speed_limit: f64,
}

/// `std_msgs/msg/Bool`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bool {
    pub data: bool,
}

/// `std_msgs/msg/Empty`, with the byte that an empty structure has in CDR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Empty {
    pub structure_needs_at_least_one_member: u8,
}

/// `std_msgs/msg/String`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Text {
    pub data: String,
}

/// `nav_msgs/msg/MapMetaData`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapMetaData {
    pub map_load_time: Time,
    pub resolution: f32,
    pub width: u32,
    pub height: u32,
    pub origin: Pose,
}

/// `nav_msgs/msg/OccupancyGrid`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OccupancyGridMessage {
    pub header: Header,
    pub info: MapMetaData,
    pub data: Vec<i8>,
}

/// `nav2_msgs/msg/CostmapMetaData`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostmapMetaData {
    pub map_load_time: Time,
    pub update_time: Time,
    pub layer: String,
    pub resolution: f32,
    pub size_x: u32,
    pub size_y: u32,
    pub origin: Pose,
}

/// `nav2_msgs/msg/Costmap`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostmapMessage {
    pub header: Header,
    pub metadata: CostmapMetaData,
    pub data: Vec<u8>,
}

/// `geometry_msgs/msg/PolygonStamped`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolygonStamped {
    pub header: Header,
    pub points: Vec<[f32; 3]>,
}

/// `diagnostic_msgs/msg/KeyValue`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyValue {
    pub key: String,
    pub value: String,
}

/// `diagnostic_msgs/msg/DiagnosticStatus`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DiagnosticStatus {
    pub level: u8,
    pub name: String,
    pub message: String,
    pub hardware_id: String,
    pub values: Vec<KeyValue>,
}

/// `diagnostic_msgs/msg/DiagnosticArray`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DiagnosticArray {
    pub header: Header,
    pub status: Vec<DiagnosticStatus>,
}

/// `std_msgs/msg/ColorRGBA`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Colour {
    pub r: f32,
    pub g: f32,
    pub b: f32,
    pub a: f32,
}

/// `visualization_msgs/msg/Marker`, with the fields after its points left empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Marker {
    pub header: Header,
    pub ns: String,
    pub id: i32,
    pub kind: i32,
    pub action: i32,
    pub pose: Pose,
    pub scale: Vector3,
    pub color: Colour,
    pub lifetime: Time,
    pub frame_locked: bool,
    pub points: Vec<Vector3>,
    pub colors: Vec<Colour>,
    pub texture_resource: String,
    pub texture: CompressedImage,
    pub uv_coordinates: Vec<[f32; 2]>,
    pub text: String,
    pub mesh_resource: String,
    pub mesh_file: MeshFile,
    pub mesh_use_embedded_materials: bool,
}

/// `sensor_msgs/msg/CompressedImage`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CompressedImage {
    pub header: Header,
    pub format: String,
    pub data: Vec<u8>,
}

/// `visualization_msgs/msg/MeshFile`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MeshFile {
    pub filename: String,
    pub data: Vec<u8>,
}

/// `visualization_msgs/msg/MarkerArray`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MarkerArray {
    pub markers: Vec<Marker>,
}

/// `bond/msg/Status`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BondStatus {
    pub header: Header,
    pub id: String,
    pub instance_id: String,
    pub active: bool,
    pub heartbeat_timeout: f32,
    pub heartbeat_period: f32,
}

/// `std_msgs/msg/String`.
pub const TEXT: Definition = Definition {
    name: "std_msgs/msg/String",
    text: "string data\n",
    parts: &[],
};

/// `std_msgs/msg/Bool`.
pub const BOOL: Definition = Definition {
    name: "std_msgs/msg/Bool",
    text: "bool data\n",
    parts: &[],
};

/// `std_msgs/msg/Empty`.
pub const EMPTY: Definition = Definition {
    name: "std_msgs/msg/Empty",
    text: "",
    parts: &[],
};

/// `nav2_msgs/msg/SpeedLimit`.
pub const SPEED_LIMIT: Definition = Definition {
    name: "nav2_msgs/msg/SpeedLimit",
    text: "std_msgs/Header header\nbool percentage\nfloat64 speed_limit\n",
    parts: &[&HEADER],
};

/// `diagnostic_msgs/msg/KeyValue`.
pub const KEY_VALUE: Definition = Definition {
    name: "diagnostic_msgs/msg/KeyValue",
    text: "string key\nstring value\n",
    parts: &[],
};

/// `diagnostic_msgs/msg/DiagnosticStatus`.
pub const DIAGNOSTIC_STATUS: Definition = Definition {
    name: "diagnostic_msgs/msg/DiagnosticStatus",
    text: "byte OK=0\nbyte WARN=1\nbyte ERROR=2\nbyte STALE=3\nbyte level\nstring name\n\
               string message\nstring hardware_id\ndiagnostic_msgs/KeyValue[] values\n",
    parts: &[&KEY_VALUE],
};

/// `diagnostic_msgs/msg/DiagnosticArray`.
pub const DIAGNOSTIC_ARRAY: Definition = Definition {
    name: "diagnostic_msgs/msg/DiagnosticArray",
    text: "std_msgs/Header header\ndiagnostic_msgs/DiagnosticStatus[] status\n",
    parts: &[&HEADER, &DIAGNOSTIC_STATUS],
};
