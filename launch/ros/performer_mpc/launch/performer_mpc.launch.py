"""Starts the node: alone (autostart:=true), or for Nav2's lifecycle manager to start."""

import os

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue


def generate_launch_description():
    share = get_package_share_directory("performer_mpc")
    arguments = {
        "params_file": (os.path.join(share, "params", "round.yaml"), "Parameters of the robot"),
        "namespace": ("", "Namespace of the robot"),
        "node_name": ("performer_mpc", "Name of the node; controller_server in the place of Nav2's"),
        "autostart": ("true", "Whether the node configures and activates itself"),
        "cmd_vel": ("cmd_vel", "Topic of the commands"),
        "use_sim_time": ("false", "Whether time comes from /clock"),
        "model": (os.path.join(share, "models", "navigator.safetensors"), "Learned cost; empty: none"),
    }
    declared = [
        DeclareLaunchArgument(name, default_value=value, description=text)
        for name, (value, text) in arguments.items()
    ]
    node = Node(
        package="performer_mpc",
        executable="performer_mpc_node",
        name=LaunchConfiguration("node_name"),
        namespace=LaunchConfiguration("namespace"),
        output="screen",
        parameters=[
            LaunchConfiguration("params_file"),
            {
                "autostart": ParameterValue(LaunchConfiguration("autostart"), value_type=bool),
                "use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool),
                "model": ParameterValue(LaunchConfiguration("model"), value_type=str),
            },
        ],
        remappings=[
            ("/tf", "tf"),
            ("/tf_static", "tf_static"),
            ("cmd_vel", LaunchConfiguration("cmd_vel")),
        ],
    )
    return LaunchDescription(declared + [node])
