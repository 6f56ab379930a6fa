//! Feature maps that approximate or replace the softmax of attention.
//!
//! ```text
//! ReLU     g(x) = max(x, 0) + 0.001
//! FAVOR+   g(x) = exp(W u - |u|²/2 - c) / sqrt(m),   u = x e^(-1/4), e the width of a head
//! ```
//!
//! `W` are `m` orthogonal Gaussian directions (Choromanski et al., "Rethinking Attention with
//! Performers", 2021). `c` keeps the exponential in range, one per query and one for all keys of a
//! head. It cancels in the quotient of attention.
#![allow(clippy::inline_always)] // a loop takes the target features of the function that it is inlined into

use controller::performer::FeatureMap;

use super::simd::{axpy, dot};

/// Offset after the rectifier, so that no denominator vanishes.
pub const RELU_OFFSET: f32 = 1e-3;

/// Scope of the stabiliser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// One per row.
    Query,
    /// One for all rows.
    Key,
}

/// Maps rows of `width` into rows of features.
#[inline(always)]
pub fn map<'a>(
    map: &FeatureMap,
    rows: impl Iterator<Item = &'a [f32]>,
    side: Side,
    width: usize,
    mapped: &mut [f32],
) {
    match map {
        FeatureMap::Relu => {
            for (x, g) in rows.zip(mapped.chunks_exact_mut(width)) {
                for (g, x) in g.iter_mut().zip(x) {
                    *g = x.max(0.0) + RELU_OFFSET;
                }
            }
        }
        FeatureMap::Favor {
            projection,
            features,
        } => {
            for (x, g) in rows.zip(mapped.chunks_exact_mut(*features)) {
                exponents(projection, x, g);
                if side == Side::Query {
                    exponentiate(g, *features);
                }
            }
            if side == Side::Key {
                exponentiate(mapped, *features);
            }
        }
    }
}

/// Adds the gradient of a row of `x`, for its features and their gradient.
#[inline(always)]
pub fn pull_back(map: &FeatureMap, x: &[f32], mapped: &[f32], dmapped: &[f32], dx: &mut [f32]) {
    match map {
        FeatureMap::Relu => {
            for ((dx, x), dg) in dx.iter_mut().zip(x).zip(dmapped) {
                *dx += if *x > 0.0 { *dg } else { 0.0 };
            }
        }
        FeatureMap::Favor { projection, .. } => {
            let scale = scale(x.len());
            let mut total = 0.0;
            let rows = projection.chunks_exact(x.len());
            for ((w, g), dg) in rows.zip(mapped).zip(dmapped) {
                let exponent = g * dg;
                total += exponent;
                axpy(dx, scale * exponent, w);
            }
            axpy(dx, -scale * scale * total, x);
        }
    }
}

/// `width^(-1/4)`: half of the temperature of softmax attention for each side.
pub fn scale(width: usize) -> f32 {
    (width as f32).powf(-0.25)
}

#[inline(always)]
fn exponents(projection: &[f32], x: &[f32], out: &mut [f32]) {
    let scale = scale(x.len());
    let half_square = 0.5 * scale * scale * dot(x, x);
    for (w, out) in projection.chunks_exact(x.len()).zip(out) {
        *out = scale * dot(w, x) - half_square;
    }
}

#[inline(always)]
fn exponentiate(exponents: &mut [f32], features: usize) {
    let most = exponents.iter().copied().fold(f32::MIN, f32::max);
    let norm = (features as f32).sqrt().recip();
    for exponent in exponents {
        *exponent = (*exponent - most).exp() * norm;
    }
}
