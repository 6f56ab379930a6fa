//! Runtime dispatch of plain loops to the widest vector instructions of the processor.
//!
//! A loop compiled for baseline x86-64 uses vectors of four; inlined into a function with more
//! target features it uses wider ones. Small closures are inlined automatically. A larger loop is a
//! [`Loop`] whose `run`, and all functions that it calls, are `#[inline(always)]`.
#![allow(clippy::inline_always)] // a loop takes the target features of the function that it is inlined into
#![allow(unsafe_code)] // target features are entered by their detection

/// Elements of the widest vector.
pub const LANES: usize = 16;

/// A loop compiled for every vector width.
pub trait Loop {
    /// Runs the loop; `#[inline(always)]`.
    fn run(self);
}

impl<F: FnOnce()> Loop for F {
    #[inline(always)]
    fn run(self) {
        self();
    }
}

/// Runs a loop with the widest available vectors.
pub fn widest(kernel: impl Loop) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
        {
            // SAFETY: the processor has the features, and with them AVX2 and FMA.
            unsafe { avx512(kernel) };
            return;
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor has the features.
            unsafe { avx2(kernel) };
            return;
        }
    }
    kernel.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn avx512(kernel: impl Loop) {
    kernel.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(kernel: impl Loop) {
    kernel.run();
}

/// Sum, in [`LANES`] partial sums.
#[inline(always)]
pub fn sum(x: &[f32]) -> f32 {
    fold(x, x, |acc, x, _| acc + x)
}

/// Scalar product, in [`LANES`] partial sums.
#[inline(always)]
pub fn dot(x: &[f32], y: &[f32]) -> f32 {
    fold(x, y, |acc, x, y| x.mul_add(y, acc))
}

/// `y += x`.
#[inline(always)]
pub fn add(y: &mut [f32], x: &[f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += x;
    }
}

/// `y += a x`.
#[inline(always)]
pub fn axpy(y: &mut [f32], a: f32, x: &[f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = a.mul_add(*x, *y);
    }
}

#[inline(always)]
fn fold(x: &[f32], y: &[f32], step: impl Fn(f32, f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (x, y) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    for (x, y) in x.0.iter().zip(y.0) {
        for lane in 0..LANES {
            lanes[lane] = step(lanes[lane], x[lane], y[lane]);
        }
    }
    for (lane, (&x, &y)) in x.1.iter().zip(y.1).enumerate() {
        lanes[lane] = step(lanes[lane], x, y);
    }
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}
