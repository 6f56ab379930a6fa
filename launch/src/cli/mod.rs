//! The command line: what each command takes and answers.

mod barn;
mod bench;
mod brake_test;
mod card;
mod compare;
mod completions;
mod config;
mod demonstrate;
mod doorways;
mod drive;
mod evaluate;
mod faults;
mod inspect;
mod man;
mod map;
mod map_arguments;
mod mapping_speed;
mod model;
mod options;
mod passages;
mod replay;
mod report;
mod results;
mod soak;
mod solve;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use runtime::cli::{self as robot, EXIT_CODES, exit_code, start_log};
use training::Ranks;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "performer-mpc", version, about = "A navigation controller for wheeled robots, with a simulator to try it in", after_help = EXIT_CODES, propagate_version = true)]
struct Arguments {
    /// Say more: once for what is done, twice for details.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Drive(drive::DriveArguments),
    Evaluate(evaluate::EvaluateArguments),
    Faults(faults::FaultsArguments),
    Soak(soak::SoakArguments),
    Inspect(inspect::InspectArguments),
    Compare(compare::CompareArguments),
    Report(results::ResultsArguments),
    Demonstrate(demonstrate::DemonstrateArguments),
    Train(train::TrainArguments),
    Model(model::ModelArguments),
    Card(card::CardArguments),
    Bench(bench::BenchArguments),
    /// The former name of `bench tick`.
    #[command(hide = true)]
    Latency(bench::TickArguments),
    Barn(barn::BarnArguments),
    Doorways(doorways::DoorwaysArguments),
    Map(map::MapArguments),
    MappingSpeed(mapping_speed::MappingSpeedArguments),
    Solve(solve::SolveArguments),
    Replay(replay::ReplayAndMapArguments),
    BrakeTest(brake_test::BrakeTestArguments),
    Serve(robot::ServeArguments),
    Config(config::ConfigArguments),
    #[command(hide = true)]
    Completions(completions::CompletionsArguments),
    #[command(hide = true)]
    Man(man::ManArguments),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // libraries that draw warn about lines without length
    start_log(arguments.verbose, ",tiny_skia=error,usvg=error");
    exit_code(match &arguments.command {
        Command::Drive(command) => drive::run(command),
        Command::Evaluate(command) => evaluate::run(command),
        Command::Faults(command) => faults::run(command),
        Command::Soak(command) => soak::run(command),
        Command::Inspect(command) => inspect::run(command),
        Command::Compare(command) => compare::run(command),
        Command::Report(command) => results::run(command),
        Command::Demonstrate(command) => demonstrate::run(command),
        Command::Train(command) => train::run(command),
        Command::Model(command) => model::run(command),
        Command::Card(command) => card::run(command),
        Command::Bench(command) => bench::run(command),
        Command::Latency(command) => bench::run_tick(command),
        Command::Barn(command) => barn::run(command),
        Command::Doorways(command) => doorways::run(command),
        Command::Map(command) => map::run(command),
        Command::MappingSpeed(command) => mapping_speed::run(command),
        Command::Solve(command) => solve::run(command),
        Command::Replay(command) => replay::run(command),
        Command::BrakeTest(command) => brake_test::run(command),
        Command::Serve(command) => command.run(),
        Command::Config(command) => config::run(command),
        Command::Completions(command) => completions::run(command),
        Command::Man(command) => man::run(command),
    })
}

/// Does what several processes do together: those that `mpirun` started, or this one alone.
fn together(work: impl FnOnce(&mut dyn Ranks) -> anyhow::Result<()>) -> anyhow::Result<()> {
    #[cfg(not(feature = "mpi"))]
    {
        work(&mut training::Alone)
    }
    #[cfg(feature = "mpi")]
    {
        let mut world = crate::mpi::World::join()?;
        let outcome = work(&mut world);
        if let Err(error) = &outcome
            && world.size() > 1
        {
            runtime::say!("process {} of {}:", world.rank(), world.size());
            world.abort(robot::tell_of(error));
        }
        outcome
    }
}
