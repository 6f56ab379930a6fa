//! Messages of `sensor_msgs`.

use serde::{Deserialize, Serialize};

use super::Header;
use perception::LaserScan;
use perception::PointField;

/// `sensor_msgs/msg/LaserScan`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaserScanMessage {
    pub header: Header,
    pub angle_min: f32,
    pub angle_max: f32,
    pub angle_increment: f32,
    pub time_increment: f32,
    pub scan_time: f32,
    pub range_min: f32,
    pub range_max: f32,
    pub ranges: Vec<f32>,
    pub intensities: Vec<f32>,
}

/// `sensor_msgs/msg/PointCloud2`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PointCloud2Message {
    pub header: Header,
    pub height: u32,
    pub width: u32,
    pub fields: Vec<PointField>,
    pub is_bigendian: bool,
    pub point_step: u32,
    pub row_step: u32,
    pub data: Vec<u8>,
    pub is_dense: bool,
}

/// `sensor_msgs/msg/Image`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ImageMessage {
    pub header: Header,
    pub height: u32,
    pub width: u32,
    pub encoding: String,
    pub is_bigendian: u8,
    pub step: u32,
    pub data: Vec<u8>,
}

/// `sensor_msgs/msg/RegionOfInterest`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct RegionOfInterest {
    pub x_offset: u32,
    pub y_offset: u32,
    pub height: u32,
    pub width: u32,
    pub do_rectify: bool,
}

/// `sensor_msgs/msg/CameraInfo`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CameraInfo {
    pub header: Header,
    pub height: u32,
    pub width: u32,
    pub distortion_model: String,
    pub d: Vec<f64>,
    pub k: [f64; 9],
    pub r: [f64; 9],
    pub p: [f64; 12],
    pub binning_x: u32,
    pub binning_y: u32,
    pub roi: RegionOfInterest,
}

impl LaserScanMessage {
    /// Creates the message of a scan.
    pub fn new(header: Header, scan: &LaserScan) -> Self {
        let last = scan.ranges.len().saturating_sub(1);
        Self {
            header,
            angle_min: scan.angle_min as f32,
            angle_max: scan.angle(last) as f32,
            angle_increment: scan.angle_increment as f32,
            time_increment: scan.time_increment as f32,
            scan_time: 0.0,
            range_min: scan.range_min as f32,
            range_max: scan.range_max as f32,
            ranges: scan.ranges.clone(),
            intensities: Vec::new(),
        }
    }
}

impl From<LaserScanMessage> for LaserScan {
    fn from(message: LaserScanMessage) -> Self {
        Self {
            angle_min: f64::from(message.angle_min),
            angle_increment: f64::from(message.angle_increment),
            time_increment: f64::from(message.time_increment),
            range_min: f64::from(message.range_min),
            range_max: f64::from(message.range_max),
            ranges: message.ranges,
        }
    }
}
