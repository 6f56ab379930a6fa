//! Paths of pedestrians in the pedestrian scenario.

use std::f64::consts::{PI, TAU};

use perception::{Point2, Vector2};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Normal};

use super::pedestrian::{Ground, PedestrianSettings, Place, SIDE_M, draw};
use crate::{Habit, Person, Shape, Temper};

/// Minimum distance of a pedestrian at the start from other pedestrians and from the robot, m.
const APART_M: [f64; 2] = [0.9, 2.5];
/// Minimum distance from walls and pillars, m.
const FROM_WALL_M: f64 = 0.35;
/// Maximum number of placement attempts per pedestrian.
const TRIES: usize = 40;
/// Bounds of the desired speed, m/s.
const SPEED_MPS: [f64; 2] = [0.6, 2.0];
/// Share of the desired speed of a pedestrian that walks ahead of the robot, so that the robot
/// catches up.
const AHEAD_SPEED_SHARE: f64 = 0.55;

/// Generator of pedestrians for a place.
pub(super) struct PassersBy<'a> {
    pub settings: &'a PedestrianSettings,
    pub ground: &'a Ground,
    /// Start of the robot.
    pub start: Point2,
}

impl PassersBy<'_> {
    /// All pedestrians; those without a free place are omitted.
    pub fn draw(&self, outlines: &[Shape], rng: &mut ChaCha8Rng) -> Vec<Person> {
        let [low, high] = self.settings.people;
        let mut people: Vec<Person> = Vec::new();
        for _ in 0..rng.random_range(low..=high) {
            let found = (0..TRIES).find_map(|_| {
                let (way, share) = match self.ground.place {
                    Place::Corridor => self.along(rng),
                    Place::Hall => (self.across(rng), 1.0),
                };
                let begin = way[1];
                let is_free = (begin - self.start).norm() > APART_M[1]
                    && people
                        .iter()
                        .all(|other| (begin - other.way[0]).norm() > APART_M[0])
                    && outlines
                        .iter()
                        .all(|wall| wall.signed_distance_m(begin) > FROM_WALL_M);
                is_free.then_some((way, share))
            });
            if let Some((mut way, share)) = found {
                let back = way.remove(0);
                people.push(self.person(way, back, share, rng));
            }
        }
        people
    }

    /// A path along or into the corridor, preceded by the point to turn back to, and the share of
    /// the desired speed.
    fn along(&self, rng: &mut ChaCha8Rng) -> (Vec<Point2>, f64) {
        let ground = self.ground;
        let half = 0.5 * ground.width_m - FROM_WALL_M;
        let [left, right] = ground.ends();
        let ends = [left + 0.6, right - 0.6];
        let kind = rng.random::<f64>();
        let lanes = [0, 1].map(|_| draw([-half, half], rng));
        if let (Some([middle, width]), true) = (ground.side, kind < 0.4) {
            let above = 0.5 * ground.width_m + draw([0.5, SIDE_M - 0.6], rng);
            let x = middle + draw([-0.5, 0.5], rng) * (width - 2.0 * FROM_WALL_M);
            let end = if rng.random::<f64>() < 0.6 {
                ends[0]
            } else {
                ends[1]
            };
            let way = vec![
                Point2::new(x, 0.5 * ground.width_m + SIDE_M - 0.6),
                Point2::new(x, above),
                Point2::new(middle, 0.5 * ground.width_m),
                Point2::new(middle + 0.8 * (end - middle).signum(), lanes[0]),
                Point2::new(end, lanes[1]),
            ];
            return (way, 1.0);
        }
        let course = |back: f64, from: f64, to: f64| {
            let place = |x, lane: usize| Point2::new(x, lanes[lane]);
            vec![place(back, 0), place(from, 0), place(to, 1)]
        };
        if rng.random::<f64>() < 0.75 {
            let x = draw([0.45 * ground.length_m, ends[1]], rng);
            (course(ends[1], x, ends[0]), 1.0)
        } else {
            let x = draw([APART_M[1], 0.6 * ground.length_m], rng);
            (course(ends[0], x, ends[1]), AHEAD_SPEED_SHARE)
        }
    }

    /// A path through the centre of the hall, preceded by its entry point.
    fn across(&self, rng: &mut ChaCha8Rng) -> Vec<Point2> {
        let [left, right] = self.ground.ends();
        let middle = Point2::new(0.5 * (left + right), 0.0);
        let half = Vector2::new(0.5 * (right - left) - 0.6, 0.5 * self.ground.width_m - 0.6);
        let on_border = |angle: f64| {
            let along = Vector2::new(angle.cos(), angle.sin());
            let reach = (half.x / along.x.abs()).min(half.y / along.y.abs());
            middle + along * reach
        };
        let from = draw([0.0, TAU], rng);
        let to = from + PI + draw([-0.6, 0.6], rng);
        let begin = on_border(from);
        // some start midway
        let share = draw([0.0, 0.4], rng);
        let end = on_border(to);
        vec![begin, begin + (end - begin) * share, end]
    }

    fn person(
        &self,
        way: Vec<Point2>,
        back: Point2,
        speed_share: f64,
        rng: &mut ChaCha8Rng,
    ) -> Person {
        let settings = self.settings;
        let liked = liked_speed(settings.speed_mps, rng);
        let temper = temper(settings.heed, rng);
        let (radius_m, height_m) = (draw([0.2, 0.3], rng), draw([1.5, 1.9], rng));
        let length_m: f64 = way.windows(2).map(|pair| (pair[1] - pair[0]).norm()).sum();
        let (kind, after_m) = (rng.random::<f64>(), length_m * draw([0.1, 0.5], rng));
        let (for_s, ahead_m) = (draw([1.5, 5.0], rng), draw([1.2, 1.8], rng));
        let stops = settings.stops_share;
        let turns_back = stops + settings.turns_back_share;
        let habit = if kind < stops {
            Habit::Stops { after_m, for_s }
        } else if kind < turns_back {
            Habit::TurnsBack { after_m, to: back }
        } else if kind < turns_back + settings.cuts_in_share {
            Habit::CutsIn {
                within_m: ahead_m + 1.2,
                ahead_m,
            }
        } else {
            Habit::Steady
        };
        Person {
            radius_m,
            height_m,
            way,
            speed_mps: liked * speed_share,
            temper,
            habit,
        }
    }
}

/// A desired speed from a distribution of this mean and standard deviation, m/s.
pub(super) fn liked_speed([mean, deviation]: [f64; 2], rng: &mut ChaCha8Rng) -> f64 {
    Normal::new(mean, deviation).map_or(mean, |normal| {
        (0..TRIES)
            .map(|_| normal.sample(rng))
            .find(|speed| (SPEED_MPS[0]..=SPEED_MPS[1]).contains(speed))
            .unwrap_or(mean)
    })
}

/// Parameters of the social force.
pub(super) fn temper(heed: [f64; 2], rng: &mut ChaCha8Rng) -> Temper {
    Temper {
        relaxation_s: draw([0.4, 0.6], rng),
        push_m2ps2: draw([1.6, 2.6], rng),
        reach_m: draw([0.25, 0.35], rng),
        foresight_s: draw([0.6, 1.4], rng),
        heed: draw(heed, rng),
    }
}
