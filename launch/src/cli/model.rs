//! `model`: what a file of weights holds.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use controller::performer::{AttentionKernel, Backend, Head, Weights};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::options::write_json;
use super::{Blame as _, Fault};
use crate::driver::{MODEL_BYTES_MAX, read_model};
use crate::input::read_bytes;
use crate::output::write_atomic;

/// Say what a file of weights holds: size, shapes, card, hash. With --seal, give it a checksum.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc model models/navigator.safetensors
  performer-mpc model models/navigator.safetensors --tensors --json -
  performer-mpc model old.safetensors --seal")]
pub(super) struct ModelArguments {
    /// The file, safetensors.
    file: PathBuf,
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

#[derive(Serialize)]
struct Answer {
    command: &'static str,
    file: String,
    bytes: usize,
    sha256: String,
    parameters: usize,
    tokens: usize,
    /// What the network computes with on this machine by default.
    kernel: String,
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
    if arguments.seal {
        seal(&arguments.file)?;
    }
    let (bytes, weights) = read_model(&arguments.file).blame(Fault::Input)?;
    let card = Weights::card(&bytes).blame(Fault::Input)?;
    let config = weights.config().clone();
    let backend = Backend::best().blame(Fault::Usage)?;
    let answer = Answer {
        command: "model",
        file: arguments.file.display().to_string(),
        bytes: bytes.len(),
        sha256: sha256(&bytes),
        parameters: config.parameters(),
        tokens: config.tokens(),
        kernel: format!("{:?}", backend.kernel).to_lowercase(),
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
        "  computes on this machine in {} with {}",
        answer.kernel,
        answer.isa
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
