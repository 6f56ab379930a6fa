//! `report`: all policies in all scenarios.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::anyhow;
use clap::Args;
use controller::performer::Kernel;
use perception::Footprint;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sim::Episode;
use training::Ranks;

use super::options::{MODEL, SettingsOptions, place, progress_of, write_json};
use super::{Blame as _, Fault, together};
use crate::config::Config;
use crate::demonstration::drive_expert;
use crate::driver::{Driver, read_model};
use crate::evaluation::{Trial, run_trials};
use crate::output::write_atomic;
use crate::pool;
use crate::results::{
    Cell, Drive, Entrant, Figures, Head, Maker, PLAN, POLICIES, Planned, Section, Ticks, markdown,
    page,
};
use crate::run::{Metrics, date, machine, version};
use crate::view::{Place, Shapes, Way, compare_png, curves_png};

/// Apart by this are the seeds of faults of one situation; even, so that odd seeds stay odd.
const REPEAT_SEEDS: u64 = 2_000_000;

/// Drive the policies through the scenarios of a plan, on the same seeds, and write what came of it.
///
/// Writes report.json (figures), latency.json (times, date, machine), report.html (one page with
/// pictures) and cells/ into DIR, and the tables as Markdown. Scenarios that are in cells/ already
/// are not driven again; those that other settings or another version made are refused.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc report --seed 1 --jobs 2
  performer-mpc report --quick --seed 2 --out out/quick --docs out/quick/results.md
  performer-mpc report --only doorway --out out/doorway --docs out/doorway/results.md")]
pub(super) struct ResultsArguments {
    /// Seed of the first situation; situation i has seed + 2 i.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Drives that run at once.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    jobs: u32,
    /// Directory for everything but the tables.
    #[arg(long, value_name = "DIR", default_value = "out/report")]
    out: PathBuf,
    /// Where the tables go, Markdown.
    #[arg(long, value_name = "FILE", default_value = "docs/results.md")]
    docs: PathBuf,
    /// A few situations of each scenario only.
    #[arg(long)]
    quick: bool,
    /// This scenario of the plan alone; may be given again.
    #[arg(long, value_name = "SCENARIO")]
    only: Vec<String>,
    /// Weights of the learned policy, safetensors.
    #[arg(long, value_name = "FILE", default_value = MODEL)]
    model: PathBuf,
    /// metrics.csv of a training run, for its curves.
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
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

/// A policy that drives, or the expert.
struct Competitor {
    name: &'static str,
    driver: Option<Driver>,
}

/// A cell with all that it needs.
struct Work {
    planned: &'static Planned,
    config: Config,
    trials: Vec<Trial>,
    competitors: Vec<Competitor>,
    maker: Maker,
}

pub(super) fn run(arguments: &ResultsArguments) -> anyhow::Result<()> {
    together(|ranks| run_with(arguments, ranks))
}

fn run_with(arguments: &ResultsArguments, ranks: &mut dyn Ranks) -> anyhow::Result<()> {
    for name in &arguments.only {
        if PLAN.iter().all(|planned| planned.name != name) {
            let names: Vec<&str> = PLAN.iter().map(|planned| planned.name).collect();
            let error = anyhow!("--only {name}: expected one of {}", names.join(", "));
            return Err(error).blame(Fault::Usage);
        }
    }
    let chosen = |planned: &&Planned| {
        arguments.only.is_empty() || arguments.only.iter().any(|name| name == planned.name)
    };
    let mut sections = Vec::new();
    let mut figures = Vec::new();
    let mut times = Vec::new();
    for planned in PLAN.iter().filter(chosen) {
        let work = prepare(arguments, planned)?;
        let Some(cell) = finished(arguments, &work, ranks)? else {
            continue;
        };
        let found = Figures::of(&cell.drives, arguments.seed);
        sections.push(Section {
            title: planned.title.to_owned(),
            picture: picture(&work, &cell)?,
            figures: found.clone(),
            ticks: cell.ticks.clone(),
        });
        let scenario = planned.name;
        figures.push(Named {
            scenario,
            figures: found,
        });
        times.push(Named {
            scenario,
            figures: cell.ticks,
        });
    }
    if ranks.rank() != 0 {
        return Ok(());
    }
    let answer = Answer {
        command: "report",
        seed: arguments.seed,
        quick: arguments.quick,
        scenarios: figures,
    };
    write_json(&arguments.out.join("report.json"), &answer)?;
    let mut command = format!("performer-mpc report --seed {}", arguments.seed);
    command += if arguments.quick { " --quick" } else { "" };
    for name in &arguments.only {
        command += &format!(" --only {name}");
    }
    let head = Head {
        date: date(),
        version: version(),
        machine: machine(),
        command,
    };
    let latency = Latency {
        date: head.date.clone(),
        version: head.version.clone(),
        machine: head.machine.clone(),
        scenarios: times,
    };
    write_json(&arguments.out.join("latency.json"), &latency)?;
    write_atomic(&arguments.docs, markdown(&head, &sections).as_bytes())?;
    let curves = curves(arguments)?;
    let html = page(&head, &sections, curves.as_deref());
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

fn prepare(arguments: &ResultsArguments, planned: &'static Planned) -> anyhow::Result<Work> {
    let settings = SettingsOptions {
        config: None,
        overrides: planned.settings.iter().map(|&set| set.to_owned()).collect(),
    };
    let (config, scenario) = place(planned.scenario, None, &settings)?;
    let situations = if arguments.quick {
        planned.quick
    } else {
        planned.situations
    };
    let repeats = if arguments.quick {
        planned.repeats.min(2)
    } else {
        planned.repeats
    };
    let drawn = Trial::draw(&scenario, arguments.seed, situations).blame(Fault::Usage)?;
    let again = |trial: &Trial, repeat: u32| Trial {
        seed: trial.seed.wrapping_add(REPEAT_SEEDS * u64::from(repeat)),
        ..trial.clone()
    };
    let trials: Vec<Trial> = drawn
        .iter()
        .flat_map(|trial| (0..repeats).map(|repeat| again(trial, repeat)))
        .collect();
    let mut hash = Sha256::new();
    hash.update(format!(
        "{planned:?} {} {}",
        arguments.seed, arguments.quick
    ));
    hash.update(toml::to_string(&config)?);
    let mut learned = |path: &std::path::Path| -> anyhow::Result<Driver> {
        let (bytes, weights) = read_model(path).blame(Fault::Input)?;
        hash.update(bytes);
        Ok(Driver::performer(weights, Kernel::best()))
    };
    let mut competitors = Vec::new();
    for (name, entrant) in POLICIES {
        let driver = match (entrant, planned.model) {
            (Entrant::Regular, _) => Some(Driver::Regular),
            (Entrant::Performer, _) => Some(learned(&arguments.model)?),
            (Entrant::OwnModel, Some(model)) => Some(learned(model.as_ref())?),
            (Entrant::OwnModel, None) => continue,
            (Entrant::Expert, _) => None,
        };
        competitors.push(Competitor { name, driver });
    }
    let hash = hash.finalize();
    Ok(Work {
        planned,
        config,
        trials,
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

/// The cell as it was kept, or driven now; at the first process alone.
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
    let (rank, size) = (ranks.rank(), ranks.size());
    let mine: Vec<Trial> = work
        .trials
        .iter()
        .skip(rank)
        .step_by(size)
        .cloned()
        .collect();
    let bar = progress_of(
        ranks,
        mine.len() * work.competitors.len(),
        work.planned.name,
    );
    let mut cell = Cell {
        maker: work.maker.clone(),
        drives: Vec::new(),
        ticks: Vec::new(),
    };
    for competitor in &work.competitors {
        let episodes = drive(work, competitor, &mine, arguments.jobs as usize, &bar)?;
        let mut ms = Vec::new();
        // a drive of each process at a time keeps the order of the trials
        for row in 0..work.trials.len().div_ceil(size) {
            let told = mine
                .get(row)
                .zip(episodes.get(row))
                .map(|(trial, episode)| {
                    (Drive::of(competitor.name, trial, episode), &episode.tick_ms)
                });
            for told in ranks.gather(&serde_json::to_vec(&told)?) {
                let told: Option<(Drive, Vec<f64>)> = serde_json::from_slice(&told)?;
                if let Some((drive, tick_ms)) = told {
                    cell.drives.push(drive);
                    ms.extend(tick_ms);
                }
            }
        }
        cell.ticks.push((competitor.name.to_owned(), Ticks::of(ms)));
    }
    bar.finish_and_clear();
    if rank != 0 {
        return Ok(None);
    }
    cell.write(&path)?;
    Ok(Some(cell))
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
    let episodes = if let Some(driver) = &competitor.driver {
        run_trials(&work.config, driver, trials, jobs, done)?
    } else {
        // the expert knows the way: a route of the agent's own would not be looked at
        let mut config = work.config.clone();
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

fn picture(work: &Work, cell: &Cell) -> anyhow::Result<Vec<u8>> {
    let number = cell.representative(work.trials.len());
    let trial = work
        .trials
        .get(number)
        .ok_or_else(|| anyhow!("{}: no trials", work.planned.name))?;
    let situation = &trial.situation;
    let mut ways: Vec<Way> = cell
        .drives
        .chunks(work.trials.len())
        .filter_map(|drives| drives.get(number))
        .map(|drive| Way {
            driver: drive
                .policy
                .split(',')
                .next()
                .unwrap_or_default()
                .to_owned(),
            label: drive.policy.clone(),
            outcome: drive.run.outcome,
            time_s: drive.run.time_s,
            path: drive.path.clone(),
            walks: drive.walks.clone(),
        })
        .collect();
    // the expert lies below the others
    ways.sort_by_key(|way| way.driver != "expert");
    let goal = situation.goal;
    let place = Place {
        world: Shapes::from(&situation.world),
        start: [situation.start.x, situation.start.y],
        goal: [goal.position.x, goal.position.y, goal.tolerance_m],
        robot_radius_m: match work.config.robot.footprint {
            Footprint::Disc { radius_m } => radius_m,
            Footprint::Rectangle { length_m, width_m } => 0.5 * length_m.min(width_m),
        },
    };
    let title = format!("{} · seed {}", work.planned.title, trial.seed);
    Ok(compare_png(&title, &place, &ways)?)
}
