//! Where the time of a tick goes.
//!
//! ```text
//! scan, odometry ─▶ map │ distance field, snapshot │ view, network │ MPC │ guard ─▶ command
//!                  observe │ ───── rest ──────────── │ network       │ solve │ rest
//! ```
//!
//! The explicit policy follows a path where the others solve.
//!
//! The controller reads no clock, so the stages are timed where it has seams: the cost model and
//! the policy are wrapped. A timer costs about 50 ns.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use controller::{
    Action, CostModel, LearnedCost, Observation, PathModel, Policy, PolicyError, RegressedPath,
};
use serde::Serialize;

/// Time spent somewhere, shared between who spends it and who asks.
#[derive(Debug, Clone, Default)]
pub struct Stopwatch(Arc<AtomicU64>);

impl Stopwatch {
    fn time<R>(&self, work: impl FnOnce() -> R) -> R {
        let begun = Instant::now();
        let result = work();
        let took = begun.elapsed().as_nanos() as u64;
        self.0.fetch_add(took, Ordering::Relaxed);
        result
    }

    /// The time since it was last asked for.
    pub fn take(&self) -> Duration {
        Duration::from_nanos(self.0.swap(0, Ordering::Relaxed))
    }
}

/// A model of cost or path that is timed.
pub struct TimedModel<M> {
    model: M,
    stopwatch: Stopwatch,
}

impl<M> TimedModel<M> {
    /// Times a model.
    pub fn new(model: M, stopwatch: Stopwatch) -> Self {
        Self { model, stopwatch }
    }
}

impl<C: CostModel> CostModel for TimedModel<C> {
    fn name(&self) -> &'static str {
        self.model.name()
    }

    fn reset(&mut self) {
        self.model.reset();
    }

    fn learned(
        &mut self,
        observation: &Observation<'_>,
        into: &mut LearnedCost,
    ) -> Result<bool, PolicyError> {
        let model = &mut self.model;
        self.stopwatch.time(|| model.learned(observation, into))
    }
}

impl<M: PathModel> PathModel for TimedModel<M> {
    fn reset(&mut self) {
        self.model.reset();
    }

    fn regress(
        &mut self,
        observation: &Observation<'_>,
        into: &mut RegressedPath,
    ) -> Result<(), PolicyError> {
        let model = &mut self.model;
        self.stopwatch.time(|| model.regress(observation, into))
    }
}

/// A policy that is timed.
pub struct TimedPolicy<P> {
    policy: P,
    stopwatch: Stopwatch,
}

impl<P> TimedPolicy<P> {
    /// Times a policy.
    pub fn new(policy: P, stopwatch: Stopwatch) -> Self {
        Self { policy, stopwatch }
    }
}

impl<P: Policy> Policy for TimedPolicy<P> {
    fn name(&self) -> &str {
        self.policy.name()
    }

    fn reset(&mut self) {
        self.policy.reset();
    }

    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        let policy = &mut self.policy;
        self.stopwatch.time(|| policy.act(observation, action))
    }
}

/// Times of one stage over many ticks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stage {
    /// What was timed.
    pub name: &'static str,
    /// Median, ms.
    pub ms_p50: f64,
    /// 99th percentile, ms.
    pub ms_p99: f64,
    /// Longest, ms.
    pub ms_worst: f64,
}

impl Stage {
    /// Sums up times in ms.
    pub fn of(name: &'static str, times_ms: &[f64]) -> Self {
        let mut sorted = times_ms.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
            sorted.get(index).copied().unwrap_or_default()
        };
        Self {
            name,
            ms_p50: at(0.5),
            ms_p99: at(0.99),
            ms_worst: at(1.0),
        }
    }
}
