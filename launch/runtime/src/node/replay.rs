//! Replay of a recording with the same controller, without ROS.
//!
//! A recording of this program contains its ticks and commands: the replay processes the same
//! messages before the same ticks, and compares the commands exactly. A recording of another
//! program is ticked at every scan.
//!
//! An incident file begins during a drive. It contains the lasting inputs: settings, transforms,
//! odometry, goal and path. It contains neither the map nor the solver's last plan, so that its
//! first commands may differ from the sent ones.

use std::collections::BTreeMap;
use std::time::Duration;

use controller::Intervention;
use perception::{Odometry, Pose2, SensorEvent, Stamp, Stamped, Twist};
use recordings::CarmenScan;
use recordings::messages::TwistStamped;
use recordings::{BagReader, RawMessage, RecordingError, cdr};

use super::black_box::{INCIDENT, Incident};
use super::clocks::Clocks;
use super::explanation::{Explanation, in_words};
use super::fault::FaultCounts;
use super::intake::Route;
use super::mailbox::{RawInput, Source};
use super::messages::Text;
use super::pilot::{Pilot, Tick};
use super::recorder::{COMMANDS, MAP_CLEARED, REPLACED, SETTINGS, WATCHDOG};
use super::settings::NodeSettings;
use crate::Refusals;
use crate::RobotConfig;
use crate::refusals::next_message;

/// Minimum time between poses for a velocity estimate, s.
const SHORT_S: f64 = 1e-3;

/// Reasons why a recording cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFault {
    /// The recording is damaged.
    #[error("{0}")]
    Recording(#[from] RecordingError),
    /// Invalid settings in the recording.
    #[error("settings in the recording: {0}")]
    Settings(#[from] toml::de::Error),
}

/// Result of a replay.
#[derive(Debug, Clone, Default)]
pub struct Replayed {
    /// Control ticks.
    pub ticks: usize,
    /// Ticks with a recorded command.
    pub compared: usize,
    /// Ticks whose command differs from the recorded one.
    pub different: usize,
    /// The first of those: time, recorded command, replayed command.
    pub first_difference: Option<(Stamp, Option<Twist>, Option<Twist>)>,
    /// Time of the last of those.
    pub last_difference: Option<Stamp>,
    /// Maximum difference between recorded and replayed commands, m/s and rad/s.
    pub largest_difference: [f64; 2],
    /// Description of the incidents, for an incident file.
    pub incidents: Vec<Incident>,
    /// Ticks on which the guard braked without data or a plan.
    pub guard_faults: usize,
    /// The first of those: when, and why.
    pub first_guard_fault: Option<(Stamp, String)>,
    /// Ticks that took longer than a period.
    pub late: usize,
    /// The longest tick.
    pub longest: Duration,
    /// Rejected messages by class and topic.
    pub faults: FaultCounts,
    /// The same with the first of every topic and class.
    pub refusals: Refusals,
    /// A note for the user on accepted messages.
    pub note: Option<String>,
    /// Clocks of the stamps of scans and odometry.
    pub clocks: Clocks,
}

impl Replayed {
    /// A note for the user on guard faults.
    pub fn guard_note(&self) -> Option<String> {
        let (first, why) = self.first_guard_fault.as_ref()?;
        let (count, first_s) = (self.guard_faults, first.as_secs());
        let ticks = if count == 1 { "tick" } else { "ticks" };
        Some(format!(
            "{count} {ticks} with a guard fault: the guard braked because data or a plan was missing, too old or \
             implausible; the first at {first_s:.3} s: {why}"
        ))
    }
}

/// The settings at the beginning of a recording of this program.
pub fn recorded_config(bag: &mut dyn BagReader) -> Result<Option<RobotConfig>, ReplayFault> {
    bag.select(&[SETTINGS]);
    let Some(raw) = bag.next_message()? else {
        return Ok(None);
    };
    let text: Text = cdr::decode(SETTINGS, raw.index, &raw.bytes)?;
    Ok(Some(RobotConfig::recorded(&text.data)?))
}

/// A replay in progress.
pub struct Replay<'a> {
    /// The controller.
    pub pilot: &'a mut Pilot,
    /// The path at a time, for a recording without one.
    pub ahead: &'a mut dyn FnMut(Stamp) -> Option<Vec<Pose2>>,
    /// Clock for the duration of ticks.
    pub clock: &'a mut dyn FnMut() -> Duration,
    watch: Option<&'a mut dyn FnMut(Explanation)>,
    /// Offset of the robot's clock ahead of the recorder's.
    lead: Duration,
    /// Time of the latest recorded message.
    latest: Stamp,
    found: Replayed,
    /// True if a watchdog stop replaced the command of the next tick.
    is_replaced: bool,
}

impl<'a> Replay<'a> {
    /// A replay that has not begun.
    pub fn new(
        pilot: &'a mut Pilot,
        ahead: &'a mut dyn FnMut(Stamp) -> Option<Vec<Pose2>>,
        clock: &'a mut dyn FnMut() -> Duration,
    ) -> Self {
        Self {
            pilot,
            ahead,
            clock,
            watch: None,
            lead: Duration::ZERO,
            latest: Stamp::default(),
            found: Replayed::default(),
            is_replaced: false,
        }
    }

    /// Calls `watch` with the explanation of every tick.
    pub fn watched(mut self, watch: &'a mut dyn FnMut(Explanation)) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Processes messages by the clock of a robot with this offset ahead of the recorder's.
    pub fn ahead_by(mut self, lead: Duration) -> Self {
        self.lead = lead;
        self
    }

    /// Replays a recording. `topics` maps topics to sources.
    pub fn bag(
        mut self,
        bag: &mut dyn BagReader,
        topics: &BTreeMap<String, Source>,
    ) -> Result<Replayed, ReplayFault> {
        let is_own = bag.topics().iter().any(|topic| topic.name == SETTINGS);
        let mut names: Vec<&str> = topics.keys().map(String::as_str).collect();
        if is_own {
            names.extend([COMMANDS, INCIDENT, MAP_CLEARED, SETTINGS, WATCHDOG]);
        } else {
            // /tf_static is latched: a subscriber receives it first
            let is_fixed = |name: &&str| topics.get(*name) == Some(&Source::FixedTransforms);
            let fixed: Vec<&str> = names.iter().copied().filter(is_fixed).collect();
            names.retain(|name| !is_fixed(name));
            bag.select(&fixed);
            while let Some(raw) = next_message(bag, &mut self.found.refusals)? {
                self.hear(raw, topics);
            }
        }
        bag.select(&names);
        let mut settings_seen = 0;
        while let Some(raw) = next_message(bag, &mut self.found.refusals)? {
            let now = raw.arrival;
            let name = raw.topic.name.as_str();
            if is_own && name == COMMANDS {
                self.compare(&cdr::decode(name, raw.index, &raw.bytes)?, now);
            } else if is_own && name == INCIDENT {
                let text: Text = cdr::decode(name, raw.index, &raw.bytes)?;
                self.found.incidents.push(toml::from_str(&text.data)?);
            } else if is_own && name == MAP_CLEARED {
                self.pilot.clear_map();
            } else if is_own && name == WATCHDOG {
                let text: Text = cdr::decode(name, raw.index, &raw.bytes)?;
                if text.data == REPLACED {
                    self.is_replaced = true;
                } else {
                    self.pilot.was_stopped(now);
                }
            } else if is_own && name == SETTINGS {
                settings_seen += 1;
                if settings_seen > 1 {
                    let text: Text = cdr::decode(name, raw.index, &raw.bytes)?;
                    self.pilot
                        .adjust(toml::from_str::<NodeSettings>(&text.data)?);
                }
            } else if let Some(source) = topics.get(name) {
                let is_used = self.hear(raw, topics);
                if !is_own && is_used && *source == Source::Scan {
                    self.follow(now + self.lead);
                }
            }
        }
        Ok(self.finish())
    }

    /// Lets the pilot process a message of one of these topics; false if it is rejected.
    fn hear(&mut self, raw: RawMessage, topics: &BTreeMap<String, Source>) -> bool {
        let (name, arrival) = (raw.topic.name.as_str(), raw.arrival);
        let Some(source) = topics.get(name) else {
            return false;
        };
        let message = RawInput {
            source: source.clone(),
            arrival,
            bytes: raw.bytes,
        };
        self.latest = arrival;
        self.found.clocks.hear(&message);
        let taken = self.pilot.take(name, &message, arrival + self.lead);
        self.found.refusals.heard(name);
        let refused = taken.as_ref().err().into_iter();
        for fault in refused.chain(self.pilot.given_up()) {
            self.found.refusals.add(fault, arrival);
        }
        taken.is_ok()
    }

    /// Replays a CARMEN log: poses and scans of a LiDAR; its pose is used as that of the robot.
    pub fn carmen(mut self, scans: &[CarmenScan]) -> Replayed {
        let mut last: Option<&CarmenScan> = None;
        for scan in scans {
            let velocity = last.map_or(Twist::ZERO, |last| {
                let moved = last.odom_from_lidar.inverse() * scan.odom_from_lidar;
                let elapsed_s = scan.stamp.secs_since(last.stamp).max(SHORT_S);
                Twist::new(moved.x / elapsed_s, moved.yaw / elapsed_s)
            });
            last = Some(scan);
            let odometry = SensorEvent::Odometry(Odometry::level(scan.odom_from_lidar, velocity));
            let scanned = SensorEvent::Scan {
                base_from_lidar: Pose2::IDENTITY,
                scan: scan.scan.clone(),
            };
            let stamp = scan.stamp;
            self.latest = stamp;
            self.found.clocks.hear_scan(stamp);
            self.found.refusals.heard("carmen");
            let mut observe = |value| self.pilot.observe("carmen", Stamped { stamp, value });
            // a line counts once: without its pose the scan has no place
            match observe(odometry).and_then(|()| observe(scanned)) {
                Ok(()) => self.follow(stamp),
                Err(fault) => self.found.refusals.add(&fault, stamp),
            }
        }
        self.finish()
    }

    fn finish(mut self) -> Replayed {
        self.pilot.give_up();
        for fault in self.pilot.given_up() {
            self.found.refusals.add(fault, self.latest);
        }
        Replayed {
            faults: self.pilot.faults().clone(),
            note: self.pilot.note().map(str::to_owned),
            ..self.found
        }
    }

    /// A tick with a recorded command.
    fn compare(&mut self, recorded: &TwistStamped, now: Stamp) {
        let was_sent = !recorded.header.frame_id.is_empty();
        let recorded = was_sent.then(|| Twist::from(recorded.twist));
        let mut tick = self.tick(now);
        if std::mem::take(&mut self.is_replaced) {
            self.pilot.was_stopped(now);
            tick.command = tick.command.map(|_| Twist::ZERO);
        }
        self.found.compared += 1;
        if recorded != tick.command {
            let found = &mut self.found;
            found.different += 1;
            let difference = (now, recorded, tick.command);
            found.first_difference.get_or_insert(difference);
            found.last_difference = Some(now);
            let [one, other] = [recorded, tick.command].map(Option::unwrap_or_default);
            let [linear, angular] = &mut found.largest_difference;
            *linear = linear.max((one.linear - other.linear).abs());
            *angular = angular.max((one.angular - other.angular).abs());
        }
    }

    /// A tick along the driven path.
    fn follow(&mut self, now: Stamp) {
        if let Some(poses) = (self.ahead)(now) {
            self.pilot.go(Route {
                frame: self.pilot.settings().odom_frame.clone(),
                poses,
                has_way: true,
            });
        }
        self.tick(now);
        self.pilot.was_driven_by_another(now);
    }

    fn tick(&mut self, now: Stamp) -> Tick {
        let begun = (self.clock)();
        let was_driving = self.pilot.is_driving();
        let tick = self.pilot.tick(now);
        let took = (self.clock)().saturating_sub(begun);
        let braked = matches!(
            self.pilot.action().intervention,
            Some(
                Intervention::PolicyFailed
                    | Intervention::Stale
                    | Intervention::Sensor
                    | Intervention::Odometry
            )
        );
        let period_s = 1.0 / self.pilot.settings().controller_frequency;
        let found = &mut self.found;
        found.ticks += 1;
        if was_driving && braked {
            found.guard_faults += 1;
            let finding = self.pilot.action().finding;
            let why = || finding.as_ref().map(in_words).unwrap_or_default();
            found.first_guard_fault.get_or_insert_with(|| (now, why()));
        }
        found.late += usize::from(took.as_secs_f64() > period_s);
        found.longest = found.longest.max(took);
        if let Some(watch) = &mut self.watch {
            watch(Explanation::of(&tick, self.pilot));
        }
        tick
    }
}
