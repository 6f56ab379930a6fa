"""A test with a node under way and a peer of it."""

import unittest

from geometry_msgs.msg import Twist

from peer import Peer
from processes import NodeProcess, SimulatedRobot, eventually


class NodeCase(unittest.TestCase):
    """Starts the node before a test, and holds it to a clean end after. What the node said is shown when a test fails."""

    parameters, arguments, robot, command = {}, (), True, Twist

    def setUp(self):
        self.node = NodeProcess(parameters=self.parameters, arguments=self.arguments)
        self.addCleanup(self.end)
        self.peer = Peer(robot=SimulatedRobot() if self.robot else None, command=self.command)
        self.addCleanup(self.peer.close)
        if self.parameters.get("autostart"):
            eventually(self.is_ready, what="a node that hears its robot")

    def end(self):
        self.assertEqual(self.node.stop(), 0)

    def run(self, result=None):
        bad = lambda: len(result.failures) + len(result.errors)
        before = bad()
        super().run(result)
        if bad() > before and hasattr(self, "node"):
            print(f"--- the node of {self.id()} said\n{self.node.said()}---", flush=True)

    def is_ready(self):
        """True once the node is active and, with a robot, has heard all that it needs."""
        if self.peer.counted("driving", "control") is None:
            return False
        return not self.robot or self.peer.counted("scan age (s)", "inputs") not in (None, "never")

    def moving(self):
        return self.peer.command[0] > 0.2

    def at_rest(self):
        return self.peer.command == (0.0, 0.0)

    def reasons(self):
        """What the control loop has said of itself so far."""
        return [part.message for report in self.peer.diagnoses for part in report.status
                if "control" in part.name]
