//! Consistency check of velocity feedback against odometry poses.
//!
//! ```text
//! v̄ = 1/T ∫ feedback dt        v_p = Δpose / T        T ≈ 0.5 s, over the same stamps
//! doubted: |v̄ − v_p| > c + r |v_p|  for 0.3 s,  until they agree for 0.5 s in motion
//! ```
//!
//! Both are means over the same time, so that neither acceleration nor noise causes a difference.

use std::collections::VecDeque;

use perception::{Pose2, Snapshot, Stamp, Twist};

/// Capacity of the history, ticks.
const MEMORY: usize = 128;
/// Minimum and maximum of the time T, s.
const SPAN_S: [f64; 2] = [0.45, 1.5];
/// The constants c, m/s and rad/s, and the shares r, of linear and of angular velocity.
const APART_MPS: f64 = 0.08;
const APART_RADPS: f64 = 0.3;
const APART_SHARE: f64 = 0.3;
const APART_TURN_SHARE: f64 = 0.5;
/// Time of disagreement after which feedback is distrusted, and of agreement in motion after which
/// it is trusted again, s.
const DOUBT_S: f64 = 0.3;
const BELIEF_S: f64 = 0.5;
/// Minimum velocities of a robot in motion, m/s and rad/s.
const MOVING_MPS: f64 = 0.1;
const MOVING_RADPS: f64 = 0.3;

#[derive(Debug, Clone, Copy)]
struct Report {
    stamp: Stamp,
    pose: Pose2,
    feedback: Twist,
}

/// Decides whether velocity feedback is trusted, by comparison with the poses.
#[derive(Debug, Clone)]
pub(super) struct FeedbackTrust {
    reports: VecDeque<Report>,
    /// Start of the disagreement with the poses while feedback is trusted, or of the agreement in
    /// motion while it is distrusted.
    since: Option<Stamp>,
    is_doubted: bool,
}

impl FeedbackTrust {
    pub(super) fn new() -> Self {
        Self {
            reports: VecDeque::with_capacity(MEMORY),
            since: None,
            is_doubted: false,
        }
    }

    /// Clears the history after a jump of the poses, but keeps the verdict on the feedback.
    pub(super) fn forget(&mut self) {
        self.reports.clear();
        self.since = None;
    }

    /// Updates the check with the raw feedback of a snapshot; true when feedback is distrusted.
    pub(super) fn observe(&mut self, snapshot: &Snapshot) -> bool {
        let report = Report {
            stamp: snapshot.stamp,
            pose: snapshot.odom_from_base,
            feedback: snapshot.velocity,
        };
        if self
            .reports
            .back()
            .is_some_and(|last| last.stamp >= report.stamp)
        {
            return self.is_doubted;
        }
        if self.reports.len() == MEMORY {
            self.reports.pop_front();
        }
        self.reports.push_back(report);
        let Some((fed_back, driven)) = self.means() else {
            return self.is_doubted;
        };
        let is_apart = (fed_back.linear - driven.linear).abs()
            > APART_MPS + APART_SHARE * driven.linear.abs()
            || (fed_back.angular - driven.angular).abs()
                > APART_RADPS + APART_TURN_SHARE * driven.angular.abs();
        let moves = driven.linear.abs() > MOVING_MPS || driven.angular.abs() > MOVING_RADPS;
        let (changes, after_s) = if self.is_doubted {
            (!is_apart && moves, BELIEF_S)
        } else {
            (is_apart, DOUBT_S)
        };
        if !changes {
            self.since = None;
        } else if report
            .stamp
            .secs_since(*self.since.get_or_insert(report.stamp))
            >= after_s
        {
            self.is_doubted = !self.is_doubted;
            self.since = None;
        }
        self.is_doubted
    }

    /// Mean feedback and mean velocity from poses over the same time.
    fn means(&self) -> Option<(Twist, Twist)> {
        let last = self.reports.back()?;
        let is_old = |report: &Report| last.stamp.secs_since(report.stamp) >= SPAN_S[0];
        let first = self.reports.iter().rposition(is_old)?;
        let before = &self.reports[first];
        let span_s = last.stamp.secs_since(before.stamp);
        if span_s > SPAN_S[1] {
            return None;
        }
        let mut fed_back = Twist::ZERO;
        let later = self.reports.iter().skip(first + 1);
        for (one, other) in self.reports.iter().skip(first).zip(later) {
            let weight = 0.5 * other.stamp.secs_since(one.stamp) / span_s;
            fed_back.linear += weight * (one.feedback.linear + other.feedback.linear);
            fed_back.angular += weight * (one.feedback.angular + other.feedback.angular);
        }
        let moved = before.pose.inverse() * last.pose;
        // length of the circular arc over this chord
        let half = 0.5 * moved.yaw;
        let bow = if half.abs() < 1e-6 {
            1.0
        } else {
            half / half.sin()
        };
        let ahead = moved.x * half.cos() + moved.y * half.sin();
        let length_m = moved.position().coords.norm().copysign(ahead);
        let driven = Twist::new(bow * length_m / span_s, moved.yaw / span_s);
        Some((fed_back, driven))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Simulates a robot with the velocities `rates` and the feedback `fed_back`; the tick at which
    /// the feedback is distrusted.
    fn doubted(
        rates: &[(f64, f64)],
        period_s: f64,
        fed_back: impl Fn(usize, Twist) -> Twist,
    ) -> Option<usize> {
        let mut trust = FeedbackTrust::new();
        let (mut snapshot, mut velocity) = (Snapshot::default(), Twist::ZERO);
        (0..rates.len()).find(|&tick| {
            let (linear, angular) = rates[tick];
            let before = velocity;
            velocity.linear += (linear - velocity.linear).clamp(-1.5 * period_s, 1.5 * period_s);
            velocity.angular += (angular - velocity.angular).clamp(-3.0 * period_s, 3.0 * period_s);
            let mean = Twist::new(
                0.5 * (before.linear + velocity.linear),
                0.5 * (before.angular + velocity.angular),
            );
            snapshot.odom_from_base = snapshot.odom_from_base * Pose2::exp(mean, period_s);
            snapshot.stamp = Stamp::from_secs(1.0 + period_s * tick as f64);
            snapshot.velocity = fed_back(tick, velocity);
            trust.observe(&snapshot)
        })
    }

    proptest! {
        /// Correct feedback with noise is never distrusted, for any motion and reporting rate.
        #[test]
        fn true_feedback_is_believed(
            targets in prop::collection::vec((-1.0_f64..1.0, -2.0_f64..2.0), 1..20),
            period_s in 0.01_f64..0.35,
            noise in prop::collection::vec((-0.05_f64..0.05, -0.1_f64..0.1), 64),
        ) {
            let held = (1.0 / period_s).ceil() as usize;
            let rates: Vec<_> = targets.iter().flat_map(|&target| std::iter::repeat_n(target, held)).collect();
            let fed_back = |tick: usize, velocity: Twist| {
                let (linear, angular) = noise[tick % noise.len()];
                Twist::new(velocity.linear + linear, velocity.angular + angular)
            };
            prop_assert_eq!(doubted(&rates, period_s, fed_back), None);
        }

        /// Feedback that stays 0, has the wrong sign, or is a fifth or twice the true velocity, is
        /// distrusted within 1.2 s of full speed, at any speed of at least 0.2 m/s.
        #[test]
        fn false_feedback_is_doubted(
            speed in 0.2_f64..1.0,
            angular in -0.3_f64..0.3,
            scale in prop_oneof![Just(0.0), Just(-1.0), Just(0.2), Just(2.0)],
            period_s in 0.01_f64..0.15,
        ) {
            let rates = vec![(speed, angular); (4.0 / period_s) as usize];
            let fed_back = |_: usize, velocity: Twist| Twist::new(scale * velocity.linear, scale * velocity.angular);
            let found = doubted(&rates, period_s, fed_back).map(|tick| tick as f64 * period_s);
            prop_assert!(found.is_some_and(|after_s| after_s < speed / 1.5 + 1.2), "{found:?}");
        }
    }
}
