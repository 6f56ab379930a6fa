//! Command line: arguments and output of the commands.

mod former;
mod help;
mod learn;
mod maintain;
mod measure;
mod options;
mod robot;
mod simulate;

use std::process::ExitCode;

use clap::{FromArgMatches as _, Parser, Subcommand};
use runtime::cli::{EXIT_CODES, ServeArguments, exit_code, start_log};
use training::Ranks;

use learn::{demonstrate, model, train};
use maintain::{bench, completions, man};
use measure::{brake_test, evaluate, faults, results, soak};
use robot::{config, map, replay};
use simulate::{compare, drive};

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "performer-mpc", version, about = "A navigation controller for wheeled robots, with a simulator to try it in", after_help = EXIT_CODES, propagate_version = true)]
struct Arguments<C: Subcommand> {
    /// Log more: -v for progress (info), -vv for details (debug).
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    #[command(subcommand)]
    command: C,
}

#[derive(Debug, Subcommand)]
enum Command {
    Drive(Box<drive::DriveArguments>),
    Compare(Box<compare::CompareArguments>),
    Evaluate(Box<evaluate::EvaluateArguments>),
    Report(results::ResultsArguments),
    Faults(faults::FaultsArguments),
    Soak(soak::SoakArguments),
    BrakeTest(brake_test::BrakeTestArguments),
    Demonstrate(demonstrate::DemonstrateArguments),
    Train(train::TrainArguments),
    Model(model::ModelArguments),
    Serve(ServeArguments),
    Replay(replay::ReplayAndMapArguments),
    Map(map::MapArguments),
    Config(config::ConfigArguments),
    Bench(bench::BenchArguments),
    #[command(hide = true)]
    Completions(completions::CompletionsArguments),
    #[command(hide = true)]
    Man(man::ManArguments),
}

/// A command by its current or a former name.
#[derive(Debug, Subcommand)]
enum Typed {
    #[command(flatten)]
    Current(Box<Command>),
    #[command(flatten)]
    Former(former::FormerCommand),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let matches = match help::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            if error.use_stderr() {
                former::advise(std::env::args().skip(1));
            }
            error.exit()
        }
    };
    let arguments = match Arguments::<Typed>::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => error.format(&mut help::command()).exit(),
    };
    // drawing libraries warn about lines of zero length
    start_log(arguments.verbose, ",tiny_skia=error,usvg=error");
    exit_code(match &arguments.command {
        Typed::Current(command) => run(command),
        Typed::Former(command) => former::run(command),
    })
}

fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Drive(command) => drive::run(command),
        Command::Compare(command) => compare::run(command),
        Command::Evaluate(command) => evaluate::run(command),
        Command::Report(command) => results::run(command),
        Command::Faults(command) => faults::run(command),
        Command::Soak(command) => soak::run(command),
        Command::BrakeTest(command) => brake_test::run(command),
        Command::Demonstrate(command) => demonstrate::run(command),
        Command::Train(command) => train::run(command),
        Command::Model(command) => model::run(command),
        Command::Serve(command) => command.run(),
        Command::Replay(command) => replay::run(command),
        Command::Map(command) => map::run(command),
        Command::Config(command) => config::run(command),
        Command::Bench(command) => bench::run(command),
        Command::Completions(command) => completions::run(command),
        Command::Man(command) => man::run(command),
    }
}

/// Runs a command on all processes started by `mpirun`, or on this one only.
fn together(work: impl FnOnce(&mut dyn Ranks) -> anyhow::Result<()>) -> anyhow::Result<()> {
    #[cfg(not(feature = "mpi"))]
    {
        work(&mut training::Alone)
    }
    #[cfg(feature = "mpi")]
    {
        let mut world = crate::learning::mpi::World::join()?;
        let outcome = work(&mut world);
        if let Err(error) = &outcome
            && world.size() > 1
        {
            runtime::say!("process {} of {}:", world.rank(), world.size());
            world.abort(runtime::cli::tell_of(error));
        }
        outcome
    }
}
