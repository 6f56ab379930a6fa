//! Moving objects of a drive and their past poses.

use perception::Pose2;

use super::encounters::is_within;
use super::senses::pose_at;
use crate::SettingsError;
use crate::crowd::{Body, Crowd};
use crate::metrics::{Moving, time_to_touch_s};
use crate::robot::RobotModel;
use crate::scenario::Situation;
use crate::world::{Mover, Scene, Surroundings, World};

/// Minimum distance from the robot at which a mover may spawn, m.
const APART_M: f64 = 0.1;
/// The same after the start of the drive, m: an approaching mover is visible beforehand.
const IN_SIGHT_M: f64 = 1.5;
/// Minimum time to a collision for a mover to spawn, s, both with the robot's velocity and with the
/// robot at rest. Recordings begin at the edge of the image, where a robot would have seen
/// pedestrians long before.
const AHEAD_S: f64 = 3.0;

/// The movers of a drive, with their past poses for sensors that sweep.
pub(super) struct Motion<'a> {
    situation: &'a Situation,
    crowd: Crowd,
    substep_s: f64,
    /// Time-driven movers first, then pedestrians.
    movers: Vec<Mover>,
    /// Poses of every mover, one per substep from the start.
    poses: Vec<Vec<Pose2>>,
    /// The movers at the time of a ray.
    seen: Vec<Mover>,
    /// By time-driven mover: whether its appearance was postponed.
    waited: Vec<bool>,
    /// Index of the object that appears during the drive, the last mover.
    object: Option<usize>,
}

impl<'a> Motion<'a> {
    /// All movers at the start; an object that appears later is out of sight.
    pub fn new(
        situation: &'a Situation,
        substep_s: f64,
        object: Option<Mover>,
    ) -> Result<Self, SettingsError> {
        let crowd = Crowd::new(&situation.people)?;
        let mut movers = Vec::with_capacity(situation.walks.len() + situation.people.len());
        for walk in &situation.walks {
            movers.push(walk.mover()?);
        }
        movers.extend(crowd.movers()?);
        let number = object.is_some().then_some(movers.len());
        movers.extend(object);
        Ok(Self {
            object: number,
            situation,
            crowd,
            substep_s,
            poses: vec![Vec::new(); movers.len()],
            seen: movers.clone(),
            waited: vec![false; situation.walks.len()],
            movers,
        })
    }

    /// Moves everything to its pose at a substep. Substeps come in order; pedestrians react to
    /// `robot`.
    ///
    /// A time-driven mover passes through a robot that it `touches`. It is invisible until it is
    /// out again: a body on top of the scanner would occlude everything else.
    pub fn advance(&mut self, substep: u64, robot: &Body, touches: impl Fn(&Mover) -> bool) {
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
                let apart_m = if substep == 0 { APART_M } else { IN_SIGHT_M };
                if comes_out_of_nothing(&comer, robot, apart_m) {
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
        let places = self.seen.iter_mut().zip(&mut self.poses);
        for (index, (mover, (seen, poses))) in self.movers.iter().zip(places).enumerate() {
            let is_through = index < walks.len() && touches(mover);
            seen.is_there = mover.is_there && !is_through;
            poses.push(mover.world_from_mover);
        }
    }

    /// Places the object that appears.
    pub fn reveal_object(&mut self, at: Pose2) {
        let Some(number) = self.object else {
            return;
        };
        for mover in [&mut self.movers[number], &mut self.seen[number]] {
            mover.world_from_mover = at;
            mover.is_there = true;
        }
        self.poses[number].fill(at);
    }

    /// True for the index of the object that appears.
    pub fn is_object(&self, number: usize) -> bool {
        self.object == Some(number)
    }

    /// The mover that touches a robot at a pose: its index, the mover, and its poses, one per
    /// substep.
    pub fn touched(
        &self,
        world: &World,
        robot: &RobotModel,
        pose: Pose2,
    ) -> Option<(usize, &Mover, &[Pose2])> {
        let number = self
            .movers
            .iter()
            .position(|mover| is_within(world, mover, robot, pose, 0.0))?;
        Some((number, &self.movers[number], &self.poses[number]))
    }

    /// Number of movers whose appearance was postponed.
    pub fn postponed(&self) -> u32 {
        self.waited.iter().filter(|waited| **waited).count() as u32
    }

    /// The pedestrians.
    pub fn crowd(&self) -> &Crowd {
        &self.crowd
    }

    /// All movers at their current poses.
    pub fn movers(&self) -> &[Mover] {
        &self.movers
    }

    /// Visible movers from a time on, for a sensor with many queries.
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

/// True if a mover would appear nearer than `apart_m`, or about to touch the robot.
fn comes_out_of_nothing(comer: &Body, robot: &Body, apart_m: f64) -> bool {
    let reach_m = robot.radius_m + comer.radius_m;
    if (comer.position - robot.position).norm() <= reach_m + apart_m {
        return true;
    }
    let moving = |body: &Body, share: f64| Moving {
        place: body.position.into(),
        velocity: (body.velocity * share).into(),
    };
    [0.0, 1.0].iter().any(|&share| {
        time_to_touch_s(
            &moving(robot, share),
            &moving(comer, 1.0),
            reach_m + APART_M,
        )
        .is_some_and(|s| s < AHEAD_S)
    })
}

/// The world and its movers from a time on.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Rules, SimGoal, Walk};
    use crate::world::{Obstacle, Shape};
    use perception::{Point2, Vector2};

    const SUBSTEP_S: f64 = 0.01;

    /// A mover of radius 0.25 m that walks at 1 m/s along the x axis and is present from `from_m`
    /// on.
    fn situation(from_m: f64) -> Situation {
        let centre = Point2::origin();
        let body = Obstacle::standing(
            Shape::Circle {
                centre,
                radius_m: 0.25,
            },
            1.7,
        );
        let stop = |s: f64| (s, Pose2::new(from_m - (s - 1.0), 0.0, 0.0));
        Situation {
            scenario: "made".to_owned(),
            seed: 0,
            world: World::new(Vec::new()).unwrap(),
            start: Pose2::IDENTITY,
            goal: SimGoal {
                position: centre,
                yaw: None,
                tolerance_m: 0.1,
            },
            path: Vec::new(),
            walks: vec![Walk {
                body,
                stops: vec![stop(1.0), stop(20.0)],
                comes_and_goes: true,
            }],
            inner_corners: Vec::new(),
            people: Vec::new(),
            time_limit_s: 30.0,
            rules: Rules::default(),
        }
    }

    /// The x positions, m, at which the walker becomes visible or invisible, and the number of
    /// postponed movers.
    fn watched(from_m: f64, aside_m: f64, speed_mps: f64) -> (Vec<f64>, u32) {
        let situation = situation(from_m);
        let mut motion = Motion::new(&situation, SUBSTEP_S, None).unwrap();
        let mut changes = Vec::new();
        let mut was_seen = false;
        for substep in 0..1900 {
            let robot = Body {
                position: Point2::new(speed_mps * SUBSTEP_S * substep as f64, aside_m),
                velocity: Vector2::new(speed_mps, 0.0),
                radius_m: 0.3,
            };
            motion.advance(substep, &robot, |mover| {
                let place = mover.world_from_mover.position();
                (place - robot.position).norm() <= 0.55
            });
            let world = &situation.world;
            let mut past = motion.since(world, SUBSTEP_S * substep as f64);
            let seen = &past.at(0.0).movers[0];
            if seen.is_there != was_seen {
                changes.push(seen.world_from_mover.x - robot.position.x);
                was_seen = seen.is_there;
            }
        }
        (changes, motion.postponed())
    }

    #[test]
    fn movers_do_not_appear_beside_a_robot() {
        // appears at a sufficient distance
        assert_eq!(watched(8.0, 1.0, 0.0), (vec![8.0], 0));
        // would pass a robot at rest in sight, but appears too near
        let (changes, postponed) = watched(1.0, 1.2, 0.0);
        assert_eq!(postponed, 1);
        assert!(changes[0] < -1.5, "{changes:?}");
        // behind a robot that drives away at the same speed or faster, but may stop
        assert_eq!(watched(2.5, 0.0, -1.0), (Vec::new(), 1));
        assert_eq!(watched(3.0, 0.0, -1.0).0.len(), 1);
    }

    #[test]
    fn a_mover_that_overlaps_the_robot_is_invisible() {
        let (changes, _) = watched(5.0, 0.0, 0.0);
        assert_eq!(changes.len(), 3, "{changes:?}");
        assert!((changes[1] - 0.55).abs() < 0.02 && (changes[2] + 0.55).abs() < 0.02);
    }
}
