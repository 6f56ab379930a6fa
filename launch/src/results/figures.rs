//! What the drives of a cell add up to.

use std::collections::BTreeMap;

use serde::Serialize;
use sim::{ContactBy, Outcome};
use training::hausdorff_m;

use super::Drive;
use crate::measure::Measure;
use crate::statistics::{Estimate, Rate};

/// Differences are to this policy.
const BASELINE: &str = "regular";

/// A policy in a scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Who.
    pub policy: String,
    /// Drives.
    pub drives: usize,
    /// Those that reached the goal. Intervals take drives for independent.
    pub success: Rate,
    /// Those that touched something.
    pub collision: Rate,
    /// Those in which the robot moved into somebody.
    pub contact_by_robot: Rate,
    /// Those in which somebody walked into the standing robot.
    pub contact_by_other: Rate,
    /// Means by the names of the measures, over situations that have them.
    pub means: BTreeMap<&'static str, Estimate>,
    /// Hausdorff distance to the expert's way of the same seed, m.
    pub hausdorff_m: Option<Estimate>,
    /// Variance between situations of the share of drives that reached the goal.
    pub success_variance: f64,
    /// Where and why drives failed.
    pub failures: Vec<Failure>,
}

/// A drive that failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    /// Seed of the situation, and of the faults.
    pub seeds: [u64; 2],
    /// Why.
    pub why: String,
    /// Where, x, y, m.
    pub at: Option<[f64; 2]>,
    /// Distance to the goal, m.
    pub left_m: f64,
}

/// A policy less regular MPC, situation by situation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Who.
    pub policy: String,
    /// Of the share that reached the goal.
    pub success: Option<Estimate>,
    /// Of the measures, by name, over situations in which both have them.
    pub means: BTreeMap<&'static str, Estimate>,
}

/// Figures of a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Situations.
    pub situations: usize,
    /// By policy.
    pub rows: Vec<Row>,
    /// To regular MPC.
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
    /// Adds up drives; `seed` is that of the bootstrap.
    pub fn of(drives: &[Drive], seed: u64) -> Self {
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
                .map(|name| difference(name, &of(name), &baseline, seed))
                .collect(),
        }
    }
}

fn row(name: &str, drives: &[&Drive], expert: &[&Drive], seed: u64) -> Row {
    let rate = |is: &dyn Fn(&Drive) -> bool| Rate::of(drives.iter().map(|drive| is(drive)));
    let stray = |drive: &Drive| {
        let same = |other: &&&Drive| other.run.seed == drive.run.seed;
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
        success: rate(&|drive| drive.run.outcome == Outcome::Reached),
        collision: rate(&|drive| drive.run.outcome == Outcome::Collided),
        contact_by_robot: rate(&|drive| drive.run.contact_by == Some(ContactBy::Robot)),
        contact_by_other: rate(&|drive| drive.run.contact_by == Some(ContactBy::Other)),
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

fn difference(name: &str, drives: &[&Drive], baseline: &[&Drive], seed: u64) -> Difference {
    let apart = |value: &dyn Fn(&Drive) -> Option<f64>| {
        let other = by_situation(baseline, value);
        let pairs: Vec<[f64; 2]> = by_situation(drives, value)
            .into_iter()
            .filter_map(|(situation, value)| Some([value, *other.get(&situation)?]))
            .collect();
        Estimate::of_differences(&pairs, seed)
    };
    Difference {
        policy: name.to_owned(),
        success: apart(&|drive: &Drive| Some(reached(drive))),
        means: Measure::ALL
            .iter()
            .filter_map(|measure| {
                let apart = apart(&|drive: &Drive| (measure.of)(&drive.run))?;
                Some((measure.name, apart))
            })
            .collect(),
    }
}
