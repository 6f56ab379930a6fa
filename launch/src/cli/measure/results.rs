//! `report`: all policies in all scenarios.

mod entrants;
mod pictures;
mod shards;
mod stage;

use runtime::say;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sim::{Episode, Outcome, spl};
use training::Ranks;

use self::entrants::{Competitor, Models};
use self::stage::{DataOptions, Extent, Stage};
use crate::cli::options::progress_of;
use crate::cli::together;
use crate::evaluation::pool;
use crate::evaluation::{Trial, run_trials};
use crate::learning::drive_expert;
use crate::learning::run::{Metrics, date, machine, version};
use crate::results::{
    Cell, Drive, Figures, Head, Maker, PLAN, Planned, Section, Ticks, Wire, markdown, page,
};
use crate::view::curves_png;
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{MODEL, write_json};
use runtime::output::{sweep, write_atomic};

/// Evaluate all policies on the scenarios of a plan with common seeds, and write the report.
///
/// Writes report.json (results), latency.json (durations, date, machine), report.html (one page
/// with pictures) and cells/ into DIR, and the tables as Markdown. Scenarios already in cells/ are
/// not driven again; cells of other settings or another version are rejected. Doors, recordings and
/// BARN worlds are included if their data are given. A model trained for a scenario is evaluated in
/// it if a model with the scenario's name is installed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc report --seed 1 --jobs 2
  performer-mpc report --quick --seed 2 --out out/quick --docs out/quick/results.md
  performer-mpc report --only doorway --out out/doorway --docs out/doorway/results.md
  performer-mpc report --jobs 2 --barn worlds/ --doors doors.json --maps maps/ --replay people/")]
pub(in crate::cli) struct ResultsArguments {
    /// Seed of the first situation; situation i has seed + 2 i.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of parallel drives.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    /// Output directory for everything but the tables.
    #[arg(long, value_name = "DIR", default_value = "out/report")]
    out: PathBuf,
    /// Output file of the tables, Markdown.
    #[arg(long, value_name = "FILE", default_value = "docs/results.md")]
    docs: PathBuf,
    /// Drive only a few situations of each scenario.
    #[arg(long)]
    quick: bool,
    /// Drive only this scenario of the plan. May be repeated.
    #[arg(long, value_name = "SCENARIO")]
    only: Vec<String>,
    /// Weights of the learned policy: a safetensors file, or the name of an installed model.
    #[arg(long, value_name = "MODEL", default_value = MODEL)]
    model: PathBuf,
    /// Weights of the explicit policy: a safetensors file, or the name of an installed model; by
    /// default explicit if that is installed.
    #[arg(long, value_name = "MODEL")]
    explicit: Option<PathBuf>,
    #[command(flatten)]
    data: DataOptions,
    /// metrics.csv of a training run, for its learning curves.
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// Latency of the ROS 2 node including transport, JSON of `make ros2-latency`.
    #[arg(long, value_name = "FILE")]
    wire: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    command: &'static str,
    seed: u64,
    quick: bool,
    scenarios: Vec<Named<Figures>>,
}

#[derive(Serialize)]
struct Latency {
    date: String,
    version: String,
    machine: String,
    scenarios: Vec<Named<Vec<(String, Ticks)>>>,
}

#[derive(Serialize)]
struct Named<T> {
    scenario: &'static str,
    figures: T,
}

/// A row with settings, trials and policies.
struct Work {
    planned: &'static Planned,
    stage: Stage,
    competitors: Vec<Competitor>,
    maker: Maker,
}

pub(in crate::cli) fn run(arguments: &ResultsArguments) -> anyhow::Result<()> {
    together(|ranks| run_with(arguments, ranks))
}

fn run_with(arguments: &ResultsArguments, ranks: &mut dyn Ranks) -> anyhow::Result<()> {
    let is_first = ranks.rank() == 0;
    let chosen = chosen(arguments, is_first)?;
    if is_first {
        for directory in [arguments.out.clone(), arguments.out.join("cells")] {
            sweep(&directory).with_context(|| format!("cannot tidy {}", directory.display()))?;
        }
    }
    let wire = arguments.wire.as_deref().map(Wire::read).transpose();
    let wire = wire.blame(Fault::Input)?;
    let models = Models::read(&arguments.model, arguments.explicit.as_deref(), is_first)?;
    let mut sections = Vec::new();
    for planned in chosen {
        let work = prepare(arguments, planned, &models)?;
        let Some(cell) = finished(arguments, &work, ranks)? else {
            continue;
        };
        sections.push(Section {
            planned,
            figures: Figures::of(&cell.drives, planned.wider, arguments.seed),
            picture: pictures::compared(planned, &work.stage, &cell)?,
            failures: pictures::failed(planned, &work.stage, &cell)?,
            ticks: cell.ticks,
        });
    }
    if is_first {
        deliver(arguments, &models, &sections, wire.as_ref())?;
    }
    Ok(())
}

/// The requested rows with available data, and a message for each other one.
fn chosen(arguments: &ResultsArguments, speaks: bool) -> anyhow::Result<Vec<&'static Planned>> {
    for name in &arguments.only {
        let Some(planned) = PLAN.iter().find(|planned| planned.name == name) else {
            let names: Vec<&str> = PLAN.iter().map(|planned| planned.name).collect();
            let error = anyhow!("--only {name}: expected one of {}", names.join(", "));
            return Err(error).blame(Fault::Usage);
        };
        if let Some(option) = arguments.data.missing(planned) {
            return Err(anyhow!("--only {name}: expected {option} beside it")).blame(Fault::Usage);
        }
    }
    let mut chosen = Vec::new();
    for planned in PLAN {
        if !arguments.only.is_empty() && !arguments.only.iter().any(|name| name == planned.name) {
            continue;
        }
        match arguments.data.missing(planned) {
            Some(option) if speaks => say!("left out: {}, as there is no {option}", planned.title),
            Some(_) => {}
            None => chosen.push(planned),
        }
    }
    Ok(chosen)
}

fn deliver(
    arguments: &ResultsArguments,
    models: &Models,
    sections: &[Section],
    wire: Option<&Wire>,
) -> anyhow::Result<()> {
    let scenario = |section: &Section| section.planned.name;
    let answer = Answer {
        command: "report",
        seed: arguments.seed,
        quick: arguments.quick,
        scenarios: sections
            .iter()
            .map(|section| Named {
                scenario: scenario(section),
                figures: section.figures.clone(),
            })
            .collect(),
    };
    write_json(&arguments.out.join("report.json"), &answer)?;
    let mut command = format!("performer-mpc report --seed {}", arguments.seed);
    command += if arguments.quick { " --quick" } else { "" };
    for name in &arguments.only {
        command += &format!(" --only {name}");
    }
    command += &arguments.data.typed();
    if let Some(name) = arguments.wire.as_deref().and_then(Path::file_name) {
        command += &format!(" --wire {}", name.to_string_lossy());
    }
    let head = Head {
        date: date(),
        version: version(),
        machine: machine(),
        command,
        parameters: Some(models.parameters()),
    };
    let latency = Latency {
        date: head.date.clone(),
        version: head.version.clone(),
        machine: head.machine.clone(),
        scenarios: sections
            .iter()
            .map(|section| Named {
                scenario: scenario(section),
                figures: section.ticks.clone(),
            })
            .collect(),
    };
    write_json(&arguments.out.join("latency.json"), &latency)?;
    write_atomic(&arguments.docs, markdown(&head, sections, wire).as_bytes())?;
    let curves = curves(arguments)?;
    let html = page(&head, sections, wire, curves.as_deref());
    let path = arguments.out.join("report.html");
    write_atomic(&path, html.as_bytes())?;
    say!("page:   {}", path.canonicalize()?.display());
    say!("tables: {}", arguments.docs.canonicalize()?.display());
    Ok(())
}

fn curves(arguments: &ResultsArguments) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(path) = &arguments.metrics else {
        return Ok(None);
    };
    let csv = std::fs::read_to_string(path).blame(Fault::Input)?;
    let metrics = Metrics::from_csv(&csv, u64::MAX).blame(Fault::Input)?;
    Ok(Some(curves_png("Learning", &metrics.rows)?))
}

fn prepare(
    arguments: &ResultsArguments,
    planned: &'static Planned,
    models: &Models,
) -> anyhow::Result<Work> {
    let extent = Extent {
        seed: arguments.seed,
        quick: arguments.quick,
        jobs: arguments.jobs as usize,
    };
    let stage = Stage::of(planned, &arguments.data, extent)?;
    let competitors = models.competitors(planned)?;
    let mut hash = Sha256::new();
    hash.update(format!(
        "{planned:?} {} {}",
        arguments.seed, arguments.quick
    ));
    hash.update(toml::to_string(&stage.config)?);
    for trial in stage.trials.iter().step_by(stage.repeats.max(1)) {
        hash.update(format!("{:?}", trial.situation));
    }
    for competitor in &competitors {
        hash.update(competitor.name);
        hash.update(&competitor.digest);
    }
    let hash = hash.finalize();
    Ok(Work {
        planned,
        stage,
        competitors,
        maker: Maker {
            version: version(),
            settings: hash.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            }),
        },
    })
}

/// The stored cell, or the result of driving it; in the first process only.
fn finished(
    arguments: &ResultsArguments,
    work: &Work,
    ranks: &mut dyn Ranks,
) -> anyhow::Result<Option<Cell>> {
    let path = arguments
        .out
        .join(format!("cells/{}.json", work.planned.name));
    let kept = if ranks.rank() == 0 {
        Cell::read(&path, &work.maker).blame(Fault::Usage)?
    } else {
        None
    };
    let mut is_kept = [f64::from(u8::from(kept.is_some()))];
    ranks.sum_figures(&mut is_kept);
    if is_kept[0] > 0.0 {
        return Ok(kept);
    }
    let mut cell = Cell {
        maker: work.maker.clone(),
        drives: Vec::new(),
        ticks: Vec::new(),
    };
    for competitor in &work.competitors {
        let repeats = work.stage.repeats.max(1);
        let drives = competitor.entrant.drives(repeats);
        let trials: Vec<Trial> = (work.stage.trials.chunks(repeats))
            .flat_map(|same| same.iter().take(drives).cloned())
            .collect();
        let mine = shards::share(&trials, ranks);
        let bar = progress_of(ranks, mine.len(), work.planned.name);
        let episodes = drive(work, competitor, &mine, arguments.jobs as usize, &bar)?;
        bar.finish_and_clear();
        let told: Vec<(Drive, Vec<f64>)> = mine
            .iter()
            .zip(episodes)
            .map(|(trial, episode)| (told_of(work, competitor, trial, &episode), episode.tick_ms))
            .collect();
        let gathered = shards::gather(&told, trials.len(), ranks)?;
        let (drives, ms): (Vec<Drive>, Vec<Vec<f64>>) = gathered.into_iter().unzip();
        cell.drives.extend(drives);
        cell.ticks
            .push((competitor.name.to_owned(), Ticks::of(ms.concat())));
    }
    if ranks.rank() != 0 {
        return Ok(None);
    }
    cell.write(&path)?;
    Ok(Some(cell))
}

/// Stored results of a drive.
fn told_of(work: &Work, competitor: &Competitor, trial: &Trial, episode: &Episode) -> Drive {
    let situation = trial.situation.seed;
    let mut drive = Drive::of(competitor.name, trial, episode);
    let reached = drive.run.outcome == Outcome::Reached;
    let shortest_m = work.stage.shortest_m(situation);
    drive.run.spl = shortest_m.map(|way_m| spl(reached, drive.run.path_length_m, way_m));
    drive.run.door = work.stage.door(situation).cloned();
    drive
}

fn drive(
    work: &Work,
    competitor: &Competitor,
    trials: &[Trial],
    jobs: usize,
    bar: &indicatif::ProgressBar,
) -> anyhow::Result<Vec<Episode>> {
    let begun = Instant::now();
    let done = |_: &Episode| bar.inc(1);
    let config = &work.stage.config;
    let episodes = if let Some(driver) = &competitor.driver {
        run_trials(config, driver, trials, jobs, done)?
    } else {
        // the expert plans on the true map: the agent's route planner is not used
        let mut config = config.clone();
        config.controller.planning.enabled = false;
        let drive = |trial: &Trial| Ok::<_, sim::SettingsError>(drive_expert(&config, trial)?.0);
        pool::map(trials, jobs, drive, done)?
    };
    let seconds = begun.elapsed().as_secs_f64();
    tracing::info!(
        scenario = work.planned.name,
        policy = competitor.name,
        seconds
    );
    Ok(episodes)
}
