//! A robot among recorded pedestrians, which do not react to it.

use perception::{Footprint, Point2, Pose2, Vector2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::way::{Survey, Walker};
use super::{Rules, ScenarioError, SimGoal, Situation, Walk};
use crate::import::{Recording, Track};
use crate::{Obstacle, SettingsError, Shape, World};

/// Distribution of the situations: every pair is a range `[low, high]`, drawn uniformly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReplaySettings {
    /// Distance from start to goal, m, if the floor is large enough.
    pub distance_m: [f64; 2],
    /// Minimum number of pedestrians that a robot on the straight line at `pace_mps` would meet:
    /// the difficulty.
    pub encounters: usize,
    /// Speed of that robot, m/s.
    pub pace_mps: f64,
    /// Clearance of the robot at the start and at the goal at the time of the start, m.
    pub clearance_m: f64,
    /// Radius of the robot, m.
    pub robot_radius_m: f64,
    /// Distance from the goal that counts as arrival, m.
    pub goal_tolerance_m: f64,
    /// Time limit, s.
    pub time_limit_s: f64,
}

impl Default for ReplaySettings {
    fn default() -> Self {
        Self {
            distance_m: [8.0, 12.0],
            encounters: 1,
            pace_mps: 0.6,
            clearance_m: 0.3,
            robot_radius_m: 0.3,
            goal_tolerance_m: 0.3,
            time_limit_s: 60.0,
        }
    }
}

/// Radii of pedestrians, m.
const RADIUS_M: [f64; 2] = [0.2, 0.3];
const HEIGHT_M: [f64; 2] = [1.5, 1.9];
/// Height of walls, m.
const WALL_M: f64 = 2.5;
/// Maximum number of attempts for start, goal and time.
const TRIES: usize = 4000;
/// Minimum distance from start to goal, m.
const SHORTEST_M: f64 = 3.0;
/// Number of attempts after which any distance from the minimum on is accepted.
const PATIENCE: usize = TRIES / 2;
/// Maximum distance between outlines of an encounter, m.
const MEETING_M: f64 = 1.2;
/// Margin around all trajectories of pedestrians, m.
const MARGIN_M: f64 = 1.0;
/// Time at rest before the robot counts as stuck, s: waiting for pedestrians is allowed.
const STUCK_AFTER_S: f64 = 20.0;

impl ReplaySettings {
    /// Rejects settings out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "replay";
        let distances = SHORTEST_M..=1000.0;
        SettingsError::ensure_range(section, "distance_m", self.distance_m, distances)?;
        SettingsError::ensure_within(section, &[("encounters", self.encounters, 0..=1000)])?;
        SettingsError::ensure_within(
            section,
            &[
                ("pace_mps", self.pace_mps, 0.01..=20.0),
                ("clearance_m", self.clearance_m, 0.001..=10.0),
                ("robot_radius_m", self.robot_radius_m, 0.05..=2.0),
                ("goal_tolerance_m", self.goal_tolerance_m, 0.01..=10.0),
                ("time_limit_s", self.time_limit_s, 0.1..=3600.0),
            ],
        )
    }

    /// The situation for a seed in a recording; deterministic in settings, recording and seed.
    pub fn situation(&self, recording: &Recording, seed: u64) -> Result<Situation, ScenarioError> {
        self.validate()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let walls = recording
            .walls
            .iter()
            .map(|&[a, b]| Obstacle::standing(Shape::Segment { a, b }, WALL_M));
        let world = World::new(walls.collect())?;
        let ground = Ground::of(self, recording)?;
        let radii: Vec<f64> = recording
            .people
            .iter()
            .map(|_| draw(RADIUS_M, &mut rng))
            .collect();
        let (start, goal, from_s) = (0..TRIES)
            .find_map(|attempt| self.attempt(recording, &world, &ground, attempt, &mut rng))
            .ok_or(ScenarioError::NoWay {
                scenario: "replay",
                seed,
                attempts: TRIES,
            })?;
        let heading = (goal - start).y.atan2((goal - start).x) + draw([-0.3, 0.3], &mut rng);
        let until_s = from_s + self.time_limit_s + STUCK_AFTER_S;
        let mut walks = Vec::new();
        for (track, radius_m) in recording.people.iter().zip(radii) {
            let height_m = draw(HEIGHT_M, &mut rng);
            let [first_s, last_s] = track.span_s();
            if last_s > from_s && first_s < until_s {
                walks.push(walk(track, radius_m, height_m, [from_s, until_s]));
            }
        }
        Ok(Situation {
            scenario: "replay".to_owned(),
            seed,
            world,
            start: Pose2::new(start.x, start.y, heading),
            goal: SimGoal {
                position: goal,
                yaw: None,
                tolerance_m: self.goal_tolerance_m,
            },
            path: Vec::new(),
            walks,
            inner_corners: Vec::new(),
            people: Vec::new(),
            time_limit_s: self.time_limit_s,
            rules: Rules {
                stuck_after_s: STUCK_AFTER_S,
                contact_with_mover_ends: false,
                ..Rules::default()
            },
        })
    }

    /// Tests a random start, goal and time. Both are positions of pedestrians.
    fn attempt(
        &self,
        recording: &Recording,
        world: &World,
        ground: &Ground,
        attempt: usize,
        rng: &mut ChaCha8Rng,
    ) -> Option<(Point2, Point2, f64)> {
        let mut somewhere = || {
            let track = &recording.people[rng.random_range(0..recording.people.len())];
            track.points[rng.random_range(0..track.points.len())].1
        };
        let (start, goal) = (somewhere(), somewhere());
        let [begin_s, end_s] = recording.span_s();
        let from_s = draw([begin_s, end_s], rng);
        let [mut low, high] = self.distance_m;
        if attempt >= PATIENCE {
            // the floor is too small: accepts shorter and shorter distances
            let share = (TRIES - attempt) as f64 / (TRIES - PATIENCE) as f64;
            low = SHORTEST_M + (low - SHORTEST_M) * share;
        }
        let distance_m = (goal - start).norm();
        if !(low..=high).contains(&distance_m) {
            return None;
        }
        let keep_m = self.robot_radius_m + self.clearance_m;
        let disc = Footprint::Disc { radius_m: keep_m };
        let is_free = |place: Point2| {
            let pose = Pose2::new(place.x, place.y, 0.0);
            world.gap(&disc, HEIGHT_M[1], pose, 0.0).is_none()
                && recording.people.iter().all(|track| {
                    track
                        .at(from_s)
                        .is_none_or(|at| (at - place).norm() > keep_m + RADIUS_M[1])
                })
        };
        if !is_free(start) || !is_free(goal) {
            return None;
        }
        let along = (goal - start) * (self.pace_mps / distance_m);
        let steps = (distance_m / self.pace_mps / 0.2) as usize;
        let reach_m = self.robot_radius_m + RADIUS_M[0] + MEETING_M;
        let met = recording.people.iter().filter(|track| {
            (0..=steps).any(|step| {
                let t_s = 0.2 * step as f64;
                track
                    .at(from_s + t_s)
                    .is_some_and(|at| (at - (start + along * t_s)).norm() <= reach_m)
            })
        });
        if met.take(self.encounters).count() < self.encounters {
            return None;
        }
        ground
            .are_joined(start, goal)
            .then_some((start, goal, from_s))
    }
}

/// Walkable floor of a recording.
struct Ground {
    /// Survey around the walls, and the origin of its frame; none without walls.
    survey: Option<(Survey, Vector2)>,
}

impl Ground {
    fn of(settings: &ReplaySettings, recording: &Recording) -> Result<Self, ScenarioError> {
        if recording.walls.is_empty() {
            return Ok(Self { survey: None });
        }
        let points = recording.people.iter().flat_map(|track| &track.points);
        let (low, high) = points.fold(
            (
                Point2::new(f64::MAX, f64::MAX),
                Point2::new(f64::MIN, f64::MIN),
            ),
            |(low, high), (_, at)| (low.inf(at), high.sup(at)),
        );
        let low = low.coords - Vector2::repeat(MARGIN_M);
        let size = high.coords + Vector2::repeat(MARGIN_M) - low;
        let walls = recording.walls.iter().map(|[a, b]| {
            let (a, b) = (a - low, b - low);
            Obstacle::standing(Shape::Segment { a, b }, WALL_M)
        });
        let walker = Walker {
            radius_m: settings.robot_radius_m,
            height_m: HEIGHT_M[1],
            step_max_m: 0.0,
        };
        let world = World::new(walls.collect())?;
        Ok(Self {
            survey: Some((Survey::of(&world, size, &walker), low)),
        })
    }

    fn are_joined(&self, start: Point2, goal: Point2) -> bool {
        self.survey
            .as_ref()
            .is_none_or(|(survey, low)| survey.are_joined(start - low, goal - low, 0.1))
    }
}

/// A track as a walk from the start of the drive on. A pedestrian present at the start is present
/// from then on.
fn walk(track: &Track, radius_m: f64, height_m: f64, [from_s, until_s]: [f64; 2]) -> Walk {
    let mut points: Vec<(f64, Point2)> = track
        .at(from_s)
        .map(|at| (from_s, at))
        .into_iter()
        .collect();
    points.extend(
        track
            .points
            .iter()
            .filter(|(t_s, _)| *t_s > from_s && *t_s <= until_s),
    );
    let mut yaw = 0.0;
    let stops = (0..points.len())
        .map(|index| {
            let (t_s, at) = points[index];
            let step = points
                .get(index + 1)
                .map_or(Vector2::zeros(), |next| next.1 - at);
            if step.norm() > 1e-3 {
                yaw = step.y.atan2(step.x);
            }
            (t_s - from_s, Pose2::new(at.x, at.y, yaw))
        })
        .collect();
    let centre = Point2::origin();
    Walk {
        body: Obstacle::standing(Shape::Circle { centre, radius_m }, height_m),
        stops,
        comes_and_goes: true,
    }
}

fn draw([low, high]: [f64; 2], rng: &mut ChaCha8Rng) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty pedestrians that walk 14 m to and fro past each other, a new one every 2 s.
    fn recording() -> Recording {
        let mut csv = "t,id,x,y\n".to_owned();
        for person in 0..20_u32 {
            for step in 0..=28_u32 {
                let x = 0.5 * f64::from(if person % 2 == 0 { step } else { 28 - step });
                let t_s = 2.0 * f64::from(person) + 0.4 * f64::from(step);
                csv += &format!("{t_s},{person},{x},{}\n", 0.4 * f64::from(person % 5));
            }
        }
        let recording = Recording::read("made", &csv).unwrap();
        recording.with_walls("[[-5,-3,20,-3],[-5,5,20,5]]").unwrap()
    }

    #[test]
    fn every_seed_gives_a_free_start_a_goal_and_pedestrians() {
        let (settings, recording) = (ReplaySettings::default(), recording());
        for seed in (0..40).step_by(2) {
            let situation = settings.situation(&recording, seed).unwrap();
            let start = situation.start.position();
            let distance_m = (situation.goal.position - start).norm();
            assert!(
                (3.0..=12.0).contains(&distance_m),
                "seed {seed}: {distance_m}"
            );
            assert!(!situation.walks.is_empty());
            for walk in &situation.walks {
                let is_there = walk.is_there(0.0);
                let away_m = (walk.pose_at(0.0).position() - start).norm();
                assert!(!is_there || away_m > 0.9, "seed {seed}: {away_m}");
            }
            let again = settings.situation(&recording, seed).unwrap();
            assert_eq!(again.walks, situation.walks);
            assert_eq!((again.start, again.goal), (situation.start, situation.goal));
        }
    }

    #[test]
    fn movers_are_present_only_while_recorded() {
        let recording = recording();
        let walk = walk(&recording.people[3], 0.25, 1.7, [4.0, 100.0]);
        assert!(!walk.is_there(1.9) && walk.is_there(2.1));
        assert!(walk.is_there(13.1) && !walk.is_there(13.3));
        let at = walk.pose_at(7.0).position();
        assert!((at - recording.people[3].at(11.0).unwrap()).norm() < 1e-9);
    }
}
