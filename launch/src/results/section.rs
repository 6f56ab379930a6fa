//! A scenario of the report.

use super::{Figures, Planned, Row, Ticks};

/// A scenario of the report.
#[derive(Debug, Clone)]
pub struct Section {
    /// What was driven.
    pub planned: &'static Planned,
    /// Its figures.
    pub figures: Figures,
    /// Ways over the map, PNG.
    pub picture: Vec<u8>,
    /// Failures of the learned policy, if there are any.
    pub failures: Option<Failures>,
    /// Times of ticks by policy.
    pub ticks: Vec<(String, Ticks)>,
}

/// Drives that failed, in one picture.
#[derive(Debug, Clone)]
pub struct Failures {
    /// How many there are.
    pub count: usize,
    /// How many of them are drawn, the first in the order of seeds.
    pub drawn: usize,
    /// A small picture of each, PNG.
    pub picture: Vec<u8>,
}

impl Section {
    /// A policy's figures.
    pub fn row(&self, policy: &str) -> Option<&Row> {
        self.figures.rows.iter().find(|row| row.policy == policy)
    }
}
