//! Former names of commands. Each prints its new name and runs that command.

use anyhow::anyhow;
use clap::{Args, Subcommand};
use runtime::cli::{Blame as _, Fault};
use runtime::say;

use super::learn::model;
use super::maintain::bench;
use super::measure::evaluate;

/// Former and new names of commands.
const RENAMED: [(&str, &str); 7] = [
    ("barn", "evaluate barn"),
    ("doorways", "evaluate doors"),
    ("inspect", "bench maps"),
    ("latency", "bench tick"),
    ("mapping-speed", "bench mapping"),
    ("solve", "bench solve"),
    ("card", "model card"),
];

/// Commands by their former names, with the options of the new ones.
#[derive(Debug, Subcommand)]
pub(super) enum FormerCommand {
    #[command(hide = true)]
    Barn(Box<evaluate::BarnArguments>),
    #[command(hide = true)]
    Doorways(Box<evaluate::DoorsArguments>),
    #[command(hide = true)]
    Inspect(Box<bench::MapsArguments>),
    #[command(hide = true)]
    Latency(Box<bench::TickArguments>),
    #[command(hide = true)]
    MappingSpeed(bench::MappingArguments),
    #[command(hide = true)]
    Solve(bench::SolveArguments),
    #[command(hide = true)]
    Card(model::CardArguments),
    /// Removed.
    #[command(hide = true)]
    Ablate(RemovedArguments),
    /// Removed.
    #[command(hide = true)]
    Attention(RemovedArguments),
}

/// Any arguments of a removed command.
#[derive(Debug, Args)]
pub(super) struct RemovedArguments {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    any: Vec<String>,
}

/// Prints what a rejected command line is missing: the new name of the command, or the source of a world
/// file. `typed` are the arguments of the program.
pub(super) fn advise(mut typed: impl Iterator<Item = String>) {
    let command = typed.find(|argument| !argument.starts_with('-'));
    let command = command.unwrap_or_default();
    announce(&command);
    if command == "evaluate"
        && let Some(file) = typed.next()
        && std::path::Path::new(&file).is_file()
    {
        say!(
            "{file} is a file: `evaluate barn {file}` takes worlds, `evaluate doors {file}` takes doors"
        );
    }
}

/// Prints the new name of a command if `name` is a former one.
fn announce(name: &str) {
    if let Some((former, now)) = RENAMED.iter().find(|(former, _)| *former == name) {
        renamed(former, now);
    }
}

/// Prints the new name of a command to standard error.
pub(super) fn renamed(former: &str, now: &str) {
    say!("`{former}` is now `{now}`");
}

pub(super) fn run(command: &FormerCommand) -> anyhow::Result<()> {
    match command {
        FormerCommand::Barn(arguments) => {
            announce("barn");
            evaluate::run_barn(arguments)
        }
        FormerCommand::Doorways(arguments) => {
            announce("doorways");
            evaluate::run_doors(arguments)
        }
        FormerCommand::Inspect(arguments) => {
            announce("inspect");
            bench::run_maps(arguments)
        }
        FormerCommand::Latency(arguments) => {
            announce("latency");
            bench::run_tick(arguments)
        }
        FormerCommand::MappingSpeed(arguments) => {
            announce("mapping-speed");
            bench::run_mapping(arguments)
        }
        FormerCommand::Solve(arguments) => {
            announce("solve");
            bench::run_solve(arguments)
        }
        FormerCommand::Card(arguments) => {
            announce("card");
            model::run_card(arguments)
        }
        FormerCommand::Ablate(arguments) => removed("ablate", arguments),
        FormerCommand::Attention(arguments) => removed("attention", arguments),
    }
}

fn removed(name: &str, arguments: &RemovedArguments) -> anyhow::Result<()> {
    let typed = [name]
        .into_iter()
        .chain(arguments.any.iter().map(String::as_str));
    let typed: Vec<&str> = typed.collect();
    Err(anyhow!(
        "`{}`: the command `{name}` was removed with its experiment: its findings are in docs/ablation.md, \
         docs/learning.md and docs/training.md; a build of commit da4f63c runs it",
        typed.join(" ")
    ))
    .blame(Fault::Usage)
}
