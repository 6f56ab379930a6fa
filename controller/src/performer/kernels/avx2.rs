//! The product in plain Rust, compiled for machines with AVX2.
#![allow(unsafe_code)]

use super::portable;
use super::product::{Finish, Left, Right, Size, Word};

/// See [`super::product`], which has checked the sizes. `false` when this machine cannot.
pub(super) fn product<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) -> bool {
    let can = is_x86_feature_detected!("avx2");
    if can {
        // SAFETY: the instructions are there.
        unsafe { product_avx2(size, a, b, out, finish) };
    }
    can
}

#[target_feature(enable = "avx2")]
fn product_avx2<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    portable::product(size, a, b, out, finish);
}
