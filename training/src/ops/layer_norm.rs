//! Layer norm of rows (Ba, Kiros and Hinton, 2016), and its derivative.
//!
//! ```text
//! y = h * gain + offset,   h = (x - mean) s,   s = 1 / sqrt(variance + epsilon)
//! dx = s (dh - mean(dh) - h mean(dh h)),   dh = dy * gain
//! ```
#![allow(clippy::inline_always)] // a loop takes the target features of the function that it is inlined into

use super::NORM_EPSILON;
use super::simd::{add, dot, sum, widest};

/// Mean and `s` of a row.
type Moments = (f32, f32);

/// Writes the norm of all rows; returns their moments.
pub fn forward(x: &[f32], gain: &[f32], offset: &[f32], y: &mut [f32]) -> Vec<Moments> {
    let width = gain.len();
    let mut moments = Vec::with_capacity(x.len() / width);
    widest(|| {
        for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
            moments.push(forward_row(x, gain, offset, y));
        }
    });
    moments
}

#[inline(always)]
fn forward_row(x: &[f32], gain: &[f32], offset: &[f32], y: &mut [f32]) -> Moments {
    let width = x.len() as f32;
    let mean = sum(x) / width;
    for (y, x) in y.iter_mut().zip(x) {
        *y = x - mean;
    }
    let scale = (dot(y, y) / width + NORM_EPSILON).sqrt().recip();
    for ((y, gain), offset) in y.iter_mut().zip(gain).zip(offset) {
        *y = (*y * scale).mul_add(*gain, *offset);
    }
    (mean, scale)
}

/// Adds to the gradients of input, gain and offset.
pub fn backward(
    x: &[f32],
    moments: &[Moments],
    gain: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    dgain: &mut [f32],
    doffset: &mut [f32],
) {
    let width = gain.len();
    let (mut h, mut dh) = (vec![0.0; width], vec![0.0; width]);
    widest(|| {
        let rows = x.chunks_exact(width).zip(moments);
        let gradients = dy.chunks_exact(width).zip(dx.chunks_exact_mut(width));
        for ((x, &moments), (dy, dx)) in rows.zip(gradients) {
            backward_row(x, moments, gain, dy, dx, dgain, &mut h, &mut dh);
            add(doffset, dy);
        }
    });
}

#[inline(always)]
#[allow(clippy::too_many_arguments)] // rows of one kernel
fn backward_row(
    x: &[f32],
    (mean, scale): Moments,
    gain: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    dgain: &mut [f32],
    h: &mut [f32],
    dh: &mut [f32],
) {
    for (h, x) in h.iter_mut().zip(x) {
        *h = (x - mean) * scale;
    }
    for ((dgain, h), dy) in dgain.iter_mut().zip(&*h).zip(dy) {
        *dgain = h.mul_add(*dy, *dgain);
    }
    for ((dh, gain), dy) in dh.iter_mut().zip(gain).zip(dy) {
        *dh = gain * dy;
    }
    let width = x.len() as f32;
    let mean = sum(dh) / width;
    let along = dot(dh, h) / width;
    for ((dx, h), dh) in dx.iter_mut().zip(&*h).zip(&*dh) {
        *dx = scale.mul_add(dh - mean - h * along, *dx);
    }
}
