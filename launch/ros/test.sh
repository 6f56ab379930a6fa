#!/usr/bin/env bash
# Builds the node against ROS 2 Jazzy from PyPI (installed into target/ros2) and runs its tests, each file in a ROS
# domain of its own. Usage: test.sh [FILE.py...]
set -euo pipefail
cd "$(dirname "$0")/../.."
prefix=$PWD/target/ros2/jazzy
launch/ros/install_jazzy.sh "$prefix"
. "$prefix/setup.sh"
CARGO_TARGET_DIR=$PWD/target/ros2/build
IDL_PACKAGE_FILTER=$(cat launch/ros/performer_mpc/idl_packages.txt)
export CARGO_TARGET_DIR IDL_PACKAGE_FILTER
# shellcheck disable=SC2086 # several words
cargo build --locked ${CARGO_OPTIONS:-} -p performer-mpc-launch --features ros2 \
  --bin performer-mpc --bin performer_mpc_node --example simulated_robot
export PERFORMER_MPC_PROGRAMS=$CARGO_TARGET_DIR/debug
export PERFORMER_MPC_MODEL=$PWD/models/doorway.safetensors
export ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST
domain=$((1 + RANDOM % 90))
[ $# -gt 0 ] || set -- test_drive.py test_node.py
cd launch/ros/test
for file in "$@"; do
  ROS_DOMAIN_ID=$domain "$ROS_PYTHON" "$file" -v
  domain=$((domain + 1))
done
