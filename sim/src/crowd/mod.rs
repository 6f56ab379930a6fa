//! Pedestrians that react to each other and to the robot.
//!
//! ```text
//! Person (path, speed, force parameters, behaviour) ─▶ Crowd ⟲ step(world, robot, dt) ─▶ bodies
//! ```
//!
//! Unlike a [`crate::Walk`], a crowd depends on the robot's motion. All random values are drawn
//! when the pedestrians are created: the same pedestrians and the same robot give the same steps.

mod force;
mod person;
mod walker;

pub use force::Body;
pub use person::{Habit, Person, Temper};

use perception::{Point2, Vector2};

use crate::SettingsError;
use crate::world::{Mover, World};
use walker::Walker;

/// Time step of a prediction, s.
const FORECAST_STEP_S: f64 = 0.05;
/// Height of the line of sight to pedestrians, m.
const SIGHT_Z_M: f64 = 0.5;
/// Lateral offset of the points tested for visibility, share of the radius.
const SIDE: f64 = 0.8;

/// Pedestrians that walk along their paths.
#[derive(Debug, Clone, Default)]
pub struct Crowd {
    walkers: Vec<Walker>,
    /// Bodies before the current step; none for pedestrians that have left.
    before: Vec<Option<Body>>,
}

/// Ground-truth state and predicted trajectory of a pedestrian.
#[derive(Debug, Clone, PartialEq)]
pub struct Companion {
    /// Current position and velocity.
    pub body: Body,
    /// Predicted positions without the robot, one a step, the first of them now. The prediction
    /// ends where the pedestrian leaves.
    pub coming: Vec<Point2>,
}

impl Crowd {
    /// All pedestrians at the start of their paths.
    pub fn new(people: &[Person]) -> Result<Self, SettingsError> {
        let mut walkers = Vec::with_capacity(people.len());
        for person in people {
            person.validate()?;
            walkers.push(Walker::new(person.clone()));
        }
        Ok(Self {
            before: Vec::with_capacity(walkers.len()),
            walkers,
        })
    }

    /// True if the crowd was created without pedestrians.
    pub fn is_empty(&self) -> bool {
        self.walkers.is_empty()
    }

    /// Bodies in the order of creation; none for pedestrians that have left.
    pub fn people(&self) -> impl Iterator<Item = Option<&Body>> {
        self.walkers
            .iter()
            .map(|walker| (!walker.has_left).then_some(&walker.body))
    }

    /// Bodies of the pedestrians that have not left.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        self.people().flatten()
    }

    /// A mover for each pedestrian at its position.
    pub(crate) fn movers(&self) -> Result<Vec<Mover>, SettingsError> {
        self.walkers.iter().map(Walker::mover).collect()
    }

    /// Advances all pedestrians by `dt_s` simultaneously. `robot` is the body that they perceive
    /// besides each other.
    pub fn step(&mut self, world: &World, robot: Option<&Body>, dt_s: f64) {
        self.before.clear();
        self.before.extend(
            self.walkers
                .iter()
                .map(|walker| (!walker.has_left).then_some(walker.body)),
        );
        for (number, walker) in self.walkers.iter_mut().enumerate() {
            if walker.has_left {
                continue;
            }
            let others = self
                .before
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != number)
                .filter_map(|(_, body)| body.as_ref());
            walker.step(world, others, robot, dt_s);
        }
    }

    /// The pedestrians of which a part is visible from `place`. The world occludes; pedestrians do
    /// not occlude each other.
    pub fn seen_from(&self, world: &World, place: Point2) -> Self {
        let is_seen = |walker: &&Walker| !walker.has_left && is_seen(world, place, &walker.body);
        Self {
            walkers: self.walkers.iter().filter(is_seen).cloned().collect(),
            before: Vec::new(),
        }
    }

    /// States and predictions of all pedestrians without the robot: `steps` steps of `period_s`.
    pub fn foresee(&self, world: &World, period_s: f64, steps: usize) -> Vec<Companion> {
        let mut future = self.clone();
        future.walkers.retain(|walker| !walker.has_left);
        let mut companions: Vec<Companion> = future
            .bodies()
            .map(|body| Companion {
                body: *body,
                coming: vec![body.position],
            })
            .collect();
        let small = (period_s / FORECAST_STEP_S).ceil().max(1.0);
        for _ in 0..steps {
            for _ in 0..small as usize {
                future.step(world, None, period_s / small);
            }
            for (companion, body) in companions.iter_mut().zip(future.people()) {
                companion.coming.extend(body.map(|body| body.position));
            }
        }
        companions
    }
}

/// True if the centre or a side of a body is visible from `place`.
fn is_seen(world: &World, place: Point2, body: &Body) -> bool {
    let towards = body.position - place;
    let aside = Vector2::new(-towards.y, towards.x)
        .try_normalize(1e-9)
        .unwrap_or_default();
    [0.0, 1.0, -1.0].iter().any(|side| {
        let to = towards + aside * (side * SIDE * body.radius_m);
        let reach_m = to.norm();
        to.try_normalize(1e-9)
            .is_none_or(|along| world.cast(place, along, SIGHT_Z_M, reach_m).is_none())
    })
}

#[cfg(test)]
mod tests;
