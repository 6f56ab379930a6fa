//! Options shared by several commands.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use controller::performer::{Backend, Head, Isa, IsaError, Kernel};

use super::{Blame as _, Fault};
use crate::driver::{Driver, read_weights};
use crate::layers::{self, Layered};

/// Policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyKind {
    /// MPC with the hand-engineered cost only.
    Regular,
    /// The same MPC with an additional learned cost of a Vision Performer.
    Performer,
    /// A path tracker on the path regressed by a Vision Performer; no MPC.
    Explicit,
}

/// Name of the shipped model of the learned cost.
pub const MODEL: &str = "navigator";
/// Name of the shipped model of the explicit policy.
pub const EXPLICIT: &str = "explicit";

/// Precision of the matrix products of a learned policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KernelKind {
    /// The fastest one with instructions on this machine.
    Best,
    /// Single precision, as in training.
    Single,
    /// bfloat16.
    Bf16,
    /// 8 bits.
    Int8,
}

impl KernelKind {
    /// The kernel of this precision and an instruction set, by default that of the environment.
    pub fn backend(self, isa: Option<Isa>) -> Result<Backend, IsaError> {
        let isa = isa.map_or_else(Isa::from_env, Ok)?;
        let kernel = match self {
            Self::Best => Kernel::best(isa),
            Self::Single => Kernel::Reference,
            Self::Bf16 => Kernel::Bf16,
            Self::Int8 => Kernel::Int8,
        };
        Ok(Backend { kernel, isa })
    }
}

/// Policy and its weights.
#[derive(Debug, Args)]
pub struct PolicyOptions {
    /// Policy; by default regular.
    #[arg(long, value_enum)]
    pub policy: Option<PolicyKind>,
    /// Weights of the learned policy: a safetensors file, or the name of an installed model; by
    /// default `node.model` of the settings, else navigator, or explicit for the explicit policy.
    /// Rejected with the regular policy.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Precision of the matrix products of the learned policy; by default best.
    #[arg(long, value_enum)]
    pub kernel: Option<KernelKind>,
    /// Instruction set of the learned policy: `portable`, `avx2`, `avxvnni`, `avx512`, `avx512vnni`,
    /// `avx512bf16`, or on ARM `neon`, `neondot`, `neoni8mm`; by default that of the environment
    /// variable `PERFORMER_MPC_ISA`, or the widest supported by this machine.
    #[arg(long, value_name = "SET")]
    pub isa: Option<Isa>,
}

impl PolicyOptions {
    /// The policy with its weights.
    pub fn driver(&self) -> anyhow::Result<Driver> {
        self.driver_with("")
    }

    /// The policy with loaded weights. `model` is `node.model` of the settings; may be empty.
    pub fn driver_with(&self, model: &str) -> anyhow::Result<Driver> {
        let (shipped, head) = match self.policy.unwrap_or(PolicyKind::Regular) {
            PolicyKind::Regular => {
                self.refuse_unread(model).blame(Fault::Usage)?;
                return Ok(Driver::Regular);
            }
            PolicyKind::Performer => (MODEL, Head::Cost),
            PolicyKind::Explicit => (EXPLICIT, Head::Path),
        };
        let installed = if model.is_empty() { shipped } else { model };
        let path = self.model.as_deref().unwrap_or(Path::new(installed));
        let weights = read_weights(path, head).blame(Fault::Input)?;
        let kernel = self.kernel.unwrap_or(KernelKind::Best);
        let backend = kernel.backend(self.isa).blame(Fault::Usage)?;
        Ok(Driver::learned(weights, backend))
    }

    /// Rejects options that the regular policy does not use. Settings with a model are allowed with
    /// `--policy regular`: the same file serves the node.
    fn refuse_unread(&self, model: &str) -> anyhow::Result<()> {
        refuse_learned("regular", self.model.as_deref(), self.kernel, self.isa)?;
        anyhow::ensure!(
            model.is_empty() || self.policy.is_some(),
            "node.model is {model:?} in the settings, and no --policy is given: expected --policy performer or \
             --policy explicit to drive with the model, or --policy regular to drive without it"
        );
        Ok(())
    }
}

/// Rejects options of a learned policy with another policy.
pub fn refuse_learned(
    policy: &str,
    model: Option<&Path>,
    kernel: Option<KernelKind>,
    isa: Option<Isa>,
) -> anyhow::Result<()> {
    let kernel = kernel.and_then(|kernel| kernel.to_possible_value());
    let given = [
        ("--model", model.map(|path| path.display().to_string())),
        (
            "--kernel",
            kernel.map(|kernel| kernel.get_name().to_owned()),
        ),
        ("--isa", isa.map(|isa| isa.to_string())),
    ];
    for (option, value) in given {
        if let Some(value) = value {
            anyhow::bail!(
                "{option} {value} needs a learned policy, and --policy is {policy}: expected --policy performer \
                 or --policy explicit beside {option}, or no {option}"
            );
        }
    }
    Ok(())
}

/// Route planning on the map built so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RouteKind {
    /// That of the scenario: none in the doorway and among pedestrians, otherwise enabled.
    Auto,
    /// Always.
    On,
    /// Never: the robot heads for the goal directly.
    Off,
}

/// Robot and settings.
#[derive(Debug, Args)]
pub struct SettingsOptions {
    /// Settings file, TOML; may contain only the settings to change.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A single setting with the highest precedence. May be repeated. `performer-mpc config` lists
    /// all.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

impl SettingsOptions {
    /// Settings of a shipped robot, overridden by these.
    pub fn load<T: Layered>(&self, robot: &str) -> anyhow::Result<T> {
        let settings: T =
            layers::load(robot, self.config.as_deref(), &self.overrides).blame(Fault::Usage)?;
        for note in settings.notes() {
            say!("note: {note}");
        }
        Ok(settings)
    }
}

/// Writes JSON to a file, or to standard output for `-`.
pub fn write_json(path: &Path, value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    if path.as_os_str() == "-" {
        tell!("{}", text.trim_end());
        Ok(())
    } else {
        Ok(crate::output::write_atomic(path, text.as_bytes())?)
    }
}
