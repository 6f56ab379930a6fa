//! `model`: what a file of weights holds; `model export` writes it for other runtimes.

use runtime::tell;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use controller::performer::{AttentionKernel, Backend, Head, STATE_LEN, Weights};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::onnx;
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{MODEL, write_json};
use runtime::driver::read_model;
use runtime::input::read_bytes;
use runtime::model_file::{MODEL_BYTES_MAX, ModelFile};
use runtime::output::write_atomic;

/// Say what a file of weights holds: size, shapes, card, hash. With --seal, give it a checksum.
/// `model export` writes the network for other runtimes.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "Examples:
  performer-mpc model navigator
  performer-mpc model run/model.safetensors --tensors --json -
  performer-mpc model old.safetensors --seal
  performer-mpc model export --onnx navigator.onnx")]
pub(super) struct ModelArguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// The safetensors file, or the name of an installed model.
    #[arg(required = true, value_name = "MODEL")]
    file: Option<PathBuf>,
    /// List every tensor.
    #[arg(long)]
    tensors: bool,
    /// Write a checksum into a file that has none. Without one, no command loads a model.
    #[arg(long)]
    seal: bool,
    /// Write all of it as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What else is done with a model.
#[derive(Debug, Subcommand)]
enum Action {
    Export(ExportArguments),
}

/// Write the network, from patches to raw outputs, as ONNX (docs/onnx.md).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc model export --onnx navigator.onnx
  performer-mpc model export --onnx explicit.onnx --model explicit")]
struct ExportArguments {
    /// Where to write, ONNX.
    #[arg(long, value_name = "FILE")]
    onnx: PathBuf,
    /// The weights: a safetensors file, or the name of an installed model.
    #[arg(long, value_name = "MODEL", default_value = MODEL)]
    model: PathBuf,
}

#[derive(Serialize)]
struct Answer {
    command: &'static str,
    file: String,
    bytes: usize,
    sha256: String,
    parameters: usize,
    tokens: usize,
    /// What the network computes with on this machine by default.
    kernel: &'static str,
    precision: &'static str,
    isa: String,
    config: controller::performer::PerformerConfig,
    tensors: Vec<Tensor>,
    card: serde_json::Value,
}

#[derive(Serialize)]
struct Tensor {
    name: String,
    shape: Vec<usize>,
}

/// The hash of a file as 64 hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

pub(super) fn run(arguments: &ModelArguments) -> anyhow::Result<()> {
    let file = match (&arguments.action, &arguments.file) {
        (Some(Action::Export(arguments)), _) => return export(arguments),
        (None, Some(file)) => file,
        (None, None) => return Err(anyhow!("MODEL is missing")).blame(Fault::Usage),
    };
    if arguments.seal {
        seal(file)?;
    }
    let (bytes, weights) = read_model(file).blame(Fault::Input)?;
    let card = Weights::card(&bytes).blame(Fault::Input)?;
    let config = weights.config().clone();
    let backend = Backend::best().blame(Fault::Usage)?;
    let answer = Answer {
        command: "model",
        file: ModelFile::place(file),
        bytes: bytes.len(),
        sha256: sha256(&bytes),
        parameters: config.parameters(),
        tokens: config.tokens(),
        kernel: backend.kernel.name(),
        precision: backend.kernel.precision(),
        isa: backend.isa.to_string(),
        tensors: config
            .tensors()
            .into_iter()
            .map(|(name, shape)| Tensor { name, shape })
            .collect(),
        card: serde_json::from_str(&card).unwrap_or(serde_json::Value::String(card)),
        config,
    };
    if arguments
        .json
        .as_ref()
        .is_none_or(|path| path.as_os_str() != "-")
    {
        print(&answer, arguments.tensors);
    }
    if let Some(path) = &arguments.json {
        write_json(path, &answer)?;
    }
    Ok(())
}

/// Writes a network as ONNX.
fn export(arguments: &ExportArguments) -> anyhow::Result<()> {
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

/// Seals a file in place.
fn seal(file: &Path) -> anyhow::Result<()> {
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
    Ok(())
}

fn print(answer: &Answer, tensors: bool) {
    let config = &answer.config;
    let view = &config.view;
    let kernel = match config.attention {
        AttentionKernel::Relu => "ReLU".to_owned(),
        AttentionKernel::Favor { features, .. } => format!("FAVOR+ of {features} features"),
    };
    tell!("{}", answer.file);
    tell!(
        "  {} parameters in {:.1} MiB, sha256 {}",
        answer.parameters,
        answer.bytes as f64 / f64::from(1 << 20),
        answer.sha256
    );
    tell!(
        "  {} tokens: {} channels of {} x {} cells of {} m in patches of {} x {}",
        answer.tokens,
        view.channels(),
        view.cells,
        view.cells,
        view.cell_m,
        config.patch,
        config.patch
    );
    tell!(
        "  {} layers of {} heads, width {}, hidden width {}, {kernel} attention",
        config.layers,
        config.heads,
        config.width,
        config.mlp_width
    );
    tell!(
        "  {}: {} knots, {} outputs",
        config.head,
        match config.head {
            Head::Cost => config.cost.knots,
            Head::Path => config.path.knots,
        },
        config.outputs()
    );
    tell!(
        "  computes on this machine in {} with {}: {}",
        answer.kernel,
        answer.isa,
        answer.precision
    );
    if tensors {
        for tensor in &answer.tensors {
            tell!("  {:<28} {:?}", tensor.name, tensor.shape);
        }
    }
    if let Some(card) = answer.card.as_object() {
        tell!("  card");
        for (key, value) in card {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            tell!("    {key}: {text}");
        }
    }
}
