//! Kernels of the linear layers `y = x W + b`, with weights packed at load; they dominate the run
//! time of inference.
//!
//! All layers use one product of small matrices, [`product`]: in single precision, in pairs of
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

/// Precision of the matrix products of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kernel {
    /// Single precision.
    #[default]
    Reference,
    /// Weights and activations rounded to bfloat16, sums in single precision. Available on any
    /// machine; faster than single precision only with AVX-512 BF16.
    Bf16,
    /// Weights quantised to 8 bits per column, activations dynamically to 8 bits per row; sums are
    /// exact and bit-identical with every instruction set. The small first and last layers compute
    /// as with [`Kernel::Bf16`].
    Int8,
}

impl Kernel {
    /// The fastest kernel with this instruction set.
    pub fn best(isa: Isa) -> Self {
        if isa.prefers_whole() {
            Self::Int8
        } else {
            Self::Reference
        }
    }

    /// Name of the kernel in lower case, as parsed by the option `--kernel`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "single",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }

    /// Human-readable precision of its products and sums.
    pub fn precision(self) -> &'static str {
        match self {
            Self::Reference => "single precision",
            Self::Bf16 => "bfloat16 products, sums in single precision",
            Self::Int8 => "8-bit products, exact sums; bfloat16 in the first and last layers",
        }
    }
}

/// Precision and instruction set of the inference of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backend {
    /// Precision of the products.
    pub kernel: Kernel,
    /// Instruction set of all loops.
    pub isa: Isa,
}

impl Backend {
    /// The fastest kernel with the instruction set of [`Isa::from_env`].
    pub fn best() -> Result<Self, IsaError> {
        Isa::from_env().map(|isa| Self {
            kernel: Kernel::best(isa),
            isa,
        })
    }

    /// A kernel with the instruction set of [`Isa::from_env`].
    pub fn of(kernel: Kernel) -> Result<Self, IsaError> {
        Isa::from_env().map(|isa| Self { kernel, isa })
    }
}
