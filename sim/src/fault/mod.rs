//! Fault injection between the simulated robot and its agent.
//!
//! ```text
//! FaultPlan ─▶ Injector ─┬─▶ sensor messages: content, delay, loss, order, clock ─▶ Agent
//!                        ├─▶ Plant: brakes, lag, latency, dead zone
//!                        ├─▶ scene: an object that appears, pedestrians that ignore the robot
//!                        └─▶ control ticks: skipped, stalled, late
//! true poses and contacts ─▶ GroundTruth: was the contact avoidable, did the robot stop in time
//! ```
//!
//! A [`FaultCase`] is a named recipe; with a seed it becomes a [`FaultPlan`], a list of faults with
//! onset and end. [`FaultyDrive`] runs a situation under a plan and evaluates the drive by the
//! ground truth. A plan without faults leaves an episode unchanged, byte for byte.

mod case;
mod catalogue;
mod channel;
mod corridor;
mod drive;
mod drivetrain;
mod injector;
mod kind;
mod odometry;
mod plan;
mod range;
mod stopping;
mod truth;

pub use case::{CATALOGUE, FaultCase, Persistence};
pub use corridor::corridor;
pub use drive::FaultyDrive;
pub(crate) use injector::Injector;
pub use kind::{ClockScope, Fault, InvalidReading, SensorScope, Sight, VelocityGlitch};
pub use plan::{FaultPlan, ScheduledFault};
pub use stopping::Stopping;
pub(crate) use truth::Ending;
pub use truth::{ContactClass, ContactTruth, GroundTruth, Rest, Touched};
