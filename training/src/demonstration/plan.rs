//! Message type of an expert's plan.

use recordings::definitions::{Definition, TIME};
use recordings::messages::Time;
use serde::{Deserialize, Serialize};

/// `performer_mpc_msgs/msg/Plan`.
pub(super) const PLAN: Definition = Definition {
    name: "performer_mpc_msgs/msg/Plan",
    text: "# A predicted motion in the odometry frame.\n\
               # Time of the tick that it was made at.\nbuiltin_interfaces/Time stamp\n\
               # Time from a state to the next, s.\nfloat64 dt\n\
               # x (m), y (m), yaw (rad), v (m/s), omega (rad/s), one state after the other.\n\
               float64[] states\n\
               # Linear (m/s^2) and angular (rad/s^2) acceleration, one input after the other.\n\
               float64[] inputs\n",
    parts: &[&TIME],
};

/// Its fields, in order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PlanMessage {
    pub stamp: Time,
    pub dt: f64,
    pub states: Vec<f64>,
    pub inputs: Vec<f64>,
}
