//! Statistics of the drives of a cell.

use std::collections::BTreeMap;

use serde::Serialize;
use sim::{ContactBy, Outcome};
use training::hausdorff_m;

use super::Drive;
use crate::evaluation::Measure;
use crate::evaluation::statistics::{Estimate, Rate};

/// Reference policy of differences.
const BASELINE: &str = "regular";

/// A policy in a scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Policy.
    pub policy: String,
    /// Number of drives.
    pub drives: usize,
    /// Number of situations.
    pub situations: usize,
    /// Rate of drives that reached the goal.
    pub success: Rate,
    /// Rate of drives with a collision.
    pub collision: Rate,
    /// Rate of drives with a contact while the robot was moving.
    pub contact_by_robot: Rate,
    /// Rate of drives with a contact while the robot was at rest.
    pub contact_by_other: Rate,
    /// Contacts by the moving robot per encounter with a pedestrian. Groups are drives.
    pub contact_per_encounter: Option<Rate>,
    /// Means by the names of the measures, over situations that have them.
    pub means: BTreeMap<&'static str, Estimate>,
    /// Hausdorff distance to the expert's path with the same seed, m.
    pub hausdorff_m: Option<Estimate>,
    /// Variance between situations of the share of drives that reached the goal.
    pub success_variance: f64,
    /// Place and cause of failures.
    pub failures: Vec<Failure>,
}

/// A failed drive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    /// Seeds of the situation and of the errors.
    pub seeds: [u64; 2],
    /// Cause.
    pub why: String,
    /// Place, x, y, m.
    pub at: Option<[f64; 2]>,
    /// Distance to the goal, m.
    pub left_m: f64,
}

/// Difference between a policy and regular MPC, paired by situation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Policy.
    pub policy: String,
    /// Difference of the success rate.
    pub success: Option<Estimate>,
    /// Differences of the measures by name, over situations in which both have them.
    pub means: BTreeMap<&'static str, Estimate>,
    /// Rate of situations with a larger value, of those in which both have the measure, by name.
    pub wider: BTreeMap<&'static str, Rate>,
}

/// Statistics of a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Number of situations.
    pub situations: usize,
    /// Rows by policy.
    pub rows: Vec<Row>,
    /// Differences from regular MPC.
    pub differences: Vec<Difference>,
}

/// Mean over the drives of a situation, by situation.
fn by_situation(drives: &[&Drive], value: impl Fn(&Drive) -> Option<f64>) -> BTreeMap<u64, f64> {
    let mut sums: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for drive in drives {
        if let Some(value) = value(drive) {
            let (sum, count) = sums.entry(drive.situation).or_default();
            *sum += value;
            *count += 1.0;
        }
    }
    sums.into_iter()
        .map(|(situation, (sum, count))| (situation, sum / count))
        .collect()
}

fn reached(drive: &Drive) -> f64 {
    f64::from(u8::from(drive.run.outcome == Outcome::Reached))
}

fn estimate(values: BTreeMap<u64, f64>, seed: u64) -> Option<Estimate> {
    Estimate::of(&values.into_values().collect::<Vec<_>>(), seed)
}

impl Figures {
    /// Aggregates drives. `seed` is that of the bootstrap; `wider` names the measures for which
    /// larger values than regular MPC's are counted.
    pub fn of(drives: &[Drive], wider: &[&str], seed: u64) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for drive in drives {
            if !names.contains(&drive.policy.as_str()) {
                names.push(&drive.policy);
            }
        }
        let of = |name: &str| -> Vec<&Drive> {
            drives.iter().filter(|drive| drive.policy == name).collect()
        };
        let expert = of("expert");
        let baseline = of(BASELINE);
        Self {
            situations: by_situation(&baseline, |drive| Some(reached(drive))).len(),
            rows: names
                .iter()
                .map(|name| row(name, &of(name), &expert, seed))
                .collect(),
            differences: names
                .iter()
                .filter(|name| **name != BASELINE)
                .map(|name| difference(name, &of(name), &baseline, wider, seed))
                .collect(),
        }
    }
}

fn row(name: &str, drives: &[&Drive], expert: &[&Drive], seed: u64) -> Row {
    let rate = |is: &dyn Fn(&Drive) -> bool| {
        let mut groups: BTreeMap<u64, [usize; 2]> = BTreeMap::new();
        for drive in drives {
            let [count, of] = groups.entry(drive.situation).or_default();
            *count += usize::from(is(drive));
            *of += 1;
        }
        Rate::of_groups(&groups.into_values().collect::<Vec<_>>())
    };
    let stray = |drive: &Drive| {
        let same = |other: &&&Drive| other.situation == drive.situation;
        let expert = expert.iter().find(same)?;
        (name != "expert").then(|| hausdorff_m(&drive.path, &expert.path))
    };
    let shares: Vec<f64> = by_situation(drives, |drive| Some(reached(drive)))
        .into_values()
        .collect();
    let mean = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
    let squares: f64 = shares.iter().map(|share| (share - mean).powi(2)).sum();
    Row {
        policy: name.to_owned(),
        drives: drives.len(),
        situations: shares.len(),
        success: rate(&|drive| drive.run.outcome == Outcome::Reached),
        collision: rate(&|drive| drive.run.outcome == Outcome::Collided),
        contact_by_robot: rate(&|drive| drive.run.contact_by == Some(ContactBy::Robot)),
        contact_by_other: rate(&|drive| drive.run.contact_by == Some(ContactBy::Other)),
        contact_per_encounter: contact_per_encounter(drives),
        means: Measure::ALL
            .iter()
            .filter_map(|measure| {
                let values = by_situation(drives, |drive| (measure.of)(&drive.run));
                Some((measure.name, estimate(values, seed)?))
            })
            .collect(),
        hausdorff_m: estimate(by_situation(drives, stray), seed),
        success_variance: squares / shares.len().saturating_sub(1).max(1) as f64,
        failures: drives.iter().filter_map(|drive| failure(drive)).collect(),
    }
}

fn contact_per_encounter(drives: &[&Drive]) -> Option<Rate> {
    let met: Vec<[usize; 2]> = drives
        .iter()
        .filter_map(|drive| drive.run.encounters)
        .map(|counts| [counts.contacts_by_robot as usize, counts.met as usize])
        .collect();
    (!met.is_empty()).then(|| Rate::of_groups(&met))
}

fn failure(drive: &Drive) -> Option<Failure> {
    let why = match drive.run.outcome {
        Outcome::Reached => return None,
        Outcome::Collided => {
            let with = drive
                .run
                .hazard
                .map_or("static", crate::evaluation::Mishap::word);
            format!("collided: {with}")
        }
        Outcome::Stuck => "stuck".to_owned(),
        Outcome::TimedOut => "out of time".to_owned(),
    };
    Some(Failure {
        seeds: [drive.situation, drive.run.seed],
        why,
        at: drive.path.last().copied(),
        left_m: drive.left_m,
    })
}

fn difference(
    name: &str,
    drives: &[&Drive],
    baseline: &[&Drive],
    wider: &[&str],
    seed: u64,
) -> Difference {
    let pairs = |value: &dyn Fn(&Drive) -> Option<f64>| -> Vec<[f64; 2]> {
        let other = by_situation(baseline, value);
        by_situation(drives, value)
            .into_iter()
            .filter_map(|(situation, value)| Some([value, *other.get(&situation)?]))
            .collect()
    };
    let of = |measure: &Measure| pairs(&|drive: &Drive| (measure.of)(&drive.run));
    Difference {
        policy: name.to_owned(),
        success: Estimate::of_differences(&pairs(&|drive: &Drive| Some(reached(drive))), seed),
        means: Measure::ALL
            .iter()
            .filter_map(|measure| {
                let apart = Estimate::of_differences(&of(measure), seed)?;
                Some((measure.name, apart))
            })
            .collect(),
        wider: Measure::ALL
            .iter()
            .filter(|measure| wider.contains(&measure.name))
            .filter_map(|measure| {
                let pairs = of(measure);
                let more = pairs.iter().map(|[value, other]| value > other);
                (!pairs.is_empty()).then(|| (measure.name, Rate::of(more)))
            })
            .collect(),
    }
}
