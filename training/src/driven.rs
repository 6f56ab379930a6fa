//! What was driven, resampled to the controller's time step: the label of moments that no expert
//! was asked about.
//!
//! ```text
//! x_k = odometry(t + latency + k dt),   u_k = (v, ω)_{k+1} - (v, ω)_k over dt
//! ```
//!
//! Inputs are what the wheels did, not what they were told: a person's commands jump further than
//! any motor follows.

use perception::{Odometry, Stamp, wrap_angle};

use crate::demonstration::Demonstration;
use crate::sample::Label;

/// Odometry of a drive, in order.
pub(crate) struct Driven {
    odometry: Vec<(Stamp, Odometry)>,
    reached: bool,
}

impl Driven {
    pub fn of(demonstration: &Demonstration) -> Self {
        let mut odometry: Vec<(Stamp, Odometry)> = demonstration
            .odometry()
            .map(|(stamp, odometry)| (stamp, *odometry))
            .collect();
        odometry.sort_by_key(|(stamp, _)| *stamp);
        Self {
            odometry,
            reached: demonstration.about.reached,
        }
    }

    /// What was driven from `now` on. Behind the end of a drive that reached its goal the robot
    /// stands; of one that did not nobody knows, and there is no label.
    pub fn label(&self, now: Stamp, latency_s: f64, dt_s: f64, horizon: usize) -> Option<Label> {
        let (end, last) = self.odometry.last()?;
        let after = |seconds: f64| Stamp(now.0 + Stamp::from_secs(seconds).0);
        let mut states = Vec::with_capacity(horizon + 1);
        let mut valid = 0;
        for k in 0..=horizon {
            let at = after(latency_s + k as f64 * dt_s);
            if at <= *end {
                states.push(self.state(at)?);
                valid = k;
            } else if self.reached {
                let pose = last.odom_from_base;
                states.push([pose.x, pose.y, pose.yaw, 0.0, 0.0]);
            } else {
                return None;
            }
        }
        let inputs = states
            .windows(2)
            .enumerate()
            .map(|(k, pair)| {
                if k < valid {
                    [3, 4].map(|speed| (pair[1][speed] - pair[0][speed]) / dt_s)
                } else {
                    [0.0, 0.0]
                }
            })
            .collect();
        Some(Label {
            dt_s,
            states,
            inputs,
            valid,
        })
    }

    /// Odometry between messages.
    fn state(&self, at: Stamp) -> Option<[f64; 5]> {
        let after = self.odometry.partition_point(|(stamp, _)| *stamp < at);
        let (to_stamp, to) = self.odometry.get(after)?;
        let (from_stamp, from) = self.odometry[after.saturating_sub(1)];
        let span = to_stamp.secs_since(from_stamp);
        let share = if span > 0.0 {
            (at.secs_since(from_stamp) / span).clamp(0.0, 1.0)
        } else {
            1.0
        };
        let pose = from.odom_from_base.interpolate(&to.odom_from_base, share);
        let mix = |a: f64, b: f64| a + share * (b - a);
        Some([
            pose.x,
            pose.y,
            wrap_angle(pose.yaw),
            mix(from.velocity.linear, to.velocity.linear),
            mix(from.velocity.angular, to.velocity.angular),
        ])
    }
}
