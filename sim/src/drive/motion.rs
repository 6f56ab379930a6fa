//! What moves besides the robot, and where it has been.

use perception::Pose2;

use super::senses::pose_at;
use crate::SettingsError;
use crate::crowd::{Body, Crowd};
use crate::metrics::{Moving, time_to_touch_s};
use crate::scenario::Situation;
use crate::world::{Mover, Scene, Surroundings, World};

/// Space about the robot in which nobody comes out of nothing, m.
const APART_M: f64 = 0.1;
/// Nor does anybody come who would touch it sooner than this if both went on, s: recordings begin
/// at the edge of a picture, where a robot would have seen people come long before.
const AHEAD_S: f64 = 3.0;

/// The movers of a drive: where they are, and for sensors that take their time where they were.
pub(super) struct Motion<'a> {
    situation: &'a Situation,
    crowd: Crowd,
    substep_s: f64,
    /// First what walks by the clock, then the people.
    movers: Vec<Mover>,
    /// Poses of every mover, one a substep from the start.
    poses: Vec<Vec<Pose2>>,
    /// The movers as a sensor sees them.
    seen: Vec<Mover>,
    /// Of what walks by the clock: which had to wait to come.
    waited: Vec<bool>,
}

impl<'a> Motion<'a> {
    pub fn new(situation: &'a Situation, substep_s: f64) -> Result<Self, SettingsError> {
        let crowd = Crowd::new(&situation.people)?;
        let mut movers = Vec::with_capacity(situation.walks.len() + situation.people.len());
        for walk in &situation.walks {
            movers.push(walk.mover()?);
        }
        movers.extend(crowd.movers()?);
        Ok(Self {
            situation,
            crowd,
            substep_s,
            poses: vec![Vec::new(); movers.len()],
            seen: movers.clone(),
            waited: vec![false; situation.walks.len()],
            movers,
        })
    }

    /// Moves everything to where it is at a substep; substeps come in order, and `robot` is whom
    /// people see.
    pub fn advance(&mut self, substep: u64, robot: &Body) {
        let t_s = substep as f64 * self.substep_s;
        let walks = &self.situation.walks;
        let (scripted, people) = self.movers.split_at_mut(walks.len());
        for ((walk, mover), waited) in walks.iter().zip(scripted).zip(&mut self.waited) {
            mover.world_from_mover = walk.pose_at(t_s);
            let was_there = mover.is_there && (substep > 0 || !walk.comes_and_goes);
            mover.is_there = walk.is_there(t_s);
            if walk.comes_and_goes && mover.is_there && !was_there {
                let place = mover.world_from_mover.position();
                let next = walk.pose_at(t_s + self.substep_s).position();
                let comer = Body {
                    position: place,
                    velocity: (next - place) / self.substep_s,
                    radius_m: mover.radius_m(),
                };
                if comes_out_of_nothing(&comer, robot) {
                    mover.is_there = false;
                    *waited = true;
                }
            }
        }
        if substep > 0 {
            self.crowd
                .step(&self.situation.world, Some(robot), self.substep_s);
        }
        for (body, mover) in self.crowd.people().zip(people) {
            match body {
                Some(body) => {
                    mover.world_from_mover = Pose2::new(body.position.x, body.position.y, 0.0);
                }
                None => mover.is_there = false,
            }
        }
        for ((mover, seen), poses) in self.movers.iter().zip(&mut self.seen).zip(&mut self.poses) {
            seen.is_there = mover.is_there;
            poses.push(mover.world_from_mover);
        }
    }

    /// How many had to wait to come.
    pub fn postponed(&self) -> u32 {
        self.waited.iter().filter(|waited| **waited).count() as u32
    }

    /// The people.
    pub fn crowd(&self) -> &Crowd {
        &self.crowd
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

/// True for someone whom a robot could not be expected to be ready for.
fn comes_out_of_nothing(comer: &Body, robot: &Body) -> bool {
    let moving = |body: &Body| Moving {
        place: body.position.into(),
        velocity: body.velocity.into(),
    };
    let apart_m = robot.radius_m + comer.radius_m + APART_M;
    time_to_touch_s(&moving(robot), &moving(comer), apart_m).is_some_and(|s| s < AHEAD_S)
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
