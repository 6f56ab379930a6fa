#!/usr/bin/env bash
# Builds the node for release and times it over the wire. Usage: latency.sh [ARGUMENTS of test/latency.py]
set -euo pipefail
cd "$(dirname "$0")/../.."
. launch/ros/environment.sh
cargo build --release --locked -p performer-mpc-runtime -p performer-mpc-launch --features performer-mpc-runtime/ros2,performer-mpc-launch/ros2 --bin performer_mpc_node --bin simulated_robot
PERFORMER_MPC_PROGRAMS=$CARGO_TARGET_DIR/release "$ROS_PYTHON" launch/ros/test/latency.py "$@"
