//! Tracking of moving objects of the size of people from planar scans.
//!
//! ```text
//! endpoints ─▶ in cells observed free? ─▶ clusters ─▶ nearest within the gate ─▶ Track
//!                   (Arrivals)                            (Filter: constant velocity)
//! ```
//!
//! A static obstacle lies in cells that were never observed free, or beside occupied cells. Walls
//! and posts therefore start no track, however the robot moves. An object that arrives and stops is
//! a track with zero velocity, and no track once it has settled.
//!
//! Sources: Arras, Mozos, Burgard, "Using boosted features for the detection of people in 2D range
//! data", 2007, for clusters; Bar-Shalom, Li, Kirubarajan, "Estimation with applications to
//! tracking and navigation", 2001, for the filter and the gate.

mod arrivals;
mod cluster;
mod filter;
mod settings;
mod tracker;

pub use settings::TrackingSettings;

pub(crate) use tracker::{TRACKS_MAX, Tracker};

use crate::{Point2, Vector2};

/// Object that moves, or that has moved and stopped, in the odometry frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Track {
    /// Identifier, constant over the lifetime of the track.
    pub id: u64,
    /// Centre, m.
    pub position: Point2,
    /// Velocity, m/s.
    pub velocity: Vector2,
    /// Radius of the disc that encloses the object, m.
    pub radius_m: f64,
    /// Standard deviation of each coordinate of the position, m.
    pub position_sd_m: f64,
    /// Standard deviation of each velocity component, m/s.
    pub velocity_sd_mps: f64,
    /// Time since the first detection, s.
    pub age_s: f64,
    /// Time since the last detection, s.
    pub unseen_s: f64,
}

/// Minimum speed of a moving track, m/s.
pub(crate) const MOVING_MPS: f64 = 0.2;

impl Track {
    /// True if the track moves: its cells are then excluded from the static obstacles.
    pub fn is_moving(&self) -> bool {
        self.moves(MOVING_MPS)
    }

    /// True if the speed is at least `speed_min_mps` and at least the standard deviation of the
    /// velocity. A new track may otherwise seem to move.
    pub fn moves(&self, speed_min_mps: f64) -> bool {
        self.velocity.norm() >= speed_min_mps.max(self.velocity_sd_mps)
    }
}
