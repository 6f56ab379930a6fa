//! Matrix product with AVX2 and FMA: tiles of 6 rows by 16 columns in 12 of the 16 registers.
//!
//! Integers are summed exactly. The product of bytes of AVX2, `vpmaddubsw`, adds two products of up
//! to 255 · 127 in 16 bits and saturates. Both factors are therefore stored in 16 bits
//! ([`Format::Shorts`]): `vpmaddwd` adds two products in 32 bits, which at 2 · 255 · 128 per depth
//! suffices for a depth of 32,000. With AVX-VNNI `vpdpbusd` sums four products of bytes in 32 bits
//! without saturation.
#![allow(unsafe_code)]
// Without inlining into a function that enables the instructions, every intrinsic is a call.
#![allow(clippy::inline_always)]

use std::arch::x86_64::{
    __m256, __m256i, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi32, _mm256_add_ps, _mm256_and_si256,
    _mm256_castps_si256, _mm256_castsi256_ps, _mm256_cmpgt_epi32, _mm256_cvtepi32_ps,
    _mm256_dpbusd_avx_epi32, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_madd_epi16,
    _mm256_maskload_ps, _mm256_maskstore_ps, _mm256_max_ps, _mm256_mul_ps, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_setr_epi32, _mm256_setzero_ps, _mm256_slli_epi32, _mm256_storeu_ps,
};

use super::product::{Finish, Format, Left, Right, Size, Word};
use super::tile::{self, Register, Tile};

/// Eight words. [`Format::Bytes`] needs AVX-VNNI.
#[derive(Clone, Copy)]
struct Eight(__m256);

/// See [`super::product`], which has checked the sizes; not for [`Format::Bytes`].
#[target_feature(enable = "avx2,fma")]
pub(super) fn product<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    assert!(W::FORMAT != Format::Bytes);
    // SAFETY: the instructions are enabled.
    unsafe { tile::product::<Eight, W>(size, a, b, out, finish) }
}

/// See [`super::product`], which has checked the sizes.
#[target_feature(enable = "avx2,fma,avxvnni")]
pub(super) fn product_vnni<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    // SAFETY: the instructions are enabled.
    unsafe { tile::product::<Eight, W>(size, a, b, out, finish) }
}

impl Register for Eight {
    const LANES: usize = 8;
    const ROWS: usize = 6;
    const VECTORS: usize = 2;
    type Mask = __m256i;

    #[inline(always)]
    unsafe fn first(count: usize) -> __m256i {
        // SAFETY: the trait's contract.
        unsafe {
            let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            _mm256_cmpgt_epi32(_mm256_set1_epi32(count.min(8) as i32), lanes)
        }
    }

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm256_setzero_ps()) }
    }

    #[inline(always)]
    unsafe fn splat(number: f32) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm256_set1_ps(number)) }
    }

    #[inline(always)]
    unsafe fn splat_word(address: *const i32) -> Self {
        // SAFETY: the trait's contract.
        unsafe {
            Self(_mm256_castsi256_ps(_mm256_set1_epi32(
                address.read_unaligned(),
            )))
        }
    }

    #[inline(always)]
    unsafe fn load(address: *const f32) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm256_loadu_ps(address)) }
    }

    #[inline(always)]
    unsafe fn load_masked(address: *const f32, mask: __m256i) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm256_maskload_ps(address, mask)) }
    }

    #[inline(always)]
    unsafe fn store(self, address: *mut f32) {
        // SAFETY: the trait's contract.
        unsafe { _mm256_storeu_ps(address, self.0) }
    }

    #[inline(always)]
    unsafe fn store_masked(self, address: *mut f32, mask: __m256i) {
        // SAFETY: the trait's contract.
        unsafe { _mm256_maskstore_ps(address, mask, self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm256_add_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm256_mul_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn relu(self) -> Self {
        // SAFETY: the trait's contract.
        unsafe {
            // the second operand is returned for NaN
            Self(_mm256_max_ps(_mm256_setzero_ps(), self.0))
        }
    }

    #[inline(always)]
    unsafe fn to_numbers(self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(_mm256_cvtepi32_ps(_mm256_castps_si256(self.0))) }
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
            let sum = _mm256_castps_si256(self.0);
            let [left, right] = [left, right].map(|words| _mm256_castps_si256(words.0));
            match W::FORMAT {
                Format::Single => {
                    let [left, right] = [left, right].map(|words| _mm256_castsi256_ps(words));
                    Self(_mm256_fmadd_ps(left, right, self.0))
                }
                Format::Pair => {
                    // a bfloat16 is the upper half of a number
                    let upper = _mm256_set1_epi32(0xffff_0000_u32.cast_signed());
                    let high = [left, right]
                        .map(|pairs| _mm256_castsi256_ps(_mm256_and_si256(pairs, upper)));
                    let low = [left, right]
                        .map(|pairs| _mm256_castsi256_ps(_mm256_slli_epi32::<16>(pairs)));
                    Self(_mm256_fmadd_ps(
                        low[0],
                        low[1],
                        _mm256_fmadd_ps(high[0], high[1], self.0),
                    ))
                }
                Format::Shorts => {
                    let sum = _mm256_add_epi32(sum, _mm256_madd_epi16(left, right));
                    Self(_mm256_castsi256_ps(sum))
                }
                Format::Bytes => Self(_mm256_castsi256_ps(_mm256_dpbusd_avx_epi32(
                    sum, left, right,
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
                _ => tile.run::<Self, 6, 2, FULL>(),
            }
        }
    }
}
