"""Drives through a doorway over topics, and how they end."""

import signal
import time
import unittest

from action_msgs.msg import GoalStatus
from nav2_msgs.action import FollowPath, NavigateToPose
from nav2_msgs.msg import SpeedLimit
from nav_msgs.msg import OccupancyGrid, Path

from case import NodeCase
from peer import LATCHED
from processes import eventually

SUCCEEDED, CANCELED, ABORTED = (
    GoalStatus.STATUS_SUCCEEDED, GoalStatus.STATUS_CANCELED, GoalStatus.STATUS_ABORTED)


class Drive(NodeCase):
    parameters = {"autostart": True}


class Alone(Drive):
    """Without a path: the node finds its own."""

    def test_a_pose_behind_the_doorway(self):
        goal = NavigateToPose.Goal(pose=self.peer.path().poses[-1])
        goal.pose.header.frame_id = "odom"
        handle = self.peer.send(self.peer.navigate, goal)
        self.assertEqual(self.peer.result(handle), (SUCCEEDED, 0))
        self.assertGreater(min(self.peer.clearance), 0.0)


class Through(Drive):
    def test_a_path_through_the_doorway(self):
        seen = {"plan": [], "costmap": []}
        self.peer.create_subscription(Path, "local_plan", seen["plan"].append, 10)
        self.peer.create_subscription(
            OccupancyGrid, "local_costmap/costmap", seen["costmap"].append, LATCHED)
        feedback = []
        handle = self.peer.send(
            self.peer.follow, FollowPath.Goal(path=self.peer.path()), feedback.append)
        self.assertTrue(handle.accepted)
        self.assertEqual(self.peer.result(handle), (SUCCEEDED, 0))
        distances = [message.feedback.distance_to_goal for message in feedback]
        self.assertGreater(distances[0], distances[-1])
        self.assertGreater(max(message.feedback.speed for message in feedback), 0.2)
        self.assertGreater(min(self.peer.clearance), 0.0)
        eventually(self.at_rest, what="rest")
        count = len(self.peer.commands)
        time.sleep(0.5)
        self.assertEqual(len(self.peer.commands), count, "at rest the wheels are others'")
        eventually(lambda: seen["plan"] and seen["costmap"], what="plan and map")
        self.assertGreater(len(seen["plan"][0].poses), 5)
        self.assertEqual(seen["plan"][0].header.frame_id, "odom")
        self.assertIn(100, set(seen["costmap"][-1].data))

    def test_cancelling_stops_the_robot(self):
        handle = self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path()))
        eventually(self.moving, what="motion")
        handle.cancel_goal_async()
        self.assertEqual(self.peer.result(handle)[0], CANCELED)
        eventually(self.at_rest, what="rest")

    def test_a_new_path_takes_the_place_of_the_old(self):
        first = self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path()))
        eventually(self.moving, what="motion")
        second = self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path()))
        self.assertEqual(self.peer.result(first), (ABORTED, 100))
        self.assertEqual(self.peer.result(second), (SUCCEEDED, 0))

    def test_what_cannot_be_driven_has_nav2s_codes(self):
        self.assertEqual(self.peer.follow_path(self.peer.path(), controller="Other"), (ABORTED, 101))
        self.assertEqual(self.peer.follow_path(self.peer.path(frame="nowhere")), (ABORTED, 102))
        self.assertEqual(self.peer.follow_path(Path()), (ABORTED, 103))
        broken = self.peer.path()
        broken.poses[3].pose.position.x = float("nan")
        self.assertEqual(self.peer.follow_path(broken), (ABORTED, 103))

    def test_a_speed_limit(self):
        limits = self.peer.create_publisher(SpeedLimit, "speed_limit", 10)
        eventually(lambda: limits.get_subscription_count() > 0)
        limits.publish(SpeedLimit(percentage=True, speed_limit=30.0))
        self.assertEqual(self.peer.follow_path(self.peer.path()), (SUCCEEDED, 0))
        self.assertLessEqual(max(v for _, v, _ in self.peer.commands), 0.3 + 1e-6)


class Patient(Drive):
    parameters = {**Drive.parameters, "failure_tolerance_s": -1.0}

    def test_silence_brakes_and_the_drive_goes_on(self):
        handle = self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path()))
        eventually(self.moving, what="motion")
        self.peer.scans = False
        eventually(self.at_rest, what="rest")
        rest = len(self.peer.commands)
        eventually(lambda: any("scan" in reason for reason in self.reasons()), what="the reason")
        eventually(lambda: len(self.peer.commands) > rest + 5, what="more commands")
        self.assertEqual({(v, omega) for _, v, omega in self.peer.commands[rest:]}, {(0.0, 0.0)}, "it holds")
        self.peer.scans = True
        self.assertEqual(self.peer.result(handle), (SUCCEEDED, 0))


class Impatient(Drive):
    parameters = {**Drive.parameters, "failure_tolerance_s": 1.0, "movement_time_allowance_s": 3.0}

    def test_long_silence_exceeds_patience(self):
        handle = self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path()))
        eventually(self.moving, what="motion")
        self.peer.odometry = False
        self.assertEqual(self.peer.result(handle), (ABORTED, 104))

    def test_no_progress_ends_the_drive(self):
        behind_the_wall = self.peer.path(to=[-30.0, 0.0, 0.0])
        self.assertEqual(self.peer.follow_path(behind_the_wall), (ABORTED, 105))


class NoPatience(Drive):
    parameters = {**Drive.parameters, "failure_tolerance_s": 0.0}

    def test_no_command_ends_the_drive_at_once(self):
        self.peer.scans = False
        old = lambda: float(self.peer.counted("scan age (s)", "inputs")) > 1.0
        eventually(old, what="an old scan")
        self.assertEqual(self.peer.follow_path(self.peer.path()), (ABORTED, 106))


class Stop(Drive):
    def stops_with_zero(self, how):
        self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path()))
        eventually(self.moving, what="motion")
        asked = len(self.peer.commands)
        self.assertEqual(self.node.stop(how), 0)
        eventually(self.at_rest, what="a last command of zero")
        self.assertTrue(any(v > 0.0 for _, v, _ in self.peer.commands[asked:]), "it brakes, and is not cut off")

    def test_an_interrupt(self):
        self.stops_with_zero(signal.SIGINT)

    def test_a_termination(self):
        self.stops_with_zero(signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
