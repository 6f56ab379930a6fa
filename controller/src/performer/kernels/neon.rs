//! Matrix product with NEON: tiles of 6 rows by 16 columns in 24 of the 32 registers.
//!
//! Integers are summed exactly. Without extensions they are multiplied as 16 bits into 32
//! ([`Format::Shorts`]). With `dotprod` four products of signed bytes are summed in 32 bits: 128 is
//! subtracted from the left factor to make it signed, and sums start at the correction `128 Σ w`,
//! an integer that single precision represents up to a depth of 100,000. With `i8mm` the left
//! factor is unsigned. The compiler has no stable intrinsics for either extension.
#![allow(unsafe_code)]
// Without inlining into a function that enables the instructions, every intrinsic is a call.
#![allow(clippy::inline_always)]

use std::arch::aarch64::{
    float32x4_t, int32x4_t, vaddq_f32, vaddq_s32, vandq_u32, vbslq_f32, vcltzq_f32, vcvtq_f32_s32,
    vcvtq_s32_f32, vdupq_n_f32, vdupq_n_s32, vdupq_n_u32, veorq_u32, vfmaq_f32, vget_low_s16,
    vld1q_f32, vmull_high_s16, vmull_s16, vmulq_f32, vmulq_n_f32, vpaddq_s32,
    vreinterpretq_f32_s32, vreinterpretq_f32_u32, vreinterpretq_s16_f32, vreinterpretq_s32_f32,
    vreinterpretq_u32_f32, vshlq_n_u32, vst1q_f32,
};
use std::arch::asm;

use super::product::{Finish, Format, Left, Right, Size, Word};
use super::tile::{self, Register, Tile};

/// Four words. [`Format::Bytes`] needs `i8mm` when `MIXED`, else `dotprod`.
#[derive(Clone, Copy)]
struct Four<const MIXED: bool>(float32x4_t);

/// See [`super::product`], which has checked the sizes; not for [`Format::Bytes`].
#[target_feature(enable = "neon")]
pub(super) fn product<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    // SAFETY: the instructions are enabled.
    unsafe { tile::product::<Four<false>, W>(size, a, b, out, finish) }
}

/// See [`super::product`], which has checked the sizes.
#[target_feature(enable = "neon,dotprod")]
pub(super) fn product_dot<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    // SAFETY: the instructions are enabled.
    unsafe { tile::product::<Four<false>, W>(size, a, b, out, finish) }
}

/// See [`super::product`], which has checked the sizes.
#[target_feature(enable = "neon,i8mm")]
pub(super) fn product_i8mm<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    // SAFETY: the instructions are enabled.
    unsafe { tile::product::<Four<true>, W>(size, a, b, out, finish) }
}

/// Adds the products of four signed bytes per lane.
#[inline(always)]
unsafe fn add_signed(mut sum: int32x4_t, left: float32x4_t, right: float32x4_t) -> int32x4_t {
    // SAFETY: registers only; the caller has `dotprod`.
    unsafe {
        asm!(
            ".arch_extension dotprod",
            "sdot {sum:v}.4s, {left:v}.16b, {right:v}.16b",
            sum = inout(vreg) sum,
            left = in(vreg) left,
            right = in(vreg) right,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

/// Adds the products of four bytes per lane, unsigned on the left and signed on the right.
#[inline(always)]
unsafe fn add_mixed(mut sum: int32x4_t, left: float32x4_t, right: float32x4_t) -> int32x4_t {
    // SAFETY: registers only; the caller has `i8mm`.
    unsafe {
        asm!(
            ".arch_extension i8mm",
            "usdot {sum:v}.4s, {left:v}.16b, {right:v}.16b",
            sum = inout(vreg) sum,
            left = in(vreg) left,
            right = in(vreg) right,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

impl<const MIXED: bool> Register for Four<MIXED> {
    const LANES: usize = 4;
    const ROWS: usize = 6;
    const VECTORS: usize = 4;
    type Mask = usize;

    #[inline(always)]
    unsafe fn first(count: usize) -> usize {
        count.min(4)
    }

    #[inline(always)]
    unsafe fn prefetch(address: *const u8) {
        // SAFETY: a hint, which no address makes fail.
        unsafe {
            asm!(
                "prfm pldl1keep, [{address}]",
                address = in(reg) address,
                options(nostack, preserves_flags),
            );
        }
    }

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(vdupq_n_f32(0.0)) }
    }

    #[inline(always)]
    unsafe fn splat(number: f32) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(vdupq_n_f32(number)) }
    }

    #[inline(always)]
    unsafe fn splat_word(address: *const i32) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(vreinterpretq_f32_s32(vdupq_n_s32(address.read_unaligned()))) }
    }

    #[inline(always)]
    unsafe fn load(address: *const f32) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(vld1q_f32(address)) }
    }

    #[inline(always)]
    unsafe fn load_masked(address: *const f32, mask: usize) -> Self {
        // SAFETY: the trait's contract.
        unsafe {
            if mask == 4 {
                return Self::load(address);
            }
            let mut lanes = [0.0; 4];
            address.copy_to_nonoverlapping(lanes.as_mut_ptr(), mask);
            Self::load(lanes.as_ptr())
        }
    }

    #[inline(always)]
    unsafe fn store(self, address: *mut f32) {
        // SAFETY: the trait's contract.
        unsafe { vst1q_f32(address, self.0) }
    }

    #[inline(always)]
    unsafe fn store_masked(self, address: *mut f32, mask: usize) {
        // SAFETY: the trait's contract.
        unsafe {
            let mut lanes = [0.0; 4];
            self.store(lanes.as_mut_ptr());
            lanes.as_ptr().copy_to_nonoverlapping(address, mask);
        }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(vaddq_f32(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(vmulq_f32(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn relu(self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(vbslq_f32(vcltzq_f32(self.0), vdupq_n_f32(0.0), self.0)) }
    }

    #[inline(always)]
    unsafe fn to_numbers(self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(vcvtq_f32_s32(vreinterpretq_s32_f32(self.0))) }
    }

    #[inline(always)]
    unsafe fn begin<W: Word>(column_sums: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe {
            match W::FORMAT {
                Format::Bytes if !MIXED => {
                    let taken = vcvtq_s32_f32(vmulq_n_f32(column_sums.0, 128.0));
                    Self(vreinterpretq_f32_s32(taken))
                }
                _ => Self::zero(),
            }
        }
    }

    #[inline(always)]
    unsafe fn multiply_add<W: Word>(self, left: Self, right: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe {
            let sum = vreinterpretq_s32_f32(self.0);
            match W::FORMAT {
                Format::Single => Self(vfmaq_f32(self.0, left.0, right.0)),
                Format::Pair => {
                    // a bfloat16 is the upper half of a number
                    let [left, right] = [left, right].map(|pairs| vreinterpretq_u32_f32(pairs.0));
                    let upper = vdupq_n_u32(0xffff_0000);
                    let high =
                        [left, right].map(|pairs| vreinterpretq_f32_u32(vandq_u32(pairs, upper)));
                    let low =
                        [left, right].map(|pairs| vreinterpretq_f32_u32(vshlq_n_u32::<16>(pairs)));
                    Self(vfmaq_f32(
                        vfmaq_f32(self.0, high[0], high[1]),
                        low[0],
                        low[1],
                    ))
                }
                Format::Shorts => {
                    let [left, right] = [left, right].map(|shorts| vreinterpretq_s16_f32(shorts.0));
                    let low = vmull_s16(vget_low_s16(left), vget_low_s16(right));
                    let high = vmull_high_s16(left, right);
                    Self(vreinterpretq_f32_s32(vaddq_s32(sum, vpaddq_s32(low, high))))
                }
                Format::Bytes if MIXED => {
                    Self(vreinterpretq_f32_s32(add_mixed(sum, left.0, right.0)))
                }
                Format::Bytes => {
                    // 128 less, as a signed byte
                    let left = veorq_u32(vreinterpretq_u32_f32(left.0), vdupq_n_u32(0x8080_8080));
                    let left = vreinterpretq_f32_u32(left);
                    Self(vreinterpretq_f32_s32(add_signed(sum, left, right.0)))
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn run<W: Word, const FULL: bool>(tile: &Tile<W>, rows: usize) {
        // SAFETY: the trait's contract.
        unsafe {
            match rows {
                1 => tile.run::<Self, 1, 4, FULL>(),
                2 => tile.run::<Self, 2, 4, FULL>(),
                3 => tile.run::<Self, 3, 4, FULL>(),
                4 => tile.run::<Self, 4, 4, FULL>(),
                5 => tile.run::<Self, 5, 4, FULL>(),
                _ => tile.run::<Self, 6, 4, FULL>(),
            }
        }
    }
}
