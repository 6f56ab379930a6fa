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

/// Replay a recording with the controller, and compare its commands with the recorded ones.
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
    /// A rosbag2 directory, an MCAP file, a rosbag2 database, or a CARMEN log.
    recording: PathBuf,
    /// Robot of a recording of another program; by default round.
    #[arg(long)]
    robot: Option<String>,
    #[command(flatten)]
    settings: SettingsOptions,
    #[command(flatten)]
    topics: TopicOptions,
    /// Distance of the goal ahead of the robot on the recorded path, m; by default 2.
    #[arg(long, value_name = "METRES")]
    ahead: Option<f64>,
    /// Write the results as JSON; `-`: to standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Print a table of the checks that changed commands: time, desired and sent command, reason.
    #[arg(long)]
    explain: bool,
    /// Write the explanation of every tick as JSON; `-`: to standard output.
    #[arg(long, value_name = "FILE")]
    explain_json: Option<PathBuf>,
}

impl ReplayArguments {
    /// Replays the recording and reports the result.
    pub fn run(&self) -> anyhow::Result<()> {
        self.run_and(|_, _, _| Ok(()))
    }

    fn robot(&self) -> &str {
        self.robot.as_deref().unwrap_or("round")
    }

    fn ahead_m(&self) -> f64 {
        self.ahead.unwrap_or(2.0)
    }

    /// A note that names the options that a kind of recording does not read.
    fn unread(&self, kind: Kind) -> Option<String> {
        let topics = [
            ("--scan", self.topics.scan.is_some()),
            ("--odom", self.topics.odom.is_some()),
        ];
        let others = [
            ("--robot", self.robot.is_some()),
            ("--config", self.settings.config.is_some()),
            ("--set", !self.settings.overrides.is_empty()),
            ("--ahead", self.ahead.is_some()),
        ];
        let (unread, why) = match kind {
            Kind::Own => (
                [&topics[..], &others[..]].concat(),
                "the recording has settings, topics and goals of its own",
            ),
            Kind::Foreign => return None,
            Kind::Log => (topics.to_vec(), "a CARMEN log has no topics"),
        };
        let given: Vec<&str> = unread
            .into_iter()
            .filter_map(|(option, is_given)| is_given.then_some(option))
            .collect();
        (!given.is_empty()).then(|| format!("{} without effect: {why}", given.join(", ")))
    }

    /// Replays and reports, and calls a function with the recording and its notes before the error
    /// for differing commands.
    pub fn run_and(
        &self,
        and: impl FnOnce(&Path, &TopicOptions, &[String]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        run(self, and)
    }
}

/// A kind of recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Recorded by `performer_mpc_node`.
    Own,
    /// Recorded by another program.
    Foreign,
    /// A CARMEN log.
    Log,
}

fn run(
    arguments: &ReplayArguments,
    and: impl FnOnce(&Path, &TopicOptions, &[String]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let path = &arguments.recording;
    let mut explained = Explained::default();
    let mut watch = |tick| {
        if arguments.explain || arguments.explain_json.is_some() {
            explained.add(tick);
        }
    };
    let mut notes = Vec::new();
    let (kind, found) = if path.is_dir() || is_recording(path) {
        let mut bag = open_recording(path, |_| true).blame(Fault::Input)?;
        let own = recorded_config(&mut bag).blame_file(Fault::Input, path)?;
        let (kind, (config, topics, mut way)) = if let Some(config) = own {
            let topics = own_topics(&config);
            (Kind::Own, (config, topics, Way::default()))
        } else {
            let config = foreign_config(&arguments.settings, arguments.robot())?;
            let read = foreign(config, &arguments.topics, path, &mut bag);
            let read = read.inspect_err(|_| say_notes(&bag.notes()))?;
            (Kind::Foreign, read)
        };
        let begun = Instant::now();
        let lead = way.lead;
        let ahead_m = arguments.ahead_m();
        let (mut ahead, mut clock) = (|now| way.ahead(now, ahead_m), || begun.elapsed());
        let mut pilot = pilot(&config)?;
        let replay = Replay::new(&mut pilot, &mut ahead, &mut clock)
            .watched(&mut watch)
            .ahead_by(lead);
        let found = replay.bag(&mut bag, &topics);
        let found = found.blame_file(Fault::Input, path)?;
        notes = bag.notes();
        notes.extend(found.note.clone());
        (kind, found)
    } else {
        let config = foreign_config(&arguments.settings, arguments.robot())?;
        let log = read_carmen(path, None).blame(Fault::Input)?;
        notes.extend(log.notes());
        let scans = log.scans;
        let mut way = Way::default();
        way.poses.extend(scans.iter().map(|scan| Stamped {
            stamp: scan.stamp,
            value: scan.odom_from_lidar,
        }));
        let begun = Instant::now();
        let ahead_m = arguments.ahead_m();
        let (mut ahead, mut clock) = (|now| way.ahead(now, ahead_m), || begun.elapsed());
        let mut pilot = pilot(&config)?;
        let found = Replay::new(&mut pilot, &mut ahead, &mut clock)
            .watched(&mut watch)
            .carmen(&scans);
        (Kind::Log, found)
    };
    refuse_stuck(kind, &found)
        .inspect_err(|_| say_notes(&notes))
        .blame_file(Fault::Input, path)?;
    notes.extend(found.refusals.notes());
    refuse_unreplayed(&found, &notes).blame_file(Fault::Input, path)?;
    notes.extend(arguments.unread(kind));
    if kind != Kind::Own {
        notes.push(UNCOMPARED.to_owned());
    }
    notes.extend(found.guard_note());
    tell(kind, &found, &notes);
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
    and(path, &arguments.topics, &notes)?;
    let may_differ = !found.incidents.is_empty();
    anyhow::ensure!(
        found.different == 0 || may_differ,
        "{}: {} of {} commands differ",
        path.display(),
        found.different,
        found.compared
    );
    Ok(())
}

/// Reason why the commands of a recording are not compared.
const UNCOMPARED: &str = "commands were not compared: only a recording of performer_mpc_node (record: true) has \
                          the settings and ticks that they follow from; the controller followed the path that \
                          the robot drove";

/// Rejects a recording with stamps that do not advance. Its messages are not listed in the notes,
/// since this is the common reason for their rejection.
fn refuse_stuck(kind: Kind, found: &Replayed) -> anyhow::Result<()> {
    let Some(stuck) = found.clocks.stuck().filter(|_| kind != Kind::Own) else {
        return Ok(());
    };
    let clocks = found.clocks.note().unwrap_or_default();
    let (what, hint) = match kind {
        Kind::Log => ("log", "; `performer-mpc map` reads a log without times"),
        Kind::Own | Kind::Foreign => ("recording", ""),
    };
    anyhow::bail!(
        "the {what} holds no times: {stuck}; a replay needs stamps that advance{hint}{clocks}"
    )
}

/// Rejects a recording without replayed messages.
fn refuse_unreplayed(found: &Replayed, notes: &[String]) -> anyhow::Result<()> {
    if found.ticks > 0 {
        return Ok(());
    }
    say_notes(notes);
    let clocks = found.clocks.note().unwrap_or_default();
    let found = if notes.is_empty() && clocks.is_empty() {
        "no scan in it"
    } else {
        "no message of it could be used"
    };
    anyhow::bail!("nothing was replayed: {found}{clocks}")
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

fn tell(kind: Kind, found: &Replayed, notes: &[String]) {
    let milliseconds = |time: Duration| 1e3 * time.as_secs_f64();
    let compared = if kind == Kind::Own {
        format!(
            "{} commands compared, {} different",
            found.compared, found.different
        )
    } else {
        "commands not compared".to_owned()
    };
    say!(
        "{} ticks, {compared}; {} guard faults, {} late ticks, the longest {:.1} ms",
        found.ticks,
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
}
