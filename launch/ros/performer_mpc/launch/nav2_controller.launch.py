"""Puts the node where Nav2's controller server was: include it in a bring-up that leaves that one out.

Nav2's lifecycle manager starts it under the name of the controller server. Its commands go to `cmd_vel_nav`, where
Nav2's bring-up has its velocity smoother listen.
"""

import os

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration


def generate_launch_description():
    share = get_package_share_directory("performer_mpc")
    passed = {
        "params_file": os.path.join(share, "params", "turtlebot4.yaml"),
        "namespace": "",
        "cmd_vel": "cmd_vel_nav",
        "use_sim_time": "false",
    }
    return LaunchDescription([
        *[DeclareLaunchArgument(name, default_value=value) for name, value in passed.items()],
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(os.path.join(share, "launch", "performer_mpc.launch.py")),
            launch_arguments={
                **{name: LaunchConfiguration(name) for name in passed},
                "node_name": "controller_server",
                "autostart": "false",
            }.items(),
        ),
    ])
