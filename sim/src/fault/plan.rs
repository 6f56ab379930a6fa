//! Faults of one drive, with onset and end.

use serde::{Deserialize, Serialize};

use super::kind::{Fault, SensorScope, Sight};
use crate::SettingsError;
use crate::robot::RobotModel;
use crate::scenario::Situation;

/// A fault with onset and end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduledFault {
    /// The fault.
    pub fault: Fault,
    /// Affected range sensors, for a fault of range sensors.
    #[serde(default)]
    pub sensors: SensorScope,
    /// Onset, s after the start of the drive.
    pub onset_s: f64,
    /// End, s after the start; the end of the drive if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_s: Option<f64>,
}

impl ScheduledFault {
    /// A permanent fault of all sensors.
    pub fn lasting(fault: Fault, onset_s: f64) -> Self {
        Self {
            fault,
            sensors: SensorScope::All,
            onset_s,
            end_s: None,
        }
    }

    /// True while the fault is active.
    pub fn is_active(&self, t_s: f64) -> bool {
        t_s >= self.onset_s && self.end_s.is_none_or(|end_s| t_s < end_s)
    }

    /// Remaining visibility for a robot while the fault is active.
    pub fn sight(&self, robot: &RobotModel) -> Sight {
        let is_partial = self.fault.is_of_range_sensors()
            && self.sensors == SensorScope::Planar
            && !(robot.ring_lidars.is_empty() && robot.depth_cameras.is_empty());
        if is_partial {
            Sight::Clear
        } else {
            self.fault.sight()
        }
    }
}

/// The faults of a drive, and the seed of their random effects.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// The faults, applied in this order if several affect the same message.
    pub faults: Vec<ScheduledFault>,
    /// Seed of random beams, messages and ticks.
    pub seed: u64,
}

impl FaultPlan {
    /// Rejects magnitudes out of bounds and faults that end before their onset.
    pub fn validate(&self) -> Result<(), SettingsError> {
        for scheduled in &self.faults {
            scheduled.fault.validate()?;
            let section = "fault";
            SettingsError::ensure_not_negative(section, &[("onset_s", scheduled.onset_s)])?;
            if let Some(end_s) = scheduled.end_s {
                SettingsError::ensure(
                    end_s.is_finite() && end_s > scheduled.onset_s,
                    section,
                    "end_s",
                    &end_s,
                    "a finite time after onset_s",
                )?;
            }
        }
        Ok(())
    }

    /// End of the last transient fault, s; none if any fault is permanent.
    pub fn over_s(&self) -> Option<f64> {
        let ends = self.faults.iter().map(|scheduled| scheduled.end_s);
        ends.collect::<Option<Vec<f64>>>()?
            .into_iter()
            .reduce(f64::max)
    }

    /// Onset of the first fault, s; none without faults.
    pub fn onset_s(&self) -> Option<f64> {
        let onsets = self.faults.iter().map(|scheduled| scheduled.onset_s);
        onsets.reduce(f64::min)
    }

    /// The first fault that hides the area ahead of a robot, or everything.
    pub fn blinding(&self, robot: &RobotModel) -> Option<(&ScheduledFault, Sight)> {
        self.faults
            .iter()
            .map(|scheduled| (scheduled, scheduled.sight(robot)))
            .filter(|(_, sight)| *sight != Sight::Clear)
            .min_by(|(a, _), (b, _)| a.onset_s.total_cmp(&b.onset_s))
    }

    /// The situation with the changes to its pedestrians.
    pub fn situation(&self, situation: &Situation) -> Situation {
        let mut changed = situation.clone();
        if self.has(|fault| matches!(fault, Fault::HeedlessPeople)) {
            for person in &mut changed.people {
                person.temper.heed = 0.0;
            }
        }
        changed
    }

    /// The true robot under the faults.
    pub fn robot(&self, robot: &RobotModel) -> RobotModel {
        let mut changed = robot.clone();
        for scheduled in &self.faults {
            if let Fault::LargerFootprint { by_m } = scheduled.fault {
                changed.footprint = changed.footprint.grown(by_m);
            }
        }
        changed
    }

    /// True if any fault matches.
    pub(super) fn has(&self, matches: impl Fn(&Fault) -> bool) -> bool {
        self.faults
            .iter()
            .any(|scheduled| matches(&scheduled.fault))
    }
}
