//! People who see each other and the robot.
//!
//! ```text
//! Person (way, speed, temper, habit) ─▶ Crowd ⟲ step(world, robot, dt) ─▶ where everybody is
//! ```
//!
//! Unlike a [`crate::Walk`] a crowd needs to know where the robot is. Everything that is left to
//! chance was drawn with the people: the same people and the same robot give the same steps.

mod force;
mod person;
mod walker;

pub use force::Body;
pub use person::{Habit, Person, Temper};

use perception::{Point2, Vector2};

use crate::SettingsError;
use crate::world::{Mover, World};
use walker::Walker;

/// Time between two steps of a forecast, s.
const FORECAST_STEP_S: f64 = 0.05;
/// Height at which people are looked for, m.
const SIGHT_Z_M: f64 = 0.5;
/// The sides of a body that are looked for are this share of its radius from its middle.
const SIDE: f64 = 0.8;

/// People on their ways.
#[derive(Debug, Clone, Default)]
pub struct Crowd {
    walkers: Vec<Walker>,
    /// Everybody before the step that is being made; none for those who have left.
    before: Vec<Option<Body>>,
}

/// Somebody as one who knows them sees them: where they are and where they are going to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Companion {
    /// Where they are and how they move.
    pub body: Body,
    /// Where they will be at every step from now on if the robot were not there, the first of
    /// them now; it ends where they leave.
    pub coming: Vec<Point2>,
}

impl Crowd {
    /// Everybody at the start of their way.
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

    /// True when nobody ever was there.
    pub fn is_empty(&self) -> bool {
        self.walkers.is_empty()
    }

    /// Where everybody is and how they move; none for those who have left.
    pub fn people(&self) -> impl Iterator<Item = Option<&Body>> {
        self.walkers
            .iter()
            .map(|walker| (!walker.has_left).then_some(&walker.body))
    }

    /// The same of those who are there.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        self.people().flatten()
    }

    /// A mover for everybody, where they are.
    pub(crate) fn movers(&self) -> Result<Vec<Mover>, SettingsError> {
        self.walkers.iter().map(Walker::mover).collect()
    }

    /// Lets everybody walk for `dt_s` at once; `robot` is whom they see besides each other.
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

    /// Those of whom something is seen from a place past what stands there; they hide nobody.
    pub fn seen_from(&self, world: &World, place: Point2) -> Self {
        let is_seen = |walker: &&Walker| !walker.has_left && is_seen(world, place, &walker.body);
        Self {
            walkers: self.walkers.iter().filter(is_seen).cloned().collect(),
            before: Vec::new(),
        }
    }

    /// Everybody and where they will be, every `period_s` for `steps` steps, were the robot not
    /// there.
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

/// True when the middle of a body or one of its sides is seen from a place.
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
