//! Time of one attention block by the number of its tokens, from queries, keys and values to
//! outputs; the projections before and after it are the same for every kind and stay outside.
//!
//! ```text
//! linear    g(q_t)' S / g(q_t)' z,  S = sum_j g(k_j) v_j',  z = sum_j g(k_j)     time ∝ n
//! softmax   softmax(q_t k' / √e) v                                              time ∝ n²
//! ```
//!
//! All kinds run on one thread and multiply by the same routine. Source: Choromanski et al.,
//! "Rethinking Attention with Performers", ICLR 2021.

mod softmax;

use std::time::{Duration, Instant};

use controller::performer::{AttentionKernel, FeatureMap, Isa, LinearAttention, Rows};
use serde::Serialize;

use crate::power_law::exponent;
use softmax::SoftmaxAttention;

/// Repetitions of a size at least.
const REPETITIONS_MIN: usize = 5;
/// Repetitions of a size at most.
const REPETITIONS_MAX: usize = 400;
/// What repetitions of one size may take beyond the least number of them.
const REPEAT_FOR: Duration = Duration::from_millis(300);
/// Seed of FAVOR+'s random features.
const FEATURE_SEED: u64 = 2;

/// A way of attending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttentionKind {
    /// Linear, with a rectifier for a feature map.
    Relu,
    /// Linear, with positive orthogonal random features.
    Favor,
    /// Ordinary attention.
    Softmax,
}

impl AttentionKind {
    /// All of them, quickest first.
    pub const ALL: [Self; 3] = [Self::Relu, Self::Favor, Self::Softmax];

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Relu => "linear, ReLU",
            Self::Favor => "linear, FAVOR+",
            Self::Softmax => "softmax",
        }
    }
}

/// What is timed.
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionTrial {
    /// Numbers of tokens, ascending.
    pub tokens: Vec<usize>,
    /// Attention heads.
    pub heads: usize,
    /// Columns a head.
    pub head_width: usize,
    /// Random features a head of FAVOR+.
    pub features: usize,
    /// A kind one call of which took longer is not tried with more tokens.
    pub call_max: Duration,
}

/// One number of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AttentionTime {
    /// Tokens.
    pub tokens: usize,
    /// Calls that were timed, after one that warms up.
    pub repetitions: usize,
    /// Median of a call, ms.
    pub ms_p50: f64,
    /// Quickest call, ms.
    pub ms_best: f64,
}

/// Times of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttentionSeries {
    /// Which.
    pub kind: AttentionKind,
    /// By number of tokens, ascending.
    pub times: Vec<AttentionTime>,
    /// Numbers of tokens that were left out because a smaller one took too long.
    pub skipped: Vec<usize>,
    /// Exponent `p` of the power law `time ∝ tokens^p` that fits best; none for a single size.
    pub slope: Option<f64>,
}

impl AttentionTrial {
    /// Times one kind.
    pub fn measure(&self, kind: AttentionKind) -> AttentionSeries {
        let mut times: Vec<AttentionTime> = Vec::new();
        let mut skipped = Vec::new();
        let mut is_too_slow = false;
        for &tokens in &self.tokens {
            if is_too_slow {
                skipped.push(tokens);
                continue;
            }
            let calls = self.calls(kind, tokens);
            is_too_slow = calls.iter().any(|&call| call > self.call_max);
            times.push(AttentionTime::of(tokens, calls));
        }
        AttentionSeries {
            kind,
            slope: exponent(times.iter().map(|time| (time.tokens as f64, time.ms_p50))),
            times,
            skipped,
        }
    }

    /// Times of single calls with this many tokens.
    fn calls(&self, kind: AttentionKind, tokens: usize) -> Vec<Duration> {
        let width = self.heads * self.head_width;
        let qkv = queries_keys_values(tokens, width);
        let third = |third: usize| Rows {
            values: &qkv[third * width..],
            stride: 3 * width,
        };
        let (q, k, v) = (third(0), third(1), third(2));
        let mut out = vec![0.0; tokens * width];
        let kernel = match kind {
            AttentionKind::Softmax => {
                let mut attention = SoftmaxAttention::new(self.heads, self.head_width);
                return self.repeat(|| attention.attend(q, k, v, &mut out));
            }
            AttentionKind::Relu => AttentionKernel::Relu,
            AttentionKind::Favor => AttentionKernel::Favor {
                features: self.features,
                seed: FEATURE_SEED,
            },
        };
        let map = FeatureMap::new(&kernel, self.head_width);
        let mut attention = LinearAttention::new(Isa::best(), map, self.heads, self.head_width);
        self.repeat(|| attention.attend(q, k, v, &mut out))
    }

    fn repeat(&self, mut call: impl FnMut()) -> Vec<Duration> {
        let begun = Instant::now();
        call();
        let first = begun.elapsed();
        if first > self.call_max {
            // too long to be worth another
            return vec![first];
        }
        let mut calls = Vec::new();
        let begun = Instant::now();
        while calls.len() < REPETITIONS_MIN
            || (calls.len() < REPETITIONS_MAX && begun.elapsed() < REPEAT_FOR)
        {
            let each = Instant::now();
            call();
            calls.push(each.elapsed());
        }
        calls
    }
}

impl AttentionTime {
    fn of(tokens: usize, mut calls: Vec<Duration>) -> Self {
        calls.sort();
        let ms = |index: usize| {
            calls
                .get(index)
                .map_or(0.0, |call| call.as_secs_f64() * 1e3)
        };
        Self {
            tokens,
            repetitions: calls.len(),
            ms_p50: ms(calls.len() / 2),
            ms_best: ms(0),
        }
    }
}

/// Rows `[tokens, 3 width]` of numbers between -1.5 and 1.5.
fn queries_keys_values(tokens: usize, width: usize) -> Vec<f32> {
    (0..tokens * 3 * width)
        .map(|index| ((index * 7919 % 1009) as f32 / 504.5 - 1.0) * 1.5)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_took_too_long_is_not_tried_with_more_tokens() {
        let trial = AttentionTrial {
            tokens: vec![4, 8, 16],
            heads: 2,
            head_width: 8,
            features: 8,
            call_max: Duration::ZERO,
        };
        let series = trial.measure(AttentionKind::Softmax);
        assert_eq!(series.times.len(), 1);
        assert_eq!(series.skipped, [8, 16]);
    }
}
