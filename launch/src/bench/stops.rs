//! Latency and deceleration of a robot from a recording of stops.
//!
//! ```text
//! v₀   measured speed before the command        t₉₀, t₂₀   times at 90 %, 20 % of it
//! a    = 0.7 v₀ / (t₂₀ - t₉₀)                   latency    = t₉₀ - t_command - 0.1 v₀ / a
//! ```
//!
//! Hence the guard's stop, v₀ · latency + v₀² / 2a, fits the measured speed.

use std::path::{Path, PathBuf};

use perception::Stamp;
use recordings::messages::{OdometryMessage, RosTwist, TwistStamped};
use recordings::{BagReader as _, RecordingError};
use serde::Serialize;

use runtime::recording::{OpenError, open_recording};

/// Minimum speed before a stop, m/s, and maximum speed of its command, m/s.
const SPEED_MIN_MPS: f64 = 0.3;
const ZERO_MPS: f64 = 0.02;
/// Averaging time of the speed before the command, and evaluated time after it, s.
const BEFORE_S: f64 = 0.15;
const AFTER_S: f64 = 4.0;
/// Share of the speed below which the robot is at rest.
const REST_SHARE: f64 = 0.05;

/// A speed at a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Speed {
    /// Time since the first message, s.
    pub t_s: f64,
    /// Forward speed, m/s.
    pub mps: f64,
}

/// A stop commanded in one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stop {
    /// Time of the zero command, s since the first message.
    pub at_s: f64,
    /// Measured speed before it, m/s.
    pub speed_mps: f64,
    /// Time until braking begins, s.
    pub latency_s: f64,
    /// Mean deceleration between 90 % and 20 % of the speed, m/s².
    pub deceleration_mps2: f64,
    /// Distance from the command to rest, m.
    pub distance_m: f64,
    /// Measured speed, time from the command, s.
    #[serde(skip)]
    pub course: Vec<Speed>,
}

/// Reasons why a recording has no stops.
#[derive(Debug, thiserror::Error)]
pub enum StopsError {
    /// It could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It could not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The recording.
        path: PathBuf,
        /// Cause.
        source: RecordingError,
    },
    /// A topic is missing.
    #[error("{}: no messages on {topic}, found {}", path.display(), found.join(", "))]
    Missing {
        /// The recording.
        path: PathBuf,
        /// Topic.
        topic: String,
        /// Topics found.
        found: Vec<String>,
    },
    /// The recording has no stop.
    #[error(
        "{}: {commands} commands and {measured} odometry messages hold no stop: expected a command of {SPEED_MIN_MPS} m/s \
         or more that falls to 0 at once, and then stays there until the robot rests",
        path.display()
    )]
    None {
        /// The recording.
        path: PathBuf,
        /// Number of commands.
        commands: usize,
        /// Number of odometry messages.
        measured: usize,
    },
}

/// Stops in a recording of odometry and commands (`Twist` or `TwistStamped`), in order.
pub fn stops_of_recording(
    path: &Path,
    command_topic: &str,
    odometry_topic: &str,
) -> Result<Vec<Stop>, StopsError> {
    let fault = |source| StopsError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bag = open_recording(path, |topic| {
        topic == command_topic || topic == odometry_topic
    })?;
    for topic in [command_topic, odometry_topic] {
        if !bag
            .topics()
            .iter()
            .any(|known| known.name == topic && known.count > 0)
        {
            return Err(StopsError::Missing {
                path: path.to_owned(),
                topic: topic.to_owned(),
                found: bag
                    .topics()
                    .iter()
                    .map(|topic| topic.name.clone())
                    .collect(),
            });
        }
    }
    bag.select(&[command_topic, odometry_topic]);
    let mut first: Option<Stamp> = None;
    let (mut commands, mut measured) = (Vec::new(), Vec::new());
    while let Some(message) = bag.next_message().map_err(fault)? {
        // both by the recorder's clock: stamps may be of two computers
        let t_s = message
            .arrival
            .secs_since(*first.get_or_insert(message.arrival));
        if message.topic.name == odometry_topic {
            message
                .topic
                .expect(&["nav_msgs/msg/Odometry"])
                .map_err(fault)?;
            let odometry: OdometryMessage = message.decode().map_err(fault)?;
            measured.push(Speed {
                t_s,
                mps: odometry.twist.linear.x,
            });
            continue;
        }
        let kinds = ["geometry_msgs/msg/Twist", "geometry_msgs/msg/TwistStamped"];
        message.topic.expect(&kinds).map_err(fault)?;
        let twist: RosTwist = if message.topic.kind == kinds[0] {
            message.decode().map_err(fault)?
        } else {
            message.decode::<TwistStamped>().map_err(fault)?.twist
        };
        commands.push(Speed {
            t_s,
            mps: twist.linear.x,
        });
    }
    let found = stops(&commands, &measured);
    if found.is_empty() {
        return Err(StopsError::None {
            path: path.to_owned(),
            commands: commands.len(),
            measured: measured.len(),
        });
    }
    Ok(found)
}

/// Stops in commands and measured speeds, each ordered by time. Values that are not finite are
/// ignored.
pub fn stops(commands: &[Speed], measured: &[Speed]) -> Vec<Stop> {
    let pairs = commands.windows(2);
    let begins =
        pairs.filter(|pair| pair[0].mps.abs() >= SPEED_MIN_MPS && pair[1].mps.abs() <= ZERO_MPS);
    begins
        .filter_map(|pair| {
            let at_s = pair[1].t_s;
            let next = commands
                .iter()
                .find(|command| command.t_s > at_s && command.mps.abs() > ZERO_MPS);
            let until_s = next
                .map_or(f64::INFINITY, |command| command.t_s)
                .min(at_s + AFTER_S);
            stop(at_s, until_s, pair[0].mps.signum(), measured)
        })
        .collect()
}

/// The stop commanded at a time; none if the robot was slow or did not come to rest in time.
fn stop(at_s: f64, until_s: f64, sign: f64, measured: &[Speed]) -> Option<Stop> {
    let of = |from_s: f64, to_s: f64| {
        let within =
            move |speed: &&Speed| speed.t_s > from_s && speed.t_s <= to_s && speed.mps.is_finite();
        measured.iter().filter(within)
    };
    let (sum, count) = of(at_s - BEFORE_S, at_s).fold((0.0, 0), |(sum, count), speed| {
        (sum + sign * speed.mps, count + 1)
    });
    let speed_mps = sum / f64::from(count);
    if !(speed_mps >= 0.8 * SPEED_MIN_MPS) {
        return None;
    }
    let before = Speed {
        t_s: 0.0,
        mps: speed_mps,
    };
    let after = of(at_s, until_s).map(|speed| Speed {
        t_s: speed.t_s - at_s,
        mps: sign * speed.mps,
    });
    let course: Vec<Speed> = std::iter::once(before).chain(after).collect();
    let falls_to = |share: f64| {
        let level = share * speed_mps;
        let below = course.iter().position(|speed| speed.mps <= level)?;
        let (one, other) = (course[below - 1], course[below]);
        Some(one.t_s + (other.t_s - one.t_s) * (one.mps - level) / (one.mps - other.mps))
    };
    let (t90_s, t20_s, rest_s) = (falls_to(0.9)?, falls_to(0.2)?, falls_to(REST_SHARE)?);
    let deceleration_mps2 = 0.7 * speed_mps / (t20_s - t90_s).max(1e-3);
    let to_rest = course.windows(2).take_while(|pair| pair[0].t_s < rest_s);
    let distance_m = to_rest
        .map(|pair| 0.5 * (pair[0].mps + pair[1].mps) * (pair[1].t_s - pair[0].t_s))
        .sum();
    Some(Stop {
        at_s,
        speed_mps,
        latency_s: (t90_s - 0.1 * speed_mps / deceleration_mps2).max(0.0),
        deceleration_mps2,
        distance_m,
        course,
    })
}

#[cfg(test)]
mod tests;
