//! `replay`: runs the controller on a recording, without ROS.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use controller::performer::Backend;
use perception::{Stamp, Stamped};

use super::explain::Explained;
use super::options::{SettingsOptions, write_json};
use super::recorded::{TopicOptions, Way, foreign, foreign_config, own_topics};
use super::{Blame as _, Fault};
use crate::RobotConfig;
use crate::carmen_log::read_carmen;
use crate::driver::{Driver, read_model};
use crate::node::{Pilot, Replay, Replayed, recorded_config};
use crate::recording::{is_recording, open_recording};

/// Feed a recording through the controller and compare its commands with those recorded.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc replay performer_mpc_1700000000000000000.mcap
  performer-mpc replay some_bag/ --robot jackal --scan /lidar/scan --odom /odom
  performer-mpc replay incident_1700000000000000000_guard_obstacle.mcap --explain

A recording of performer_mpc_node brings its settings along; its commands must come out the same,
but for the file of an incident, which begins in the middle of a drive without its map. Any other
recording is ticked at every scan, along the path that the robot drove. A recording that is cut short
or damaged is replayed up to there.")]
pub struct ReplayArguments {
    /// A rosbag2 directory, a file of MCAP or of rosbag2's database, or a CARMEN log.
    recording: PathBuf,
    /// Robot that drives in a recording of another program.
    #[arg(long, default_value = "round")]
    robot: String,
    #[command(flatten)]
    settings: SettingsOptions,
    #[command(flatten)]
    topics: TopicOptions,
    /// Distance of the goal ahead of the robot on the path that it drove, m.
    #[arg(long, value_name = "METRES", default_value_t = 2.0)]
    ahead: f64,
    /// Write the figures as JSON; `-`: to standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Print a table of the checks that changed commands: when, what was wanted, what was sent, why.
    #[arg(long)]
    explain: bool,
    /// Write the same for every tick as JSON; `-`: to standard output.
    #[arg(long, value_name = "FILE")]
    explain_json: Option<PathBuf>,
}

impl ReplayArguments {
    /// Replays the recording and reports the result.
    pub fn run(&self) -> anyhow::Result<()> {
        self.run_and(|_, _| Ok(()))
    }

    /// The same, and calls a function on the recording before it reports that commands differ.
    pub fn run_and(
        &self,
        and: impl FnOnce(&Path, &TopicOptions) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        run(self, and)
    }
}

fn run(
    arguments: &ReplayArguments,
    and: impl FnOnce(&Path, &TopicOptions) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let path = &arguments.recording;
    let mut explained = Explained::default();
    let mut watch = |tick| {
        if arguments.explain || arguments.explain_json.is_some() {
            explained.add(tick);
        }
    };
    let mut notes = Vec::new();
    let found = if path.is_dir() || is_recording(path) {
        let mut bag = open_recording(path, |_| true).blame(Fault::Input)?;
        let own = recorded_config(&mut bag).blame(Fault::Input)?;
        let (config, topics, mut way) = if let Some(config) = own {
            let topics = own_topics(&config);
            (config, topics, Way::default())
        } else {
            let config = foreign_config(&arguments.settings, &arguments.robot)?;
            foreign(config, &arguments.topics, &mut bag).inspect_err(|_| say_notes(&bag.notes()))?
        };
        let begun = Instant::now();
        let lead = way.lead;
        let (mut ahead, mut clock) = (|now| way.ahead(now, arguments.ahead), || begun.elapsed());
        let mut pilot = pilot(&config)?;
        let replay = Replay::new(&mut pilot, &mut ahead, &mut clock)
            .watched(&mut watch)
            .ahead_by(lead);
        let found = replay.bag(&mut bag, &topics).blame(Fault::Input)?;
        notes = bag.notes();
        notes.extend(found.note.clone());
        notes.extend(found.refusals.notes());
        found
    } else {
        let config = foreign_config(&arguments.settings, &arguments.robot)?;
        let log = read_carmen(path, None).blame(Fault::Input)?;
        notes.extend(log.notes());
        let scans = log.scans;
        let mut way = Way::default();
        way.poses.extend(scans.iter().map(|scan| Stamped {
            stamp: scan.stamp,
            value: scan.odom_from_lidar,
        }));
        let begun = Instant::now();
        let (mut ahead, mut clock) = (|now| way.ahead(now, arguments.ahead), || begun.elapsed());
        let mut pilot = pilot(&config)?;
        let found = Replay::new(&mut pilot, &mut ahead, &mut clock)
            .watched(&mut watch)
            .carmen(&scans);
        notes.extend(found.refusals.notes());
        found
    };
    if found.ticks == 0 {
        say_notes(&notes);
        let clocks = found.clocks.note().unwrap_or_default();
        let (path, empty) = (path.display(), notes.is_empty() && clocks.is_empty());
        let found = if empty {
            "no scan in it"
        } else {
            "no message of it could be used"
        };
        return Err(anyhow::anyhow!(
            "{path}: nothing was replayed: {found}{clocks}"
        ))
        .blame(Fault::Input);
    }
    tell(&found, &notes);
    if arguments.explain {
        // only one output can be standard output
        let is_json = |path: &Option<PathBuf>| path.as_deref() == Some(Path::new("-"));
        if is_json(&arguments.json) || is_json(&arguments.explain_json) {
            say!("{}", explained.table().trim_end());
        } else {
            tell!("{}", explained.table().trim_end());
        }
    }
    if let Some(json) = &arguments.explain_json {
        explained.write(json, path)?;
    }
    if let Some(json) = &arguments.json {
        write_json(json, &figures(&found, &notes))?;
    }
    and(path, &arguments.topics)?;
    let may_differ = !found.incidents.is_empty();
    anyhow::ensure!(
        found.different == 0 || may_differ,
        "{} commands differ",
        found.different
    );
    Ok(())
}

fn pilot(config: &RobotConfig) -> anyhow::Result<Pilot> {
    let driver = if config.node.model.is_empty() {
        Driver::Regular
    } else {
        let (_, weights) = read_model(Path::new(&config.node.model)).blame(Fault::Input)?;
        Driver::learned(weights, Backend::best().blame(Fault::Usage)?)
    };
    Pilot::new(config, &driver).blame(Fault::Usage)
}

fn figures(found: &Replayed, notes: &[String]) -> serde_json::Value {
    serde_json::json!({
        "command": "replay",
        "ticks": found.ticks,
        "commands_compared": found.compared,
        "commands_different": found.different,
        "guard_faults": found.guard_faults,
        "late_ticks": found.late,
        "longest_tick_ms": 1e3 * found.longest.as_secs_f64(),
        "accepted_messages": found.refusals.accepted(),
        "refused_messages": found.refusals.by_class(),
        "incidents": found.incidents,
        "notes": notes,
    })
}

fn say_notes(notes: &[String]) {
    for note in notes {
        say!("note: {note}");
    }
}

fn tell(found: &Replayed, notes: &[String]) {
    let milliseconds = |time: Duration| 1e3 * time.as_secs_f64();
    say!(
        "{} ticks, {} commands compared, {} different; {} guard faults, {} late ticks, the longest {:.1} ms",
        found.ticks,
        found.compared,
        found.different,
        found.guard_faults,
        found.late,
        milliseconds(found.longest)
    );
    if let Some((at, recorded, decided)) = &found.first_difference {
        say!(
            "first difference at {} s: recorded {recorded:?}, now {decided:?}",
            at.as_secs()
        );
    }
    say_notes(notes);
    for incident in &found.incidents {
        say!(
            "incident: {} at {} s",
            incident.cause,
            Stamp(incident.at_ns).as_secs()
        );
    }
    if let (Some(last), Some(incident)) = (found.last_difference, found.incidents.first()) {
        let after_s = last.secs_since(Stamp(incident.at_ns));
        let side = if after_s < 0.0 { "before" } else { "after" };
        let [linear, angular] = found.largest_difference;
        say!(
            "the file begins in the middle of a drive, without the map of then: commands differ up to \
             {:.2} s {side} the incident, by at most {linear:.3} m/s and {angular:.3} rad/s",
            after_s.abs()
        );
    }
    if let Some(fault) = found.faults.latest() {
        say!(
            "{} messages were refused, the latest: {fault}",
            found.faults.total()
        );
    }
}
