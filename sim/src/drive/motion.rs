//! What moves besides the robot, and where it has been.

use perception::Pose2;

use super::senses::pose_at;
use crate::SettingsError;
use crate::scenario::Walk;
use crate::world::{Mover, Scene, Surroundings, World};

/// The movers of a drive: where they are, and for sensors that take their time where they were.
pub(super) struct Motion<'a> {
    walks: &'a [Walk],
    substep_s: f64,
    movers: Vec<Mover>,
    /// Poses of every mover, one a substep from the start.
    poses: Vec<Vec<Pose2>>,
    /// The movers as a sensor sees them.
    seen: Vec<Mover>,
}

impl<'a> Motion<'a> {
    pub fn new(walks: &'a [Walk], substep_s: f64) -> Result<Self, SettingsError> {
        let mut movers = Vec::with_capacity(walks.len());
        for walk in walks {
            movers.push(walk.mover()?);
        }
        Ok(Self {
            walks,
            substep_s,
            poses: vec![Vec::new(); movers.len()],
            seen: movers.clone(),
            movers,
        })
    }

    /// Moves everything to where it is at a substep.
    pub fn advance(&mut self, substep: u64) {
        let t_s = substep as f64 * self.substep_s;
        for ((walk, mover), poses) in self.walks.iter().zip(&mut self.movers).zip(&mut self.poses) {
            mover.world_from_mover = walk.pose_at(t_s);
            poses.push(mover.world_from_mover);
        }
    }

    /// Everything where it is now.
    pub fn movers(&self) -> &[Mover] {
        &self.movers
    }

    /// The past since a time, for a sensor that asks again and again.
    pub fn since<'s>(&'s mut self, world: &'s World, first_s: f64) -> Past<'s> {
        Past {
            world,
            first_s,
            substep_s: self.substep_s,
            poses: &self.poses,
            movers: &mut self.seen,
        }
    }
}

/// The world as it was from a time on.
pub(super) struct Past<'a> {
    world: &'a World,
    first_s: f64,
    substep_s: f64,
    poses: &'a [Vec<Pose2>],
    movers: &'a mut [Mover],
}

impl Surroundings for Past<'_> {
    fn at(&mut self, elapsed_s: f64) -> Scene<'_> {
        for (mover, poses) in self.movers.iter_mut().zip(self.poses) {
            mover.world_from_mover = pose_at(poses, self.substep_s, self.first_s + elapsed_s);
        }
        Scene {
            world: self.world,
            movers: self.movers,
        }
    }
}
