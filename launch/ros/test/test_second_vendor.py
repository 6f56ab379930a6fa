"""The same drive with another DDS: Cyclone DDS without any ROS on this side, small topics only."""

import math
import os
import threading
import time
import unittest

os.environ["CYCLONEDDS_URI"] = (
    "<CycloneDDS><Domain><General><Interfaces><NetworkInterface name='lo' multicast='default'/></Interfaces>"
    "<AllowMulticast>spdp</AllowMulticast></General>"
    "<Discovery><ParticipantIndex>auto</ParticipantIndex><MaxAutoParticipantIndex>60</MaxAutoParticipantIndex>"
    "<Peers><Peer address='127.0.0.1'/></Peers></Discovery></Domain></CycloneDDS>")

from dataclasses import dataclass, field

from cyclonedds.core import Policy, Qos
from cyclonedds.domain import DomainParticipant
from cyclonedds.idl import IdlStruct
from cyclonedds.idl.types import array, float32, float64, int32, sequence, uint32
from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic
from cyclonedds.util import duration

from processes import NodeProcess, SimulatedRobot, eventually


@dataclass
class Time(IdlStruct, typename="builtin_interfaces::msg::dds_::Time_"):
    sec: int32 = 0
    nanosec: uint32 = 0


@dataclass
class Header(IdlStruct, typename="std_msgs::msg::dds_::Header_"):
    stamp: Time = field(default_factory=Time)
    frame_id: str = ""


@dataclass
class Vector3(IdlStruct, typename="geometry_msgs::msg::dds_::Vector3_"):
    x: float64 = 0.0
    y: float64 = 0.0
    z: float64 = 0.0


@dataclass
class Point(IdlStruct, typename="geometry_msgs::msg::dds_::Point_"):
    x: float64 = 0.0
    y: float64 = 0.0
    z: float64 = 0.0


@dataclass
class Quaternion(IdlStruct, typename="geometry_msgs::msg::dds_::Quaternion_"):
    x: float64 = 0.0
    y: float64 = 0.0
    z: float64 = 0.0
    w: float64 = 1.0


@dataclass
class Pose(IdlStruct, typename="geometry_msgs::msg::dds_::Pose_"):
    position: Point = field(default_factory=Point)
    orientation: Quaternion = field(default_factory=Quaternion)


@dataclass
class PoseStamped(IdlStruct, typename="geometry_msgs::msg::dds_::PoseStamped_"):
    header: Header = field(default_factory=Header)
    pose: Pose = field(default_factory=Pose)


@dataclass
class PathMessage(IdlStruct, typename="nav_msgs::msg::dds_::Path_"):
    header: Header = field(default_factory=Header)
    poses: sequence[PoseStamped] = field(default_factory=list)


@dataclass
class Twist(IdlStruct, typename="geometry_msgs::msg::dds_::Twist_"):
    linear: Vector3 = field(default_factory=Vector3)
    angular: Vector3 = field(default_factory=Vector3)


@dataclass
class PoseWithCovariance(IdlStruct, typename="geometry_msgs::msg::dds_::PoseWithCovariance_"):
    pose: Pose = field(default_factory=Pose)
    covariance: array[float64, 36] = field(default_factory=lambda: [0.0] * 36)


@dataclass
class TwistWithCovariance(IdlStruct, typename="geometry_msgs::msg::dds_::TwistWithCovariance_"):
    twist: Twist = field(default_factory=Twist)
    covariance: array[float64, 36] = field(default_factory=lambda: [0.0] * 36)


@dataclass
class Odometry(IdlStruct, typename="nav_msgs::msg::dds_::Odometry_"):
    header: Header = field(default_factory=Header)
    child_frame_id: str = ""
    pose: PoseWithCovariance = field(default_factory=PoseWithCovariance)
    twist: TwistWithCovariance = field(default_factory=TwistWithCovariance)


@dataclass
class LaserScan(IdlStruct, typename="sensor_msgs::msg::dds_::LaserScan_"):
    header: Header = field(default_factory=Header)
    angle_min: float32 = 0.0
    angle_max: float32 = 0.0
    angle_increment: float32 = 0.0
    time_increment: float32 = 0.0
    scan_time: float32 = 0.0
    range_min: float32 = 0.0
    range_max: float32 = 0.0
    ranges: sequence[float32] = field(default_factory=list)
    intensities: sequence[float32] = field(default_factory=list)


@dataclass
class Transform(IdlStruct, typename="geometry_msgs::msg::dds_::Transform_"):
    translation: Vector3 = field(default_factory=Vector3)
    rotation: Quaternion = field(default_factory=Quaternion)


@dataclass
class TransformStamped(IdlStruct, typename="geometry_msgs::msg::dds_::TransformStamped_"):
    header: Header = field(default_factory=Header)
    child_frame_id: str = ""
    transform: Transform = field(default_factory=Transform)


@dataclass
class TFMessage(IdlStruct, typename="tf2_msgs::msg::dds_::TFMessage_"):
    transforms: sequence[TransformStamped] = field(default_factory=list)


CDR = Policy.DataRepresentation(use_cdrv0_representation=True, use_xcdrv2_representation=False)
RELIABLE = Qos(Policy.Reliability.Reliable(duration(seconds=1)), Policy.History.KeepLast(10), CDR)
LATCHED = Qos(Policy.Reliability.Reliable(duration(seconds=1)), Policy.History.KeepLast(1),
              Policy.Durability.TransientLocal, CDR)
SENSOR = Qos(Policy.Reliability.BestEffort, Policy.History.KeepLast(5), CDR)


def header(frame):
    now = time.time()
    return Header(Time(int(now), int(now % 1 * 1e9)), frame)


def pose(x, y, yaw):
    return Pose(Point(x, y), Quaternion(z=math.sin(yaw / 2), w=math.cos(yaw / 2)))


class CyclonePeer:
    """Sensors and the receiver of commands, in real time."""

    def __init__(self, robot):
        self.robot, self.commands, self.running, self.nearest, self.planned = robot, [], True, 10.0, 0.0
        self.participant = DomainParticipant(int(os.environ["ROS_DOMAIN_ID"]))
        self.scans = self.writer("scan", LaserScan, SENSOR)
        self.odometry = self.writer("odom", Odometry, RELIABLE)
        self.plans = self.writer("plan", PathMessage, RELIABLE)
        self.fixed = self.writer("tf_static", TFMessage, LATCHED)
        self.reader = DataReader(self.participant, Topic(self.participant, "rt/cmd_vel", Twist), RELIABLE)
        x, y, yaw = robot.base_from_lidar
        place = pose(x, y, yaw)
        transform = Transform(Vector3(x, y), place.orientation)
        self.fixed.write(TFMessage([TransformStamped(header("base_link"), "laser", transform)]))
        self.thread = threading.Thread(target=self.drive, daemon=True)
        self.thread.start()

    def writer(self, topic, kind, qos):
        return DataWriter(self.participant, Topic(self.participant, f"rt/{topic}", kind), qos)

    def drive(self):
        command, step, due = (0.0, 0.0), 0, time.monotonic()
        while self.running:
            for twist in self.reader.take(20):
                command = (twist.linear.x, twist.angular.z)
                self.commands.append(command)
            is_scan = step % 5 in (0, 2)
            state = self.robot.step(*command, 0.02, is_scan)
            self.pose = state["pose"]
            self.nearest = min(self.nearest, state["clearance"])
            message = Odometry(header("odom"), "base_link")
            message.pose.pose = pose(*state["pose"])
            message.twist.twist = Twist(Vector3(state["velocity"][0]), Vector3(z=state["velocity"][1]))
            self.odometry.write(message)
            if is_scan:
                scan = state["scan"]
                ranges = [r if r <= scan["range_max"] else math.inf for r in scan["ranges"]]
                self.scans.write(LaserScan(
                    header("laser"), scan["angle_min"],
                    scan["angle_min"] + scan["angle_increment"] * (len(ranges) - 1),
                    scan["angle_increment"], 0.0, 0.05, scan["range_min"], scan["range_max"], ranges))
            step += 1
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))

    def plan(self):
        poses = [PoseStamped(header("odom"), pose(*place)) for place in self.robot.way]
        self.plans.write(PathMessage(header("odom"), poses))

    def is_driven(self):
        """True once commands come; tells the plan again and again until then, for nobody may have heard it yet."""
        if not self.commands and time.monotonic() > self.planned + 2.0:
            self.planned = time.monotonic()
            self.plan()
        return bool(self.commands)

    def distance(self):
        return math.dist(self.robot.way[-1][:2], self.pose[:2])

    def close(self):
        self.running = False
        self.thread.join(timeout=60)
        self.robot.close()


class SecondVendor(unittest.TestCase):
    def test_a_plan_is_driven_through_the_doorway(self):
        parameters = {"autostart": True, "follow_topics": True}
        node, peer = NodeProcess(parameters=parameters), CyclonePeer(SimulatedRobot())
        try:
            eventually(peer.is_driven, 120.0, "a command")
            eventually(lambda: peer.distance() < 0.3, 180.0, "the goal")
            eventually(lambda: peer.commands[-1] == (0.0, 0.0), what="rest")
            self.assertGreater(peer.nearest, 0.0)
        finally:
            peer.close()
            code = node.stop()
            if code != 0:
                print(node.said())
        self.assertEqual(code, 0)


if __name__ == "__main__":
    unittest.main()
