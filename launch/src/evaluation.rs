//! Parallel evaluation of many trials, and its report.

mod company;
mod door_row;
mod measure;
mod mishap;
pub(crate) mod model_path;
pub(crate) mod pool;
mod source;
mod spread;
pub mod statistics;

pub use company::CompanyReport;
pub use door_row::DoorRow;
pub use measure::Measure;
pub use mishap::{Mishap, Mishaps};
pub use source::{ReplayError, Source, read_driveable, read_recordings};
pub use spread::Spread;

use std::collections::BTreeMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use sim::{
    ContactBy, Disturbance, Encounters, Episode, Interventions, Motion, Nearness, Outcome,
    Scenario, ScenarioError, Situation, TickView, TrackingTally,
};

use runtime::ConfigError;

use crate::config::Config;
use runtime::driver::Driver;

/// A trial: a situation and the seed of sensor and plant errors.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Name of the row.
    pub name: String,
    /// Situation.
    pub situation: Situation,
    /// Seed of the errors.
    pub seed: u64,
}

impl Trial {
    /// Trials of a scenario. The seeds start at `seed` and increase by two, so that odd seeds stay
    /// odd.
    pub fn draw(scenario: &Scenario, seed: u64, episodes: u32) -> Result<Vec<Self>, ScenarioError> {
        (0..u64::from(episodes))
            .map(|episode| {
                let seed = seed.wrapping_add(2 * episode);
                Ok(Self {
                    name: scenario.name().to_owned(),
                    situation: scenario.situation(seed)?,
                    seed,
                })
            })
            .collect()
    }

    /// Label that identifies the trial within its command.
    pub fn label(&self) -> String {
        let is_drawn = self.situation.rules.optimal_time_s.is_none();
        if self.name == self.situation.scenario && is_drawn {
            format!("seed {}", self.seed)
        } else {
            self.name.clone()
        }
    }
}

/// Reasons why trials cannot run.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// Settings without a valid agent.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Settings without a valid drive.
    #[error("settings: {0}")]
    Settings(#[from] sim::SettingsError),
}

/// One row of a report; deterministic in settings and seed for any number of jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// World or scenario.
    pub name: String,
    /// Seeds of the situation and of the errors.
    pub seed: u64,
    /// End of the drive.
    pub outcome: Outcome,
    /// Kind of collision.
    pub hazard: Option<Mishap>,
    /// Duration on the trial's clock, s.
    pub time_s: f64,
    /// Path length, m.
    pub path_length_m: f64,
    /// Completed share of the route, 0 to 1.
    pub completion: f64,
    /// Smallest clearance, m.
    pub clearance_m_min: f64,
    /// Score, if the trial has one.
    pub score: Option<f64>,
    /// Control ticks.
    pub ticks: u32,
    /// Ticks whose solve did not converge.
    pub unsolved: u32,
    /// Rejected sensor messages.
    pub refused_messages: u32,
    /// Commands changed by the guard.
    pub interventions: Interventions,
    /// Distance to movers, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearness: Option<Nearness>,
    /// Encounters, if there are movers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encounters: Option<Encounters>,
    /// Party in motion at a contact with a mover.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_by: Option<ContactBy>,
    /// Door of a building, if that is the situation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub door: Option<DoorRow>,
    /// Smallest gap to the inner corner of the path, if it has one, m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corner_gap_m_min: Option<f64>,
    /// Success weighted by path length, if the shortest path is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spl: Option<f64>,
    /// Motion of the robot.
    pub motion: Motion,
    /// Smallest time to a collision with a mover, if there are any, s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttc_s_min: Option<f64>,
    /// Disturbance of pedestrians, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disturbance: Option<Disturbance>,
}

impl Run {
    /// The row of an episode.
    pub fn of(trial: &Trial, episode: &Episode) -> Self {
        Self {
            name: trial.name.clone(),
            seed: trial.seed,
            outcome: episode.outcome,
            hazard: Mishap::of(episode),
            time_s: episode.metrics.time_s,
            path_length_m: episode.metrics.path_length_m,
            clearance_m_min: episode.metrics.clearance_m_min,
            score: episode.metrics.score,
            ticks: episode.metrics.ticks,
            unsolved: episode.metrics.unsolved,
            refused_messages: episode.metrics.refused_messages,
            interventions: episode.metrics.interventions,
            completion: episode.metrics.completion,
            encounters: episode.metrics.encounters,
            door: None,
            spl: None,
            corner_gap_m_min: episode.metrics.corner_gap_m_min,
            nearness: episode.metrics.nearness,
            contact_by: episode.contact_by,
            motion: episode.metrics.motion,
            ttc_s_min: episode.metrics.ttc_s_min,
            disturbance: episode.metrics.disturbance,
        }
    }
}

/// Aggregate result of trials.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The command of the report.
    pub command: &'static str,
    /// Scenario.
    pub scenario: String,
    /// Policy.
    pub policy: String,
    /// The first seed.
    pub seed: u64,
    /// Number of trials.
    pub episodes: usize,
    /// Share of trials that reached the goal.
    pub success_rate: f64,
    /// Share of trials with a collision.
    pub collision_rate: f64,
    /// Collisions by kind.
    pub hazards: Mishaps,
    /// Share of trials without progress.
    pub stuck_rate: f64,
    /// Share of trials beyond the time limit.
    pub timeout_rate: f64,
    /// Mean score, if trials have one.
    pub score: Option<f64>,
    /// Mean time of the trials that reached the goal, s.
    pub time_s_mean: Option<f64>,
    /// Mean path length of the trials that reached the goal, m.
    pub path_length_m_mean: Option<f64>,
    /// Mean and variance over all trials of the completed share of the route.
    pub completion: Spread,
    /// Mean over all trials of the smallest clearance, m.
    pub clearance_m_min_mean: f64,
    /// Metrics among movers, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyReport>,
    /// Mean over trials of the smallest gap to the inner corner, if the path has one, m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corner_gap_m_min_mean: Option<f64>,
    /// Means of all measures over the trials that have them, by name.
    pub means: BTreeMap<&'static str, f64>,
    /// Median time of a control tick: mapping, routing, solving, guarding, ms.
    pub tick_ms_p50: f64,
    /// 99th percentile of it, ms.
    pub tick_ms_p99: f64,
    /// One row per trial.
    pub runs: Vec<Run>,
}

/// Runs the trials on `jobs` threads and returns episodes in the order of the trials. `done`
/// receives each episode when it ends.
pub fn run_trials(
    config: &Config,
    driver: &Driver,
    trials: &[Trial],
    jobs: usize,
    done: impl FnMut(&Episode),
) -> Result<Vec<Episode>, TrialError> {
    pool::map(trials, jobs, |trial| run_trial(config, driver, trial), done)
}

/// Evaluates tracking in the trials on `jobs` threads. `done` is called for each trial when it
/// ends.
pub fn track_trials(
    config: &Config,
    driver: &Driver,
    trials: &[Trial],
    jobs: usize,
    mut done: impl FnMut(),
) -> Result<TrackingTally, TrialError> {
    let tally = |trial: &Trial| {
        let mut tally = TrackingTally::default();
        watch_trial(config, driver, trial, &mut |view| tally.look(view))?;
        Ok::<_, TrialError>(tally)
    };
    let tallies = pool::map(trials, jobs, tally, |_| done())?;
    let mut all = TrackingTally::default();
    for tally in &tallies {
        all.add(tally);
    }
    Ok(all)
}

fn run_trial(config: &Config, driver: &Driver, trial: &Trial) -> Result<Episode, TrialError> {
    watch_trial(config, driver, trial, &mut |_| {})
}

fn watch_trial(
    config: &Config,
    driver: &Driver,
    trial: &Trial,
    watch: &mut dyn FnMut(&TickView<'_>),
) -> Result<Episode, TrialError> {
    let mut agent = driver.agent(&config.controller)?;
    let begun = Instant::now();
    Ok(sim::drive(
        &trial.situation,
        &config.robot,
        &config.drive,
        &mut agent,
        trial.seed,
        &mut || begun.elapsed(),
        watch,
    )?)
}

impl AsRef<Report> for Report {
    fn as_ref(&self) -> &Report {
        self
    }
}

impl Report {
    /// Aggregates the episodes of these trials.
    pub fn new(
        command: &'static str,
        scenario: &str,
        policy: &str,
        seed: u64,
        trials: &[Trial],
        episodes: &[Episode],
    ) -> Self {
        let runs: Vec<Run> = trials
            .iter()
            .zip(episodes)
            .map(|(trial, episode)| Run::of(trial, episode))
            .collect();
        let rate = |outcome: Outcome| {
            let ended = runs.iter().filter(|run| run.outcome == outcome).count();
            ended as f64 / runs.len().max(1) as f64
        };
        let reached = |value: fn(&Run) -> f64| {
            mean(
                runs.iter()
                    .filter(|run| run.outcome == Outcome::Reached)
                    .map(value),
            )
        };
        let mut tick_ms: Vec<f64> = episodes
            .iter()
            .flat_map(|episode| episode.tick_ms.iter().copied())
            .collect();
        tick_ms.sort_by(f64::total_cmp);
        Self {
            command,
            scenario: scenario.to_owned(),
            policy: policy.to_owned(),
            seed,
            episodes: runs.len(),
            success_rate: rate(Outcome::Reached),
            collision_rate: rate(Outcome::Collided),
            hazards: Mishaps::count(&runs),
            stuck_rate: rate(Outcome::Stuck),
            timeout_rate: rate(Outcome::TimedOut),
            score: mean(runs.iter().filter_map(|run| run.score)),
            time_s_mean: reached(|run| run.time_s),
            path_length_m_mean: reached(|run| run.path_length_m),
            completion: Spread::of(runs.iter().map(|run| run.completion)),
            clearance_m_min_mean: mean(runs.iter().map(|run| run.clearance_m_min))
                .unwrap_or_default(),
            company: CompanyReport::of(&runs),
            corner_gap_m_min_mean: mean(runs.iter().filter_map(|run| run.corner_gap_m_min)),
            means: Measure::means(&runs),
            tick_ms_p50: quantile(&tick_ms, 0.5),
            tick_ms_p99: quantile(&tick_ms, 0.99),
            runs,
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), v| (sum + v, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Quantile `share` of sorted values; 0 without values.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let at = (share * last as f64).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}
