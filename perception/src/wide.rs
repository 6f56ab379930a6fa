//! SIMD dispatch: runs loops compiled for the widest vector registers of the CPU.
//!
//! A [`Loop`] is plain Rust; the compiler vectorises the same source for each available width.
//! Multiplications and additions are not fused, so that all widths give bit-identical results.
// functions that are not inlined into a function with target features are compiled without them
#![allow(clippy::inline_always)]
#![allow(unsafe_code)]

/// Loop that benefits from wide vector registers.
pub(crate) trait Loop {
    /// Runs the loop; `#[inline(always)]`, like all functions that it calls for every item.
    fn run(self);
}

/// Runs the loop with the widest vector registers of this CPU.
pub(crate) fn run(work: impl Loop) {
    #[cfg(test)]
    if IS_NARROW.get() {
        return work.run();
    }
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("bmi2")
        {
            // SAFETY: the CPU supports the instructions.
            return unsafe { run_avx512(work) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2") {
            // SAFETY: the CPU supports the instructions.
            return unsafe { run_avx2(work) };
        }
    }
    work.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,bmi2")]
fn run_avx512(work: impl Loop) {
    work.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi2")]
fn run_avx2(work: impl Loop) {
    work.run();
}

/// Truncates toward zero; the result is arbitrary beyond ±2^30.
#[inline(always)]
pub(crate) fn whole(value: f32) -> i32 {
    const FAR: f32 = (1 << 30) as f32;
    // this order of comparisons replaces NaN by a number
    let value = if value > -FAR { value } else { -FAR };
    let value = if value < FAR { value } else { FAR };
    // SAFETY: the value is between -2^30 and 2^30.
    unsafe { value.to_int_unchecked() }
}

#[cfg(test)]
thread_local! {
    static IS_NARROW: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Runs a function with scalar code only.
#[cfg(test)]
pub(crate) fn narrowly<T>(work: impl FnOnce() -> T) -> T {
    IS_NARROW.set(true);
    let done = work();
    IS_NARROW.set(false);
    done
}
