//! Classification of contacts: caused by the robot, unavoidable, or at rest.

use perception::{Footprint, Pose2};
use serde::{Deserialize, Serialize};

use super::super::drivetrain::worst;
use super::super::kind::{Fault, Sight};
use super::super::plan::FaultPlan;
use super::super::stopping::Stopping;
use super::Ending;
use super::log::{State, TruthLog};
use super::sight::{Target, sees, sensors_of};
use crate::episode::{Hazard, Outcome};
use crate::world::Scene;

/// Maximum speed at the point of contact of a robot at rest, m/s.
const MOVING_MPS: f64 = 0.01;
/// Sampling period of the line of sight, s.
const LOOK_S: f64 = 0.05;
/// Loss of speed that counts as braking, m/s.
const BRAKED_MPS: f64 = 0.25;
/// Gain of speed after it that counts as driving again, m/s.
const GAINED_MPS: f64 = 0.1;

/// Responsibility for a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactClass {
    /// The robot moved, and a timely stop would have avoided it.
    Caused,
    /// The robot moved, and no timely stop would have avoided it.
    Unavoidable,
    /// The robot was at rest.
    AtRest,
}

/// Object of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Touched {
    /// An obstacle of the world, or its floor.
    Obstacle,
    /// A pedestrian or other moving object.
    Mover,
    /// The object that appeared.
    Object,
}

/// A contact and its classification.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ContactTruth {
    /// Time, s.
    pub t_s: f64,
    /// Responsibility.
    pub class: ContactClass,
    /// Object touched.
    pub with: Touched,
    /// Speed of the robot at the point of contact, m/s.
    pub speed_mps: f64,
    /// Time of the first line of sight from a working sensor, s; none without one.
    pub first_seen_s: Option<f64>,
    /// True if a stop with the configured brakes and latency would have avoided it, whatever the
    /// true drivetrain.
    pub avoidable_as_configured: bool,
    /// True if the robot had braked and accelerated again since the onset of the faults.
    pub after_braking: bool,
}

pub(super) fn judge(
    log: &TruthLog,
    plan: &FaultPlan,
    stopping: &Stopping,
    ending: &Ending<'_>,
) -> Option<ContactTruth> {
    if ending.outcome != Outcome::Collided {
        return None;
    }
    let last = log.states.last()?;
    let speed_mps = contact_speed(last, ending);
    let first_seen_s = first_seen_s(log, plan, ending);
    let blinded_s = plan.blinding(ending.robot).map(|(fault, _)| fault.onset_s);
    let begins_s = [
        first_seen_s.map(|seen_s| seen_s + stopping.seen_s),
        blinded_s
            .filter(|blinded_s| *blinded_s < last.t_s)
            .map(|blinded_s| blinded_s + stopping.blind_s),
    ];
    let begins_s = begins_s.into_iter().flatten().reduce(f64::min);
    let (late_s, brakes) = match plan.onset_s() {
        Some(onset_s) if onset_s < last.t_s => worst(plan),
        _ => (0.0, 1.0),
    };
    let true_stop = Stopping {
        latency_s: stopping.latency_s + late_s,
        deceleration_mps2: stopping.deceleration_mps2 * brakes,
        ..*stopping
    };
    let avoids =
        |stop: &Stopping| begins_s.is_some_and(|begins_s| stop_avoids(log, stop, begins_s, ending));
    let fell = matches!(ending.hazard, Some(Hazard::Fell | Hazard::Step));
    let class = if speed_mps <= MOVING_MPS {
        ContactClass::AtRest
    } else if fell || avoids(&true_stop) {
        ContactClass::Caused
    } else {
        ContactClass::Unavoidable
    };
    Some(ContactTruth {
        t_s: last.t_s,
        class,
        with: match (ending.touched, ending.is_object) {
            (None, _) => Touched::Obstacle,
            (Some(_), true) => Touched::Object,
            (Some(_), false) => Touched::Mover,
        },
        speed_mps,
        first_seen_s,
        avoidable_as_configured: fell || avoids(stopping),
        after_braking: has_braked(log, plan),
    })
}

/// Speed of the robot's point of contact; rotation does not move the outline of a disc.
fn contact_speed(state: &State, ending: &Ending<'_>) -> f64 {
    let velocity = state.velocity;
    match (&ending.robot.footprint, ending.contact) {
        (Footprint::Disc { .. }, _) | (_, None) => velocity.linear.abs(),
        (_, Some(contact)) => {
            let at = state.pose.inverse() * contact;
            let along = velocity.linear - velocity.angular * at.y;
            along.hypot(velocity.angular * at.x)
        }
    }
}

/// Time of the first line of sight from a working sensor to the touched object, s.
fn first_seen_s(log: &TruthLog, plan: &FaultPlan, ending: &Ending<'_>) -> Option<f64> {
    let sensors = sensors_of(ending.robot);
    let target = Target::of(ending)?;
    let every = ((LOOK_S / ending.substep_s).round() as usize).max(1);
    let looks = log.states.iter().enumerate().step_by(every);
    let from_s = if ending.is_object {
        log.appeared_s?
    } else {
        0.0
    };
    looks
        .filter(|(_, state)| state.t_s >= from_s)
        .find(|(index, state)| {
            let hidden = |azimuth: f64| is_hidden(plan, ending, state.t_s, azimuth);
            sees(
                ending.world,
                &sensors,
                state.pose,
                &target.at(*index),
                hidden,
            )
        })
        .map(|(_, state)| state.t_s)
}

/// True while a fault hides a direction of the base frame, rad.
fn is_hidden(plan: &FaultPlan, ending: &Ending<'_>, t_s: f64, azimuth: f64) -> bool {
    let mut active = plan.faults.iter().filter(|fault| fault.is_active(t_s));
    active.any(
        |scheduled| match (scheduled.sight(ending.robot), scheduled.fault) {
            (Sight::Blind, _) => true,
            (
                _,
                Fault::ScanSector {
                    centre_rad,
                    width_rad,
                    ..
                },
            ) => perception::wrap_angle(azimuth - centre_rad).abs() <= 0.5 * width_rad,
            _ => false,
        },
    )
}

/// True if a stop commanded at a time, s, avoids the contact or ends before it.
fn stop_avoids(log: &TruthLog, stop: &Stopping, begins_s: f64, ending: &Ending<'_>) -> bool {
    let Some(first) = log.index_at(begins_s) else {
        return false;
    };
    let from = log.states[first];
    let robot = ending.robot;
    let mut mover = ending.touched.map(|(mover, _)| mover.clone());
    stop.poses(from.pose, from.velocity)
        .take_while(|(_, _, speed)| speed.abs() > MOVING_MPS)
        .all(|(elapsed_s, pose, _)| {
            if let (Some(mover), Some((_, poses))) = (&mut mover, ending.touched) {
                let at = first as f64 + elapsed_s / ending.substep_s;
                mover.world_from_mover = carried_on(poses, at);
            }
            let scene = Scene {
                world: ending.world,
                movers: mover.as_slice(),
            };
            scene
                .gap(&robot.footprint, robot.height_m, pose, 0.0)
                .is_none()
        })
}

/// The pose at a substep: interpolated, or extrapolated at constant velocity after the last one.
fn carried_on(poses: &[Pose2], at: f64) -> Pose2 {
    match poses {
        [] => Pose2::IDENTITY,
        [only] => *only,
        [.., before, last] => {
            let end = (poses.len() - 1) as f64;
            if at >= end {
                before.interpolate(last, 1.0 + at - end)
            } else {
                let index = at as usize;
                poses[index].interpolate(&poses[index + 1], at - index as f64)
            }
        }
    }
}

/// True if the robot has braked and accelerated again since the onset of the faults.
fn has_braked(log: &TruthLog, plan: &FaultPlan) -> bool {
    let onset_s = plan.onset_s().unwrap_or_default();
    let (mut peak, mut trough) = (0.0_f64, f64::INFINITY);
    for state in log.states.iter().filter(|state| state.t_s >= onset_s) {
        let speed = state.velocity.linear.abs();
        if speed > peak {
            peak = speed;
        }
        if speed < peak - BRAKED_MPS {
            trough = trough.min(speed);
        }
        if speed > trough + GAINED_MPS {
            return true;
        }
    }
    false
}
