//! Faults of the drivetrain, and skipped control ticks.

use perception::Twist;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::kind::Fault;
use super::plan::FaultPlan;
use crate::robot::PlantSettings;

/// The drivetrain at a time, s. Draws from `rng` if commands are delayed randomly.
pub(super) fn plant_at(
    plan: &FaultPlan,
    t_s: f64,
    sound: &PlantSettings,
    rng: &mut ChaCha8Rng,
) -> PlantSettings {
    let mut plant = sound.clone();
    for scheduled in plan.faults.iter().filter(|fault| fault.is_active(t_s)) {
        match scheduled.fault {
            Fault::PlantLag { lag_s } => {
                plant.speed_lag_s += lag_s;
                plant.turn_lag_s += lag_s;
            }
            Fault::Latency { extra_s } => plant.latency_s += extra_s,
            Fault::TicksLate { late_s } => plant.latency_s += late_s * rng.random::<f64>(),
            Fault::WeakBrakes { share } => plant.deceleration_max_mps2 *= share,
            _ => {}
        }
    }
    plant
}

/// Worst drivetrain under a plan: additional latency and lag, s, and the remaining share of the
/// deceleration.
pub(super) fn worst(plan: &FaultPlan) -> (f64, f64) {
    let (mut late_s, mut brakes) = (0.0, 1.0);
    for scheduled in &plan.faults {
        match scheduled.fault {
            Fault::PlantLag { lag_s: extra_s }
            | Fault::Latency { extra_s }
            | Fault::TicksLate { late_s: extra_s }
            | Fault::TicksStalled {
                stall_s: extra_s, ..
            } => late_s += extra_s,
            Fault::WeakBrakes { share } => brakes *= share,
            _ => {}
        }
    }
    (late_s, brakes)
}

/// The part of a command that takes effect at a time, s.
pub(super) fn command_at(plan: &FaultPlan, t_s: f64, command: Twist) -> Twist {
    let mut command = command;
    for scheduled in plan.faults.iter().filter(|fault| fault.is_active(t_s)) {
        if let Fault::DeadZone {
            linear_mps,
            angular_radps,
        } = scheduled.fault
        {
            if command.linear.abs() < linear_mps {
                command.linear = 0.0;
            }
            if command.angular.abs() < angular_radps {
                command.angular = 0.0;
            }
        }
    }
    command
}

/// True if the control tick at a time, s, runs.
pub(super) fn ticks_at(plan: &FaultPlan, t_s: f64, rng: &mut ChaCha8Rng) -> bool {
    plan.faults
        .iter()
        .filter(|fault| fault.is_active(t_s))
        .all(|scheduled| match scheduled.fault {
            Fault::TicksSkipped { share } => rng.random::<f64>() >= share,
            Fault::TicksStalled { stall_s, every_s } => {
                (t_s - scheduled.onset_s).rem_euclid(every_s) >= stall_s
            }
            _ => true,
        })
}
