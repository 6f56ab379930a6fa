//! Collision monitor: zones around the robot in which raw scan points stop or slow it.
//!
//! It runs after the guard and shares only the footprint and the limits with it: no map, no
//! odometry history, no tracks. A fault of mapping, planning or the guard does not affect it.
//!
//! ```text
//! latest scans ─▶ points in the base frame, moved by velocity · age ─▶ zones ─▶ share of the command
//! ```
//!
//! Every zone computes a share of the command, 0 to 1; the smallest scales linear and angular
//! velocity alike, so that the robot stays on its arc. A share of 0 is a zero command: the base
//! then brakes at its maximum, and the deceleration limit of the controller does not apply.
//!
//! After the Collision Monitor of Nav2 (Macenski et al.), whose `stop`, `slowdown`, `limit` and
//! `approach` polygons these are; `approach` adds the braking of the robot to the time before
//! collision.

mod approach;
mod scan_points;
mod settings;
mod shape;
mod zone;

use perception::{Footprint, LaserScan, Pose2, SettingsError, Stamp, Twist};

use crate::limits::Limits;
use scan_points::ScanPoints;
pub use settings::{MonitorSettings, Travel, ZoneAction, ZoneSettings, ZoneShape};
use zone::Zone;

/// Reason for which the monitor reduced a command.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum MonitorCause {
    /// Scan points in a zone, given by its index in the settings.
    #[error("scan points in zone {0} of its settings, counted from 0")]
    Zone(usize),
    /// No valid scan for longer than `source_timeout_s`.
    #[error("{}", silence(*age_s))]
    Silent {
        /// Age of the scan, s; infinite before the first.
        age_s: f64,
    },
}

fn silence(age_s: f64) -> String {
    if age_s.is_finite() {
        format!("the latest scan is {age_s:.2} s old")
    } else {
        "no scan has come yet".to_owned()
    }
}

/// Reduction of a command by the monitor, with its cause.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{cause}: {:.0} % of the command", 100.0 * share)]
pub struct MonitorFinding {
    /// Cause.
    pub cause: MonitorCause,
    /// Share of the command that was sent, 0 to 1.
    pub share: f64,
}

/// Collision monitor: zones, the latest scans, and the reduction of the last command.
#[derive(Debug)]
pub struct Monitor {
    is_enabled: bool,
    source_timeout_s: f64,
    zones: Vec<Zone>,
    points: ScanPoints,
    finding: Option<MonitorFinding>,
}

impl Monitor {
    /// A monitor without scans. Rejects settings with an invalid zone.
    pub fn new(
        settings: &MonitorSettings,
        footprint: &Footprint,
        limits: &Limits,
    ) -> Result<Self, SettingsError> {
        settings.validate(footprint)?;
        let zones: Vec<Zone> = settings
            .zones
            .iter()
            .map(|zone| Zone::new(zone, footprint, limits))
            .collect();
        let reach_m = zones.iter().map(Zone::reach_m).fold(0.0, f64::max);
        Ok(Self {
            is_enabled: settings.enabled,
            source_timeout_s: settings.source_timeout_s,
            points: ScanPoints::new(reach_m),
            zones,
            finding: None,
        })
    }

    /// Clears the scans.
    pub fn reset(&mut self) {
        self.points.clear();
        self.finding = None;
    }

    /// Stores a planar scan of a scanner mounted at `base_from_lidar`. A scan without a valid beam
    /// is ignored and does not reset the timeout.
    pub fn observe(&mut self, stamp: Stamp, base_from_lidar: Pose2, scan: &LaserScan) {
        if self.is_enabled {
            self.points.observe(stamp, base_from_lidar, scan);
        }
    }

    /// Scales `command` by the smallest share of all zones: the last change to a command.
    /// `measured` is the velocity from odometry, with which the points of a scan are moved to the
    /// present. Allocates nothing after the first calls.
    pub fn limit(&mut self, now: Stamp, command: Twist, measured: Twist) -> Twist {
        self.finding = None;
        if !self.is_enabled || command == Twist::ZERO {
            return command;
        }
        self.finding = self.find(now, command, measured);
        match self.finding {
            None => command,
            Some(finding) if finding.share <= 0.0 => Twist::ZERO,
            Some(MonitorFinding { share, .. }) => {
                Twist::new(share * command.linear, share * command.angular)
            }
        }
    }

    fn find(&mut self, now: Stamp, command: Twist, measured: Twist) -> Option<MonitorFinding> {
        let age_s = self.points.age_s(now);
        if self.source_timeout_s > 0.0 && age_s > self.source_timeout_s {
            return Some(MonitorFinding {
                cause: MonitorCause::Silent { age_s },
                share: 0.0,
            });
        }
        let points = self.points.at(now, measured);
        let mut tightest: Option<MonitorFinding> = None;
        for (place, zone) in self.zones.iter_mut().enumerate() {
            let share = zone.share(points, command);
            if share < tightest.map_or(1.0, |finding| finding.share) {
                tightest = Some(MonitorFinding {
                    cause: MonitorCause::Zone(place),
                    share,
                });
            }
        }
        tightest
    }

    /// The reduction of the last command; `None` if it passed unchanged.
    pub fn finding(&self) -> Option<MonitorFinding> {
        self.finding
    }

    /// Name of the zone at an index of the settings; empty when there is none.
    pub fn zone_name(&self, place: usize) -> &str {
        self.zones.get(place).map_or("", Zone::name)
    }

    /// False: commands pass unchanged.
    pub fn is_enabled(&self) -> bool {
        self.is_enabled
    }
}
