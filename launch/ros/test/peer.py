"""What the tests of the node share: a peer of rclpy with a simulated robot."""

import math
import threading
import time

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped, TransformStamped, Twist
from lifecycle_msgs.srv import ChangeState, GetState
from nav2_msgs.action import FollowPath, NavigateToPose
from nav_msgs.msg import Odometry, Path
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rclpy.time import Time
from sensor_msgs.msg import LaserScan
from tf2_msgs.msg import TFMessage

UNCONFIGURED, INACTIVE, ACTIVE, FINALIZED = 1, 2, 3, 4
CONFIGURE, CLEANUP, ACTIVATE, DEACTIVATE = 1, 2, 3, 4
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def rotation(yaw):
    return {"z": math.sin(yaw / 2), "w": math.cos(yaw / 2)}


def set_pose(pose, x, y, yaw):
    pose.position.x, pose.position.y = float(x), float(y)
    pose.orientation.z, pose.orientation.w = rotation(yaw)["z"], rotation(yaw)["w"]


class Peer(Node):
    """Sensors and clients about one node. Its robot, if it has one, drives in real time."""

    def __init__(self, namespace="", robot=None, node="performer_mpc", command=Twist):
        # a context of its own: it knows nothing of nodes that are gone
        context = rclpy.Context()
        rclpy.init(context=context)
        super().__init__("peer", namespace=namespace, context=context)
        self.robot, self.target = robot, node
        self.commands, self.diagnoses, self.clearance, self.state = [], [], [], None
        self.scans = self.odometry = True
        self.command = (0.0, 0.0)
        self.scan_out = self.create_publisher(LaserScan, "scan", qos_profile_sensor_data)
        self.odom_out = self.create_publisher(Odometry, "odom", 10)
        self.tf_out = self.create_publisher(TFMessage, "/tf", 100)
        self.fixed_out = self.create_publisher(TFMessage, "/tf_static", LATCHED)
        self.create_subscription(command, "cmd_vel", self.on_command, 10)
        self.create_subscription(DiagnosticArray, "/diagnostics", self.diagnoses.append, 10)
        self.follow = ActionClient(self, FollowPath, "follow_path")
        self.navigate = ActionClient(self, NavigateToPose, "navigate_to_pose")
        self.executor_thread = SingleThreadedExecutor(context=context)
        self.executor_thread.add_node(self)
        self.running = True
        self.threads = [threading.Thread(target=self.spin, daemon=True)]
        if robot:
            self.fixed("base_link", "laser", *robot.base_from_lidar)
            self.threads.append(threading.Thread(target=self.drive, daemon=True))
        for thread in self.threads:
            thread.start()

    def spin(self):
        while self.running:
            self.executor_thread.spin_once(timeout_sec=0.05)

    def close(self):
        self.running = False
        for thread in self.threads:
            thread.join(timeout=60)
        if self.robot:
            self.robot.close()
        self.executor_thread.remove_node(self)
        self.destroy_node()
        self.context.shutdown()

    def on_command(self, message):
        self.latest = message
        twist = message if isinstance(message, Twist) else message.twist
        self.command = (twist.linear.x, twist.angular.z)
        self.commands.append((time.monotonic(), *self.command))

    def fixed(self, parent, child, x, y, yaw):
        self.fixed_out.publish(TFMessage(transforms=[self.transform(parent, child, x, y, yaw)]))

    def transform(self, parent, child, x, y, yaw):
        link = TransformStamped(child_frame_id=child)
        link.header.frame_id = parent
        link.header.stamp = self.get_clock().now().to_msg()
        link.transform.translation.x, link.transform.translation.y = float(x), float(y)
        link.transform.rotation.z, link.transform.rotation.w = rotation(yaw)["z"], rotation(yaw)["w"]
        return link

    def drive(self):
        """Steps the robot at 50 Hz; every third step brings a scan at first, to keep near 20 Hz."""
        step, due = 0, time.monotonic()
        while self.running:
            is_scan = step % 5 in (0, 2)
            self.state = self.robot.step(*self.command, 0.02, is_scan)
            self.clearance.append(self.state["clearance"])
            now = self.get_clock().now()
            if self.odometry:
                self.odom_out.publish(self.odometry_message(now))
            if self.scans and is_scan:
                self.scan_out.publish(self.scan_message(now))
            step += 1
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))

    def odometry_message(self, now):
        message = Odometry(child_frame_id="base_link")
        message.header.frame_id = "odom"
        message.header.stamp = now.to_msg()
        set_pose(message.pose.pose, *self.state["pose"])
        message.twist.twist.linear.x, message.twist.twist.angular.z = self.state["velocity"]
        return message

    def scan_message(self, now):
        scan = self.state["scan"]
        message = LaserScan(
            angle_min=scan["angle_min"], angle_increment=scan["angle_increment"],
            angle_max=scan["angle_min"] + scan["angle_increment"] * (len(scan["ranges"]) - 1),
            range_min=scan["range_min"], range_max=scan["range_max"],
            ranges=[r if r <= scan["range_max"] else math.inf for r in scan["ranges"]])
        message.header.frame_id = "laser"
        message.header.stamp = now.to_msg()
        return message

    def path(self, frame="odom", to=None):
        """The path along the robot's way, or the straight one to another place."""
        way = self.robot.way if to is None else [[to[0] * k / 40, to[1] * k / 40, to[2]] for k in range(41)]
        path = Path()
        path.header.frame_id = frame
        path.header.stamp = self.get_clock().now().to_msg()
        for place in way:
            pose = PoseStamped()
            set_pose(pose.pose, *place)
            path.poses.append(pose)
        return path

    def call(self, kind, service, request, timeout=60.0):
        client = self.create_client(kind, service)
        try:
            if not client.wait_for_service(timeout_sec=timeout):
                raise TimeoutError(f"{service} is not there")
            return wait(client.call_async(request), timeout)
        finally:
            self.destroy_client(client)

    def change(self, transition):
        request = ChangeState.Request()
        request.transition.id = transition
        return self.call(ChangeState, f"{self.target}/change_state", request).success

    def node_state(self):
        return self.call(GetState, f"{self.target}/get_state", GetState.Request()).current_state.id

    def get(self, *names):
        request = GetParameters.Request(names=list(names))
        return self.call(GetParameters, f"{self.target}/get_parameters", request).values

    def names(self):
        request = ListParameters.Request()
        return self.call(ListParameters, f"{self.target}/list_parameters", request).result.names

    def describe(self, *names):
        request = DescribeParameters.Request(names=list(names))
        return self.call(DescribeParameters, f"{self.target}/describe_parameters", request).descriptors

    def set(self, name, value):
        kinds = {bool: ("BOOL", "bool_value"), int: ("INTEGER", "integer_value"),
                 float: ("DOUBLE", "double_value"), str: ("STRING", "string_value")}
        kind, field = kinds[type(value)]
        held = ParameterValue(type=getattr(ParameterType, f"PARAMETER_{kind}"), **{field: value})
        request = SetParameters.Request(parameters=[Parameter(name=name, value=held)])
        return self.call(SetParameters, f"{self.target}/set_parameters", request).results[0]

    def send(self, client, goal, feedback=None):
        """Sends a goal; its handle."""
        if not client.wait_for_server(timeout_sec=60.0):
            raise TimeoutError("no action server")
        return wait(client.send_goal_async(goal, feedback_callback=feedback), 60.0)

    def result(self, handle, timeout=180.0):
        """The status and the code of a goal."""
        found = wait(handle.get_result_async(), timeout)
        return found.status, found.result.error_code

    def follow_path(self, path, timeout=180.0, controller=""):
        handle = self.send(self.follow, FollowPath.Goal(path=path, controller_id=controller))
        return self.result(handle, timeout)

    def counted(self, key, status="refused messages"):
        """The latest diagnostic value of a key."""
        for report in reversed(self.diagnoses):
            for part in report.status:
                if status in part.name:
                    for value in part.values:
                        if value.key == key:
                            return value.value
        return None


def wait(future, timeout):
    end = time.monotonic() + timeout
    while not future.done():
        if time.monotonic() > end:
            raise TimeoutError("no answer")
        time.sleep(0.005)
    return future.result()
