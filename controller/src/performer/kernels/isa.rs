//! Instruction sets: detected at run time, with an override by name.
//!
//! Every kernel exists in plain Rust and for the sets below. [`Isa::best`] is the widest set of the
//! machine; the environment variable `PERFORMER_MPC_ISA` or a caller may select a lower one, to
//! compare or to exclude a kernel.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use thiserror::Error;

/// Environment variable of [`Isa::from_env`].
const VARIABLE: &str = "PERFORMER_MPC_ISA";

/// Instruction sets with kernels; a later one is at least as fast as an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum InstructionSet {
    /// The compilation target of the program.
    Portable,
    /// AVX2 and FMA.
    Avx2,
    /// AVX2 with AVX-VNNI: products of bytes in 256 bits.
    AvxVnni,
    /// AVX-512 F, BW, DQ and VL.
    Avx512,
    /// AVX-512 with VNNI: products of bytes.
    Avx512Vnni,
    /// AVX-512 with VNNI and BF16: products of bfloat16.
    Avx512Bf16,
    /// NEON, the baseline of 64-bit ARM.
    Neon,
    /// NEON with products of signed bytes (`dotprod`, ARMv8.2).
    NeonDot,
    /// NEON with products of unsigned and signed bytes (`i8mm`, ARMv8.6).
    NeonI8mm,
}

impl InstructionSet {
    /// All instruction sets, narrowest first.
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

    /// True when this machine supports the instruction set.
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

    /// True when this machine supports the instruction set.
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

    /// True when this machine supports the instruction set.
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn is_available(self) -> bool {
        self == Self::Portable
    }
}

/// An instruction set that this machine supports.
///
/// No value is a set that the machine lacks, so that the kernel of a value may always be called.
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

    /// The widest set of this machine.
    pub fn best() -> Self {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| Self::available().last().unwrap_or(Self::PORTABLE))
    }

    /// The sets of this machine, narrowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        let sets = InstructionSet::ALL.into_iter();
        sets.filter(|set| set.is_available()).map(Self)
    }

    /// Names of the sets with kernels that this machine lacks.
    pub fn missing() -> impl Iterator<Item = &'static str> {
        let sets = InstructionSet::ALL.into_iter();
        sets.filter(|set| !set.is_available())
            .map(InstructionSet::name)
    }

    /// The set named by the environment variable `PERFORMER_MPC_ISA`, else [`Isa::best`].
    pub fn from_env() -> Result<Self, IsaError> {
        let Some(value) = std::env::var_os(VARIABLE) else {
            return Ok(Self::best());
        };
        let parsed = value.to_string_lossy().parse();
        parsed.map_err(|error| IsaError::Variable {
            source: Box::new(error),
        })
    }

    /// Name of the set in lower case, as parsed by [`FromStr`].
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// True for sets with a product of bytes; others multiply shorts.
    pub(super) fn multiplies_bytes(self) -> bool {
        use InstructionSet::{
            Avx2, Avx512, Avx512Bf16, Avx512Vnni, AvxVnni, Neon, NeonDot, NeonI8mm, Portable,
        };
        match self.0 {
            Portable | Avx2 | Avx512 | Neon => false,
            AvxVnni | Avx512Vnni | Avx512Bf16 | NeonDot | NeonI8mm => true,
        }
    }

    /// True when integers are multiplied faster than numbers in single precision.
    pub(super) fn prefers_whole(self) -> bool {
        // NEON multiplies as many shorts as floats per instruction, and must also sum the products
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
        /// Requested name.
        name: String,
    },
    /// This machine does not support the set.
    #[error("this machine lacks the instruction set {name:?}; it has {}", valid())]
    Missing {
        /// Requested name.
        name: &'static str,
    },
    /// The environment variable does not name a set of this machine.
    #[error("environment variable {VARIABLE}: {source}; unset it to use {best}", best = Isa::best())]
    Variable {
        /// Cause.
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
