//! Matrix product with AVX-512: tiles of 13 rows by 32 columns in 26 of the 32 registers.
#![allow(unsafe_code)]
// Without inlining into a function that enables the instructions, every intrinsic is a call.
#![allow(clippy::inline_always)]

use std::arch::x86_64::{
    __m256bh, __m256i, __m512, __m512bh, __m512i, __mmask16, _MM_HINT_T0, _mm_prefetch,
    _mm256_storeu_si256, _mm512_add_epi32, _mm512_add_ps, _mm512_castps_si512, _mm512_castsi512_ps,
    _mm512_cvtepi32_ps, _mm512_cvtneps_pbh, _mm512_dpbf16_ps, _mm512_dpbusd_epi32, _mm512_fmadd_ps,
    _mm512_loadu_ps, _mm512_madd_epi16, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps,
    _mm512_max_ps, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_storeu_ps,
};

use half::bf16;

use super::product::{Finish, Format, Left, Right, Size, Word};
use super::round::to_bf16;
use super::tile::{self, Register, Tile};

/// Sixteen words. [`Format::Pair`] needs AVX-512 BF16, [`Format::Bytes`] AVX-512 VNNI.
#[derive(Clone, Copy)]
struct Sixteen(__m512);

/// See [`super::product`], which has checked the sizes; for [`Format::Single`] and
/// [`Format::Shorts`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub(super) fn product<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    // SAFETY: the instructions are enabled.
    unsafe { tile::product::<Sixteen, W>(size, a, b, out, finish) }
}

/// See [`super::product`], which has checked the sizes; not for [`Format::Pair`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,avx512vnni")]
pub(super) fn product_vnni<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    // SAFETY: the instructions are enabled.
    unsafe { tile::product::<Sixteen, W>(size, a, b, out, finish) }
}

/// See [`super::product`], which has checked the sizes; not for [`Format::Bytes`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,avx512bf16")]
pub(super) fn product_bf16<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    // SAFETY: the instructions are enabled.
    unsafe { tile::product::<Sixteen, W>(size, a, b, out, finish) }
}

/// Rounds numbers to bfloat16; subnormal numbers are flushed to zero.
#[target_feature(enable = "avx512f,avx512bf16")]
pub(super) fn round(values: &[f32], rounded: &mut [bf16]) {
    let (values, rest) = values.as_chunks::<16>();
    let (rounded, rounded_rest) = rounded.as_chunks_mut::<16>();
    for (values, rounded) in values.iter().zip(rounded) {
        // SAFETY: both chunks hold a register's numbers; bfloat16 are their bits.
        unsafe {
            let halves = _mm512_cvtneps_pbh(_mm512_loadu_ps(values.as_ptr()));
            let halves = std::mem::transmute::<__m256bh, __m256i>(halves);
            _mm256_storeu_si256(rounded.as_mut_ptr().cast(), halves);
        }
    }
    for (rounded, &value) in rounded_rest.iter_mut().zip(rest) {
        *rounded = to_bf16(value);
    }
}

impl Register for Sixteen {
    const LANES: usize = 16;
    const ROWS: usize = 13;
    const VECTORS: usize = 2;
    type Mask = __mmask16;

    #[inline(always)]
    unsafe fn first(count: usize) -> __mmask16 {
        let beyond = 16_u32.saturating_sub(count as u32);
        0xffff_u16.checked_shr(beyond).unwrap_or(0)
    }

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm512_setzero_ps()) }
    }

    #[inline(always)]
    unsafe fn splat(number: f32) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm512_set1_ps(number)) }
    }

    #[inline(always)]
    unsafe fn splat_word(address: *const i32) -> Self {
        // SAFETY: the trait's contract.
        unsafe {
            Self(_mm512_castsi512_ps(_mm512_set1_epi32(
                address.read_unaligned(),
            )))
        }
    }

    #[inline(always)]
    unsafe fn load(address: *const f32) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm512_loadu_ps(address)) }
    }

    #[inline(always)]
    unsafe fn load_masked(address: *const f32, mask: __mmask16) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm512_maskz_loadu_ps(mask, address)) }
    }

    #[inline(always)]
    unsafe fn store(self, address: *mut f32) {
        // SAFETY: the trait's contract.
        unsafe { _mm512_storeu_ps(address, self.0) }
    }

    #[inline(always)]
    unsafe fn store_masked(self, address: *mut f32, mask: __mmask16) {
        // SAFETY: the trait's contract.
        unsafe { _mm512_mask_storeu_ps(address, mask, self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm512_add_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm512_mul_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn relu(self) -> Self {
        // SAFETY: the trait's contract.
        unsafe {
            // the second operand is returned for NaN
            Self(_mm512_max_ps(_mm512_setzero_ps(), self.0))
        }
    }

    #[inline(always)]
    unsafe fn to_numbers(self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm512_cvtepi32_ps(_mm512_castps_si512(self.0))) }
    }

    #[inline(always)]
    unsafe fn prefetch(address: *const u8) {
        // SAFETY: a hint, which no address makes fail.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }

    #[inline(always)]
    unsafe fn begin<W: Word>(_: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self::zero() }
    }

    #[inline(always)]
    unsafe fn multiply_add<W: Word>(self, left: Self, right: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe {
            let sum = _mm512_castps_si512(self.0);
            let (left_bits, right_bits) =
                (_mm512_castps_si512(left.0), _mm512_castps_si512(right.0));
            match W::FORMAT {
                Format::Single => Self(_mm512_fmadd_ps(left.0, right.0, self.0)),
                Format::Pair => {
                    let [left, right] = [left_bits, right_bits]
                        .map(|pairs| std::mem::transmute::<__m512i, __m512bh>(pairs));
                    Self(_mm512_dpbf16_ps(self.0, left, right))
                }
                Format::Shorts => {
                    let sum = _mm512_add_epi32(sum, _mm512_madd_epi16(left_bits, right_bits));
                    Self(_mm512_castsi512_ps(sum))
                }
                Format::Bytes => Self(_mm512_castsi512_ps(_mm512_dpbusd_epi32(
                    sum, left_bits, right_bits,
                ))),
            }
        }
    }

    #[inline(always)]
    unsafe fn run<W: Word, const FULL: bool>(tile: &Tile<W>, rows: usize) {
        // SAFETY: the trait's contract.
        unsafe {
            match rows {
                1 => tile.run::<Self, 1, 2, FULL>(),
                2 => tile.run::<Self, 2, 2, FULL>(),
                3 => tile.run::<Self, 3, 2, FULL>(),
                4 => tile.run::<Self, 4, 2, FULL>(),
                5 => tile.run::<Self, 5, 2, FULL>(),
                6 => tile.run::<Self, 6, 2, FULL>(),
                7 => tile.run::<Self, 7, 2, FULL>(),
                8 => tile.run::<Self, 8, 2, FULL>(),
                9 => tile.run::<Self, 9, 2, FULL>(),
                10 => tile.run::<Self, 10, 2, FULL>(),
                11 => tile.run::<Self, 11, 2, FULL>(),
                12 => tile.run::<Self, 12, 2, FULL>(),
                _ => tile.run::<Self, 13, 2, FULL>(),
            }
        }
    }
}
