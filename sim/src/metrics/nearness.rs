//! Distance of the robot to pedestrians, by the spaces of Hall ("The hidden dimension", 1966).

use serde::{Deserialize, Serialize};

use crate::drive::CLEARANCE_REACH_M;

/// Intimate distance (Hall 1966), m.
const INTIMATE_M: f64 = 0.45;
/// Desired minimum distance, m.
const NEAR_M: f64 = 0.5;
/// Personal distance (Hall 1966), m.
pub(crate) const PERSONAL_M: f64 = 1.2;

/// Distance of the robot to pedestrians and other movers, between outlines.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Nearness {
    /// Smallest distance, m; at most [`crate::CLEARANCE_REACH_M`].
    pub gap_m_min: f64,
    /// Mean over time of the distance to the nearest mover, m, each at most
    /// [`crate::CLEARANCE_REACH_M`].
    pub gap_m_mean: f64,
    /// Share of the time within 0.45 m, the intimate distance of Hall (1966).
    pub intimate_share: f64,
    /// Share of the time within 0.5 m.
    pub near_share: f64,
    /// Share of the time between 0.45 m and 1.2 m, the personal distance.
    pub personal_share: f64,
}

impl Nearness {
    /// Nearness from the gap to the nearest mover at every tick, m; none without ticks. A contact
    /// between two ticks counts as a gap of 0.
    pub fn of(gaps_m: &[f64], touched: bool) -> Option<Self> {
        if gaps_m.is_empty() {
            return None;
        }
        let count = gaps_m.len() as f64;
        let share = |from_m: f64, to_m: f64| {
            let within = gaps_m.iter().filter(|gap| (from_m..to_m).contains(*gap));
            within.count() as f64 / count
        };
        let least = gaps_m.iter().copied().fold(CLEARANCE_REACH_M, f64::min);
        Some(Self {
            gap_m_min: if touched { 0.0 } else { least },
            gap_m_mean: gaps_m.iter().sum::<f64>() / count,
            intimate_share: share(0.0, INTIMATE_M),
            near_share: share(0.0, NEAR_M),
            personal_share: share(INTIMATE_M, PERSONAL_M),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_disjoint_spaces_and_a_contact_is_no_gap() {
        let near = Nearness::of(&[0.2, 0.46, 1.0, 3.0], false).unwrap();
        assert_eq!(
            (near.intimate_share, near.near_share, near.personal_share),
            (0.25, 0.5, 0.5)
        );
        assert_eq!(near.gap_m_min, 0.2);
        assert!((near.gap_m_mean - 1.165).abs() < 1e-12);
        assert_eq!(Nearness::of(&[1.0], true).unwrap().gap_m_min, 0.0);
        assert_eq!(Nearness::of(&[], true), None);
    }
}
