# Sourced from the root of the repository: ROS 2 Jazzy, installed if need be, and what cargo needs to build the node.
# Where it is installed depends on what is installed: so r2r sees that interfaces have changed.
contents=$(cat launch/ros/install_jazzy.sh launch/ros/jazzy.txt \
  $(find launch/ros/interfaces launch/ros/performer_mpc_msgs -type f | sort) | sha256sum)
prefix=$PWD/target/ros2/jazzy-${contents:0:12}
find target/ros2 -maxdepth 1 -name 'jazzy-*' ! -name "${prefix##*/}*" -exec rm -rf {} + 2>/dev/null || true
launch/ros/install_jazzy.sh "$prefix"
. "$prefix/setup.sh"
IDL_PACKAGE_FILTER=$(cat launch/ros/performer_mpc/idl_packages.txt)
export IDL_PACKAGE_FILTER CARGO_TARGET_DIR=$PWD/target
export PERFORMER_MPC_MODEL=$PWD/models/navigator.safetensors
# nobody else's robots: this machine alone, and a domain of its own
export ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST ROS_DOMAIN_ID=$((1 + RANDOM % 90)) PYTHONDONTWRITEBYTECODE=1
