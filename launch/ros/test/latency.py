"""Time from a scan's publication to the arrival of its command, and the jitter of the control period.

Usage: latency.py [--seconds N] [--load] [--model FILE]; prints one line of JSON.
"""

import argparse
import json
import sys
import threading
import time

import numpy
from nav2_msgs.action import FollowPath
from nav_msgs.msg import OccupancyGrid
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import PointCloud2, PointField

from peer import LATCHED, Peer
from processes import NodeProcess, SimulatedRobot, eventually


class Still(Peer):
    """A robot that stands before the doorway and publishes a scan every 50 ms."""

    def drive(self):
        self.published = []
        due, step = time.monotonic(), 0
        while self.running:
            is_scan = step % 5 == 0
            if is_scan or self.state is None:
                self.state = self.robot.step(0.0, 0.0, 0.01, True)
            now = self.get_clock().now()
            self.odom_out.publish(self.odometry_message(now))
            if is_scan:
                message = self.scan_message(now)
                self.published.append(time.monotonic())
                self.scan_out.publish(message)
            step += 1
            due += 0.01
            time.sleep(max(0.0, due - time.monotonic()))


def load(peer, stop):
    grids = peer.create_publisher(OccupancyGrid, "map", LATCHED)
    clouds = peer.create_publisher(PointCloud2, "points", qos_profile_sensor_data)
    grid = OccupancyGrid(data=[0] * 1_000_000)
    grid.info.width = grid.info.height = 1000
    names = ["x", "y", "z"]
    cloud = PointCloud2(height=1, width=130_000, point_step=12, row_step=12 * 130_000, is_dense=True)
    cloud.fields = [PointField(name=n, offset=4 * i, datatype=7, count=1) for i, n in enumerate(names)]
    points = numpy.random.default_rng(2).uniform(-8, 8, (130_000, 3)).astype(numpy.float32)
    points[:, 2] = -0.3
    cloud.data = points.tobytes()
    cloud.header.frame_id = "laser"
    while not stop.is_set():
        cloud.header.stamp = peer.get_clock().now().to_msg()
        clouds.publish(cloud)
        grids.publish(grid)
        time.sleep(0.1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--load", action="store_true")
    parser.add_argument("--model", default="")
    options = parser.parse_args()
    parameters = {"robot": "round", "autostart": True, "movement_time_allowance_s": 1e6}
    if options.model:
        parameters["model"] = options.model
    if options.load:
        parameters["controller.mapper.volume.enabled"] = True
    node, peer = NodeProcess(parameters=parameters), Still(robot=SimulatedRobot())
    stop = threading.Event()
    try:
        eventually(lambda: peer.counted("driving", "control") is not None, 20.0)
        peer.send(peer.follow, FollowPath.Goal(path=peer.path()))
        if options.load:
            threading.Thread(target=load, args=(peer, stop), daemon=True).start()
        time.sleep(3.0)
        scans, commands = len(peer.published), len(peer.commands)
        time.sleep(options.seconds)
        arrivals = numpy.array([at for at, _, _ in peer.commands[commands:]])
        published = numpy.array(peer.published[scans:-2])
        places = numpy.searchsorted(arrivals, published)
        latencies = 1e3 * (arrivals[places[places < len(arrivals)]] - published[places < len(arrivals)])
        periods = 1e3 * numpy.abs(numpy.diff(arrivals) - 0.05)
        print(json.dumps({
            "scans": len(latencies), "commands": len(arrivals),
            "latency_ms_p50": round(float(numpy.quantile(latencies, 0.5)), 2),
            "latency_ms_p99": round(float(numpy.quantile(latencies, 0.99)), 2),
            "jitter_ms_p50": round(float(numpy.quantile(periods, 0.5)), 2),
            "jitter_ms_p99": round(float(numpy.quantile(periods, 0.99)), 2),
            "tick_ms_p50": peer.counted("tick p50 (ms)", "control"),
            "tick_ms_p99": peer.counted("tick p99 (ms)", "control"),
            "period_ms_p99": peer.counted("period p99 (ms)", "control"),
        }))
    finally:
        stop.set()
        peer.close()
        if node.stop() != 0:
            sys.exit(node.said())


main()
