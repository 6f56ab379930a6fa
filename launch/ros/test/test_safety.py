"""Emergency stop, protective field, speed limits that expire, and what diagnostics say of them."""

import unittest

from action_msgs.msg import GoalStatus
from bond.msg import Status
from nav2_msgs.action import FollowPath
from nav2_msgs.msg import SpeedLimit
from std_msgs.msg import Bool, Empty
from std_srvs.srv import SetBool, Trigger

from case import NodeCase
from peer import ACTIVATE, DEACTIVATE
from processes import eventually

SUCCEEDED, ABORTED = GoalStatus.STATUS_SUCCEEDED, GoalStatus.STATUS_ABORTED


class Safety(NodeCase):
    parameters = {"autostart": True}

    def follow(self):
        handle = self.peer.send(self.peer.follow, FollowPath.Goal(path=self.peer.path()))
        eventually(self.moving, what="motion")
        return handle

    def publisher(self, kind, topic):
        out = self.peer.create_publisher(kind, topic, 10)
        eventually(lambda: out.get_subscription_count() > 0, what="a match")
        return out

    def said(self, key):
        return self.peer.counted(key, "safety")


class Stops(Safety):
    def test_an_emergency_stop_by_topic_is_released_and_reset_by_hand(self):
        stops = self.publisher(Bool, "emergency_stop")
        handle = self.follow()
        stops.publish(Bool(data=True))
        self.assertEqual(self.peer.result(handle), (ABORTED, 100))
        eventually(self.at_rest, what="a zero command")
        eventually(lambda: self.said("emergency stop") == "pressed", what="the state")
        refused = self.peer.call(Trigger, "performer_mpc/reset_stop", Trigger.Request())
        self.assertFalse(refused.success)
        self.assertIn("pressed", refused.message)
        stops.publish(Bool(data=False))
        eventually(lambda: "waits for a reset" in self.said("emergency stop"), what="the latch")
        self.assertEqual(self.peer.follow_path(self.peer.path()), (ABORTED, 100))
        reset = self.peer.call(Trigger, "performer_mpc/reset_stop", Trigger.Request())
        self.assertTrue(reset.success, reset.message)
        self.assertEqual(self.peer.follow_path(self.peer.path()), (SUCCEEDED, 0))

    def test_an_emergency_stop_by_service_holds_across_a_deactivation(self):
        press = lambda pressed: self.peer.call(
            SetBool, "performer_mpc/emergency_stop", SetBool.Request(data=pressed))
        handle = self.follow()
        self.assertTrue(press(True).success)
        self.assertEqual(self.peer.result(handle), (ABORTED, 100))
        self.assertTrue(press(False).success)
        self.assertTrue(self.peer.change(DEACTIVATE))
        self.assertTrue(self.peer.change(ACTIVATE))
        self.assertEqual(self.peer.follow_path(self.peer.path()), (ABORTED, 100))
        resets = self.publisher(Empty, "reset_stop")
        resets.publish(Empty())
        eventually(lambda: self.said("emergency stop") == "clear", what="the reset")

    def test_a_protective_field_holds_the_drive_and_lets_it_go_on(self):
        field = self.publisher(Bool, "protective_field")
        handle = self.follow()
        field.publish(Bool(data=True))
        eventually(self.at_rest, what="a zero command")
        eventually(lambda: any("protective field" in reason for reason in self.reasons()), what="the reason")
        field.publish(Bool(data=False))
        self.assertEqual(self.peer.result(handle), (SUCCEEDED, 0))


class Expiry(Safety):
    parameters = {"autostart": True, "speed_limit_timeout_s": 2.0}

    def test_a_speed_limit_is_told_and_expires(self):
        limits = self.publisher(SpeedLimit, "speed_limit")
        limits.publish(SpeedLimit(percentage=False, speed_limit=0.25))
        eventually(lambda: self.said("speed limit") == "0.250 m/s", what="the limit")
        eventually(lambda: self.said("speed limit") == "none", what="its end")
        self.follow()
        eventually(lambda: self.peer.command[0] > 0.4, what="speed")


class Monitored(Safety):
    parameters = {"autostart": True, "emergency_stop_timeout_s": 0.5}

    def test_a_silent_emergency_stop_counts_as_pressed(self):
        eventually(lambda: "silent" in (self.said("emergency stop") or ""), what="the state")
        self.assertEqual(self.peer.follow_path(self.peer.path()), (ABORTED, 100))


class Watched(Safety):
    def test_the_bond_lasts_while_the_loop_ticks(self):
        beats = []
        self.peer.create_subscription(Status, "bond", beats.append, 100)
        eventually(lambda: len(beats) > 5, what="heartbeats")
        self.assertTrue(all(beat.active for beat in beats))
        eventually(lambda: self.said("watchdog sees the loop") == "ticking", what="a diagnosis")
        self.assertEqual(self.said("guard mode"), "full")
        self.assertEqual(self.said("monitor enabled"), "true")


if __name__ == "__main__":
    unittest.main()
