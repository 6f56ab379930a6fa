//! `compare`: several policies in the same situation.

use runtime::say;
use std::path::PathBuf;

use clap::Args;
use controller::Agent;
use controller::performer::{Backend, Head};
use serde::Serialize;
use sim::{Episode, Expert};

use crate::cli::options::SourceOptions;
use crate::cli::simulate::drive::watched;
use crate::view::{Place, Way, compare_png, drive_html, walks_of};
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{MODEL, write_json};
use runtime::driver::{Driver, read_weights};
use runtime::output::write_atomic;

/// Drive the same situation with regular MPC, the learned policy and the expert, in one picture.
///
/// The expert plans on the true map. --explicit adds the explicit policy.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc compare doorway --seed 10 --out out/compare
  performer-mpc compare doorway --seed 12 --model run/model.safetensors --out out/compare
  performer-mpc compare doorway --seed 12 --explicit explicit/model.safetensors --out out/compare

Writes into DIR: compare.png, and an animation of each drive (expert.html, regular.html,
performer.html and, with --explicit, explicit.html).")]
pub(in crate::cli) struct CompareArguments {
    #[command(flatten)]
    scenario: SourceOptions,
    /// Weights of the learned policy: a safetensors file, or the name of an installed model.
    #[arg(long, value_name = "MODEL", default_value = MODEL)]
    model: PathBuf,
    /// Weights of the explicit policy, which is then added: a safetensors file, or explicit.
    #[arg(long, value_name = "MODEL")]
    explicit: Option<PathBuf>,
    /// Seed of the situation and of all faults.
    #[arg(long, default_value_t = 10)]
    seed: u64,
    /// Output directory for pictures.
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// Write the episodes as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    command: &'static str,
    scenario: &'static str,
    seed: u64,
    drives: Vec<Drive>,
}

#[derive(Serialize)]
struct Drive {
    policy: &'static str,
    episode: Episode,
}

pub(in crate::cli) fn run(arguments: &CompareArguments) -> anyhow::Result<()> {
    let (config, scenario) = arguments.scenario.load()?;
    let situation = scenario.situation(arguments.seed).blame(Fault::Usage)?;
    let weights = read_weights(&arguments.model, Head::Cost).blame(Fault::Input)?;
    let backend = Backend::best().blame(Fault::Usage)?;
    let learned = Driver::performer(weights, backend);
    let expert = Expert::new(&config.controller, &config.robot, &situation)?;
    let company = expert.company();
    let mut agents = vec![
        (
            "expert",
            "expert that knows the map",
            Agent::new(&config.controller, Box::new(expert))?,
        ),
        (
            "regular",
            "regular MPC",
            Driver::Regular
                .agent(&config.controller)
                .blame(Fault::Usage)?,
        ),
        (
            "performer",
            "learned: Performer-MPC",
            learned.agent(&config.controller).blame(Fault::Usage)?,
        ),
    ];
    if let Some(path) = &arguments.explicit {
        let weights = read_weights(path, Head::Path).blame(Fault::Input)?;
        let explicit = Driver::explicit(weights, backend);
        agents.push((
            "explicit",
            "learned path, no MPC",
            explicit.agent(&config.controller).blame(Fault::Usage)?,
        ));
    }
    let mut answer = Answer {
        command: "compare",
        scenario: scenario.name(),
        seed: arguments.seed,
        drives: Vec::new(),
    };
    let mut ways = Vec::new();
    for (policy, label, mut agent) in agents {
        let seed = arguments.seed;
        let told = (policy == "expert").then_some(&company);
        let (episode, record) = watched(&config, &situation, &mut agent, policy, seed, told)?;
        say!(
            "{label}: {} after {:.1} s and {:.1} m",
            record.outcome,
            episode.metrics.time_s,
            episode.metrics.path_length_m
        );
        let page = drive_html(&record)?;
        write_atomic(
            &arguments.out.join(format!("{policy}.html")),
            page.as_bytes(),
        )?;
        ways.push(Way {
            driver: policy.to_owned(),
            label: label.to_owned(),
            outcome: episode.outcome,
            time_s: episode.metrics.time_s,
            path: episode.path.iter().map(|row| [row[1], row[2]]).collect(),
            walks: walks_of(&episode.movers),
        });
        answer.drives.push(Drive { policy, episode });
    }
    let place = Place::of(&situation, &config.robot.footprint);
    let title = format!(
        "{} · seed {} · {} robot",
        scenario.name(),
        arguments.seed,
        config.robot.name
    );
    write_atomic(
        &arguments.out.join("compare.png"),
        &compare_png(&title, &place, &ways)?,
    )?;
    if let Some(path) = &arguments.json {
        write_json(path, &answer)?;
    }
    let shown = arguments.out.canonicalize()?;
    say!("picture:    {}", shown.join("compare.png").display());
    let policies: Vec<&str> = answer.drives.iter().map(|drive| drive.policy).collect();
    let pages = format!("{{{}}}.html", policies.join(","));
    say!("animations: {}", shown.join(pages).display());
    Ok(())
}
