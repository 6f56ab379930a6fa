//! `model`: weights files.

mod card;
mod export;
mod seal;
mod show;

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use sha2::{Digest as _, Sha256};

use crate::cli::former::renamed;
use runtime::cli::{Blame as _, Fault};

pub(in crate::cli) use card::{CardArguments, run as run_card};

/// Show, describe, export or seal a weights file.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(mut_arg("tensors", |former| former.hide(true)), mut_arg("json", |former| former.hide(true)))]
#[command(arg_required_else_help = true)]
#[command(override_usage = "performer-mpc model <COMMAND>")]
#[command(after_help = "Examples:
  performer-mpc model show navigator
  performer-mpc model seal old.safetensors
  performer-mpc model export --onnx navigator.onnx")]
pub(in crate::cli) struct ModelArguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    former: FormerArguments,
}

/// The former arguments of `model`, now those of `model show` and `model seal`.
#[derive(Debug, Args)]
struct FormerArguments {
    #[arg(hide = true, value_name = "MODEL")]
    file: Option<PathBuf>,
    #[arg(long, hide = true, requires = "file")]
    seal: bool,
    #[command(flatten)]
    output: show::ShowOptions,
}

/// Actions on a model.
#[derive(Debug, Subcommand)]
enum Action {
    Show(show::ShowArguments),
    Card(CardArguments),
    Export(export::ExportArguments),
    Seal(seal::SealArguments),
}

/// The hash of a file as 64 hexadecimal digits.
pub(in crate::cli) fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

pub(in crate::cli) fn run(arguments: &ModelArguments) -> anyhow::Result<()> {
    match &arguments.action {
        Some(Action::Show(arguments)) => show::run(arguments),
        Some(Action::Card(arguments)) => run_card(arguments),
        Some(Action::Export(arguments)) => export::run(arguments),
        Some(Action::Seal(arguments)) => seal::run(arguments),
        None => run_former(&arguments.former),
    }
}

fn run_former(arguments: &FormerArguments) -> anyhow::Result<()> {
    let Some(file) = &arguments.file else {
        return Err(anyhow!("MODEL is missing: run `model show MODEL`")).blame(Fault::Usage);
    };
    if arguments.seal {
        renamed("model FILE --seal", "model seal FILE");
        seal::seal(file)?;
    } else {
        renamed("model FILE", "model show FILE");
    }
    show::show(file, &arguments.output)
}
