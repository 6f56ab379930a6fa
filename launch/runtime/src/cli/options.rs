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
    /// Policy that drives.
    #[arg(long, value_enum, default_value = "regular")]
    pub policy: PolicyKind,
    /// Weights of the learned policy: a safetensors file, or the name of an installed model such as
    /// doorway; by default navigator, or explicit for the explicit policy.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// In what precision the learned policy multiplies.
    #[arg(long, value_enum, default_value = "best")]
    pub kernel: KernelKind,
    /// Instruction set of the learned policy: `portable`, `avx2`, `avxvnni`, `avx512`, `avx512vnni`,
    /// `avx512bf16`, or on ARM `neon`, `neondot`, `neoni8mm`; by default that of the environment
    /// variable `PERFORMER_MPC_ISA`, or the widest that this machine has.
    #[arg(long, value_name = "SET")]
    pub isa: Option<Isa>,
}

impl PolicyOptions {
    /// The policy with its weights.
    pub fn driver(&self) -> anyhow::Result<Driver> {
        let (shipped, head) = match self.policy {
            PolicyKind::Regular => return Ok(Driver::Regular),
            PolicyKind::Performer => (MODEL, Head::Cost),
            PolicyKind::Explicit => (EXPLICIT, Head::Path),
        };
        let path = self.model.as_deref().unwrap_or(Path::new(shipped));
        let weights = read_weights(path, head).blame(Fault::Input)?;
        let backend = self.kernel.backend(self.isa).blame(Fault::Usage)?;
        Ok(Driver::learned(weights, backend))
    }
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
        layers::load(robot, self.config.as_deref(), &self.overrides).blame(Fault::Usage)
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
