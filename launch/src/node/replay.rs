//! A recording through the same controller, without ROS.
//!
//! A recording of our own tells its ticks and commands: the same messages are taken in before the
//! same ticks, and commands are compared number by number. Another one is ticked at every scan.

use std::collections::BTreeMap;
use std::time::Duration;

use controller::Intervention;
use perception::recording::messages::TwistStamped;
use perception::recording::{BagReader, RecordingError, cdr};
use perception::{Pose2, Stamp, Twist};

use super::fault::FaultCounts;
use super::intake::Route;
use super::mailbox::{RawInput, Source};
use super::messages::Text;
use super::pilot::{Pilot, Tick};
use super::recorder::{COMMANDS, SETTINGS};
use super::settings::NodeSettings;
use crate::config::Config;

/// Why a recording cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFault {
    /// The recording is damaged.
    #[error("{0}")]
    Recording(#[from] RecordingError),
    /// Settings in the recording that are none.
    #[error("settings in the recording: {0}")]
    Settings(#[from] toml::de::Error),
}

/// What a replay found.
#[derive(Debug, Clone, Default)]
pub struct Replayed {
    /// Control ticks.
    pub ticks: usize,
    /// Of those, ticks whose command the recording tells.
    pub compared: usize,
    /// Of those, ticks whose command was another.
    pub different: usize,
    /// The first of those: when, what was recorded, what was decided.
    pub first_difference: Option<(Stamp, Option<Twist>, Option<Twist>)>,
    /// Ticks on which the guard braked for want of data or of a plan.
    pub guard_faults: usize,
    /// Ticks that took longer than a period.
    pub late: usize,
    /// The longest tick.
    pub longest: Duration,
    /// Messages that were refused.
    pub faults: FaultCounts,
}

/// The settings that a recording of our own begins with.
pub fn recorded_config(bag: &mut dyn BagReader) -> Result<Option<Config>, ReplayFault> {
    bag.select(&[SETTINGS]);
    let Some(raw) = bag.next_message()? else {
        return Ok(None);
    };
    let text: Text = cdr::decode(SETTINGS, raw.index, &raw.bytes)?;
    Ok(Some(toml::from_str(&text.data)?))
}

/// Replays a recording. `topics` tell what is to be found where; `ahead` gives the way to go at a
/// time to a recording that tells of none; `watch` sees every tick; `clock` times them.
pub fn replay(
    bag: &mut dyn BagReader,
    pilot: &mut Pilot,
    topics: &BTreeMap<String, Source>,
    ahead: &mut dyn FnMut(Stamp) -> Option<Vec<Pose2>>,
    clock: &mut dyn FnMut() -> Duration,
    watch: &mut dyn FnMut(&Tick, &Pilot),
) -> Result<Replayed, ReplayFault> {
    let is_own = bag.topics().iter().any(|topic| topic.name == SETTINGS);
    let mut names: Vec<&str> = topics.keys().map(String::as_str).collect();
    if is_own {
        names.extend([COMMANDS, SETTINGS]);
    }
    bag.select(&names);
    let mut found = Replayed::default();
    let mut settings_seen = 0;
    while let Some(raw) = bag.next_message()? {
        let now = raw.arrival;
        let name = raw.topic.name.as_str();
        if is_own && name == COMMANDS {
            let recorded: TwistStamped = cdr::decode(name, raw.index, &raw.bytes)?;
            let was_sent = !recorded.header.frame_id.is_empty();
            let recorded = was_sent.then(|| Twist::from(recorded.twist));
            let tick = timed(pilot, now, clock, &mut found);
            found.compared += 1;
            if recorded != tick.command {
                found.different += 1;
                found.first_difference.get_or_insert((now, recorded, tick.command));
            }
            watch(&tick, pilot);
        } else if is_own && name == SETTINGS {
            settings_seen += 1;
            if settings_seen > 1 {
                let text: Text = cdr::decode(name, raw.index, &raw.bytes)?;
                pilot.adjust(toml::from_str::<NodeSettings>(&text.data)?);
            }
        } else if let Some(source) = topics.get(name) {
            let message = RawInput {
                source: source.clone(),
                arrival: now,
                bytes: raw.bytes,
            };
            let taken = pilot.take(name, &message, now);
            if !is_own && taken.is_ok() && *source == Source::Scan {
                if let Some(poses) = ahead(now) {
                    pilot.go(Route {
                        frame: pilot.settings().odom_frame.clone(),
                        poses,
                        has_way: true,
                    });
                }
                let tick = timed(pilot, now, clock, &mut found);
                watch(&tick, pilot);
            }
        }
    }
    found.faults = pilot.faults().clone();
    Ok(found)
}

fn timed(
    pilot: &mut Pilot,
    now: Stamp,
    clock: &mut dyn FnMut() -> Duration,
    found: &mut Replayed,
) -> Tick {
    let begun = clock();
    let was_driving = pilot.is_driving();
    let tick = pilot.tick(now);
    let took = clock().saturating_sub(begun);
    let action = pilot.action();
    let braked = matches!(
        action.intervention,
        Some(Intervention::PolicyFailed | Intervention::Stale)
    );
    found.ticks += 1;
    found.guard_faults += usize::from(was_driving && braked);
    found.late += usize::from(took.as_secs_f64() > 1.0 / pilot.settings().controller_frequency);
    found.longest = found.longest.max(took);
    tick
}
