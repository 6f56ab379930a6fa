//! Options that several commands share.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use controller::performer::{Backend, Head, Isa, IsaError, Kernel};

use super::{Blame as _, Fault};
use crate::driver::{Driver, read_weights};
use crate::layers::{self, Layered};

/// Policy that drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyKind {
    /// MPC with the hand-engineered cost alone.
    Regular,
    /// The same MPC with the cost that a Vision Performer learned on top.
    Performer,
    /// A tracker on the path that a Vision Performer regressed; no MPC.
    Explicit,
}

/// Name of the shipped model of the learned cost.
pub const MODEL: &str = "navigator";
/// Name of the shipped model of the explicit policy.
pub const EXPLICIT: &str = "explicit";

/// In what precision a learned policy multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KernelKind {
    /// The quickest that this machine has instructions for.
    Best,
    /// Single precision, as in training.
    Single,
    /// bfloat16.
    Bf16,
    /// 8 bits.
    Int8,
}

impl KernelKind {
    /// This precision with an instruction set, by default the one that the environment selects.
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
    /// Policy that drives; by default regular.
    #[arg(long, value_enum)]
    pub policy: Option<PolicyKind>,
    /// Weights of the learned policy: a safetensors file, or the name of an installed model; by
    /// default `node.model` of the settings, else navigator, or explicit for the explicit policy.
    /// Refused with the regular policy.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// In what precision the learned policy multiplies; by default best.
    #[arg(long, value_enum)]
    pub kernel: Option<KernelKind>,
    /// Instruction set of the learned policy: `portable`, `avx2`, `avxvnni`, `avx512`, `avx512vnni`,
    /// `avx512bf16`, or on ARM `neon`, `neondot`, `neoni8mm`; by default that of the environment
    /// variable `PERFORMER_MPC_ISA`, or the widest that this machine has.
    #[arg(long, value_name = "SET")]
    pub isa: Option<Isa>,
}

impl PolicyOptions {
    /// The policy with its weights.
    pub fn driver(&self) -> anyhow::Result<Driver> {
        self.driver_with("")
    }

    /// The policy, its weights read. `model` is `node.model` of the settings, empty if they have none.
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

    /// Refuses what the regular policy does not read. Settings may name a model beside
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

/// Refuses options that only a learned policy reads, beside another policy.
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

/// Whether the agent plans a route over the map that it has built so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RouteKind {
    /// As the scenario means it: none in the doorway and among people, one elsewhere.
    Auto,
    /// Always.
    On,
    /// Never: the goal alone draws the robot.
    Off,
}

/// Robot and settings.
#[derive(Debug, Args)]
pub struct SettingsOptions {
    /// Settings that take the place of the shipped ones: a TOML file, whole or in part.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One setting, over all else; may be given again. `performer-mpc config` lists them all.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

impl SettingsOptions {
    /// Settings of a shipped robot with these over them.
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
