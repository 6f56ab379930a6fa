//! Arguments of `map`, and their settings.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mapping::MapBuilderSettings;
use nalgebra::{Translation3, UnitQuaternion};
use perception::{Distortion, Pose3, VolumeSettings};

use crate::mapping::{BagSettings, DepthSettings, MappingSettings};

/// Build a map from a recording, a CARMEN log or depth images.
///
/// A recording is a rosbag2 directory or one of its files (.db3, .mcap). A CARMEN log contains
/// LiDAR scans with corrected poses. Depth images are a directory of images and camera poses.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc map recording/ --out maps/building
  performer-mpc map recording_0.mcap --out maps/building --scan-topic /front/scan --json -
  performer-mpc map recording/ --out maps/building --frames odom,base_footprint --match off
  performer-mpc map building.log.gz --out maps/building --resolution-m 0.1
  performer-mpc map recording/ --out maps/building --html maps/building/growing.html
  performer-mpc map drive.mcap --out maps/drive --html drive.html --robot mobile_base
  performer-mpc map images/ --out maps/room --intrinsics 518,519,325.5,253.5 --up 0,-1,0

A recording needs scans, odometry (a topic, or transforms by --frames) and where the scanner is mounted
(transforms, or --lidar-pose). Messages that cannot be used are left out, with a note. Scans are placed beam by beam by odometry and corrected by matching
them to the map so far; loops are not closed.

A directory of depth images holds 16-bit .png files, there or in depth/ or results/, and poses of the
camera's optical frame: pose.txt, poses.txt or groundtruth.txt with lines [stamp] x y z qx qy qz qw,
traj.txt (Replica), trajectory.log (Open3D) or pose/N.txt (ScanNet).

Writes into DIR: map.png and map.yaml (as ROS's map server reads them) and picture.png (the map with
the way that was driven).")]
pub(in crate::cli) struct MapArguments {
    /// Recording, log or directory of depth images.
    pub source: PathBuf,
    /// Output directory for the map.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Resolution, m per cell.
    #[arg(long, default_value_t = MapBuilderSettings::default().resolution_m)]
    pub resolution_m: f64,
    /// Maximum range of beams in the map, m.
    #[arg(long, default_value_t = MapBuilderSettings::default().range_m)]
    pub range_m: f64,
    /// Maximum valid range, m; longer readings are ignored. [default: that of scans; 40 for logs]
    #[arg(long)]
    pub range_max_m: Option<f64>,
    /// Treat beams without a return (infinity) as free space up to the LiDAR's range.
    #[arg(long)]
    pub misses_clear: bool,
    /// Maximum turning rate of a scan that is added to the map, rad/s.
    #[arg(long, default_value_t = MappingSettings::default().turn_max_rad_s)]
    pub turn_max_rad_s: f64,
    /// Correct odometry by scan matching; logs are already corrected.
    #[arg(long = "match", value_enum, default_value_t = Switch::On)]
    pub matching: Switch,
    /// Topic of the scans. [default: the only one, or /scan]
    #[arg(long, value_name = "TOPIC")]
    scan_topic: Option<String>,
    /// Topic of the odometry. [default: the only one, or /odom]
    #[arg(long, value_name = "TOPIC", conflicts_with = "frames")]
    odom_topic: Option<String>,
    /// Take poses from /tf between these frames, instead of odometry.
    #[arg(long, value_name = "ODOM,BASE", value_delimiter = ',')]
    frames: Option<Vec<String>>,
    /// Mounting of the LiDAR: x (m), y (m), yaw (rad); or x, y, z (m), roll, pitch, yaw (rad).
    #[arg(
        long,
        value_name = "X,Y,YAW|X,Y,Z,ROLL,PITCH,YAW",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    lidar_pose: Option<Vec<f64>>,
    /// Base frame of odometry with an empty `child_frame_id`. [default: `base_link`]
    #[arg(long, value_name = "FRAME")]
    base_frame: Option<String>,
    /// Camera intrinsics of depth images, pixels.
    #[arg(
        long,
        value_name = "FX,FY,CX,CY",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    intrinsics: Option<Vec<f64>>,
    /// Lens distortion of unrectified depth images (plumb bob).
    #[arg(
        long,
        value_name = "K1,K2,P1,P2,K3",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    distortion: Option<Vec<f64>>,
    /// Pixel value of depth images at 1 m; 5000 for the TUM data set.
    #[arg(long, default_value_t = 1000.0)]
    depth_units_per_m: f64,
    /// Approximate up direction, in the frame of the poses of depth images.
    #[arg(
        long,
        value_name = "X,Y,Z",
        value_delimiter = ',',
        default_value = "0,0,1",
        allow_negative_numbers = true
    )]
    up: Vec<f64>,
    /// Also write an HTML page that shows the growing map and the robot's poses.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// With --html, for a recording: show the local map of this robot's controller over time, from
    /// scans, clouds (/points) and depth images (/depth/image).
    #[arg(long, value_name = "NAME", requires = "html")]
    pub robot: Option<String>,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Switch {
    On,
    Off,
}

impl MapArguments {
    /// Topics, frames and mounting in a recording.
    pub fn bag_settings(&self) -> anyhow::Result<BagSettings> {
        let frames = match self.frames.as_deref() {
            None => None,
            Some([odom, base]) => Some([odom.clone(), base.clone()]),
            Some(given) => {
                anyhow::bail!("--frames: {} names, expected ODOM,BASE", given.len());
            }
        };
        let base_from_lidar = match &self.lidar_pose {
            None => None,
            Some(given) => {
                let [x, y, z, roll, pitch, yaw] = match given.as_slice() {
                    [x, y, yaw] => [*x, *y, 0.0, 0.0, 0.0, *yaw],
                    _ if self.robot.is_some() => {
                        anyhow::bail!("--lidar-pose: with --robot {given:?}, expected X,Y,YAW")
                    }
                    _ => finite("--lidar-pose (X,Y,YAW or X,Y,Z,ROLL,PITCH,YAW)", given)?,
                };
                finite::<6>("--lidar-pose", &[x, y, z, roll, pitch, yaw])?;
                let turned = UnitQuaternion::from_euler_angles(roll, pitch, yaw);
                Some(Pose3::from_parts(Translation3::new(x, y, z), turned))
            }
        };
        Ok(BagSettings {
            scan: self.scan_topic.clone(),
            odometry: self.odom_topic.clone(),
            frames,
            base_from_lidar,
            base_frame: self.base_frame.clone(),
        })
    }

    /// Camera model of the depth images.
    pub fn depth_settings(&self) -> anyhow::Result<DepthSettings> {
        let Some(intrinsics) = &self.intrinsics else {
            anyhow::bail!("depth images need --intrinsics FX,FY,CX,CY");
        };
        let intrinsics: [f64; 4] = finite("--intrinsics", intrinsics)?;
        let units_per_m = self.depth_units_per_m;
        if !(intrinsics[0] > 0.0 && intrinsics[1] > 0.0) {
            anyhow::bail!("--intrinsics: {intrinsics:?}, expected FX and FY above 0");
        }
        if !(units_per_m.is_finite() && units_per_m > 0.0) {
            anyhow::bail!("--depth-units-per-m: {units_per_m}, expected a finite number above 0");
        }
        let distortion = match &self.distortion {
            None => Distortion::default(),
            Some(given) => {
                let [k1, k2, p1, p2, k3] = finite("--distortion", given)?;
                Distortion { k1, k2, p1, p2, k3 }
            }
        };
        Ok(DepthSettings {
            intrinsics,
            distortion,
            units_per_m,
            up: finite("--up", &self.up)?,
            volume: VolumeSettings::default(),
        })
    }
}

/// Parses the finite numbers of an option.
fn finite<const N: usize>(option: &str, given: &[f64]) -> anyhow::Result<[f64; N]> {
    match <[f64; N]>::try_from(given) {
        Ok(numbers) if numbers.iter().all(|number| number.is_finite()) => Ok(numbers),
        _ => anyhow::bail!("{option}: {given:?}, expected {N} finite numbers"),
    }
}
