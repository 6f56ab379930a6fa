//! The controller on a robot without ROS: JSON lines, and replay of recordings.

use std::process::ExitCode;

use clap::{Command as Clap, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use runtime::cli::{EXIT_CODES, ReplayArguments, ServeArguments, exit_code, start_log};

/// Name of this program.
const NAME: &str = "performer-mpc-robot";

/// A navigation controller for wheeled robots.
#[derive(Debug, Parser)]
#[command(name = NAME, version, after_help = EXIT_CODES, propagate_version = true)]
struct Arguments {
    /// Log more: -v for progress (info), -vv for details (debug).
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

/// The command line with this program's name in the examples, which are shared with
/// `performer-mpc`.
fn command_line() -> Clap {
    Arguments::command().mut_subcommands(|command| {
        let Some(examples) = command.get_after_help().map(ToString::to_string) else {
            return command;
        };
        let of = |name: &str| format!("  {name} {} ", command.get_name());
        let examples = examples.replace(&of("performer-mpc"), &of(NAME));
        command.after_help(examples)
    })
}

fn main() -> ExitCode {
    let matches = command_line().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    start_log(arguments.verbose, "");
    exit_code(match &arguments.command {
        Command::Serve(command) => command.run(),
        Command::Replay(command) => command.run(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_name_this_program_and_parse() {
        let mut count = 0;
        for command in command_line().get_subcommands() {
            let help = command.get_after_help().unwrap().to_string();
            assert!(!help.contains("performer-mpc "), "{help}");
            for line in help
                .lines()
                .filter_map(|line| line.trim().strip_prefix(NAME))
            {
                let words = std::iter::once(NAME).chain(line.split_whitespace());
                let parsed = command_line().try_get_matches_from(words);
                assert!(parsed.is_ok(), "{line}: {:?}", parsed.err());
                count += 1;
            }
        }
        assert!(count >= 4, "{count} examples");
    }
}
