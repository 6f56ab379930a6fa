//! Evaluation over many drives, and of a robot's braking.

pub(super) mod brake_test;
pub(super) mod evaluate;
pub(super) mod faults;
pub(super) mod report;
pub(super) mod results;
pub(super) mod soak;
