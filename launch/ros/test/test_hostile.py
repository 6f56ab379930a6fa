"""Messages that mean no good: the node counts them and drives as ever."""

import random
import resource
import time
import unittest

from builtin_interfaces.msg import Time as TimeMessage
from geometry_msgs.msg import PoseStamped, TransformStamped
from nav2_msgs.msg import SpeedLimit
from nav_msgs.msg import Odometry, Path
from sensor_msgs.msg import LaserScan
from tf2_msgs.msg import TFMessage

from case import NodeCase
from peer import set_pose
from processes import eventually

SUCCEEDED = 4


class Hostile(NodeCase):
    parameters = {"autostart": True, "follow_topics": True}
    COUNT = 10_000

    def memory_mb(self):
        with open(f"/proc/{self.node.process.pid}/statm") as text:
            return int(text.read().split()[1]) * resource.getpagesize() / 1e6

    def test_ten_thousand(self):
        peer, dice = self.peer, random.Random(2)
        plans = peer.create_publisher(Path, "plan", 10)
        goals = peer.create_publisher(PoseStamped, "goal_pose", 10)
        limits = peer.create_publisher(SpeedLimit, "speed_limit", 10)
        for out in [plans, goals, limits]:
            eventually(lambda: out.get_subscription_count() > 0, what="a match")
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
        for name in ["not finite", "size", "value", "rotation", "frame", "time"]:
            eventually(lambda: int(peer.counted(name)) > 0, what=f"a count of {name}")
        self.assertLess(self.memory_mb(), before + 60)
        self.assertTrue(all(v == 0.0 for _, v, _ in peer.commands), "the robot did not move")
        status, code = peer.follow_path(peer.path())
        self.assertEqual((status, code), (SUCCEEDED, 0), "and drives as ever")


if __name__ == "__main__":
    unittest.main()
