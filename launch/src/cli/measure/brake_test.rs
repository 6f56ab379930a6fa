//! `brake-test`: braking latency and deceleration of a robot, from a recording of stops.

use runtime::{say, tell};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::bench::stops::{Stop, stops_of_recording};
use crate::view::stops_png;
use runtime::cli::write_json;
use runtime::cli::{Blame as _, Fault};
use runtime::output::write_atomic;

/// Measure the braking latency and deceleration of a robot from a recording of stops.
///
/// The results are settings of `controller.limits` and `controller.guard`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ros2 bag record -s mcap -o stops /cmd_vel /odom      # while you drive as below
  performer-mpc brake-test stops/ --toml brakes.toml --out out/brakes
  performer-mpc serve --config brakes.toml

Drive straight by hand at full speed and command 0 at once (let go of a teleoperation without smoothing,
or: ros2 topic pub). Do it five times or more, forward and backward, with the heaviest load, on the most
slippery floor. The worst of all stops counts.

Writes into DIR: stops.png, measured speed over the time from the command.")]
pub(in crate::cli) struct BrakeTestArguments {
    /// A rosbag2 directory, an MCAP file or a rosbag2 database.
    recording: PathBuf,
    /// Topic of the commands: `Twist` or `TwistStamped`.
    #[arg(long, value_name = "TOPIC", default_value = "/cmd_vel")]
    commands: String,
    /// Topic of the odometry.
    #[arg(long, value_name = "TOPIC", default_value = "/odom")]
    odom: String,
    /// Write the resulting settings as TOML.
    #[arg(long, value_name = "FILE")]
    toml: Option<PathBuf>,
    /// Output directory for the picture.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Settings for the worst stop.
#[derive(Debug, Clone, Copy, Serialize)]
struct Advice {
    deceleration_max_mps2: f64,
    latency_s: f64,
}

#[derive(Serialize)]
struct Answer<'a> {
    command: &'static str,
    stops: &'a [Stop],
    settings: Advice,
}

impl Advice {
    /// Settings of the longest latency and the smallest deceleration, rounded to the safe side at
    /// two decimals.
    fn of(stops: &[Stop]) -> Self {
        let latency_s = stops.iter().map(|stop| stop.latency_s).fold(0.0, f64::max);
        let decelerations = stops.iter().map(|stop| stop.deceleration_mps2);
        Self {
            deceleration_max_mps2: (100.0 * decelerations.fold(f64::INFINITY, f64::min)).floor()
                / 100.0,
            latency_s: (100.0 * latency_s).ceil() / 100.0,
        }
    }

    fn toml(self, recording: &str, stops: usize) -> String {
        format!(
            "# Of {stops} stops in {recording}, performer-mpc brake-test.\n\
             [controller.limits]\ndeceleration_max_mps2 = {:?}\n\n\
             [controller.guard]\nlatency_s = {:?}\n",
            self.deceleration_max_mps2, self.latency_s
        )
    }
}

pub(in crate::cli) fn run(arguments: &BrakeTestArguments) -> anyhow::Result<()> {
    let path = &arguments.recording;
    let stops =
        stops_of_recording(path, &arguments.commands, &arguments.odom).blame(Fault::Input)?;
    let settings = Advice::of(&stops);
    let is_stdout = |path: &PathBuf| path.as_os_str() == "-";
    if !arguments.json.as_ref().is_some_and(is_stdout) {
        print(&stops, settings);
    }
    if let Some(file) = &arguments.toml {
        let text = settings.toml(&path.display().to_string(), stops.len());
        write_atomic(file, text.as_bytes())?;
        say!("settings: {}", file.canonicalize()?.display());
    }
    if let Some(directory) = &arguments.out {
        let title = format!("{} stops in {}", stops.len(), path.display());
        let file = directory.join("stops.png");
        write_atomic(&file, &stops_png(&title, &stops)?)?;
        say!("picture: {}", file.canonicalize()?.display());
    }
    if let Some(file) = &arguments.json {
        let answer = Answer {
            command: "brake-test",
            stops: &stops,
            settings,
        };
        write_json(file, &answer)?;
    }
    Ok(())
}

fn print(stops: &[Stop], settings: Advice) {
    tell!(
        "{:>9} {:>11} {:>10} {:>19} {:>11}",
        "at, s",
        "speed, m/s",
        "latency, s",
        "deceleration, m/s²",
        "distance, m"
    );
    for stop in stops {
        tell!(
            "{:9.2} {:11.2} {:10.3} {:19.2} {:11.3}",
            stop.at_s,
            stop.speed_mps,
            stop.latency_s,
            stop.deceleration_mps2,
            stop.distance_m
        );
    }
    tell!(
        "the worst: controller.limits.deceleration_max_mps2 = {}, controller.guard.latency_s = {}",
        settings.deceleration_max_mps2,
        settings.latency_s
    );
}
