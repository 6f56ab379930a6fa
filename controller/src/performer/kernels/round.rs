//! Rounding to bfloat16: the upper half of a single-precision number, to nearest, ties to even.
#![allow(unsafe_code)]
// Compiled separately for each instruction set that a caller enables.
#![allow(clippy::inline_always)]

use half::bf16;

#[cfg(target_arch = "x86_64")]
use super::avx512;
#[cfg(target_arch = "x86_64")]
use super::isa::InstructionSet;
use super::isa::Isa;
use super::simd::SimdKernel;

/// Rounds a number to bfloat16; NaN stays NaN.
#[inline(always)]
pub(super) fn to_bf16(value: f32) -> bf16 {
    let bits = value.to_bits();
    let rounded = (bits.wrapping_add(0x7fff + ((bits >> 16) & 1))) >> 16;
    let quiet = (bits >> 16) | 0x40;
    let is_nan = bits & 0x7fff_ffff > 0x7f80_0000;
    bf16::from_bits(if is_nan { quiet } else { rounded } as u16)
}

/// Rounds rows of `depth` numbers into rows of pairs, the last of which is padded with zero if
/// needed.
pub(super) fn round_rows(isa: Isa, values: &[f32], depth: usize, pairs: &mut [[bf16; 2]]) {
    let padded = depth.next_multiple_of(2);
    let rounded = bytemuck::cast_slice_mut::<_, bf16>(pairs);
    for (values, rounded) in values
        .chunks_exact(depth)
        .zip(rounded.chunks_exact_mut(padded))
    {
        let (rounded, filling) = rounded.split_at_mut(depth);
        filling.fill(bf16::ZERO);
        #[cfg(target_arch = "x86_64")]
        if isa.set() == InstructionSet::Avx512Bf16 {
            // SAFETY: an `Isa` names instructions that this machine has.
            unsafe { avx512::round(values, rounded) };
            continue;
        }
        isa.run(Round { values, rounded });
    }
}

struct Round<'a> {
    values: &'a [f32],
    rounded: &'a mut [bf16],
}

impl SimdKernel for Round<'_> {
    #[inline(always)]
    fn run(self) {
        for (rounded, &value) in self.rounded.iter_mut().zip(self.values) {
            *rounded = to_bf16(value);
        }
    }
}
