//! Instruction sets: detected at run time, and lowered by name.
//!
//! Every kernel exists in plain Rust and for the sets below. [`Isa::best`] is the widest set of the
//! machine; the environment variable `PERFORMER_MPC_ISA` or a caller may name a lower one, to
//! compare or to rule out a kernel.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use thiserror::Error;

/// Names the instruction set that [`Isa::from_env`] selects.
const VARIABLE: &str = "PERFORMER_MPC_ISA";

/// What kernels are written for; a later one is at least as quick as an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum InstructionSet {
    /// Whatever the program was compiled for.
    Portable,
    /// AVX2 and FMA.
    Avx2,
    /// Those, and AVX-VNNI: products of bytes in 256 bits.
    AvxVnni,
    /// AVX-512 F, BW, DQ and VL.
    Avx512,
    /// Those, and products of bytes.
    Avx512Vnni,
    /// Those, and products of bfloat16.
    Avx512Bf16,
    /// NEON, which every 64-bit ARM has.
    Neon,
    /// Those, and products of signed bytes (`dotprod`, ARMv8.2).
    NeonDot,
    /// Those, and products of unsigned with signed bytes (`i8mm`, ARMv8.6).
    NeonI8mm,
}

impl InstructionSet {
    /// All, narrowest first.
    const ALL: [Self; 9] = [
        Self::Portable,
        Self::Avx2,
        Self::AvxVnni,
        Self::Avx512,
        Self::Avx512Vnni,
        Self::Avx512Bf16,
        Self::Neon,
        Self::NeonDot,
        Self::NeonI8mm,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::AvxVnni => "avxvnni",
            Self::Avx512 => "avx512",
            Self::Avx512Vnni => "avx512vnni",
            Self::Avx512Bf16 => "avx512bf16",
            Self::Neon => "neon",
            Self::NeonDot => "neondot",
            Self::NeonI8mm => "neoni8mm",
        }
    }

    /// Whether this machine executes it.
    #[cfg(target_arch = "x86_64")]
    fn is_available(self) -> bool {
        let avx2 = || is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = || {
            avx2()
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
        };
        let vnni = || avx512() && is_x86_feature_detected!("avx512vnni");
        match self {
            Self::Portable => true,
            Self::Avx2 => avx2(),
            Self::AvxVnni => avx2() && is_x86_feature_detected!("avxvnni"),
            Self::Avx512 => avx512(),
            Self::Avx512Vnni => vnni(),
            Self::Avx512Bf16 => vnni() && is_x86_feature_detected!("avx512bf16"),
            Self::Neon | Self::NeonDot | Self::NeonI8mm => false,
        }
    }

    /// Whether this machine executes it.
    #[cfg(target_arch = "aarch64")]
    fn is_available(self) -> bool {
        use std::arch::is_aarch64_feature_detected;
        let dot =
            || is_aarch64_feature_detected!("neon") && is_aarch64_feature_detected!("dotprod");
        match self {
            Self::Portable => true,
            Self::Neon => is_aarch64_feature_detected!("neon"),
            Self::NeonDot => dot(),
            Self::NeonI8mm => dot() && is_aarch64_feature_detected!("i8mm"),
            Self::Avx2 | Self::AvxVnni | Self::Avx512 | Self::Avx512Vnni | Self::Avx512Bf16 => {
                false
            }
        }
    }

    /// Whether this machine executes it.
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn is_available(self) -> bool {
        self == Self::Portable
    }
}

/// An instruction set that this machine executes.
///
/// No value names a set that the machine lacks, so that every kernel may be called for its own.
///
/// ```
/// use controller::performer::Isa;
/// let isa: Isa = "portable".parse()?;
/// assert!(isa <= Isa::best());
/// # Ok::<(), controller::performer::IsaError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isa(InstructionSet);

impl Isa {
    /// Plain Rust, compiled for the target's baseline.
    pub const PORTABLE: Self = Self(InstructionSet::Portable);

    /// The widest of this machine.
    pub fn best() -> Self {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| Self::available().last().unwrap_or(Self::PORTABLE))
    }

    /// Those of this machine, narrowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        let sets = InstructionSet::ALL.into_iter();
        sets.filter(|set| set.is_available()).map(Self)
    }

    /// Names of the sets that kernels are written for and this machine lacks.
    pub fn missing() -> impl Iterator<Item = &'static str> {
        let sets = InstructionSet::ALL.into_iter();
        sets.filter(|set| !set.is_available())
            .map(InstructionSet::name)
    }

    /// The set that the environment variable `PERFORMER_MPC_ISA` names, else [`Isa::best`].
    pub fn from_env() -> Result<Self, IsaError> {
        let Some(value) = std::env::var_os(VARIABLE) else {
            return Ok(Self::best());
        };
        let parsed = value.to_string_lossy().parse();
        parsed.map_err(|error| IsaError::Variable {
            source: Box::new(error),
        })
    }

    /// What it is called: in lower case, as [`FromStr`] takes it.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// It has a product of bytes; others multiply shorts.
    pub(super) fn multiplies_bytes(self) -> bool {
        use InstructionSet::{
            Avx2, Avx512, Avx512Bf16, Avx512Vnni, AvxVnni, Neon, NeonDot, NeonI8mm, Portable,
        };
        match self.0 {
            Portable | Avx2 | Avx512 | Neon => false,
            AvxVnni | Avx512Vnni | Avx512Bf16 | NeonDot | NeonI8mm => true,
        }
    }

    /// Whole numbers are multiplied more quickly than those in single precision.
    pub(super) fn prefers_whole(self) -> bool {
        // NEON multiplies as many shorts as numbers, and has to sum the products on top
        !matches!(self.0, InstructionSet::Portable | InstructionSet::Neon)
    }

    pub(super) fn set(self) -> InstructionSet {
        self.0
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Isa {
    type Err = IsaError;

    fn from_str(name: &str) -> Result<Self, IsaError> {
        let set = InstructionSet::ALL
            .into_iter()
            .find(|set| set.name() == name);
        match set {
            Some(set) if set.is_available() => Ok(Self(set)),
            Some(set) => Err(IsaError::Missing { name: set.name() }),
            None => Err(IsaError::Unknown {
                name: name.to_owned(),
            }),
        }
    }
}

/// An instruction set that cannot be selected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IsaError {
    /// No kernel is written for a set of this name.
    #[error("unknown instruction set {name:?}; this machine has {}", valid())]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// This machine does not execute it.
    #[error("this machine lacks the instruction set {name:?}; it has {}", valid())]
    Missing {
        /// What was asked for.
        name: &'static str,
    },
    /// The environment variable names no set of this machine.
    #[error("environment variable {VARIABLE}: {source}; unset it to use {best}", best = Isa::best())]
    Variable {
        /// Why.
        source: Box<IsaError>,
    },
}

/// Names that this machine accepts.
fn valid() -> String {
    let names: Vec<_> = Isa::available().map(Isa::name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_select_the_sets_of_this_machine_and_no_others() {
        for isa in Isa::available() {
            assert_eq!(isa.name().parse(), Ok(isa));
            assert!(Isa::PORTABLE <= isa && isa <= Isa::best());
        }
        for name in Isa::missing() {
            assert_eq!(name.parse::<Isa>(), Err(IsaError::Missing { name }));
        }
    }

    #[test]
    fn an_error_names_the_valid_values() {
        let error = IsaError::Variable {
            source: Box::new("sse9".parse::<Isa>().unwrap_err()),
        }
        .to_string();
        for name in Isa::available().map(Isa::name) {
            assert!(error.contains(name), "{error}");
        }
        assert!(
            error.contains("\"sse9\"") && error.contains(VARIABLE),
            "{error}"
        );
    }
}
