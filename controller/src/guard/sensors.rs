//! Sensor check: every range sensor and odometry deliver recent, plausible data.
//!
//! | found | the robot brakes when |
//! | --- | --- |
//! | odometry | its latest pose is older than `odometry_age_max_s`, or it jumped within the last 0.5 s |
//! | no sight | no range sensor has delivered plausible data since the start |
//! | silent | a sensor that has delivered before has no data for `scan_age_max_s` (timeout) |
//! | fault | the latest messages of a kind are implausible, for 0.1 s or 2.2 scan periods |
//!
//! Every kind of sensor is checked by itself: a live camera does not excuse a silent LiDAR. Depth
//! images without any valid distance do not stop the robot while other sensors deliver, because a
//! camera close to a wall returns nothing else; the ground that only the camera observes ages.

use perception::{SensorFault, SensorKind, Snapshot, Stamp};

use super::GuardSettings;
use super::finding::Finding;

/// Time at rest after a jump of the odometry, s.
const JUMP_S: f64 = 0.5;
/// Time for which implausible messages are tolerated, s and scan periods; the longer applies.
const PATIENCE_S: f64 = 0.1;
const PATIENCE_PERIODS: f64 = 2.2;

impl GuardSettings {
    /// The sensor fault or timeout that forbids all motion; `None` if sensors are sound.
    pub(super) fn blinds(&self, snapshot: &Snapshot, now: Stamp) -> Option<Finding> {
        let health = &snapshot.health;
        let age_s = now.secs_since(snapshot.stamp).abs();
        if age_s > self.odometry_age_max_s {
            return Some(Finding::OdometryStale {
                age_s,
                limit_s: self.odometry_age_max_s,
            });
        }
        if let Some((found, fault)) = health.odometry
            && now.secs_since(found) < JUMP_S
        {
            return Some(Finding::Odometry(fault));
        }
        if snapshot.scan_stamp.is_none() {
            let faults = SensorKind::ALL.map(|kind| (kind, health.of(kind).fault));
            let fault = faults
                .into_iter()
                .find_map(|(kind, fault)| fault.map(|fault| (kind, fault)));
            return Some(Finding::NoSight { fault });
        }
        let kinds = || {
            let delivers = |kind: &SensorKind| health.of(*kind).arrived.is_some();
            SensorKind::ALL.into_iter().filter(delivers)
        };
        let disbelieved = kinds().find_map(|kind| disbelieved(kind, snapshot, now));
        let is_dark = |kind: &SensorKind| {
            let fault = health.of(*kind).fault;
            *kind == SensorKind::Depth && matches!(fault, Some(SensorFault::Invalid { .. }))
        };
        let silent = || {
            kinds().filter(|kind| !is_dark(kind)).find_map(|kind| {
                let state = health.of(kind);
                self.silent(kind, state.accepted.or(state.arrived), now)
            })
        };
        disbelieved
            .or_else(silent)
            .or_else(|| self.silent(SensorKind::Scan, snapshot.scan_stamp, now))
    }

    fn silent(&self, kind: SensorKind, stamp: Option<Stamp>, now: Stamp) -> Option<Finding> {
        let age_s = stamp.map_or(f64::INFINITY, |stamp| now.secs_since(stamp).abs());
        (age_s > self.scan_age_max_s).then_some(Finding::Silent {
            kind,
            age_s,
            limit_s: self.scan_age_max_s,
        })
    }
}

fn disbelieved(kind: SensorKind, snapshot: &Snapshot, now: Stamp) -> Option<Finding> {
    let state = snapshot.health.of(kind);
    let fault = state.fault?;
    let stops = match fault {
        SensorFault::BlindSector { .. } => true,
        SensorFault::Invalid { .. } if kind == SensorKind::Depth => false,
        _ => {
            let patience_s = PATIENCE_S.max(PATIENCE_PERIODS * state.period_s);
            let believed = state.accepted.map(|stamp| now.secs_since(stamp).abs());
            believed.is_none_or(|age_s| age_s > patience_s)
        }
    };
    stops.then_some(Finding::Sensor { kind, fault })
}
