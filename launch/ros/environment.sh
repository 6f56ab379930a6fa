# Sourced from the root of the repository: ROS 2 Jazzy, installed if need be, and what cargo needs to build the node.
prefix=$PWD/target/ros2/jazzy
launch/ros/install_jazzy.sh "$prefix"
. "$prefix/setup.sh"
IDL_PACKAGE_FILTER=$(cat launch/ros/performer_mpc/idl_packages.txt)
export IDL_PACKAGE_FILTER CARGO_TARGET_DIR=$PWD/target
export PERFORMER_MPC_MODEL=$PWD/models/navigator.safetensors
# nobody else's robots: this machine alone, and a domain of its own
export ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST ROS_DOMAIN_ID=$((1 + RANDOM % 90)) PYTHONDONTWRITEBYTECODE=1
