//! `ablate`: what helps the network?

use runtime::{say, tell};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::options::{PlaceOptions, progress};
use crate::ablation::{
    Arm, Material, Outcomes, Provenance, Question, Study, made, rows, table, with_table,
};
use crate::config::Config;
use crate::evaluation::Trial;
use crate::pool;
use crate::run::{Ground, demonstration_files};
use crate::view::ablation_png;
use runtime::cli::write_json;
use runtime::cli::{Blame as _, Fault};
use runtime::output::write_atomic;

/// Train networks that see more or less, or learn otherwise, from the same drives and seeds, and
/// compare their plans and their drives.
///
/// Networks that DIR has already are not trained again. Episodes that are kept out of training
/// test plans; drives are drawn from odd seeds.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc demonstrate pedestrian --episodes 300 --seed 2 --jobs 2 --out demonstrations
  performer-mpc ablate pedestrian --data demonstrations --out ablation --steps 1000 --jobs 2
  performer-mpc ablate pedestrian --data demonstrations --out ablation --steps 1000 --table docs/ablation.md
  performer-mpc ablate doorway --data demonstrations --out ways --question learns --set training.aggregation.rounds=2

Writes into DIR: ARM-SEED.safetensors and ARM-SEED.json for every network, ablation.json (means and
95 % intervals), ablation.md (the tables) and ablation.png (their picture).")]
pub(super) struct AblateArguments {
    #[command(flatten)]
    place: PlaceOptions,
    /// What differs between the networks: what they see, or how they learn.
    #[arg(long, value_enum, default_value = "sees")]
    question: Question,
    /// Directory with demonstrations, MCAP files.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Directory for models and figures.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Shape of the networks.
    #[arg(long, default_value = "mini")]
    preset: String,
    /// Steps of the optimiser.
    #[arg(long, default_value_t = 1000)]
    steps: u64,
    /// Networks of every kind, of seeds from 0.
    #[arg(long, default_value_t = 2)]
    networks: u64,
    /// Drives of every network.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    episodes: u32,
    /// Seed of the first drive.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Networks that are trained at once.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    /// A document whose table is written anew.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
}

/// Who is tried.
#[derive(Debug, Clone, Copy)]
enum Task {
    Network(Arm, u64),
    Regular,
    Expert,
}

impl Task {
    fn name(self) -> &'static str {
        match self {
            Self::Network(arm, _) => arm.name,
            Self::Regular => "regular",
            Self::Expert => "expert",
        }
    }

    fn seed(self) -> u64 {
        match self {
            Self::Network(_, seed) => seed,
            Self::Regular | Self::Expert => 0,
        }
    }
}

pub(super) fn run(arguments: &AblateArguments) -> anyhow::Result<()> {
    let (mut config, scenario) = arguments.place.load()?;
    config.controller.mapper.motion.enabled |= arguments.question == Question::Sees;
    let training = &mut config.training;
    training.preset.clone_from(&arguments.preset);
    training.steps = arguments.steps;
    training.shards = 1;
    training.validate().blame(Fault::Usage)?;
    let trials = Trial::draw(&scenario, arguments.seed, arguments.episodes).blame(Fault::Usage)?;
    let files = demonstration_files(&arguments.data).blame(Fault::Input)?;
    let study = Study {
        question: arguments.question,
        ground: Ground { config, scenario },
    };
    let fits = |arm: &Arm| match study.views(arm) {
        Ok(_) => true,
        Err(error) => {
            say!("left out: {error:#}");
            false
        }
    };
    let mut arms = study.question.arms().to_vec();
    arms.retain(fits);
    // every kind once before any twice, so that what is there first is a whole comparison
    let mut tasks: Vec<Task> = (0..arguments.networks)
        .flat_map(|seed| arms.iter().map(move |arm| Task::Network(*arm, seed)))
        .collect();
    tasks.extend([Task::Regular, Task::Expert]);
    let is_missing = tasks.iter().any(|task| {
        matches!(task, Task::Network(..)) && !file(&arguments.out, *task, "json").exists()
    });
    let material = if is_missing {
        let bar = progress(files.len(), "reading demonstrations");
        let jobs = arguments.jobs as usize;
        let material = study.read(&files, jobs, |_| bar.inc(1))?;
        bar.finish_and_clear();
        material
    } else {
        Vec::new()
    };
    let bar = progress(tasks.len(), "training and driving");
    let outcomes = pool::map(
        &tasks,
        arguments.jobs as usize,
        |task| outcomes_of(&study, &arguments.out, *task, &material, &trials),
        |outcomes| {
            say!("{} {}: done", outcomes.name, outcomes.seed);
            bar.inc(1);
        },
    )?;
    bar.finish_and_clear();
    deliver(arguments, &study.ground.config, files.len(), &outcomes)
}

fn file(out: &Path, task: Task, kind: &str) -> PathBuf {
    out.join(format!("{}-{}.{kind}", task.name(), task.seed()))
}

/// What became of a task: as its file has it, or as it does now.
fn outcomes_of(
    study: &Study,
    out: &Path,
    task: Task,
    material: &[Material],
    trials: &[Trial],
) -> anyhow::Result<Outcomes> {
    let path = file(out, task, "json");
    if path.exists() {
        let text = std::fs::read(&path)?;
        let shown = || path.display().to_string();
        let outcomes: Outcomes = serde_json::from_slice(&text).with_context(shown)?;
        return still_fits(outcomes, &study.ground.config, task, trials)
            .with_context(shown)
            .blame(Fault::Usage);
    }
    let untaught = |driven| Outcomes {
        name: task.name().to_owned(),
        seed: 0,
        made: made(),
        steps: 0,
        samples: 0,
        tested: Vec::new(),
        driven,
    };
    let outcomes = match task {
        Task::Network(arm, seed) => {
            let model = file(out, task, "safetensors");
            let (weights, outcomes) = study.learn(&arm, seed, material, &model)?;
            Outcomes {
                driven: study.drive(Some(weights), trials)?,
                ..outcomes
            }
        }
        Task::Regular => untaught(study.drive(None, trials)?),
        Task::Expert => untaught(study.drive_expert(trials)?),
    };
    write_json(&path, &outcomes)?;
    Ok(outcomes)
}

/// Refuses what was made for another comparison.
fn still_fits(
    outcomes: Outcomes,
    config: &Config,
    task: Task,
    trials: &[Trial],
) -> anyhow::Result<Outcomes> {
    let steps = match task {
        Task::Network(..) => config.training.steps,
        Task::Regular | Task::Expert => 0,
    };
    anyhow::ensure!(
        outcomes.steps == steps,
        "steps: {}, expected {steps}: choose another --out, or the --steps that it was made with",
        outcomes.steps
    );
    let driven = outcomes.driven.iter().map(|drive| drive.seed);
    anyhow::ensure!(
        driven.eq(trials.iter().map(|trial| trial.seed)),
        "drives: {} from seed {:?}, expected {} from seed {:?}: choose another --out, or the \
         --episodes and --seed that it was made with",
        outcomes.driven.len(),
        outcomes.driven.first().map(|drive| drive.seed),
        trials.len(),
        trials.first().map(|trial| trial.seed)
    );
    Ok(outcomes)
}

fn deliver(
    arguments: &AblateArguments,
    config: &Config,
    drives: usize,
    outcomes: &[Outcomes],
) -> anyhow::Result<()> {
    let question = arguments.question;
    let names: Vec<&str> = (question.arms().iter())
        .map(|arm| arm.name)
        .chain(["regular", "expert"])
        .collect();
    let rows = rows(&names, question.baseline(), outcomes);
    let samples = outcomes.iter().map(|outcome| outcome.samples).max();
    let kept_out = outcomes.iter().map(|outcome| outcome.tested.len()).max();
    let typed: Vec<String> = std::env::args().skip(1).collect();
    let mut times: Vec<String> = outcomes
        .iter()
        .map(|outcome| outcome.made.clone())
        .collect();
    times.sort();
    times.dedup();
    let provenance = Provenance {
        made: times,
        command: format!("performer-mpc {}", typed.join(" ")),
        training: format!(
            "{} drives of the expert, {} kept out for testing; {} samples, {} steps of {}, preset {}, {} training seeds; \
             {} drives a network from seed {}. Mean [95 % interval over episodes].",
            drives,
            kept_out.unwrap_or_default(),
            samples.unwrap_or_default(),
            config.training.steps,
            config.training.batch,
            config.training.preset,
            arguments.networks,
            arguments.episodes,
            arguments.seed,
        ),
    };
    let text = table(question, &rows, &provenance);
    tell!("{text}");
    write_json(&arguments.out.join("ablation.json"), &rows)?;
    write_atomic(&arguments.out.join("ablation.md"), text.as_bytes())?;
    write_atomic(
        &arguments.out.join("ablation.png"),
        &ablation_png(question, &rows)?,
    )?;
    if let Some(path) = &arguments.table {
        let document = std::fs::read_to_string(path)
            .with_context(|| path.display().to_string())
            .blame(Fault::Input)?;
        let renewed = with_table(&document, &text)
            .with_context(|| format!("{} has no place for the table", path.display()))
            .blame(Fault::Input)?;
        write_atomic(path, renewed.as_bytes())?;
    }
    Ok(())
}
