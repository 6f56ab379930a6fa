//! Loops over numbers, compiled for the vector registers of an instruction set.
//!
//! A [`SimdKernel`] is plain Rust that the compiler vectorises for the enabled instruction set. The
//! compiler neither fuses nor reorders operations, so that all instruction sets give the same bits.
#![allow(unsafe_code)]
// Compiled separately for each instruction set that a caller enables.
#![allow(clippy::inline_always)]

use super::isa::{InstructionSet, Isa};

/// A loop that is compiled for each instruction set.
pub(in super::super) trait SimdKernel {
    /// Runs the loop. Must be `#[inline(always)]`, like all functions that it calls per item.
    fn run(self);
}

impl Isa {
    /// Runs a loop compiled for this instruction set.
    pub(in super::super) fn run(self, kernel: impl SimdKernel) {
        match self.set() {
            InstructionSet::Portable => kernel.run(),
            // SAFETY: an `Isa` names instructions that this machine has.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 | InstructionSet::AvxVnni => unsafe { run_avx2(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 | InstructionSet::Avx512Vnni | InstructionSet::Avx512Bf16 => unsafe {
                run_avx512(kernel);
            },
            // on other targets the baseline includes all vector instructions that the compiler may
            // use
            _ => kernel.run(),
        }
    }
}

/// Pairwise sum of partial sums: the number of dependent additions is logarithmic in `N`.
#[inline(always)]
pub(in super::super) fn sum_lanes<const N: usize>(mut lanes: [f32; N]) -> f32 {
    let mut count = N;
    while count > 1 {
        count /= 2;
        let (sums, others) = lanes.split_at_mut(count);
        for (sum, other) in sums.iter_mut().zip(others) {
            *sum += *other;
        }
    }
    lanes[0]
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2(kernel: impl SimdKernel) {
    kernel.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn run_avx512(kernel: impl SimdKernel) {
    kernel.run();
}
