//! Loops over numbers, compiled for the registers of an instruction set.
//!
//! A [`SimdKernel`] is plain Rust that the compiler turns into vectors of whatever width it may use.
//! It neither fuses nor reorders, so that all instruction sets give the same bits.
#![allow(unsafe_code)]
// Compiled anew for each set of instructions that a caller enables.
#![allow(clippy::inline_always)]

use super::isa::{InstructionSet, Isa};

/// A loop that is worth wide registers.
pub(in super::super) trait SimdKernel {
    /// Does it; `#[inline(always)]`, like all that it calls for every item.
    fn run(self);
}

impl Isa {
    /// Runs a loop with the registers of this instruction set.
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
            // elsewhere the baseline has all vectors that the compiler may use
            _ => kernel.run(),
        }
    }
}

/// Sum of partial sums, half of them to the other half: as many additions in a row as there are
/// halvings.
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
