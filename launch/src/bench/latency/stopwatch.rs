//! Timers around cost model and policy: the controller itself reads no clock. A timer costs about
//! 50 ns.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use controller::{
    Action, CostModel, LearnedCost, Observation, PathModel, Policy, PolicyError, RegressedPath,
};

/// Accumulated duration, shared between a timed component and its reader.
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

    /// The duration since the last call.
    pub fn take(&self) -> Duration {
        Duration::from_nanos(self.0.swap(0, Ordering::Relaxed))
    }
}

/// A timed cost or path model.
pub struct TimedModel<M> {
    model: M,
    stopwatch: Stopwatch,
}

impl<M> TimedModel<M> {
    /// Wraps a model.
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

/// A timed policy.
pub struct TimedPolicy<P> {
    policy: P,
    stopwatch: Stopwatch,
}

impl<P> TimedPolicy<P> {
    /// Wraps a policy.
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
