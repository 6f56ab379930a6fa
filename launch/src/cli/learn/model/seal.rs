//! `model seal`: checksum of a weights file.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use controller::performer::Weights;

use super::sha256;
use runtime::cli::{Blame as _, Fault};
use runtime::input::read_bytes;
use runtime::model_file::MODEL_BYTES_MAX;
use runtime::output::write_atomic;
use runtime::tell;

/// Add the checksum to a weights file without one. No command loads a model without a checksum.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  performer-mpc model seal old.safetensors")]
pub(super) struct SealArguments {
    /// The safetensors file, rewritten in place.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(arguments: &SealArguments) -> anyhow::Result<()> {
    let sealed = seal(&arguments.file)?;
    tell!(
        "{}: sealed, sha256 {}",
        arguments.file.display(),
        sha256(&sealed)
    );
    Ok(())
}

/// Seals a file in place, and returns its bytes.
pub(super) fn seal(file: &Path) -> anyhow::Result<Vec<u8>> {
    let named = || file.display().to_string();
    let bytes = read_bytes(file, MODEL_BYTES_MAX)
        .with_context(named)
        .blame(Fault::Input)?;
    let sealed = Weights::sealed(&bytes)
        .with_context(named)
        .blame(Fault::Input)?;
    if sealed != bytes {
        write_atomic(file, &sealed)?;
    }
    Ok(sealed)
}
