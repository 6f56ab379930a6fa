//! `model export`: ONNX export of the network.

use std::path::PathBuf;

use clap::Args;
use controller::performer::{STATE_LEN, Weights};

use crate::onnx;
use runtime::cli::MODEL;
use runtime::cli::{Blame as _, Fault};
use runtime::driver::read_model;
use runtime::output::write_atomic;
use runtime::tell;

/// Export the network, from patches to raw outputs, as ONNX (docs/onnx.md).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc model export --onnx navigator.onnx
  performer-mpc model export --onnx explicit.onnx --model explicit")]
pub(super) struct ExportArguments {
    /// Output file, ONNX.
    #[arg(long, value_name = "FILE")]
    onnx: PathBuf,
    /// Weights: a safetensors file, or the name of an installed model.
    #[arg(long, value_name = "MODEL", default_value = MODEL)]
    model: PathBuf,
}

/// Writes a network as ONNX.
pub(super) fn run(arguments: &ExportArguments) -> anyhow::Result<()> {
    let (bytes, weights) = read_model(&arguments.model).blame(Fault::Input)?;
    let card = Weights::card(&bytes).blame(Fault::Input)?;
    let onnx = onnx::export(&weights, &card);
    write_atomic(&arguments.onnx, &onnx)?;
    let config = weights.config();
    tell!(
        "{}: ONNX, opset {}, {:.1} MiB",
        arguments.onnx.display(),
        onnx::OPSET,
        onnx.len() as f64 / f64::from(1 << 20)
    );
    let (tokens, patch_len) = (config.tokens(), config.patch_len());
    tell!("  in   {:<8} [1, {tokens}, {patch_len}]", onnx::PATCHES);
    tell!("  in   {:<8} [1, {STATE_LEN}]", onnx::STATE);
    tell!("  out  {:<8} [1, {}]", onnx::RAW, config.outputs());
    Ok(())
}
