//! Encounters and contacts with moving objects.

use perception::Pose2;

use crate::episode::{ContactBy, Encounters};
use crate::metrics::PERSONAL_M;
use crate::robot::RobotModel;
use crate::world::{Mover, Scene, World};

/// Encounters and contacts of all moving objects.
#[derive(Debug, Clone, Default)]
pub(super) struct Meetings {
    /// By mover: whether the robot met it, and the party at fault in the first contact.
    met: Vec<bool>,
    touched: Vec<Option<ContactBy>>,
}

impl Meetings {
    /// Records movers within the personal distance.
    pub fn meet(&mut self, world: &World, movers: &[Mover], robot: &RobotModel, pose: Pose2) {
        self.met.resize(movers.len(), false);
        for (met, mover) in self.met.iter_mut().zip(movers) {
            *met = *met || is_within(world, mover, robot, pose, PERSONAL_M);
        }
    }

    /// Records each touched mover once, with the party at fault. At least one mover is touched.
    pub fn touch(
        &mut self,
        world: &World,
        movers: &[Mover],
        robot: &RobotModel,
        pose: Pose2,
        by: ContactBy,
    ) {
        self.met.resize(movers.len(), false);
        self.touched.resize(movers.len(), None);
        for ((met, touched), mover) in self.met.iter_mut().zip(&mut self.touched).zip(movers) {
            if touched.is_none() && is_within(world, mover, robot, pose, 0.0) {
                *met = true;
                *touched = Some(by);
            }
        }
    }

    /// Party at fault over the drive: the robot if it ever was.
    pub fn contact_by(&self) -> Option<ContactBy> {
        let all = || self.touched.iter().flatten();
        let by_robot = all().find(|by| **by == ContactBy::Robot);
        by_robot.or(all().next()).copied()
    }

    /// Sums the encounters; none if nothing moves.
    pub fn counts(&self, postponed: u32) -> Option<Encounters> {
        let by = |by| {
            self.touched
                .iter()
                .filter(move |touched| **touched == Some(by))
        };
        (!self.met.is_empty()).then(|| Encounters {
            met: self.met.iter().filter(|met| **met).count() as u32,
            contacts_by_robot: by(ContactBy::Robot).count() as u32,
            contacts_by_other: by(ContactBy::Other).count() as u32,
            postponed,
        })
    }
}

/// True if the gap between a mover and the robot is at most `reach_m`.
pub(super) fn is_within(
    world: &World,
    mover: &Mover,
    robot: &RobotModel,
    pose: Pose2,
    reach_m: f64,
) -> bool {
    let scene = Scene {
        world,
        movers: std::slice::from_ref(mover),
    };
    scene
        .gap_to_movers(&robot.footprint, robot.height_m, pose, reach_m)
        .is_some()
}
