//! Rounding to bfloat16: the upper half of a single-precision number, to nearest, ties to even.

use half::bf16;

#[cfg(target_arch = "x86_64")]
use super::avx512;

/// Rounds; NaN stays NaN.
#[inline]
pub(super) fn to_bf16(value: f32) -> bf16 {
    let bits = value.to_bits();
    let rounded = (bits.wrapping_add(0x7fff + ((bits >> 16) & 1))) >> 16;
    let quiet = (bits >> 16) | 0x40;
    let is_nan = bits & 0x7fff_ffff > 0x7f80_0000;
    bf16::from_bits(if is_nan { quiet } else { rounded } as u16)
}

/// Rounds rows of `depth` numbers into rows of pairs, the last of which may be filled with zero.
pub(super) fn round_rows(values: &[f32], depth: usize, pairs: &mut [[bf16; 2]]) {
    let padded = depth.next_multiple_of(2);
    let rounded = bytemuck::cast_slice_mut::<_, bf16>(pairs);
    for (row, rounded) in values
        .chunks_exact(depth)
        .zip(rounded.chunks_exact_mut(padded))
    {
        rounded[depth..].fill(bf16::ZERO);
        #[cfg(target_arch = "x86_64")]
        let done = avx512::round(row, rounded);
        #[cfg(not(target_arch = "x86_64"))]
        let done = 0;
        for (rounded, &value) in rounded[done..].iter_mut().zip(&row[done..]) {
            *rounded = to_bf16(value);
        }
    }
}
