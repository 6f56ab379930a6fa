//! What trials among people add up to.

use serde::Serialize;
use sim::{ContactBy, Nearness};

use super::{Run, mean};

/// What trials among people add up to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CompanyReport {
    /// Share of trials in which the robot moved into somebody.
    pub contact_by_robot_rate: f64,
    /// Share in which somebody walked into the standing robot.
    pub contact_by_other_rate: f64,
    /// People who came within 1.2 m of the robot, over all trials.
    pub encounters: u32,
    /// Share of those whom the robot moved into; 0 when it met nobody.
    pub contact_by_robot_per_encounter: f64,
    /// Mean over trials of the smallest distance to anybody, m.
    pub gap_m_min_mean: f64,
    /// Mean over trials of the share of time within 0.45 m of somebody.
    pub intimate_share: f64,
    /// Mean over trials of the share of time within 0.5 m.
    pub near_share: f64,
    /// Mean over trials of the share of time between 0.45 m and 1.2 m.
    pub personal_share: f64,
}

impl CompanyReport {
    /// Over the trials in which something moved; none when it did in none.
    pub(super) fn of(runs: &[Run]) -> Option<Self> {
        let of = |value: fn(&Nearness) -> f64| {
            mean(
                runs.iter()
                    .filter_map(|run| Some(value(run.nearness.as_ref()?))),
            )
        };
        let by = |by: ContactBy| {
            let met = runs.iter().filter(|run| run.nearness.is_some());
            mean(met.map(|run| f64::from(u8::from(run.contact_by == Some(by)))))
        };
        let counts = || runs.iter().filter_map(|run| run.encounters);
        let met: u32 = counts().map(|counts| counts.met).sum();
        let touched: u32 = counts().map(|counts| counts.contacts_by_robot).sum();
        Some(Self {
            contact_by_robot_rate: by(ContactBy::Robot)?,
            contact_by_other_rate: by(ContactBy::Other)?,
            encounters: met,
            contact_by_robot_per_encounter: f64::from(touched) / f64::from(met.max(1)),
            gap_m_min_mean: of(|near| near.gap_m_min)?,
            intimate_share: of(|near| near.intimate_share)?,
            near_share: of(|near| near.near_share)?,
            personal_share: of(|near| near.personal_share)?,
        })
    }
}
