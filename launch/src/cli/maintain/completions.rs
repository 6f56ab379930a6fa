//! `completions`: shell completion scripts.

use clap::Args;
use clap_complete::Shell;
use runtime::tell;

use crate::cli::help;

/// Write the completion script of a shell to standard output.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc completions bash > ~/.local/share/bash-completion/completions/performer-mpc
  performer-mpc completions zsh > ~/.zfunc/_performer-mpc
  performer-mpc completions fish > ~/.config/fish/completions/performer-mpc.fish")]
pub(in crate::cli) struct CompletionsArguments {
    /// Shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(in crate::cli) fn run(arguments: &CompletionsArguments) -> anyhow::Result<()> {
    let mut command = help::shown();
    let name = command.get_name().to_owned();
    // generated in memory first: writing directly would panic on a closed pipe
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    tell!("{}", String::from_utf8(script)?.trim_end());
    Ok(())
}
