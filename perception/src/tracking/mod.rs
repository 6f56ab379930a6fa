//! Who moves, and how: people and other things of their size, from planar scans.
//!
//! ```text
//! beam ends ─▶ came where sight had been free? ─▶ clusters ─▶ nearest within the gate ─▶ Track
//!                    (Arrivals)                                    (Filter: constant velocity)
//! ```
//!
//! What stands never was where sight went free, or is beside what stands: walls and posts start no
//! track however the robot moves. What comes and stays is a track without speed, and none at all
//! once it has settled.
//!
//! Sources: Arras, Mozos, Burgard, "Using boosted features for the detection of people in 2D range
//! data", 2007, for clusters; Bar-Shalom, Li, Kirubarajan, "Estimation with applications to tracking
//! and navigation", 2001, for the filter and the gate.

mod arrivals;
mod cluster;
mod filter;
mod settings;
mod tracker;

pub use settings::TrackingSettings;

pub(crate) use tracker::{TRACKS_MAX, Tracker};

use crate::{Point2, Vector2};

/// Something that moves, or has come to stand, odometry frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Track {
    /// Its name as long as it lives.
    pub id: u64,
    /// Its middle, m.
    pub position: Point2,
    /// How it moves, m/s.
    pub velocity: Vector2,
    /// Radius of a disc that holds it, m.
    pub radius_m: f64,
    /// Standard deviation of each coordinate of the position, m.
    pub position_sd_m: f64,
    /// Standard deviation of each part of the velocity, m/s.
    pub velocity_sd_mps: f64,
    /// Since it was first seen, s.
    pub age_s: f64,
    /// Since it was last seen, s.
    pub unseen_s: f64,
}

/// Speed from which a track counts as moving, m/s.
pub(crate) const MOVING_MPS: f64 = 0.2;

impl Track {
    /// True when it moves: the cells that it takes up are no part of what stands.
    pub fn is_moving(&self) -> bool {
        self.moves(MOVING_MPS)
    }

    /// True when it moves at least so fast, and faster than the deviation of its velocity: what has
    /// just been seen may seem to move.
    pub fn moves(&self, speed_min_mps: f64) -> bool {
        self.velocity.norm() >= speed_min_mps.max(self.velocity_sd_mps)
    }
}
