//! Metrics of a drive: name, unit and value.
//!
//! Definitions and sources are in `sim/src/metrics`.

use std::collections::BTreeMap;

use sim::Outcome;

use crate::evaluation::Run;

/// A metric of a drive.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// JSON key.
    pub name: &'static str,
    /// Column title, with the unit.
    pub title: &'static str,
    /// Number of decimals.
    pub digits: usize,
    /// Conversion factor to the unit of the title.
    pub factor: f64,
    /// Value; none if a drive has none.
    pub of: fn(&Run) -> Option<f64>,
}

const fn measure(
    name: &'static str,
    title: &'static str,
    digits: usize,
    of: fn(&Run) -> Option<f64>,
) -> Measure {
    Measure {
        name,
        title,
        digits,
        factor: 1.0,
        of,
    }
}

const fn share(name: &'static str, title: &'static str, of: fn(&Run) -> Option<f64>) -> Measure {
    Measure {
        factor: 100.0,
        ..measure(name, title, 1, of)
    }
}

/// Time to the goal of a successful drive.
fn time_to_goal(run: &Run) -> Option<f64> {
    (run.outcome == Outcome::Reached).then_some(run.time_s)
}

fn path_of_arrival(run: &Run, value: f64) -> Option<f64> {
    (run.outcome == Outcome::Reached).then_some(value)
}

impl Measure {
    /// All metrics in the order of tables; the last eight apply to drives among pedestrians.
    pub const ALL: [Self; 21] = [
        measure("time_to_goal_s", "time to goal, s", 1, time_to_goal),
        measure("path_length_m", "path, m", 1, |run| {
            path_of_arrival(run, run.path_length_m)
        }),
        measure("path_length_ratio", "path length ratio", 2, |run| {
            path_of_arrival(run, run.motion.path_length_ratio)
        }),
        measure("spl", "SPL", 3, |run| run.spl),
        measure("path_irregularity_radpm", "irregularity, rad/m", 2, |run| {
            run.motion.path_irregularity_radpm
        }),
        measure("heading_change_rad", "heading change, rad", 1, |run| {
            Some(run.motion.heading_change_rad)
        }),
        measure("speed_mps_mean", "speed, m/s", 2, |run| {
            Some(run.motion.speed_mps_mean)
        }),
        measure("acceleration_mps2_mean", "acceleration, m/s²", 2, |run| {
            Some(run.motion.acceleration_mps2_mean)
        }),
        measure("jerk_mps3_mean", "jerk, m/s³", 1, |run| {
            Some(run.motion.jerk_mps3_mean)
        }),
        measure("stopped_s", "stopped, s", 1, |run| {
            Some(run.motion.stopped_s)
        }),
        measure("clearance_m_min", "smallest gap, m", 2, |run| {
            Some(run.clearance_m_min)
        }),
        measure("score", "score", 3, |run| run.score),
        measure("corner_gap_m_min", "gap to the inner corner, m", 2, |run| {
            run.corner_gap_m_min
        }),
        measure("people_gap_m_min", "nearest person, m", 2, |run| {
            Some(run.nearness?.gap_m_min)
        }),
        measure("people_gap_m_mean", "distance to people, m", 2, |run| {
            Some(run.nearness?.gap_m_mean)
        }),
        share("intimate_share", "within 0.45 m, % of time", |run| {
            Some(run.nearness?.intimate_share)
        }),
        share("personal_share", "0.45 to 1.2 m, % of time", |run| {
            Some(run.nearness?.personal_share)
        }),
        measure("ttc_s_min", "smallest time to collision, s", 2, |run| {
            run.ttc_s_min
        }),
        measure("people_deviation_m", "people deviate, m", 2, |run| {
            Some(run.disturbance?.deviation_m_mean)
        }),
        measure("people_progress_lost_m", "people lose, m", 2, |run| {
            Some(run.disturbance?.progress_lost_m_mean)
        }),
        measure("people_delay_s", "people lose, s", 2, |run| {
            Some(run.disturbance?.delay_s_mean)
        }),
    ];

    /// Means over the drives with a value, by name.
    pub fn means(runs: &[Run]) -> BTreeMap<&'static str, f64> {
        let mean = |measure: &Self| {
            let values: Vec<f64> = runs.iter().filter_map(measure.of).collect();
            let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
            (!values.is_empty()).then_some((measure.name, mean))
        };
        Self::ALL.iter().filter_map(mean).collect()
    }
}
