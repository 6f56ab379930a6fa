//! Clock of the processor in GHz: a chain of products, each of which takes three cycles (Intel since 2008, AMD since Zen).
use std::time::Instant;

const CHAIN: u64 = 20;
const CYCLES_OF_A_PRODUCT: f64 = 3.0;

/// Nanoseconds of `rounds` chains.
#[cfg(target_arch = "x86_64")]
fn nanoseconds(rounds: u64) -> f64 {
    let begun = Instant::now();
    // SAFETY: registers only.
    unsafe {
        std::arch::asm!(
            "2:",
            ".rept 20",
            "imul {x}, {x}",
            ".endr",
            "dec {n}",
            "jnz 2b",
            x = inout(reg) 3_u64 => _,
            n = inout(reg) rounds => _,
        );
    }
    begun.elapsed().as_nanos() as f64
}

fn main() {
    let rounds = 20_000;
    // others slow a round down and none speeds it up
    let quickest = (0..200).map(|_| nanoseconds(rounds)).fold(f64::INFINITY, f64::min);
    println!("{:.3}", (rounds * CHAIN) as f64 * CYCLES_OF_A_PRODUCT / quickest);
}
