//! `model card`: description of a model as Markdown.

use runtime::say;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use controller::performer::{Head, Weights};
use serde::Deserialize;

use super::sha256;
use crate::learning::run::{Card, date, machine, version};
use runtime::cli::{Blame as _, Fault};
use runtime::driver::read_model;
use runtime::output::write_atomic;

/// Write a model card from the training data in the model's file and from evaluation reports.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  performer-mpc model card run/model.safetensors --report performer.json --report regular.json \\
      --latency tick.json --out run/model.md")]
pub(in crate::cli) struct CardArguments {
    /// Model.
    model: PathBuf,
    /// Report of `evaluate --json`. May be repeated.
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
    /// Results of `bench tick --json`.
    #[arg(long, value_name = "FILE")]
    latency: Option<PathBuf>,
    /// Command that recorded the demonstrations, printed before the training command. May be
    /// repeated.
    #[arg(long, value_name = "COMMAND")]
    before: Vec<String>,
    /// Output file, Markdown.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Fields of a report used by a card.
#[derive(Deserialize)]
struct Driven {
    scenario: String,
    policy: String,
    seed: u64,
    episodes: usize,
    success_rate: f64,
    collision_rate: f64,
    stuck_rate: f64,
    timeout_rate: f64,
    time_s_mean: Option<f64>,
    tick_ms_p50: f64,
    tick_ms_p99: f64,
}

/// Fields of the latency results used by a card.
#[derive(Deserialize)]
struct Timed {
    ticks: usize,
    stages: Vec<TimedStage>,
}

#[derive(Deserialize)]
struct TimedStage {
    name: String,
    ms_p50: f64,
    ms_p99: f64,
    ms_worst: f64,
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path)
        .with_context(|| path.display().to_string())
        .blame(Fault::Input)?;
    serde_json::from_str(&text)
        .with_context(|| path.display().to_string())
        .blame(Fault::Input)
}

pub(in crate::cli) fn run(arguments: &CardArguments) -> anyhow::Result<()> {
    let (bytes, weights) = read_model(&arguments.model).blame(Fault::Input)?;
    let text = Weights::card(&bytes).blame(Fault::Input)?;
    let card: Card = serde_json::from_str(&text)
        .with_context(|| format!("the card in {}", arguments.model.display()))
        .blame(Fault::Input)?;
    let mut page = header(arguments, &bytes, &weights, &card);
    if !arguments.report.is_empty() {
        page += "\n## How it drives\n\n\
                 | policy | scenario | episodes | seeds | reached | collided | stuck | out of time | mean time, s | tick p50, p99, ms |\n\
                 | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
        for path in &arguments.report {
            page += &driven(&read(path)?);
        }
        page += "\nNone of these seeds was used in training. `regular` is the same MPC without the learned part.\n";
    }
    if let Some(path) = &arguments.latency {
        page += &timed(&read(path)?);
    }
    page += &format!(
        "\nWritten on {} by version {} on {}.\n",
        date(),
        version(),
        machine()
    );
    write_atomic(&arguments.out, page.as_bytes())?;
    say!("card: {}", arguments.out.display());
    Ok(())
}

fn header(arguments: &CardArguments, bytes: &[u8], weights: &Weights, card: &Card) -> String {
    let name = arguments.model.file_name().unwrap_or_default();
    let [train, test] = card
        .hausdorff_m
        .map(|metres| metres.map_or("-".to_owned(), |metres| format!("{metres:.3} m")));
    let mut page = format!(
        "# {}\n\nA Vision Performer that {}: {} preset, {} parameters, {} tokens, \
         {:.1} MiB in bf16.\n\n| | |\n| --- | --- |\n",
        name.to_string_lossy(),
        match weights.config().head {
            Head::Cost => "writes the learned cost of the MPC",
            Head::Path => "regresses the path that the explicit policy follows",
        },
        card.settings.preset,
        weights.config().parameters(),
        weights.config().tokens(),
        bytes.len() as f64 / f64::from(1 << 20),
    );
    let percent = |share: &f64| format!("{:.0} %", 100.0 * share);
    let [first, last] = &card.demonstrations_named;
    let mut row = |key: &str, value: &str| page += &format!("| {key} | {value} |\n");
    row("sha256", &sha256(bytes));
    row(
        "scenario, robot",
        &format!("{}, {}", card.scenario, card.robot),
    );
    if let Some(start) = &card.start {
        row("went on from", start);
    }
    row(
        "demonstrations",
        &format!("{}, {first} to {last}", card.demonstrations),
    );
    if let Some([first, last]) = card.drive_seeds {
        row(
            "seeds of the learner's drives",
            &format!("{first} to {last}, even"),
        );
        let rates: Vec<String> = card.drive_success.iter().map(percent).collect();
        row("of which reached the goal, by round", &rates.join(", "));
    }
    row("seed of weights and samples", &card.seed.to_string());
    row(
        "steps",
        &format!(
            "{} of {} samples, {:.0} samples/s, {:.0} min",
            card.steps,
            card.settings.batch,
            card.samples_per_s,
            card.training_s / 60.0
        ),
    );
    row(
        "plan to expert at the end (Hausdorff)",
        &format!("{train} trained on, {test} kept out"),
    );
    row(
        "trained",
        &format!("{}, version {}", card.date, card.version),
    );
    row("machine", &card.machine);
    let commands: Vec<&str> = arguments
        .before
        .iter()
        .chain([&card.command])
        .map(String::as_str)
        .collect();
    page += &format!(
        "\n## How it was made\n\n```sh\n{}\n```\n",
        commands.join("\n")
    );
    let settings = toml::to_string(&card.settings).unwrap_or_default();
    page += &format!(
        "\n<details><summary>All settings of the training</summary>\n\n```toml\n{settings}```\n\n</details>\n"
    );
    page
}

fn driven(report: &Driven) -> String {
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let last = report.seed + 2 * (report.episodes as u64).saturating_sub(1);
    format!(
        "| {} | {} | {} | {} to {last} by twos | {} | {} | {} | {} | {} | {:.1}, {:.1} |\n",
        report.policy,
        report.scenario,
        report.episodes,
        report.seed,
        percent(report.success_rate),
        percent(report.collision_rate),
        percent(report.stuck_rate),
        percent(report.timeout_rate),
        report
            .time_s_mean
            .map_or("-".to_owned(), |time| format!("{time:.1}")),
        report.tick_ms_p50,
        report.tick_ms_p99,
    )
}

fn timed(latency: &Timed) -> String {
    let mut text = format!(
        "\n## How long a tick takes\n\nScan in to command out, one thread, {} ticks of recorded scans, ms:\n\n\
         | stage | median | 99th percentile | worst |\n| --- | --- | --- | --- |\n",
        latency.ticks
    );
    for stage in &latency.stages {
        text += &format!(
            "| {} | {:.2} | {:.2} | {:.2} |\n",
            stage.name, stage.ms_p50, stage.ms_p99, stage.ms_worst
        );
    }
    text
}
