"""States, parameters, names, recordings, and messages that mean no good."""

import glob
import json
import os
import random
import resource
import subprocess
import tempfile
import time
import unittest

from bond.msg import Status
from builtin_interfaces.msg import Time as TimeMessage
from geometry_msgs.msg import PoseStamped, TransformStamped, Twist, TwistStamped
from lifecycle_msgs.msg import TransitionEvent
from nav2_msgs.action import FollowPath
from nav2_msgs.msg import SpeedLimit
from nav_msgs.msg import Odometry, Path
from performer_mpc_msgs.srv import LoadModel
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import LaserScan
from tf2_msgs.msg import TFMessage

from peer import (
    ACTIVATE, ACTIVE, CLEANUP, CONFIGURE, DEACTIVATE, FINALIZED, INACTIVE, UNCONFIGURED, Peer, set_pose)
from processes import PROGRAMS, NodeProcess, SimulatedRobot, eventually

SUCCEEDED = 4
ABORTED = 6


class WithNode(unittest.TestCase):
    parameters, arguments, robot, command = {"robot": "round"}, (), False, Twist

    def setUp(self):
        self.node = NodeProcess(parameters=self.parameters, arguments=self.arguments)
        self.peer = Peer(robot=SimulatedRobot() if self.robot else None, command=self.command)

    def tearDown(self):
        self.peer.close()
        self.assertEqual(self.node.stop(), 0, self.node.said())


class Lifecycle(WithNode):
    def test_states(self):
        events, beats = [], []
        topic = "performer_mpc/transition_event"
        self.peer.create_subscription(TransitionEvent, topic, events.append, 10)
        self.peer.create_subscription(Status, "bond", beats.append, 100)
        self.assertEqual(self.peer.node_state(), UNCONFIGURED)
        self.assertFalse(self.peer.change(ACTIVATE))
        goal = FollowPath.Goal(path=Path())
        self.assertFalse(self.peer.send(self.peer.follow, goal).accepted)
        for transition, state in [
                (CONFIGURE, INACTIVE), (ACTIVATE, ACTIVE), (DEACTIVATE, INACTIVE),
                (ACTIVATE, ACTIVE), (DEACTIVATE, INACTIVE), (CLEANUP, UNCONFIGURED),
                (CONFIGURE, INACTIVE)]:
            self.assertTrue(self.peer.change(transition))
            self.assertEqual(self.peer.node_state(), state)
            if state == ACTIVE:
                before = len(beats)
                time.sleep(1.0)
                self.assertGreater(len(beats), before + 7)
                self.assertTrue(beats[-1].active)
                self.assertEqual(beats[-1].id, "performer_mpc")
        eventually(lambda: not beats[-1].active)
        self.assertTrue(self.peer.change(6))  # shutdown of an inactive node
        self.assertEqual(self.peer.node_state(), FINALIZED)
        labels = [(event.start_state.label, event.goal_state.label) for event in events]
        self.assertIn(("inactive", "active"), labels)
        self.assertEqual(labels[-1], ("inactive", "finalized"))

    def test_another_model(self):
        load = lambda path: self.peer.call(
            LoadModel, "performer_mpc/load_model", LoadModel.Request(path=path))
        model = os.environ["PERFORMER_MPC_MODEL"]
        self.peer.change(CONFIGURE)
        answer = load(model)
        self.assertTrue(answer.success, answer.message)
        self.assertEqual(self.peer.get("model")[0].string_value, model)
        self.assertFalse(load("/no/such/model").success)
        self.assertEqual(self.peer.get("model")[0].string_value, model)
        self.peer.change(ACTIVATE)
        self.assertIn("active", load("").message)


class Parameters(WithNode):
    def setUp(self):
        file = tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False)
        file.write("performer_mpc:\n  ros__parameters:\n    robot: jackal\n    xy_goal_tolerance_m: 0.4\n"
                   "    controller:\n      limits:\n        speed_max_mps: 1\n")
        file.close()
        self.parameters, self.arguments = {}, ("--params-file", file.name)
        super().setUp()

    def test_get_set_describe(self):
        robot, xy, speed, sim = self.peer.get(
            "robot", "xy_goal_tolerance_m", "controller.limits.speed_max_mps", "use_sim_time")
        self.assertEqual((robot.string_value, xy.double_value, speed.double_value), ("jackal", 0.4, 1.0))
        self.assertEqual(sim.type, 1)
        self.assertTrue(self.peer.set("xy_goal_tolerance_m", 0.3).successful)
        self.assertEqual(self.peer.get("xy_goal_tolerance_m")[0].double_value, 0.3)
        refused = self.peer.set("controller_frequency", -5.0)
        self.assertFalse(refused.successful)
        self.assertIn("1 to 200 Hz", refused.reason)
        self.assertIn("no parameter", self.peer.set("no_such", 1).reason)
        self.assertIn("type", self.peer.set("controller.mpc.horizon", "ten").reason)
        self.assertTrue(self.peer.set("controller.mpc.horizon", 20).successful)
        self.peer.change(CONFIGURE)
        self.peer.change(ACTIVATE)
        self.assertIn("active", self.peer.set("controller.mpc.horizon", 30).reason)
        self.assertTrue(self.peer.set("controller_frequency", 10.0).successful)
        names = self.peer.names()
        self.assertGreater(len(names), 100)
        for described in self.peer.describe(*names[:12], "controller_frequency"):
            self.assertTrue(described.description, described.name)
        self.assertEqual(described.additional_constraints, "1 to 200 Hz")


class Names(unittest.TestCase):
    def test_two_robots_do_not_hear_each_other(self):
        spaces = ["one", "two"]
        tf = ("-r", "/tf:=tf", "-r", "/tf_static:=tf_static")
        nodes = [NodeProcess(space, {"robot": "round", "autostart": True}, tf) for space in spaces]
        peers = []
        try:
            peers += [peer_with_robot("one"), Peer("two")]
            handle = peers[0].send(peers[0].follow, FollowPath.Goal(path=peers[0].path()))
            self.assertEqual(peers[0].result(handle), (SUCCEEDED, 0))
            self.assertEqual(peers[1].commands, [])
        finally:
            for peer in peers:
                peer.close()
            codes = [node.stop() for node in nodes]
        self.assertEqual(codes, [0, 0])


def peer_qos():
    return QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def peer_with_robot(space):
    peer = Peer(space, robot=SimulatedRobot())
    peer.fixed_out = peer.create_publisher(TFMessage, f"/{space}/tf_static", peer_qos())
    peer.fixed("base_link", "laser", *peer.robot.base_from_lidar)
    return peer


class Qualities(WithNode):
    parameters = {"robot": "round", "autostart": True}

    def test_services_that_nav2_offers_are_met(self):
        eventually(lambda: self.peer.counted("driving", "control") is not None, 20.0, "diagnostics")
        asked = lambda topic: [info.qos_profile for info in self.peer.get_subscriptions_info_by_topic(topic)
                               if info.node_name == "performer_mpc"][0]
        offered = lambda topic: [info.qos_profile for info in self.peer.get_publishers_info_by_topic(topic)
                                 if info.node_name == "performer_mpc"][0]
        for topic in ["/scan", "/odom"]:
            self.assertEqual(asked(topic).reliability, ReliabilityPolicy.BEST_EFFORT)
        self.assertEqual(asked("/tf_static").durability, DurabilityPolicy.TRANSIENT_LOCAL)
        self.assertEqual(offered("/local_costmap/costmap").durability, DurabilityPolicy.TRANSIENT_LOCAL)
        self.assertEqual(offered("/cmd_vel").reliability, ReliabilityPolicy.RELIABLE)


class Stamped(WithNode):
    robot, command = True, TwistStamped
    parameters = {"robot": "round", "autostart": True, "enable_stamped_cmd_vel": True}

    def test_commands_are_stamped(self):
        self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path()))
        eventually(lambda: self.peer.command != (0.0, 0.0))
        self.assertEqual(self.peer.latest.header.frame_id, "base_link")


class Recording(WithNode):
    robot = True

    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.parameters = {"robot": "round", "autostart": True, "record": True,
                           "record_directory": self.directory,
                           "model": os.environ["PERFORMER_MPC_MODEL"]}
        super().setUp()

    def test_a_recording_replays_to_the_byte(self):
        handle = self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path()))
        time.sleep(3.0)
        self.peer.set("xy_goal_tolerance_m", 0.5)
        self.peer.result(handle)
        self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path(to=[1.0, 0.0, 0.0])))
        time.sleep(1.0)
        self.assertEqual(self.node.stop(), 0)
        [file] = glob.glob(os.path.join(self.directory, "*.mcap"))
        replay = subprocess.run([os.path.join(PROGRAMS, "performer-mpc"), "replay", file, "--json", "-"],
                                capture_output=True, text=True)
        self.assertEqual(replay.returncode, 0, replay.stderr)
        figures = json.loads(replay.stdout)
        self.assertGreater(figures["commands_compared"], 80)
        self.assertEqual(figures["commands_different"], 0)


class SimulatedTime(WithNode):
    parameters = {"robot": "round", "autostart": True, "use_sim_time": True}

    def test_time_is_that_of_the_simulation(self):
        clock = self.peer.create_publisher(Clock, "/clock", 10)
        time.sleep(0.5)
        for step in range(300):
            now = 5.0 + 0.02 * step
            stamp = TimeMessage(sec=int(now), nanosec=int(now % 1 * 1e9))
            clock.publish(Clock(clock=stamp))
            time.sleep(0.004)
        eventually(lambda: self.peer.diagnoses)
        self.assertLess(self.peer.diagnoses[-1].header.stamp.sec, 20)


class Hostile(WithNode):
    robot, parameters = True, {"robot": "round", "autostart": True, "follow_topics": True}
    COUNT = 10_000

    def memory_mb(self):
        with open(f"/proc/{self.node.process.pid}/statm") as text:
            return int(text.read().split()[1]) * resource.getpagesize() / 1e6

    def test_ten_thousand(self):
        peer, dice = self.peer, random.Random(2)
        plans = peer.create_publisher(Path, "plan", 10)
        goals = peer.create_publisher(PoseStamped, "goal_pose", 10)
        limits = peer.create_publisher(SpeedLimit, "speed_limit", 10)
        eventually(lambda: peer.counted("driving", "control") is not None, 20.0, "diagnostics")
        eventually(lambda: plans.get_subscription_count() > 0)
        before = self.memory_mb()
        bad = [float("nan"), float("inf"), -float("inf"), 1e300, -1e300, 0.0]

        def stamp():
            shift = dice.choice([0.0, 3600.0, -3600.0, 1e9, -2.0])
            now = max(0.0, peer.get_clock().now().nanoseconds * 1e-9 + shift)
            return TimeMessage(sec=min(int(now), 2**31 - 1), nanosec=dice.randrange(10**9))

        def scan():
            message = LaserScan(
                angle_min=dice.choice([-3.0, bad[0], bad[1]]), angle_increment=dice.choice([0.01, 0.0, bad[0], -1e30]),
                range_min=dice.choice([0.1, -1.0, bad[0]]), range_max=dice.choice([10.0, bad[1], 0.0]),
                time_increment=dice.choice([0.0, -1.0, 1e9]),
                ranges=[dice.choice([1.0, bad[0], bad[1], -5.0])] * dice.choice([0, 1, 360, 30_000, 300_000]))
            message.header.frame_id = dice.choice(["laser", "moon", "", "odom"])
            message.header.stamp = stamp()
            return message

        def pose(into):
            set_pose(into, dice.choice(bad + [1.0]), dice.choice(bad + [1.0]), 0.3)
            into.orientation.w = dice.choice([0.0, 2.0, float("nan"), 1e200, into.orientation.w])

        def odometry():
            message = Odometry(child_frame_id=dice.choice(["base_link", "moon", ""]))
            message.header.frame_id = dice.choice(["odom", "map", ""])
            message.header.stamp = stamp()
            pose(message.pose.pose)
            message.twist.twist.linear.x = dice.choice(bad)
            message.twist.twist.angular.z = float("nan")
            return message

        def transforms():
            link = TransformStamped(child_frame_id=dice.choice(["odom", "base_link", "x", "", f"f{dice.random()}"]))
            link.header.frame_id = dice.choice(["map", "base_link", "x", "", "odom"])
            link.header.stamp = stamp()
            link.transform.translation.x = dice.choice(bad)
            link.transform.rotation.w = dice.choice([0.0, 3.0, float("nan")])
            return TFMessage(transforms=[link] * dice.choice([0, 1, 50]))

        def plan():
            message = Path()
            message.header.frame_id = dice.choice(["", "moon", "odom"])
            for _ in range(dice.choice([0, 1, 200])):
                place = PoseStamped()
                pose(place.pose)
                place.pose.orientation.w = 5.0
                message.poses.append(place)
            return message

        def goal():
            message = PoseStamped()
            message.header.frame_id = dice.choice(["", "moon"])
            pose(message.pose)
            return message

        makers = [(peer.scan_out, scan), (peer.odom_out, odometry), (peer.tf_out, transforms),
                  (plans, plan), (goals, goal),
                  (limits, lambda: SpeedLimit(percentage=True, speed_limit=dice.choice([float("nan"), 500.0, -1.0])))]
        for number in range(self.COUNT):
            out, make = makers[number % len(makers)]
            out.publish(make())
            if number % 20 == 0:
                time.sleep(0.01)
        self.assertIsNone(self.node.process.poll(), self.node.said())
        time.sleep(2.0)
        self.assertLess(self.memory_mb(), before + 60)
        for name in ["not finite", "size", "value", "rotation", "frame", "time"]:
            self.assertGreater(int(peer.counted(name)), 0, name)
        self.assertTrue(all(v == 0.0 for _, v, _ in peer.commands), "the robot did not move")
        status, code = peer.follow_path(peer.path())
        self.assertEqual((status, code), (SUCCEEDED, 0), "and drives as ever")


if __name__ == "__main__":
    unittest.main()
