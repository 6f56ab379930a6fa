//! Rounding to bfloat16: the upper half of a single-precision number, to nearest, ties to even.

use half::bf16;

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
    let rows = values.chunks_exact(depth);
    for (row, pairs) in rows.zip(pairs.chunks_exact_mut(depth.div_ceil(2))) {
        let (whole, last) = row.as_chunks::<2>();
        for (pair, values) in pairs.iter_mut().zip(whole) {
            *pair = values.map(to_bf16);
        }
        if let (&[last], Some(pair)) = (last, pairs.last_mut()) {
            *pair = [to_bf16(last), bf16::ZERO];
        }
    }
}
