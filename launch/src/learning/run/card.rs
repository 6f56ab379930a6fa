//! Model cards: description and origin of a model, stored in its file.

use std::process::Command;

use serde::{Deserialize, Serialize};
use training::TrainingSettings;

use super::{Ground, Metrics, Order};

/// The card of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Training scenario.
    pub scenario: String,
    /// The robot.
    pub robot: String,
    /// File of the initial weights; none for random weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Date, UTC.
    pub date: String,
    /// Version of the program, with the commit if git is available.
    pub version: String,
    /// Processor and cores.
    pub machine: String,
    /// Last command line.
    pub command: String,
    /// Number of demonstrations.
    pub demonstrations: usize,
    /// Names of the first and the last one.
    pub demonstrations_named: [String; 2],
    /// Seed of weights and samples.
    pub seed: u64,
    /// Seeds of the learner's drives: first, last.
    pub drive_seeds: Option<[u64; 2]>,
    /// Share of the learner's drives that reached the goal, by round.
    pub drive_success: Vec<f64>,
    /// Steps of the optimiser.
    pub steps: u64,
    /// Duration of all steps, s, without reading, driving and testing.
    pub training_s: f64,
    /// Median samples per second.
    pub samples_per_s: f64,
    /// Final Hausdorff distance between plans and the expert's, m: training set, test set.
    pub hausdorff_m: [Option<f64>; 2],
    /// All settings of the training.
    pub settings: TrainingSettings,
}

impl Card {
    /// The card of a run.
    pub fn new(order: &Order, metrics: &Metrics, command: &str) -> Self {
        let settings = order.training();
        let each = |of: fn(&Ground) -> String| -> String {
            let mut names: Vec<String> = order.grounds().map(of).collect();
            names.dedup();
            names.join(", ")
        };
        let rows = &metrics.rows;
        let mut speeds: Vec<f64> = rows
            .iter()
            .map(|row| row.samples_per_s)
            .filter(|speed| *speed > 0.0)
            .collect();
        speeds.sort_by(f64::total_cmp);
        let name = |file: Option<&std::path::PathBuf>| {
            let name = file.and_then(|path| path.file_name());
            name.unwrap_or_default().to_string_lossy().into_owned()
        };
        let drives = settings.aggregation.rounds * settings.aggregation.episodes;
        Self {
            scenario: each(|ground| ground.scenario.name().to_owned()),
            robot: each(|ground| ground.config.robot.name.clone()),
            start: order.start.as_ref().map(|(_, name)| name.clone()),
            date: date(),
            version: version(),
            machine: machine(),
            command: command.to_owned(),
            demonstrations: order.files.len(),
            demonstrations_named: [name(order.files.first()), name(order.files.last())],
            seed: order.seed,
            drive_seeds: (drives > 0).then(|| {
                let last = order.drive_seed.wrapping_add(2 * (drives - 1));
                [order.drive_seed, last]
            }),
            drive_success: rows.iter().filter_map(|row| row.drive_success).collect(),
            steps: settings.steps,
            training_s: speeds
                .iter()
                .map(|speed| settings.batch as f64 / speed)
                .sum(),
            samples_per_s: speeds.get(speeds.len() / 2).copied().unwrap_or_default(),
            hausdorff_m: [
                rows.iter().rev().find_map(|row| row.train_hausdorff_m),
                rows.iter().rev().find_map(|row| row.test_hausdorff_m),
            ],
            settings: settings.clone(),
        }
    }
}

fn asked(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

/// The day, UTC.
pub fn date() -> String {
    asked("date", &["-u", "+%Y-%m-%d"]).unwrap_or_else(|| "unknown".to_owned())
}

/// Version and commit.
pub fn version() -> String {
    let version = env!("CARGO_PKG_VERSION");
    match asked("git", &["rev-parse", "--short=12", "HEAD"]) {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    }
}

/// Processor and cores.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(':').nth(1))
        .map_or("unknown processor", str::trim);
    format!("{model}, {cores} cores")
}
