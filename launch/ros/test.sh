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
cargo clippy --locked -p performer-mpc-launch --features ros2 --lib --bins -- -D warnings
cargo build --locked -p performer-mpc-launch --features ros2 --bins
export PERFORMER_MPC_PROGRAMS=$CARGO_TARGET_DIR/debug
export PERFORMER_MPC_MODEL=$PWD/models/doorway.safetensors
export ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST
cyclone=$PWD/target/ros2/cyclone
if [ ! -e "$cyclone/ready" ]; then
  "$ROS_PYTHON" -m venv --clear "$cyclone"
  "$cyclone/bin/pip" install -q --disable-pip-version-check cyclonedds==11.0.1
  touch "$cyclone/ready"
fi
domain=$((1 + RANDOM % 90))
[ $# -gt 0 ] || set -- test_drive.py test_node.py test_second_vendor.py
cd launch/ros/test
for file in "$@"; do
  python=$ROS_PYTHON
  [ "$file" != test_second_vendor.py ] || python=$cyclone/bin/python
  ROS_DOMAIN_ID=$domain "$python" "$file" -v
  domain=$((domain + 1))
done
