//! `map`: what a robot recorded becomes a map.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use perception::scan_matching::MatchingSettings;
use perception::{
    Distortion, MapBuilderSettings, MapMeta, MapMode, Pose2, StaticMap, VolumeSettings,
};
use serde::Serialize;

use super::options::write_json;
use super::{Blame as _, Fault};
use crate::config::Config;
use crate::mapping::{
    BagSettings, DepthSettings, Mapped, MappingError, MappingSettings, MatchingFigures, Step,
    is_depth_sequence, map_bag, map_carmen, map_depth, replay,
};
use crate::output::write_atomic;
use crate::recording::is_recording;
use crate::view::{DriveRecord, MapRecorder, ViewSettings, drive_html, map_png};

/// Build a map from what a robot recorded: a rosbag2 directory, one of its files (.db3, .mcap), a
/// CARMEN log of LiDAR scans at corrected poses, or a directory of depth images with their poses.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc map recording/ --out maps/building
  performer-mpc map recording_0.mcap --out maps/building --scan-topic /front/scan --json -
  performer-mpc map recording/ --out maps/building --frames odom,base_footprint --match off
  performer-mpc map building.log.gz --out maps/building --resolution-m 0.1
  performer-mpc map recording/ --out maps/building --html maps/building/growing.html
  performer-mpc map drive.mcap --out maps/drive --html drive.html --robot mobile_base
  performer-mpc map images/ --out maps/room --intrinsics 518,519,325.5,253.5 --up 0,-1,0

A recording needs scans, odometry (a topic, or /tf by --frames) and where the scanner is mounted
(/tf_static, or --lidar-pose). Scans are placed beam by beam by odometry and corrected by matching
them to the map so far; loops are not closed.

A directory of depth images holds 16-bit .png files and pose.txt, poses.txt or groundtruth.txt: lines
[stamp] x y z qx qy qz qw of the camera's optical frame, with stamps for images named by theirs.

Writes into DIR: map.png and map.yaml (as ROS's map server reads them) and picture.png (the map with
the way that was driven).")]
pub(super) struct MapArguments {
    /// The recording or the log.
    source: PathBuf,
    /// Directory for the map.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Side of a cell, m.
    #[arg(long, default_value_t = MapBuilderSettings::default().resolution_m)]
    resolution_m: f64,
    /// Beams count up to this range, m.
    #[arg(long, default_value_t = MapBuilderSettings::default().range_m)]
    range_m: f64,
    /// Longer readings are not believed: nothing was seen, m. [default: as scans say; 40 for logs]
    #[arg(long)]
    range_max_m: Option<f64>,
    /// Believe beams without a return (infinity): nothing is there up to the scanner's range.
    #[arg(long)]
    misses_clear: bool,
    /// Scans taken while turning faster tell nothing to the map, rad/s.
    #[arg(long, default_value_t = MappingSettings::default().turn_max_rad_s)]
    turn_max_rad_s: f64,
    /// Correct odometry by matching scans to the map; logs are corrected already.
    #[arg(long = "match", value_enum, default_value_t = Switch::On)]
    matching: Switch,
    /// Topic of the scans. [default: the only one, or /scan]
    #[arg(long, value_name = "TOPIC")]
    scan_topic: Option<String>,
    /// Topic of the odometry. [default: the only one, or /odom]
    #[arg(long, value_name = "TOPIC", conflicts_with = "frames")]
    odom_topic: Option<String>,
    /// Take poses from /tf, between these frames.
    #[arg(long, value_name = "ODOM,BASE", value_delimiter = ',')]
    frames: Option<Vec<String>>,
    /// Mounting of the scanner: x (m), y (m), yaw (rad).
    #[arg(
        long,
        value_name = "X,Y,YAW",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    lidar_pose: Option<Vec<f64>>,
    /// Camera of depth images, pixels.
    #[arg(
        long,
        value_name = "FX,FY,CX,CY",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    intrinsics: Option<Vec<f64>>,
    /// Lens of depth images that are not rectified (plumb bob).
    #[arg(
        long,
        value_name = "K1,K2,P1,P2,K3",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    distortion: Option<Vec<f64>>,
    /// Value of a pixel of depth images at a depth of 1 m; 5000 for the TUM data set.
    #[arg(long, default_value_t = 1000.0)]
    depth_units_per_m: f64,
    /// Which way is roughly up, in the frame of the poses of depth images.
    #[arg(
        long,
        value_name = "X,Y,Z",
        value_delimiter = ',',
        default_value = "0,0,1",
        allow_negative_numbers = true
    )]
    up: Vec<f64>,
    /// Write a page too that shows the map as it grows, where the robot was: open it in any browser.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// With --html, of a recording: show what this robot's own map would have held at every moment,
    /// scans, clouds (/points) and depth images (/depth/image) fused.
    #[arg(long, value_name = "NAME", requires = "html")]
    robot: Option<String>,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// What the command answers.
#[derive(Debug, Serialize)]
struct Answer {
    command: &'static str,
    log: String,
    scans: usize,
    left_out: usize,
    duration_s: f64,
    path_length_m: f64,
    resolution_m: f64,
    size_m: [f64; 2],
    occupied_cells: usize,
    free_cells: usize,
    matching: Option<MatchingFigures>,
    /// What a person should know: messages that were left out, files that are damaged.
    notes: Vec<String>,
    seconds: f64,
}

pub(super) fn run(arguments: &MapArguments) -> anyhow::Result<()> {
    let begun = std::time::Instant::now();
    let is_planar_log = !is_recording(&arguments.source) || is_depth_sequence(&arguments.source);
    if arguments.robot.is_some() && is_planar_log {
        let source = arguments.source.display();
        return Err(anyhow::anyhow!(
            "--robot: {source} is no recording (rosbag2, .db3 or .mcap)"
        ))
        .blame(Fault::Usage);
    }
    let robot = arguments.robot.as_deref();
    let robot = robot.map(|name| Config::load(name, None, &[]));
    let robot = robot.transpose().blame(Fault::Usage)?;
    let bag_settings = bag_settings(arguments).blame(Fault::Usage)?;
    let settings = MappingSettings {
        map: MapBuilderSettings {
            resolution_m: arguments.resolution_m,
            range_m: arguments.range_m,
            ..MapBuilderSettings::default()
        },
        matching: (arguments.matching == Switch::On).then(MatchingSettings::default),
        range_max_m: arguments.range_max_m,
        misses_clear: arguments.misses_clear,
        turn_max_rad_s: arguments.turn_max_rad_s,
    };
    let source = &arguments.source;
    let bar = indicatif::ProgressBar::new_spinner().with_message("mapping");
    let films_map = arguments.html.is_some() && robot.is_none();
    let mut recorder = films_map.then(|| MapRecorder::new(ViewSettings::default()));
    let watch = |step: &Step<'_>| {
        bar.inc(1);
        bar.set_message(format!("mapping: {} scans", step.count));
        if let Some(recorder) = &mut recorder {
            recorder.watch(step);
        }
    };
    let mapped = if is_depth_sequence(source) {
        map_depth(
            source,
            &depth_settings(arguments).blame(Fault::Usage)?,
            &settings,
            watch,
        )
    } else if is_recording(source) {
        map_bag(source, &bag_settings, &settings, watch)
    } else {
        map_carmen(source, &settings, watch)
    };
    bar.finish_and_clear();
    let mapped = mapped.map_err(blamed)?;
    let answer = Answer::of(source, &mapped, begun.elapsed().as_secs_f64());
    write(&arguments.out, &mapped, &answer)?;
    if let Some(page) = &arguments.html {
        let record = match (recorder, robot) {
            (Some(recorder), _) => {
                recorder.finish(&title(&mapped, &answer), Some(&mapped.map), None)?
            }
            (None, Some(robot)) => replayed(source, &bag_settings, &robot)?,
            (None, None) => return Ok(()),
        };
        write_atomic(page, drive_html(&record)?.as_bytes())?;
        say!("page:    {}", page.canonicalize()?.display());
    }
    if let Some(path) = &arguments.json {
        write_json(path, &answer)?;
    }
    Ok(())
}

/// Maps a recording as the command does of itself.
pub(super) fn write_map(source: &Path, topics: &BagSettings, out: &Path) -> anyhow::Result<()> {
    let begun = std::time::Instant::now();
    let mapped = if is_recording(source) {
        map_bag(source, topics, &MappingSettings::default(), |_| ())
    } else {
        map_carmen(source, &MappingSettings::default(), |_| ())
    };
    let mapped = mapped.map_err(blamed)?;
    let answer = Answer::of(source, &mapped, begun.elapsed().as_secs_f64());
    write(out, &mapped, &answer)
}

fn blamed(error: MappingError) -> anyhow::Error {
    let fault = match error {
        MappingError::Settings(_) => Fault::Usage,
        _ => Fault::Input,
    };
    anyhow::Error::from(error).context(fault)
}

impl Answer {
    fn of(source: &Path, mapped: &Mapped, seconds: f64) -> Self {
        let map = &mapped.map;
        let size = |cells: usize| cells as f64 * map.frame().resolution_m;
        let count = |kind: i8| map.occupancy().iter().filter(|v| **v == kind).count();
        let path = &mapped.path;
        Self {
            command: "map",
            scans: path.len(),
            left_out: mapped.left_out,
            duration_s: mapped
                .span
                .map_or(0.0, |(first, last)| last.secs_since(first)),
            path_length_m: path.windows(2).map(|p| (p[1] - p[0]).norm()).sum(),
            resolution_m: map.frame().resolution_m,
            size_m: [size(map.frame().width), size(map.frame().height)],
            occupied_cells: count(StaticMap::OCCUPIED),
            free_cells: count(StaticMap::FREE),
            matching: mapped.matching,
            notes: mapped.remarks.clone(),
            seconds,
            log: source.display().to_string(),
        }
    }
}

fn bag_settings(arguments: &MapArguments) -> anyhow::Result<BagSettings> {
    let frames = match arguments.frames.as_deref() {
        None => None,
        Some([odom, base]) => Some([odom.clone(), base.clone()]),
        Some(given) => {
            anyhow::bail!("--frames: {} names, expected ODOM,BASE", given.len());
        }
    };
    let base_from_lidar = match &arguments.lidar_pose {
        None => None,
        Some(given) => {
            let [x, y, yaw] = finite("--lidar-pose", given)?;
            Some(Pose2::new(x, y, yaw))
        }
    };
    Ok(BagSettings {
        scan: arguments.scan_topic.clone(),
        odometry: arguments.odom_topic.clone(),
        frames,
        base_from_lidar,
    })
}

fn depth_settings(arguments: &MapArguments) -> anyhow::Result<DepthSettings> {
    let Some(intrinsics) = &arguments.intrinsics else {
        anyhow::bail!("depth images need --intrinsics FX,FY,CX,CY");
    };
    let intrinsics: [f64; 4] = finite("--intrinsics", intrinsics)?;
    let units_per_m = arguments.depth_units_per_m;
    if !(intrinsics[0] > 0.0 && intrinsics[1] > 0.0) {
        anyhow::bail!("--intrinsics: {intrinsics:?}, expected FX and FY above 0");
    }
    if !(units_per_m.is_finite() && units_per_m > 0.0) {
        anyhow::bail!("--depth-units-per-m: {units_per_m}, expected a finite number above 0");
    }
    let distortion = match &arguments.distortion {
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
        up: finite("--up", &arguments.up)?,
        volume: VolumeSettings::default(),
    })
}

/// As many finite numbers as an option takes.
fn finite<const N: usize>(option: &str, given: &[f64]) -> anyhow::Result<[f64; N]> {
    match <[f64; N]>::try_from(given) {
        Ok(numbers) if numbers.iter().all(|number| number.is_finite()) => Ok(numbers),
        _ => anyhow::bail!("{option}: {given:?}, expected {N} finite numbers"),
    }
}

fn write(directory: &Path, mapped: &Mapped, answer: &Answer) -> anyhow::Result<()> {
    let map = &mapped.map;
    let origin = map.frame().origin;
    let meta = MapMeta {
        image: "map.png".to_owned(),
        mode: MapMode::Trinary,
        resolution: map.frame().resolution_m,
        origin: [origin.x, origin.y, 0.0],
        negate: false,
        occupied_thresh: 0.65,
        free_thresh: 0.196,
    };
    let image = map.write(&meta, image::ImageFormat::Png)?;
    write_atomic(&directory.join("map.png"), &image)?;
    write_atomic(&directory.join("map.yaml"), meta.to_yaml()?.as_bytes())?;
    let title = title(mapped, answer);
    let picture = map_png(&title, map, &mapped.path, &[])?;
    write_atomic(&directory.join("picture.png"), &picture)?;
    let shown = directory.canonicalize()?;
    say!("{title}");
    for remark in &mapped.remarks {
        say!("note:    {remark}");
    }
    say!("map:     {}", shown.join("map.yaml").display());
    say!("picture: {}", shown.join("picture.png").display());
    Ok(())
}

/// What was mapped, in a line.
fn title(mapped: &Mapped, answer: &Answer) -> String {
    let log = Path::new(&answer.log).file_name().unwrap_or_default();
    format!(
        "{} · {} {} · {:.0} m driven · {:.0} x {:.0} m",
        log.to_string_lossy(),
        answer.scans,
        mapped.kind,
        answer.path_length_m,
        answer.size_m[0],
        answer.size_m[1]
    )
}

/// The recording through a robot's own mapper.
fn replayed(source: &Path, bag: &BagSettings, robot: &Config) -> anyhow::Result<DriveRecord> {
    let footprint = &robot.controller.footprint;
    let near_m = footprint.circumscribed_radius_m() + robot.view.inflation_m;
    let mut recorder = MapRecorder::new(robot.view);
    let refused = replay(source, bag, &robot.controller, |seen| {
        recorder.see(seen.snapshot, seen.volume, near_m, seen.ends);
    })
    .blame(Fault::Input)?;
    if let Some((count, first)) = refused {
        say!("note:    the robot's map refused {count} messages, the first: {first}");
    }
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let title = format!("{name} · map of the {} robot", robot.robot.name);
    Ok(recorder.finish(&title, None, Some(footprint))?)
}
