//! The controller on a robot without ROS: JSON lines, and recordings replayed.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use runtime::cli::{EXIT_CODES, ReplayArguments, ServeArguments, tell_of};

/// A navigation controller for wheeled robots.
#[derive(Debug, Parser)]
#[command(name = "performer-mpc-robot", version, after_help = EXIT_CODES, propagate_version = true)]
struct Arguments {
    /// Say more: once for what is done, twice for details.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(ServeArguments),
    Replay(ReplayArguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let level = ["warn", "info", "debug"][usize::from(arguments.verbose.min(2))];
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter.unwrap_or_else(|_| level.into()))
        .init();
    let outcome = match &arguments.command {
        Command::Serve(command) => command.run(),
        Command::Replay(command) => command.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(tell_of(&error)),
    }
}
