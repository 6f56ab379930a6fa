//! Layer norm of rows (Ba, Kiros and Hinton, 2016), and its derivative.
//!
//! ```text
//! y = h * gain + offset,   h = (x - mean) s,   s = 1 / sqrt(variance + epsilon)
//! dx = s (dh - mean(dh) - h mean(dh h)),   dh = dy * gain
//! ```
#![allow(clippy::inline_always)] // a loop takes the target features of the function that it is inlined into

use super::NORM_EPSILON;
use super::simd::{Loop, add, dot, sum, widest};

/// Mean and `s` of a row.
type Moments = (f32, f32);

/// Normalises all rows; returns their moments.
pub fn forward(x: &[f32], gain: &[f32], offset: &[f32], y: &mut [f32]) -> Vec<Moments> {
    let mut moments = Vec::with_capacity(x.len() / gain.len());
    widest(Forward {
        x,
        gain,
        offset,
        y,
        moments: &mut moments,
    });
    moments
}

struct Forward<'a> {
    x: &'a [f32],
    gain: &'a [f32],
    offset: &'a [f32],
    y: &'a mut [f32],
    moments: &'a mut Vec<Moments>,
}

impl Loop for Forward<'_> {
    #[inline(always)]
    fn run(self) {
        let width = self.gain.len();
        let rows = self.x.chunks_exact(width);
        for (x, y) in rows.zip(self.y.chunks_exact_mut(width)) {
            self.moments.push(forward_row(x, self.gain, self.offset, y));
        }
    }
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

/// Inputs of the derivative, and gradients to add to.
pub struct Backward<'a> {
    /// Input.
    pub x: &'a [f32],
    /// Moments from [`forward`].
    pub moments: &'a [Moments],
    /// Gain.
    pub gain: &'a [f32],
    /// Gradient of the output.
    pub dy: &'a [f32],
    /// Gradient of the input.
    pub dx: &'a mut [f32],
    /// Gradient of the gain.
    pub dgain: &'a mut [f32],
    /// Gradient of the offset.
    pub doffset: &'a mut [f32],
}

impl Loop for Backward<'_> {
    #[inline(always)]
    fn run(self) {
        let width = self.gain.len();
        let (mut h, mut dh) = (vec![0.0; width], vec![0.0; width]);
        let rows = self.x.chunks_exact(width).zip(self.moments);
        let gradients = self.dy.chunks_exact(width);
        let gradients = gradients.zip(self.dx.chunks_exact_mut(width));
        for ((x, &(mean, scale)), (dy, dx)) in rows.zip(gradients) {
            for (h, x) in h.iter_mut().zip(x) {
                *h = (x - mean) * scale;
            }
            for ((dgain, h), dy) in self.dgain.iter_mut().zip(&h).zip(dy) {
                *dgain = h.mul_add(*dy, *dgain);
            }
            add(self.doffset, dy);
            for ((dh, gain), dy) in dh.iter_mut().zip(self.gain).zip(dy) {
                *dh = gain * dy;
            }
            let mean = sum(&dh) / width as f32;
            let along = dot(&dh, &h) / width as f32;
            for ((dx, h), dh) in dx.iter_mut().zip(&h).zip(&dh) {
                *dx = scale.mul_add(dh - mean - h * along, *dx);
            }
        }
    }
}
