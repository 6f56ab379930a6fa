"""States, parameters, names, recordings, and messages that mean no good."""

import glob
import json
import math
import os
import pathlib
import subprocess
import tempfile
import unittest

from bond.msg import Status
from builtin_interfaces.msg import Time as TimeMessage
from geometry_msgs.msg import TwistStamped
from lifecycle_msgs.msg import TransitionEvent
from nav2_msgs.action import FollowPath
from nav_msgs.msg import Path
from performer_mpc_msgs.srv import LoadModel
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from tf2_msgs.msg import TFMessage

from case import NodeCase
from peer import (
    ACTIVATE, ACTIVE, CLEANUP, CONFIGURE, DEACTIVATE, FINALIZED, INACTIVE, LATCHED,
    UNCONFIGURED, Peer)
from processes import PROGRAMS, NodeProcess, SimulatedRobot, eventually, permits_real_time

SUCCEEDED = 4


class Lifecycle(NodeCase):
    robot = False

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
                eventually(lambda: len(beats) > before + 7, what="heartbeats")
                self.assertTrue(beats[-1].active)
                self.assertEqual(beats[-1].id, "performer_mpc")
        eventually(lambda: not beats[-1].active, what="a bond that ends")
        self.assertTrue(self.peer.change(6))  # shutdown of an inactive node
        self.assertEqual(self.peer.node_state(), FINALIZED)
        labels = lambda: [(event.start_state.label, event.goal_state.label) for event in events]
        eventually(lambda: ("inactive", "finalized") in labels(), what="the news")
        self.assertIn(("inactive", "active"), labels())

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


class Parameters(NodeCase):
    robot = False

    def setUp(self):
        file = tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False)
        file.write("performer_mpc:\n  ros__parameters:\n    robot: jackal\n    xy_goal_tolerance_m: 0.4\n"
                   "    controller:\n      limits:\n        speed_max_mps: 1\n")
        file.close()
        self.arguments = ("--params-file", file.name)
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
        for described in self.peer.describe(*names[:12], "controller.mpc.horizon", "controller_frequency"):
            self.assertTrue(described.description, described.name)
            if described.name == "controller.mpc.horizon":
                (bounds,) = described.integer_range
                self.assertEqual((bounds.from_value, bounds.to_value), (2, 200))
        self.assertEqual(described.additional_constraints, "1 to 200 Hz")
        (bounds,) = described.floating_point_range
        self.assertEqual((bounds.from_value, bounds.to_value), (1.0, 200.0))


class Files(unittest.TestCase):
    def test_files_of_parameters_make_controllers(self):
        files = sorted((pathlib.Path(__file__).parent.parent / "performer_mpc" / "params").glob("*.yaml"))
        self.assertEqual(len(files), 3)
        for file in files:
            node, peer = NodeProcess(arguments=("--params-file", str(file))), Peer()
            try:
                self.assertTrue(peer.change(CONFIGURE), node.said())
            finally:
                peer.close()
                self.assertEqual(node.stop(), 0)

    def test_what_is_no_parameter_is_named(self):
        node = NodeProcess(parameters={"controller.limits.speed_maximum": 1.0})
        self.assertEqual(node.process.wait(timeout=60), 1)
        self.assertIn("speed_maximum", node.said())


class Names(unittest.TestCase):
    def test_two_robots_do_not_hear_each_other(self):
        spaces = ["one", "two"]
        tf = ("-r", "/tf:=tf", "-r", "/tf_static:=tf_static")
        nodes = [NodeProcess(space, {"autostart": True}, tf) for space in spaces]
        peers = []
        try:
            peers += [peer_with_robot(space, seed) for space, seed in zip(spaces, [12, 14])]
            first, second = peers
            handles = [first.send(first.follow, FollowPath.Goal(path=first.path()))]
            eventually(lambda: first.command[0] > 0.2, what="motion")
            self.assertEqual(second.commands, [])
            # now both at once, each along a way of its own
            handles += [second.send(second.follow, FollowPath.Goal(path=second.path()))]
            for peer, handle in zip(peers, handles):
                self.assertEqual(peer.result(handle), (SUCCEEDED, 0))
                self.assertGreater(min(peer.clearance), 0.0)
                self.assertLess(math.dist(peer.state["pose"][:2], peer.robot.way[-1][:2]), 0.5)
        finally:
            for peer in peers:
                peer.close()
            codes = [node.stop() for node in nodes]
        self.assertEqual(codes, [0, 0])


def peer_with_robot(space, seed):
    peer = Peer(space, robot=SimulatedRobot(seed=seed))
    peer.fixed_out = peer.create_publisher(TFMessage, f"/{space}/tf_static", LATCHED)
    peer.fixed("base_link", "laser", *peer.robot.base_from_lidar)
    return peer


class Qualities(NodeCase):
    robot, parameters = False, {"autostart": True}

    def test_services_that_nav2_offers_are_met(self):
        asked = lambda topic: [info.qos_profile for info in self.peer.get_subscriptions_info_by_topic(topic)
                               if info.node_name == "performer_mpc"][0]
        offered = lambda topic: [info.qos_profile for info in self.peer.get_publishers_info_by_topic(topic)
                                 if info.node_name == "performer_mpc"][0]
        for topic in ["/scan", "/odom"]:
            self.assertEqual(asked(topic).reliability, ReliabilityPolicy.BEST_EFFORT)
        self.assertEqual(asked("/tf_static").durability, DurabilityPolicy.TRANSIENT_LOCAL)
        self.assertEqual(offered("/local_costmap/costmap").durability, DurabilityPolicy.TRANSIENT_LOCAL)
        self.assertEqual(offered("/cmd_vel").reliability, ReliabilityPolicy.RELIABLE)


class Stamped(NodeCase):
    command, parameters = TwistStamped, {"autostart": True, "enable_stamped_cmd_vel": True}

    def test_commands_are_stamped(self):
        self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path()))
        eventually(self.moving, what="motion")
        self.assertEqual(self.peer.latest.header.frame_id, "base_link")
        self.assertGreater(self.peer.latest.header.stamp.sec, 0)


class RealTime(NodeCase):
    robot, parameters = False, {"use_realtime_priority": True}

    def test_the_control_loop_goes_before_others_where_that_is_permitted(self):
        permitted = permits_real_time()
        self.assertTrue(self.peer.change(CONFIGURE))
        self.assertEqual(self.peer.change(ACTIVATE), permitted)
        if permitted:
            [control] = [task for task in pathlib.Path(f"/proc/{self.node.process.pid}/task").iterdir()
                         if (task / "comm").read_text().strip() == "control"]
            eventually(lambda: os.sched_getscheduler(int(control.name)) == os.SCHED_FIFO, what="priority")
        else:
            self.assertEqual(self.peer.node_state(), INACTIVE)
            self.assertIn("use_realtime_priority", self.node.said())


class Recording(NodeCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.parameters = {"autostart": True, "record": True, "record_directory": self.directory,
                           "model": os.environ["PERFORMER_MPC_MODEL"]}
        super().setUp()

    def test_a_recording_replays_to_the_byte(self):
        handle = self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path()))
        eventually(self.moving, what="motion")
        self.peer.set("xy_goal_tolerance_m", 0.5)
        self.peer.result(handle)
        self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path(to=[1.0, 0.0, 0.0])))
        before = len(self.peer.commands)
        eventually(lambda: len(self.peer.commands) > before + 20, what="commands")
        self.assertEqual(self.node.stop(), 0)
        [file] = glob.glob(os.path.join(self.directory, "*.mcap"))
        replay = subprocess.run([os.path.join(PROGRAMS, "performer-mpc"), "replay", file, "--json", "-"],
                                capture_output=True, text=True)
        self.assertEqual(replay.returncode, 0, replay.stderr)
        figures = json.loads(replay.stdout)
        self.assertGreater(figures["commands_compared"], 40)
        self.assertEqual(figures["commands_different"], 0)


class SimulatedTime(NodeCase):
    robot, parameters = False, {"use_sim_time": True, "autostart": True}

    def is_ready(self):
        return True  # there is no time yet

    def test_time_is_that_of_the_simulation(self):
        clock = self.peer.create_publisher(Clock, "/clock", 10)
        now = 5.0

        def diagnosed():
            nonlocal now
            now += 0.02
            clock.publish(Clock(clock=TimeMessage(sec=int(now), nanosec=int(now % 1 * 1e9))))
            return any(report.header.stamp.sec >= 5 for report in self.peer.diagnoses)

        eventually(diagnosed, what="a diagnosis")
        self.assertLessEqual(self.peer.diagnoses[-1].header.stamp.sec, now)


if __name__ == "__main__":
    unittest.main()
