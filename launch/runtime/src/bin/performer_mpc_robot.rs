//! The controller on a robot without ROS: JSON lines, and replay of recordings.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use runtime::cli::{EXIT_CODES, ReplayArguments, ServeArguments, exit_code, start_log};

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
    start_log(arguments.verbose, "");
    exit_code(match &arguments.command {
        Command::Serve(command) => command.run(),
        Command::Replay(command) => command.run(),
    })
}
