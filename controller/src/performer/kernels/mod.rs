//! The arithmetic that takes the time: `y = x W + b` with weights laid out for it at load.
//!
//! Everything rests on one product of small matrices, [`product`]: in single precision, in pairs of
//! bfloat16 that are multiplied exactly and summed in single precision, or in bytes whose products
//! are summed exactly.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod isa;
mod linear;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod product;
mod quantise;
mod round;
mod simd;
#[cfg(test)]
mod tests;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod tile;

pub use isa::{Isa, IsaError};
pub(super) use linear::{Linear, Scratch};
pub use product::{Finish, Left, PANEL, Right, Then, product};
pub(super) use simd::{SimdKernel, sum_lanes};

/// In what precision a network's matrices are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kernel {
    /// Single precision.
    #[default]
    Reference,
    /// Weights and activations rounded to bfloat16, sums in single precision. Any machine can;
    /// only one with AVX-512 BF16 is quicker at it than in single precision.
    Bf16,
    /// Weights rounded to 8 bits a column, activations to 8 bits a row as they come; sums exact, and
    /// the same bits with every instruction set. Layers at the network's ends, which are small,
    /// compute as with [`Kernel::Bf16`].
    Int8,
}

impl Kernel {
    /// The quickest one with this instruction set.
    pub fn best(isa: Isa) -> Self {
        if isa.prefers_whole() {
            Self::Int8
        } else {
            Self::Reference
        }
    }

    /// What it is called, in lower case, as the option `--kernel` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "single",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }

    /// The precision of its products and sums, for people.
    pub fn precision(self) -> &'static str {
        match self {
            Self::Reference => "single precision",
            Self::Bf16 => "bfloat16 products, sums in single precision",
            Self::Int8 => "8-bit products, exact sums; bfloat16 in the first and last layers",
        }
    }
}

/// In what precision and with which instructions a network computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backend {
    /// Precision of the products.
    pub kernel: Kernel,
    /// Instructions of all loops.
    pub isa: Isa,
}

impl Backend {
    /// The quickest with the instruction set that [`Isa::from_env`] selects.
    pub fn best() -> Result<Self, IsaError> {
        Isa::from_env().map(|isa| Self {
            kernel: Kernel::best(isa),
            isa,
        })
    }

    /// This precision with the instruction set that [`Isa::from_env`] selects.
    pub fn of(kernel: Kernel) -> Result<Self, IsaError> {
        Isa::from_env().map(|isa| Self { kernel, isa })
    }
}
