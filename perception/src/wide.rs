//! Loops compiled for the widest registers that the machine has.
//!
//! A [`Loop`] is plain Rust; the compiler turns the same source into vectors of whatever width it
//! may use. Multiplications and additions are not fused, so that all widths give the same bytes.
// What is not inlined into a function that enables the instructions does without them.
#![allow(clippy::inline_always)]
#![allow(unsafe_code)]

/// Work that is worth wide registers.
pub(crate) trait Loop {
    /// Does it; `#[inline(always)]`, like all that it calls for every item.
    fn run(self);
}

/// Does the work with the widest registers of this machine.
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
            // SAFETY: the instructions are there.
            return unsafe { run_avx512(work) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2") {
            // SAFETY: the instructions are there.
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

/// The whole part, rounded toward zero; far out, any number.
#[inline(always)]
pub(crate) fn whole(value: f32) -> i32 {
    const FAR: f32 = (1 << 30) as f32;
    // in this order NaN becomes a number
    let value = if value > -FAR { value } else { -FAR };
    let value = if value < FAR { value } else { FAR };
    // SAFETY: the value is between -2^30 and 2^30.
    unsafe { value.to_int_unchecked() }
}

#[cfg(test)]
thread_local! {
    static IS_NARROW: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Does something without wide registers.
#[cfg(test)]
pub(crate) fn narrowly<T>(work: impl FnOnce() -> T) -> T {
    IS_NARROW.set(true);
    let done = work();
    IS_NARROW.set(false);
    done
}
