//! State of one pedestrian.

use perception::{Footprint, Point2, Pose2, Vector2};

use super::force::{self, Body};
use super::{Habit, Person};
use crate::SettingsError;
use crate::world::{Mover, World};

/// Distance at which a point of the path counts as reached, m.
const AT_POINT_M: f64 = 0.4;
/// Range beyond which walls exert no force, m.
const WALL_REACH_M: f64 = 1.5;
/// Maximum speed as a multiple of the desired speed.
const HASTE: f64 = 1.3;
/// Maximum duration of cutting in, s.
const CUT_MAX_S: f64 = 2.0;
/// Minimum speed of the robot for a pedestrian to cut in, m/s.
const CUT_SPEED_MPS: f64 = 0.2;

/// A pedestrian with its state along the path.
#[derive(Debug, Clone)]
pub(super) struct Walker {
    person: Person,
    pub body: Body,
    /// Index of the next point of the path.
    next: usize,
    /// Distance walked, m.
    walked_m: f64,
    /// Duration of the stop so far, s.
    stood_s: f64,
    /// The pedestrian has turned back.
    has_turned: bool,
    cut: Cut,
    /// The pedestrian has reached the end of its path and left.
    pub has_left: bool,
}

/// Progress of cutting in.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cut {
    Not,
    /// Target point and time since the start, s.
    Toward(Point2, f64),
    Done,
}

impl Walker {
    pub fn new(person: Person) -> Self {
        let start = person.way.first().copied().unwrap_or_default();
        let towards = person.way.get(1).map_or(Vector2::zeros(), |next| {
            (next - start).try_normalize(1e-9).unwrap_or_default()
        });
        Self {
            body: Body {
                position: start,
                velocity: towards * person.speed_mps,
                radius_m: person.radius_m,
            },
            person,
            next: 1,
            walked_m: 0.0,
            stood_s: 0.0,
            has_turned: false,
            cut: Cut::Not,
            has_left: false,
        }
    }

    pub fn mover(&self) -> Result<Mover, SettingsError> {
        let at = self.body.position;
        let pose = Pose2::new(at.x, at.y, 0.0);
        Mover::upright(self.person.radius_m, self.person.height_m, pose).map_err(|error| {
            SettingsError {
                section: "person",
                field: "body",
                value: error.to_string(),
                expected: "a body that an obstacle can have".into(),
            }
        })
    }

    pub fn step<'a>(
        &mut self,
        world: &World,
        others: impl Iterator<Item = &'a Body>,
        robot: Option<&Body>,
        dt_s: f64,
    ) {
        let wish = self.wish(robot, dt_s);
        let temper = &self.person.temper;
        let own = &self.body;
        let mut push = force::drive(temper, own, wish);
        for other in others {
            push += force::from_body(temper, own, other, wish);
        }
        if let Some(robot) = robot {
            push += force::from_body(temper, own, robot, wish) * temper.heed;
            // a pedestrian that ignores the robot walks into it
            if temper.heed > 0.0 {
                push += force::from_hard(own, robot);
            }
        }
        let footprint = Footprint::Disc {
            radius_m: own.radius_m,
        };
        let pose = Pose2::new(own.position.x, own.position.y, 0.0);
        if let Some(gap) = world.gap(&footprint, self.person.height_m, pose, WALL_REACH_M) {
            push += force::from_wall(own, gap.point, gap.distance_m + own.radius_m);
        }
        let mut velocity = own.velocity + push * dt_s;
        let speed_max = HASTE * self.person.speed_mps;
        if velocity.norm() > speed_max {
            velocity *= speed_max / velocity.norm();
        }
        self.body.velocity = velocity;
        self.body.position += velocity * dt_s;
        self.walked_m += velocity.norm() * dt_s;
    }

    /// Desired velocity, m/s.
    fn wish(&mut self, robot: Option<&Body>, dt_s: f64) -> Vector2 {
        match self.person.habit {
            Habit::Steady => {}
            Habit::Stops { after_m, for_s } => {
                if self.walked_m >= after_m && self.stood_s < for_s {
                    self.stood_s += dt_s;
                    return Vector2::zeros();
                }
            }
            Habit::TurnsBack { after_m, to } => {
                if self.walked_m >= after_m && !self.has_turned {
                    self.has_turned = true;
                    let behind = self.next.saturating_sub(1).min(self.person.way.len() - 1);
                    let mut back = vec![to];
                    back.extend(&self.person.way[..=behind]);
                    back.push(self.body.position);
                    back.reverse();
                    self.person.way = back;
                    self.next = 1;
                }
            }
            Habit::CutsIn { within_m, ahead_m } => {
                if let Some(aim) = self.cutting(robot, within_m, ahead_m, dt_s) {
                    return self.toward(aim);
                }
            }
        }
        self.pass_points();
        let Some(&aim) = self.person.way.get(self.next) else {
            self.has_left = true;
            return Vector2::zeros();
        };
        self.toward(aim)
    }

    fn toward(&self, aim: Point2) -> Vector2 {
        (aim - self.body.position)
            .try_normalize(1e-9)
            .unwrap_or_default()
            * self.person.speed_mps
    }

    /// Advances to the next point of the path when a point is reached or passed.
    fn pass_points(&mut self) {
        let way = &self.person.way;
        while let (Some(aim), Some(last)) = (way.get(self.next), way.get(self.next - 1)) {
            let left = aim - self.body.position;
            if left.norm() > AT_POINT_M && left.dot(&(aim - last)) > 0.0 {
                return;
            }
            self.next += 1;
        }
    }

    /// Target ahead of the robot while the pedestrian cuts in.
    fn cutting(
        &mut self,
        robot: Option<&Body>,
        within_m: f64,
        ahead_m: f64,
        dt_s: f64,
    ) -> Option<Point2> {
        match (self.cut, robot) {
            (Cut::Not, Some(robot)) => {
                let forward = robot.velocity.try_normalize(CUT_SPEED_MPS)?;
                let from_robot = self.body.position - robot.position;
                let is_ahead = from_robot.dot(&forward) > ahead_m;
                if from_robot.norm() > within_m || !is_ahead {
                    return None;
                }
                // to the opposite side of the robot's path
                let side = from_robot - forward * from_robot.dot(&forward);
                let across = side.try_normalize(1e-6).unwrap_or_default() * -0.8;
                let aim = robot.position + forward * ahead_m + across;
                self.cut = Cut::Toward(aim, 0.0);
                Some(aim)
            }
            (Cut::Toward(aim, since_s), _) => {
                let is_there = (aim - self.body.position).norm() < AT_POINT_M;
                if is_there || since_s >= CUT_MAX_S {
                    self.cut = Cut::Done;
                    return None;
                }
                self.cut = Cut::Toward(aim, since_s + dt_s);
                Some(aim)
            }
            _ => None,
        }
    }
}
