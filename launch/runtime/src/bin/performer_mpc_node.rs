//! `performer_mpc_node`: the controller as a ROS 2 node.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::ros::main()
}
