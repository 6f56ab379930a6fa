//! `model show`: content of a weights file.

use std::path::{Path, PathBuf};

use clap::Args;
use controller::performer::{AttentionKernel, Backend, Head, Weights};
use serde::Serialize;

use super::sha256;
use runtime::cli::write_json;
use runtime::cli::{Blame as _, Fault};
use runtime::driver::read_model;
use runtime::model_file::ModelFile;
use runtime::tell;

/// Show the content of a weights file: size, shapes, card, hash.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc model show navigator
  performer-mpc model show run/model.safetensors --tensors --json -")]
pub(super) struct ShowArguments {
    /// Weights: a safetensors file, or the name of an installed model.
    #[arg(value_name = "MODEL")]
    file: PathBuf,
    #[command(flatten)]
    output: ShowOptions,
}

/// Output options.
#[derive(Debug, Args)]
pub(super) struct ShowOptions {
    /// List every tensor.
    #[arg(long)]
    pub tensors: bool,
    /// Write everything as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    command: &'static str,
    file: String,
    bytes: usize,
    sha256: String,
    parameters: usize,
    tokens: usize,
    /// Default kernel of the network on this machine.
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

pub(super) fn run(arguments: &ShowArguments) -> anyhow::Result<()> {
    show(&arguments.file, &arguments.output)
}

/// Shows a model.
pub(super) fn show(file: &Path, output: &ShowOptions) -> anyhow::Result<()> {
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
    if output
        .json
        .as_ref()
        .is_none_or(|path| path.as_os_str() != "-")
    {
        print(&answer, output.tensors);
    }
    if let Some(path) = &output.json {
        write_json(path, &answer)?;
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
