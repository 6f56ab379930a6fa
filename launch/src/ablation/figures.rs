//! Means of the comparison, with intervals.
//!
//! A figure of an arm is the mean over episodes of the mean over its training seeds; its interval
//! holds the true mean in 95 % of cases (`launch/src/statistics`).
//! Differences are taken episode by episode before they are averaged. The intervals are of the
//! episodes alone: how much another training seed changes is seen by comparing the seeds.

use std::collections::BTreeMap;

use serde::Serialize;
use sim::{ContactBy, Outcome};

use super::trial::Outcomes;
use crate::statistics::Estimate;

/// Seed of the bootstrap.
const SEED: u64 = 1979;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Loss of plans on episodes kept out.
    Loss,
    /// Hausdorff distance to the expert's plans, m.
    Hausdorff,
    /// Share of drives that reached the goal.
    Success,
    /// Share in which the robot touched what stands, or drove where there is no floor.
    Collided,
    /// Share in which the robot moved into somebody.
    ByRobot,
    /// Share in which somebody walked into the standing robot.
    ByOther,
    /// Share of time within 0.5 m of people.
    Near,
    /// Smallest distance to people, m.
    Gap,
    /// Time of a drive, s.
    Time,
}

impl Measure {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 9] = [
        Self::Loss,
        Self::Hausdorff,
        Self::Success,
        Self::Collided,
        Self::ByRobot,
        Self::ByOther,
        Self::Near,
        Self::Gap,
        Self::Time,
    ];

    /// Head of its column.
    pub fn title(self) -> &'static str {
        match self {
            Self::Loss => "test loss",
            Self::Hausdorff => "Hausdorff to expert, m",
            Self::Success => "reached, %",
            Self::Collided => "collided with what stands, %",
            Self::ByRobot => "robot into person, %",
            Self::ByOther => "person into robot, %",
            Self::Near => "time within 0.5 m, %",
            Self::Gap => "smallest gap, m",
            Self::Time => "time, s",
        }
    }

    /// Factor to the unit of the title, and digits after the point.
    pub fn scale(self) -> (f64, usize) {
        match self {
            Self::Loss => (1.0, 4),
            Self::Hausdorff => (1.0, 3),
            Self::Gap => (1.0, 2),
            Self::Time => (1.0, 1),
            Self::Success | Self::Collided | Self::ByRobot | Self::ByOther | Self::Near => {
                (100.0, 1)
            }
        }
    }

    /// Values of one network by episode; of people only where somebody walked.
    fn of(self, outcomes: &Outcomes) -> Vec<(String, f64)> {
        if let Self::Loss | Self::Hausdorff = self {
            let tested = outcomes.tested.iter().map(|tested| {
                let value = if self == Self::Loss {
                    tested.loss
                } else {
                    tested.hausdorff_m
                };
                (tested.name.clone(), value)
            });
            return tested.collect();
        }
        let share = |is: bool| f64::from(u8::from(is));
        let driven = outcomes.driven.iter().filter_map(|driven| {
            let by = |who| {
                driven
                    .gap_m_min
                    .map(|_| share(driven.contact_by == Some(who)))
            };
            let value = match self {
                Self::Collided => {
                    share(driven.outcome == Outcome::Collided && driven.contact_by.is_none())
                }
                Self::ByRobot => by(ContactBy::Robot)?,
                Self::ByOther => by(ContactBy::Other)?,
                Self::Near => driven.near_share?,
                Self::Gap => driven.gap_m_min?,
                Self::Time => driven.time_s,
                _ => share(driven.outcome == Outcome::Reached),
            };
            Some((driven.seed.to_string(), value))
        });
        driven.collect()
    }
}

/// Everything about one arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The arm or driver.
    pub name: String,
    /// Training seeds.
    pub seeds: Vec<u64>,
    /// By [`Measure::ALL`].
    pub estimates: Vec<Option<Estimate>>,
    /// The same for the difference to the baseline, episode by episode.
    pub differences: Vec<Option<Estimate>>,
    /// Means by training seed, by [`Measure::ALL`].
    pub by_seed: Vec<Vec<Option<f64>>>,
}

/// Mean over training seeds, by episode.
fn by_episode(measure: Measure, outcomes: &[&Outcomes]) -> BTreeMap<String, f64> {
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for outcome in outcomes {
        for (episode, value) in measure.of(outcome) {
            let (sum, count) = sums.entry(episode).or_default();
            *sum += value;
            *count += 1.0;
        }
    }
    sums.into_iter()
        .map(|(episode, (sum, count))| (episode, sum / count))
        .collect()
}

/// A row for each name, in the order of `names`; names without outcomes have none. Differences are
/// to the outcomes of the name `baseline`.
pub fn rows(names: &[&str], baseline: &str, all: &[Outcomes]) -> Vec<Row> {
    let of = |name: &str| -> Vec<&Outcomes> {
        all.iter().filter(|outcome| outcome.name == name).collect()
    };
    let compared = of(baseline);
    names
        .iter()
        .filter(|name| !of(name).is_empty())
        .map(|name| {
            let outcomes = of(name);
            let estimates = Measure::ALL.map(|measure| {
                let values: Vec<f64> = by_episode(measure, &outcomes).into_values().collect();
                Estimate::of(&values, SEED)
            });
            let differences = Measure::ALL.map(|measure| {
                let other = by_episode(measure, &compared);
                let apart: Vec<f64> = by_episode(measure, &outcomes)
                    .into_iter()
                    .filter_map(|(episode, value)| Some(value - other.get(&episode)?))
                    .collect();
                Estimate::of(&apart, SEED).filter(|_| *name != baseline)
            });
            let mean = |measure: Measure, outcome: &Outcomes| {
                let values = measure.of(outcome);
                let sum: f64 = values.iter().map(|(_, value)| value).sum();
                (!values.is_empty()).then(|| sum / values.len() as f64)
            };
            Row {
                name: (*name).to_owned(),
                seeds: outcomes.iter().map(|outcome| outcome.seed).collect(),
                estimates: estimates.to_vec(),
                differences: differences.to_vec(),
                by_seed: outcomes
                    .iter()
                    .map(|outcome| Measure::ALL.map(|m| mean(m, outcome)).to_vec())
                    .collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_taken_episode_by_episode() {
        let outcomes = |name: &str, seed, losses: [f64; 3]| Outcomes {
            name: name.to_owned(),
            seed,
            made: String::new(),
            steps: 1,
            samples: 1,
            tested: losses
                .iter()
                .enumerate()
                .map(|(number, &loss)| super::super::trial::Tested {
                    name: number.to_string(),
                    loss,
                    hausdorff_m: 0.0,
                })
                .collect(),
            driven: Vec::new(),
        };
        let all = [
            outcomes("past", 0, [1.0, 5.0, 9.0]),
            outcomes("past", 1, [3.0, 7.0, 11.0]),
            outcomes("motion", 0, [1.5, 5.5, 9.5]),
        ];
        let rows = rows(&["past", "motion", "now"], "past", &all);
        assert_eq!(rows.len(), 2);
        assert!(rows[0].differences[0].is_none());
        let apart = rows[1].differences[0].unwrap();
        assert_eq!((apart.mean, apart.interval), (-0.5, [-0.5, -0.5]));
        assert!(apart.differs_from_zero());
        assert!(rows[1].estimates[2].is_none());
    }

    #[test]
    fn where_nobody_walks_nothing_is_said_of_people() {
        let driven =
            |seed, outcome, contact_by, gap_m_min: Option<f64>| super::super::trial::Driven {
                seed,
                outcome,
                contact_by,
                near_share: gap_m_min.map(|_| 0.0),
                gap_m_min,
                time_s: 1.0,
            };
        let all = [Outcomes {
            name: "whole".to_owned(),
            seed: 0,
            made: String::new(),
            steps: 1,
            samples: 1,
            tested: Vec::new(),
            driven: vec![
                driven(1, Outcome::Reached, None, None),
                driven(3, Outcome::Collided, None, None),
                driven(5, Outcome::Collided, Some(ContactBy::Robot), Some(0.0)),
                driven(7, Outcome::TimedOut, None, Some(0.8)),
            ],
        }];
        let rows = rows(&["whole"], "whole", &all);
        let mean = |wanted| {
            let column = Measure::ALL.iter().position(|measure| *measure == wanted);
            rows[0].by_seed[0][column.unwrap()]
        };
        assert_eq!(mean(Measure::Success), Some(0.25));
        assert_eq!(mean(Measure::Collided), Some(0.25));
        assert_eq!(mean(Measure::ByRobot), Some(0.5));
        assert_eq!(mean(Measure::ByOther), Some(0.0));
        assert_eq!(mean(Measure::Gap), Some(0.4));
        assert_eq!(mean(Measure::Loss), None);
    }
}
