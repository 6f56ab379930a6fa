//! The arithmetic that takes the time: `y = x W + b` with weights laid out for it at load.
//!
//! Everything rests on one product of small matrices, [`product`]: in single precision, in pairs of
//! bfloat16 that are multiplied exactly and summed in single precision, or in bytes whose products
//! are summed exactly.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod linear;
mod portable;
mod product;
mod quantise;
mod round;
#[cfg(test)]
mod tests;

pub(super) use linear::{Linear, Scratch};
pub use product::{Finish, Left, PANEL, Right, Then, product};

/// In what precision a network's matrices are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kernel {
    /// Single precision.
    #[default]
    Reference,
    /// Weights and activations rounded to bfloat16, sums in single precision. Any machine can;
    /// only one with AVX-512 BF16 is quick at it.
    Bf16,
    /// Weights rounded to 8 bits a column, activations to 8 bits a row as they come; sums exact.
    /// Layers at the network's ends, which are small, compute as with [`Kernel::Bf16`]. Any machine
    /// can; only one with AVX-512 VNNI is quick at it.
    Int8,
}

impl Kernel {
    /// The quickest one here.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if avx512::has_bytes() {
                return Self::Int8;
            }
            if avx512::has_bf16() {
                return Self::Bf16;
            }
        }
        Self::Reference
    }
}
