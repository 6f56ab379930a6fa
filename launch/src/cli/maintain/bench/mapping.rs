//! `bench mapping`: duration of mapping by the size of sensor data.

use runtime::{say, tell};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::bench::mapping_speed::{MappingSeries, MappingSpeed, MappingSpeedTrial, MappingTime};
use crate::view::speed_png;
use runtime::cli::write_json;
use runtime::cli::{Blame as _, Fault};
use runtime::output::write_atomic;

/// Time mapping by the points of a LiDAR sweep and the pixels of a depth image, on one thread. A
/// robot drives back and forth in a furnished room.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc bench mapping --out out/mapping-speed
  performer-mpc bench mapping --repetitions 50 --json -

Writes into DIR: mapping-speed.png, time against size on logarithmic scales.

Writes into the directory of --cloud, for others to be timed with the same data: cloud.f32, the
largest sweep, x y z in the frame of the LiDAR, m; occupied.u8, a square window of the map, 1 where
it is occupied.")]
pub(in crate::cli) struct MappingArguments {
    /// Seed of the room.
    #[arg(long, default_value_t = 2)]
    seed: u64,
    /// Rays of a sweep, in units of 1024.
    #[arg(long, value_delimiter = ',', default_values_t = [8, 16, 32, 64, 128, 256],
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    sweeps: Vec<u32>,
    /// Image widths, pixels; the height is three quarters of the width.
    #[arg(long, value_delimiter = ',', default_values_t = [160, 320, 640, 1280],
        value_parser = clap::value_parser!(u32).range(16..=2048))]
    images: Vec<u32>,
    /// Number of messages per size.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    repetitions: u32,
    /// Output directory for the picture.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Output directory for the data.
    #[arg(long, value_name = "DIR")]
    cloud: Option<PathBuf>,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer<'a> {
    command: &'static str,
    scenario: &'static str,
    seed: u64,
    threads: usize,
    series: &'a [MappingSeries],
    distances: MappingTime,
}

pub(in crate::cli) fn run(arguments: &MappingArguments) -> anyhow::Result<()> {
    let mut sweeps = arguments.sweeps.clone();
    let mut images = arguments.images.clone();
    sweeps.sort_unstable();
    images.sort_unstable();
    let trial = MappingSpeedTrial {
        seed: arguments.seed,
        sweeps: sweeps.iter().map(|rays| *rays as usize * 1024).collect(),
        images: images.iter().map(|width| *width as usize).collect(),
        repetitions: arguments.repetitions as usize,
    };
    let speed = trial.measure().blame(Fault::Usage)?;
    let on_stdout = arguments
        .json
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-");
    if !on_stdout {
        print(&speed);
    }
    if let Some(directory) = &arguments.out {
        let path = directory.join("mapping-speed.png");
        let title = "Time of a message into the map: 20 m, cells of 5 cm, 64 layers, one thread";
        let picture = speed_png(title, &finding(&speed), &speed.series)?;
        write_atomic(&path, &picture)?;
        say!("picture: {}", path.canonicalize()?.display());
    }
    if let Some(directory) = &arguments.cloud {
        write_data(directory, &speed)?;
    }
    if let Some(path) = &arguments.json {
        let answer = Answer {
            command: "mapping-speed",
            scenario: "rooms",
            seed: arguments.seed,
            threads: 1,
            series: &speed.series,
            distances: speed.distances,
        };
        write_json(path, &answer)?;
    }
    Ok(())
}

fn write_data(directory: &Path, speed: &MappingSpeed) -> anyhow::Result<()> {
    let points = speed.cloud.points.iter();
    let cloud: Vec<u8> = points
        .flat_map(|point| point.position)
        .flat_map(f32::to_le_bytes)
        .collect();
    let occupied: Vec<u8> = speed.occupied.iter().map(|cell| u8::from(*cell)).collect();
    write_atomic(&directory.join("cloud.f32"), &cloud)?;
    write_atomic(&directory.join("occupied.u8"), &occupied)?;
    say!("data: {}", directory.canonicalize()?.display());
    Ok(())
}

/// Result of the largest size of each sensor, display text.
fn finding(speed: &MappingSpeed) -> String {
    let largest = speed.series.iter().filter_map(|series| {
        let last = series.times.last()?;
        Some(format!(
            "a {} of {} {} takes {:.2} ms",
            series.sensor, last.items, series.unit, last.ms_p50
        ))
    });
    format!("At most: {}.", largest.collect::<Vec<_>>().join(", "))
}

fn print(speed: &MappingSpeed) {
    for series in &speed.series {
        tell!(
            "{:<12} {:>9}   median, ms   quickest, ms   median with a snapshot, ms",
            series.sensor,
            series.unit
        );
        for time in &series.times {
            tell!(
                "{:<12} {:>9} {:>12.3} {:>14.3} {:>28.3}",
                "",
                time.items,
                time.ms_p50,
                time.ms_best,
                time.to_snapshot_ms_p50.unwrap_or_default()
            );
        }
        if let Some(slope) = series.slope {
            tell!("{:<12} {:>9} {slope:>12.2}", "", "slope");
        }
    }
    let MappingTime {
        items,
        ms_p50,
        ms_best,
        ..
    } = speed.distances;
    tell!("distances    {items:>9} {ms_p50:>12.3} {ms_best:>14.3}");
}
