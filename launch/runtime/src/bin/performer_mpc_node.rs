//! `performer_mpc_node`: the controller as a node of ROS 2.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::ros::main()
}
