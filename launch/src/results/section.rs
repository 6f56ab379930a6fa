//! A section of the report.

use super::{Figures, Planned, Row, Ticks};

/// Section of one scenario.
#[derive(Debug, Clone)]
pub struct Section {
    /// Entry of the plan.
    pub planned: &'static Planned,
    /// Statistics.
    pub figures: Figures,
    /// Paths on the map, PNG.
    pub picture: Vec<u8>,
    /// Failures of the learned policy, if any.
    pub failures: Option<Failures>,
    /// Tick durations by policy.
    pub ticks: Vec<(String, Ticks)>,
}

/// Failed drives in one picture.
#[derive(Debug, Clone)]
pub struct Failures {
    /// Number of failed drives.
    pub count: usize,
    /// Number of drawn ones, the first in the order of seeds.
    pub drawn: usize,
    /// A panel for each, PNG.
    pub picture: Vec<u8>,
}

impl Section {
    /// Statistics of a policy.
    pub fn row(&self, policy: &str) -> Option<&Row> {
        self.figures.rows.iter().find(|row| row.policy == policy)
    }
}
