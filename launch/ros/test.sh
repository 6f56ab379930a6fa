#!/usr/bin/env bash
# Builds the node against ROS 2 Jazzy from PyPI (installed into target/ros2) and runs its tests, each file in a ROS
# domain of its own. Usage: test.sh [FILE.py...]
set -euo pipefail
cd "$(dirname "$0")/../.."
. launch/ros/environment.sh
cargo clippy --locked -p performer-mpc-runtime -p performer-mpc-launch --features performer-mpc-runtime/ros2,performer-mpc-launch/ros2 --lib --bins -- -D warnings
cargo build --locked -p performer-mpc-runtime -p performer-mpc-launch --features performer-mpc-runtime/ros2,performer-mpc-launch/ros2 --bins
# the package, as colcon builds it
cmake -S launch/ros/performer_mpc -B target/ros2/package -DCARGO_PROFILE=dev -DCARGO_TARGET_DIR="$CARGO_TARGET_DIR" \
  -DCMAKE_INSTALL_PREFIX="$PWD/target/ros2/installed" -DPython3_EXECUTABLE="$ROS_PYTHON" >/dev/null
cmake --build target/ros2/package
cmake --install target/ros2/package >/dev/null
cyclone=$PWD/target/ros2/cyclone
if [ ! -e "$cyclone/ready" ]; then
  "$ROS_PYTHON" -m venv --clear "$cyclone"
  "$cyclone/bin/pip" install -q --disable-pip-version-check cyclonedds==11.0.1
  touch "$cyclone/ready"
fi
export PERFORMER_MPC_PROGRAMS=$CARGO_TARGET_DIR/debug
[ $# -gt 0 ] || set -- test_drive.py test_node.py test_sensors.py test_safety.py test_hostile.py test_second_vendor.py
cd launch/ros/test
for file in "$@"; do
  python=$ROS_PYTHON
  [ "$file" != test_second_vendor.py ] || python=$cyclone/bin/python
  "$python" -W ignore::DeprecationWarning "$file" -v
  ROS_DOMAIN_ID=$((ROS_DOMAIN_ID + 1))
done
