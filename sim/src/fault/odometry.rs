//! Faults of odometry.

use perception::{Odometry, Pose2, Twist};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::kind::{Fault, VelocityGlitch};
use super::plan::FaultPlan;

/// State of the faults of odometry.
#[derive(Debug)]
pub(super) struct OdometryFaults {
    rng: ChaCha8Rng,
    /// True while the reported pose equals the measured one since the start.
    is_true: bool,
    /// The last measured pose.
    last: Option<Pose2>,
    /// The reported pose unless frozen.
    reported: Pose2,
    /// By fault of the plan: true between its jump and the jump back.
    jumped: Vec<bool>,
    frozen: Option<Odometry>,
}

impl OdometryFaults {
    pub fn new(plan: &FaultPlan, seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            is_true: true,
            last: None,
            reported: Pose2::IDENTITY,
            jumped: vec![false; plan.faults.len()],
            frozen: None,
        }
    }

    /// Distorts a measurement at a time, s.
    pub fn distort(&mut self, plan: &FaultPlan, t_s: f64, odometry: &mut Odometry) {
        let measured = *odometry;
        let [linear, angular] = self.scale(plan, t_s);
        self.carry_on(measured.odom_from_base, linear, angular);
        self.jump(plan, t_s);
        odometry.odom_from_base = self.reported;
        odometry.velocity.linear *= linear;
        odometry.velocity.angular *= angular;
        let mut is_frozen = false;
        for scheduled in plan.faults.iter().filter(|fault| fault.is_active(t_s)) {
            match scheduled.fault {
                Fault::OdometryFrozen { velocity } => {
                    is_frozen = true;
                    let frozen = self.frozen.get_or_insert(*odometry);
                    odometry.odom_from_base = frozen.odom_from_base;
                    odometry.stance = frozen.stance;
                    if velocity {
                        odometry.velocity = frozen.velocity;
                    }
                }
                Fault::Velocity { glitch } => {
                    is_frozen |= glitch == VelocityGlitch::Frozen;
                    odometry.velocity = self.glitched(glitch, odometry);
                }
                Fault::OdometryInvalid => {
                    odometry.odom_from_base = Pose2::new(f64::NAN, f64::NAN, f64::NAN);
                    odometry.velocity = Twist::new(f64::NAN, f64::NAN);
                }
                _ => {}
            }
        }
        if !is_frozen {
            self.frozen = None;
        }
    }

    /// Current factors on distances and rotations.
    fn scale(&mut self, plan: &FaultPlan, t_s: f64) -> [f64; 2] {
        let mut scale = [1.0; 2];
        for scheduled in plan.faults.iter().filter(|fault| fault.is_active(t_s)) {
            if let Fault::OdometryScale { linear, angular } = scheduled.fault {
                self.is_true = false;
                scale[0] *= linear;
                scale[1] *= angular;
            }
        }
        scale
    }

    /// Adds the measured motion, scaled, to the reported pose.
    fn carry_on(&mut self, measured: Pose2, linear: f64, angular: f64) {
        if let (Some(last), false) = (self.last, self.is_true) {
            let moved = last.inverse() * measured;
            self.reported =
                self.reported * Pose2::new(moved.x * linear, moved.y * linear, moved.yaw * angular);
        } else {
            self.reported = measured;
        }
        self.last = Some(measured);
    }

    fn jump(&mut self, plan: &FaultPlan, t_s: f64) {
        for (scheduled, jumped) in plan.faults.iter().zip(&mut self.jumped) {
            let Fault::OdometryJump { offset_m, yaw_rad } = scheduled.fault else {
                continue;
            };
            let is_active = scheduled.is_active(t_s);
            if is_active == *jumped {
                continue;
            }
            let jump = Pose2::new(offset_m[0], offset_m[1], yaw_rad);
            let jump = if is_active { jump } else { jump.inverse() };
            self.reported = self.reported * jump;
            self.is_true = false;
            *jumped = is_active;
        }
    }

    fn glitched(&mut self, glitch: VelocityGlitch, odometry: &Odometry) -> Twist {
        let velocity = odometry.velocity;
        match glitch {
            VelocityGlitch::Zero => Twist::ZERO,
            VelocityGlitch::Frozen => self.frozen.get_or_insert(*odometry).velocity,
            VelocityGlitch::Sign => Twist::new(-velocity.linear, -velocity.angular),
            VelocityGlitch::Spikes { share, height } => {
                let is_spike = self.rng.random::<f64>() < share;
                let spike = [0, 1].map(|_| height * (2.0 * self.rng.random::<f64>() - 1.0));
                if is_spike {
                    Twist::new(velocity.linear + spike[0], velocity.angular + spike[1])
                } else {
                    velocity
                }
            }
        }
    }
}
