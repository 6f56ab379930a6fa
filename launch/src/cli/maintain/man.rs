//! `man`: manual pages.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::cli::help;

/// Write the manual pages of the program and of its commands.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc man --out ~/.local/share/man/man1 && man performer-mpc-drive")]
pub(in crate::cli) struct ManArguments {
    /// Output directory for performer-mpc.1 and performer-mpc-COMMAND.1 of every command.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(in crate::cli) fn run(arguments: &ManArguments) -> anyhow::Result<()> {
    let directory = &arguments.out;
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(help::shown(), directory))
        .with_context(|| format!("cannot write manual pages to {}", directory.display()))
}
