//! `map`: a robot's log becomes a map.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use flate2::read::MultiGzDecoder;
use perception::{
    CarmenReader, CarmenSettings, MapBuilder, MapBuilderSettings, MapMeta, MapMode, Point2,
    StaticMap,
};
use serde::Serialize;

use super::options::write_json;
use super::{Blame as _, Fault};
use crate::output::write_atomic;
use crate::view::map_png;

/// Build a map from a CARMEN log of LiDAR scans at corrected poses.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc map building.log --out maps/building
  performer-mpc map building.log.gz --out maps/building --resolution-m 0.1 --json -

Writes into DIR: map.png and map.yaml (as ROS's map server reads them) and picture.png (the map with
the way that was driven).")]
pub(super) struct MapArguments {
    /// The log: `.log`, or `.log.gz`.
    log: PathBuf,
    /// Directory for the map.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Side of a cell, m.
    #[arg(long, default_value_t = MapBuilderSettings::default().resolution_m)]
    resolution_m: f64,
    /// Beams count up to this range, m.
    #[arg(long, default_value_t = MapBuilderSettings::default().range_m)]
    range_m: f64,
    /// Longer readings are not believed: nothing was seen, m.
    #[arg(long, default_value_t = CarmenSettings::default().range_max_m)]
    range_max_m: f64,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What the command answers.
#[derive(Debug, Serialize)]
struct Answer {
    command: &'static str,
    log: String,
    scans: usize,
    duration_s: f64,
    path_length_m: f64,
    resolution_m: f64,
    size_m: [f64; 2],
    occupied_cells: usize,
    free_cells: usize,
    seconds: f64,
}

pub(super) fn run(arguments: &MapArguments) -> anyhow::Result<()> {
    let begun = std::time::Instant::now();
    let name = arguments.log.display().to_string();
    let settings = MapBuilderSettings {
        resolution_m: arguments.resolution_m,
        range_m: arguments.range_m,
        ..MapBuilderSettings::default()
    };
    let mut builder = MapBuilder::new(settings).blame(Fault::Usage)?;
    let bar = indicatif::ProgressBar::new_spinner().with_message("mapping");
    let reader = open(&arguments.log)
        .with_context(|| name.clone())
        .blame(Fault::Input)?;
    let believed = CarmenSettings {
        range_max_m: arguments.range_max_m,
        ..CarmenSettings::default()
    };
    let mut path: Vec<Point2> = Vec::new();
    let mut stamps = Vec::new();
    for scan in CarmenReader::new(reader, believed) {
        let scan = scan.with_context(|| name.clone()).blame(Fault::Input)?;
        builder
            .add(scan.map_from_lidar, &scan.scan)
            .with_context(|| format!("{name}: line {}", scan.line))
            .blame(Fault::Input)?;
        path.push(scan.map_from_lidar.position());
        stamps.push(scan.stamp);
        bar.inc(1);
        bar.set_message(format!("mapping: {} scans", path.len()));
    }
    bar.finish_and_clear();
    if path.is_empty() {
        return Err(anyhow::anyhow!("{name}: no FLASER line in it")).blame(Fault::Input);
    }
    let map = builder.finish();
    let size = |cells: usize| cells as f64 * map.frame().resolution_m;
    let count = |kind: i8| map.occupancy().iter().filter(|v| **v == kind).count();
    let first = stamps.iter().min().copied().unwrap_or_default();
    let last = stamps.iter().max().copied().unwrap_or_default();
    let answer = Answer {
        command: "map",
        scans: path.len(),
        duration_s: last.secs_since(first),
        path_length_m: path.windows(2).map(|p| (p[1] - p[0]).norm()).sum(),
        resolution_m: map.frame().resolution_m,
        size_m: [size(map.frame().width), size(map.frame().height)],
        occupied_cells: count(StaticMap::OCCUPIED),
        free_cells: count(StaticMap::FREE),
        seconds: begun.elapsed().as_secs_f64(),
        log: name,
    };
    write(&arguments.out, &map, &path, &answer)?;
    if let Some(path) = &arguments.json {
        write_json(path, &answer)?;
    }
    Ok(())
}

fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let file = File::open(path)?;
    Ok(if path.extension().is_some_and(|kind| kind == "gz") {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    })
}

fn write(
    directory: &Path,
    map: &StaticMap,
    path: &[Point2],
    answer: &Answer,
) -> anyhow::Result<()> {
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
    let log = Path::new(&answer.log).file_name().unwrap_or_default();
    let title = format!(
        "{} · {} scans · {:.0} m driven · {:.0} x {:.0} m",
        log.to_string_lossy(),
        answer.scans,
        answer.path_length_m,
        answer.size_m[0],
        answer.size_m[1]
    );
    let picture = map_png(&title, map, path, &[])?;
    write_atomic(&directory.join("picture.png"), &picture)?;
    let shown = directory.canonicalize()?;
    say!("{title}");
    say!("map:     {}", shown.join("map.yaml").display());
    say!("picture: {}", shown.join("picture.png").display());
    Ok(())
}
