//! The judge of a drive: outcome and metrics.

use std::time::Duration;

use controller::{Action, SolveStatus};
use perception::{Point2, Pose2};

use super::CLEARANCE_REACH_M;
use super::company::Company;
use super::completion::completion;
use super::encounters::Meetings;
use crate::SettingsError;
use crate::episode::{ContactBy, Episode, Hazard, Interventions, Metrics, Outcome};
use crate::metrics::{Disturbance, Motion, Nearness, time_to_collision_s_min, undisturbed};
use crate::robot::{Plant, RobotModel};
use crate::scenario::Situation;
use crate::world::{Mover, Scene};

/// State of the judge.
pub(super) struct Trial<'a> {
    situation: &'a Situation,
    robot: &'a RobotModel,
    clock_started_s: Option<f64>,
    /// Time and pose of the last progress.
    anchor: (f64, Pose2),
    last: Pose2,
    path: Vec<[f64; 4]>,
    path_length_m: f64,
    clearance_m_min: f64,
    corner_gap_m_min: Option<f64>,
    contact: Option<Point2>,
    hazard: Option<Hazard>,
    meetings: Meetings,
    /// Time since which the robot is at rest.
    standing_since_s: Option<f64>,
    company: Company,
    unsolved: u32,
    pub(super) refused: u32,
    interventions: Interventions,
    tick_ms: Vec<f64>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(situation: &'a Situation, robot: &'a RobotModel) -> Self {
        Self {
            situation,
            robot,
            clock_started_s: None,
            anchor: (0.0, situation.start),
            last: situation.start,
            path: Vec::new(),
            path_length_m: 0.0,
            clearance_m_min: CLEARANCE_REACH_M,
            corner_gap_m_min: None,
            contact: None,
            hazard: None,
            meetings: Meetings::default(),
            standing_since_s: None,
            company: Company::default(),
            unsolved: 0,
            refused: 0,
            interventions: Interventions::default(),
            tick_ms: Vec::new(),
        }
    }

    /// Measures at the time of a control tick, including skipped ticks.
    pub(super) fn look(&mut self, t_s: f64, pose: Pose2, movers: &[Mover]) {
        let scene = Scene {
            world: &self.situation.world,
            movers,
        };
        self.company.meet(&scene, self.robot, pose);
        self.meetings
            .meet(&self.situation.world, movers, self.robot, pose);
        self.path.push([t_s, pose.x, pose.y, pose.yaw]);
    }

    /// Records the action and its computation time.
    pub(super) fn tick(&mut self, took: Duration, action: &Action) {
        self.tick_ms.push(took.as_secs_f64() * 1e3);
        self.interventions.count(action.intervention);
        self.unsolved += u32::from(action.status != SolveStatus::Solved);
    }

    /// The point of contact, world frame.
    pub(super) fn contact(&self) -> Option<Point2> {
        self.contact
    }

    /// The hazard, if the robot did not collide with a static obstacle.
    pub(super) fn hazard(&self) -> Option<Hazard> {
        self.hazard
    }

    /// Measures, and ends the trial when it is over. A contact takes precedence over arrival.
    pub(super) fn judge(&mut self, t_s: f64, plant: &Plant, movers: &[Mover]) -> Option<Outcome> {
        let rules = &self.situation.rules;
        let pose = plant.world_from_base();
        if plant.velocity().linear.abs() >= rules.standing_speed_mps {
            self.standing_since_s = None;
        } else if self.standing_since_s.is_none() {
            self.standing_since_s = Some(t_s);
        }
        let distance = |from: Pose2| (pose.position() - from.position()).norm();
        self.path_length_m += distance(self.last);
        self.last = pose;
        self.corner_gap_m_min = self.corner_gap_m(pose);
        let from_start = distance(self.situation.start);
        if self.clock_started_s.is_none() && from_start >= rules.clock_starts_after_m {
            self.clock_started_s = Some(t_s);
        }
        let gap = self.situation.world.gap(
            &self.robot.footprint,
            self.robot.height_m,
            pose,
            self.clearance_m_min,
        );
        let scene = Scene {
            world: &self.situation.world,
            movers,
        };
        let moving = scene.gap_to_movers(
            &self.robot.footprint,
            self.robot.height_m,
            pose,
            self.clearance_m_min,
        );
        for (gap, hazard) in [(gap, None), (moving, Some(Hazard::Mover))] {
            let Some(gap) = gap else {
                continue;
            };
            self.clearance_m_min = self.clearance_m_min.min(gap.distance_m.max(0.0));
            if gap.distance_m <= 0.0 {
                self.contact = Some(gap.point);
                if hazard.is_none() {
                    return Some(Outcome::Collided);
                }
                let stood = self
                    .standing_since_s
                    .is_some_and(|since_s| t_s - since_s >= rules.standing_for_s);
                let by = if stood {
                    ContactBy::Other
                } else {
                    ContactBy::Robot
                };
                self.meetings
                    .touch(&self.situation.world, movers, self.robot, pose, by);
                if rules.contact_with_mover_ends {
                    self.hazard = hazard;
                    return Some(Outcome::Collided);
                }
            }
        }
        if !self.situation.world.is_level() {
            let footing = self.situation.world.footing(&self.robot.footprint, pose);
            for (height_m, limit_m, place, hazard) in [
                (
                    footing.drop_m,
                    self.robot.drop_max_m,
                    footing.lowest,
                    Hazard::Fell,
                ),
                (
                    footing.step_m,
                    self.robot.step_max_m,
                    footing.highest,
                    Hazard::Step,
                ),
            ] {
                if height_m > limit_m {
                    self.clearance_m_min = 0.0;
                    self.contact = Some(place);
                    self.hazard = Some(hazard);
                    return Some(Outcome::Collided);
                }
            }
        }
        let goal = &self.situation.goal;
        if (pose.position() - goal.position).norm() <= goal.tolerance_m {
            return Some(Outcome::Reached);
        }
        if distance(self.anchor.1) > rules.stuck_within_m {
            self.anchor = (t_s, pose);
        }
        if self.time_s(t_s) >= self.situation.time_limit_s {
            return Some(Outcome::TimedOut);
        }
        (t_s - self.anchor.0 >= rules.stuck_after_s).then_some(Outcome::Stuck)
    }

    /// The smallest gap to the inner corner so far, m.
    fn corner_gap_m(&self, pose: Pose2) -> Option<f64> {
        let base_from_world = pose.inverse();
        let corners = self.situation.inner_corners.iter();
        corners
            .map(|corner| {
                let place = base_from_world * *corner;
                self.robot.footprint.signed_distance_m(place).max(0.0)
            })
            .chain(self.corner_gap_m_min)
            .min_by(f64::total_cmp)
    }

    fn time_s(&self, t_s: f64) -> f64 {
        self.clock_started_s.map_or(0.0, |started| t_s - started)
    }

    /// Completes the metrics at the end; a tick lasted `steps` substeps of the plant.
    pub(super) fn close(
        mut self,
        t_s: f64,
        pose: Pose2,
        outcome: Outcome,
        steps: u64,
        postponed: u32,
    ) -> Result<Episode, SettingsError> {
        let contact_by = self.meetings.contact_by();
        self.path.push([t_s, pose.x, pose.y, pose.yaw]);
        let time_s = self.time_s(t_s);
        let goal = self.situation.goal.position;
        let ttc_s_min = time_to_collision_s_min(
            &self.path,
            &self.company.ways,
            self.robot.footprint.circumscribed_radius_m(),
            &self.company.radii_m,
        );
        let touched = contact_by.is_some();
        let disturbance = self.disturbance(steps)?;
        Ok(Episode {
            scenario: self.situation.scenario.clone(),
            seed: self.situation.seed,
            outcome,
            metrics: Metrics {
                time_s,
                path_length_m: self.path_length_m,
                completion: completion(self.situation, self.robot, pose, outcome),
                clearance_m_min: self.clearance_m_min,
                ticks: self.tick_ms.len() as u32,
                unsolved: self.unsolved,
                refused_messages: self.refused,
                interventions: self.interventions,
                score: self
                    .situation
                    .rules
                    .score(outcome == Outcome::Reached, time_s),
                nearness: Nearness::of(&self.company.gaps_m, touched),
                encounters: self.meetings.counts(postponed),
                corner_gap_m_min: self.corner_gap_m_min,
                motion: Motion::of(&self.path, [goal.x, goal.y]),
                ttc_s_min: if touched { Some(0.0) } else { ttc_s_min },
                disturbance,
            },
            path: self.path,
            contact: self.contact,
            hazard: self.hazard,
            contact_by,
            movers: self.company.ways,
            tick_ms: self.tick_ms,
        })
    }

    /// Disturbance of the pedestrians, which are the last of the movers.
    fn disturbance(&self, steps: u64) -> Result<Option<Disturbance>, SettingsError> {
        let people = &self.situation.people;
        if people.is_empty() {
            return Ok(None);
        }
        let substep_s = self.robot.plant.substep_s;
        let scripted = self.situation.walks.len();
        let own = |row: &Vec<[f64; 2]>| row.get(scripted..).unwrap_or_default().to_vec();
        let ways: Vec<Vec<[f64; 2]>> = self.company.ways.iter().map(own).collect();
        let world = &self.situation.world;
        let without = undisturbed(world, people, substep_s, steps, ways.len())?;
        let tick_s = substep_s * steps as f64;
        Ok(Disturbance::of(people, &ways, &without, tick_s))
    }
}
