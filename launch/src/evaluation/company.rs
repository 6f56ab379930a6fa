//! Aggregate metrics of trials among pedestrians.

use serde::Serialize;
use sim::{ContactBy, Nearness};

use super::{Run, mean};

/// Aggregate metrics of trials among pedestrians.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CompanyReport {
    /// Share of trials with a contact while the robot was moving.
    pub contact_by_robot_rate: f64,
    /// Share of trials with a contact while the robot was at rest.
    pub contact_by_other_rate: f64,
    /// Pedestrians within 1.2 m of the robot, over all trials.
    pub encounters: u32,
    /// Share of those encounters with a contact by the moving robot; 0 without encounters.
    pub contact_by_robot_per_encounter: f64,
    /// Mean over trials of the smallest distance to a pedestrian, m.
    pub gap_m_min_mean: f64,
    /// Mean over trials of the share of time within 0.45 m of a pedestrian.
    pub intimate_share: f64,
    /// Mean over trials of the share of time within 0.5 m.
    pub near_share: f64,
    /// Mean over trials of the share of time between 0.45 m and 1.2 m.
    pub personal_share: f64,
}

impl CompanyReport {
    /// Over the trials with movers; none without such trials.
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
