"""Time from a scan's publication to the arrival of its command over the wire, and the jitter of the control period (by
the stamps of commands, which are the times at which ticks begin) and of the commands' arrival: alone, and beside a
large grid and large clouds, the control loop as one thread among others and with `use_realtime_priority`, where the
system permits that. `make ros2-latency` builds the node for release and runs this.

A command has arrived when the middleware of the peer has it: Python may get to it later. The grid and the clouds come
from a process of their own.

Usage: latency.py [--seconds N] [--model FILE] [--json FILE] [--docs FILE]
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy
import rclpy
from geometry_msgs.msg import TwistStamped
from nav2_msgs.action import FollowPath
from nav_msgs.msg import OccupancyGrid
from rclpy.executors import ExternalShutdownException
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import PointCloud2, PointField

from peer import LATCHED, Peer
from processes import NodeProcess, SimulatedRobot, eventually, permits_real_time


BEGIN, END = "<!-- latency begin -->", "<!-- latency end -->"


class Still(Peer):
    """A robot that stands before the doorway and publishes a scan every 50 ms."""

    def __init__(self, robot):
        self.published, self.arrived = [], []
        super().__init__(robot=robot, command=TwistStamped)
        self.create_subscription(TwistStamped, "cmd_vel", self.on_arrival, 10)

    def on_arrival(self, message, info):
        begun = message.header.stamp
        self.arrived.append((info["received_timestamp"], begun.sec * 10**9 + begun.nanosec))

    def drive(self):
        due, step = time.monotonic(), 0
        while self.running:
            is_scan = step % 5 == 0
            if is_scan or self.state is None:
                self.state = self.robot.step(0.0, 0.0, 0.01, True)
            now = self.get_clock().now()
            self.odom_out.publish(self.odometry_message(now))
            if is_scan:
                message = self.scan_message(now)
                self.published.append(time.time_ns())
                self.scan_out.publish(message)
            step += 1
            due += 0.01
            time.sleep(max(0.0, due - time.monotonic()))


def load():
    """Publishes the grid, heard here, and the clouds, heard by the node, until the process is ended."""
    rclpy.init()
    node = rclpy.create_node("load")
    grids = node.create_publisher(OccupancyGrid, "map", LATCHED)
    node.create_subscription(OccupancyGrid, "map", lambda grid: None, LATCHED)
    clouds = node.create_publisher(PointCloud2, "points", qos_profile_sensor_data)
    grid = OccupancyGrid(data=[0] * 1_000_000)
    grid.info.width = grid.info.height = 1000
    names = ["x", "y", "z"]
    cloud = PointCloud2(height=1, width=130_000, point_step=12, row_step=12 * 130_000, is_dense=True)
    cloud.fields = [PointField(name=n, offset=4 * i, datatype=7, count=1) for i, n in enumerate(names)]
    points = numpy.random.default_rng(2).uniform(-8, 8, (130_000, 3)).astype(numpy.float32)
    points[:, 2] = -0.3
    cloud.data = points.tobytes()
    cloud.header.frame_id = "laser"

    def publish():
        cloud.header.stamp = node.get_clock().now().to_msg()
        clouds.publish(cloud)
        grids.publish(grid)

    node.create_timer(0.1, publish)
    try:
        rclpy.spin(node)
    except ExternalShutdownException:
        pass  # it was ended


def measure(options, before_others, loaded):
    """Drives for some time towards a goal that is never reached; the figures."""
    parameters = {"autostart": True, "model": options.model, "use_realtime_priority": before_others,
                  "enable_stamped_cmd_vel": True, "controller.mapper.volume.enabled": loaded,
                  # the robot stands
                  "movement_time_allowance_s": 1e6, "controller.mpc.stall.enabled": False}
    node, peer = NodeProcess(parameters=parameters), Still(robot=SimulatedRobot())
    beside = subprocess.Popen([sys.executable, __file__, "--load"]) if loaded else None
    try:
        eventually(lambda: peer.counted("driving", "control") is not None, what="diagnostics")
        peer.send(peer.follow, FollowPath.Goal(path=peer.path()))
        time.sleep(5.0)
        scans, commands = len(peer.published), len(peer.arrived)
        time.sleep(options.seconds)
        arrivals, begun = numpy.array(peer.arrived[commands:]).T / 1e6
        published = numpy.array(peer.published[scans:-2]) / 1e6
        places = numpy.searchsorted(arrivals, published)
        answered = places < len(arrivals)
        latencies = arrivals[places[answered]] - published[answered]
        jitter = lambda times: numpy.abs(numpy.diff(times) - 50.0)
        quantile = lambda values, share: round(float(numpy.quantile(values, share)), 2)
        return {
            "loaded": loaded, "before_others": before_others,
            "scans": len(published), "commands": len(arrivals),
            "latency_ms_p50": quantile(latencies, 0.5), "latency_ms_p99": quantile(latencies, 0.99),
            "jitter_ms_p50": quantile(jitter(begun), 0.5), "jitter_ms_p99": quantile(jitter(begun), 0.99),
            "arrival_jitter_ms_p50": quantile(jitter(arrivals), 0.5),
            "arrival_jitter_ms_p99": quantile(jitter(arrivals), 0.99),
            "scan_jitter_ms_p99": quantile(jitter(published), 0.99),
            "tick_ms_p50": float(peer.counted("tick p50 (ms)", "control")),
            "tick_ms_p99": float(peer.counted("tick p99 (ms)", "control")),
        }
    finally:
        if beside:
            beside.terminate()
            beside.wait()
        peer.close()
        if node.stop() != 0:
            sys.exit(node.said())


def priorities():
    """Whether the loop goes before others: both, or only not, where nothing may."""
    if permits_real_time():
        return [False, True]
    print("use_realtime_priority is not measured: the system does not permit it")
    return [False]


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def table(answer):
    lines = [
        f"{answer['cores']} cores of {answer['processor']}, {answer['model']}, {answer['seconds']:.0f} s each, "
        f"load average before {answer['load_average'][0]:.2f}, {answer['date']}, {answer['commit']}:", "",
        "| | scan to command, ms: p50 | p99 | control period off by, ms: p50 | p99 | arrival off by, ms: p50 | p99 "
        "| a tick, ms: p50 | p99 |", "| --- |" + " --- |" * 8,
    ]
    for run in answer["runs"]:
        name = "beside a grid and clouds" if run["loaded"] else "scans and odometry"
        name += ", `use_realtime_priority`" if run["before_others"] else ""
        keys = [f"{what}_ms_{share}" for what in ["latency", "jitter", "arrival_jitter", "tick"] for share in ["p50", "p99"]]
        lines.append(" | ".join([f"| {name}", *(f"{run[key]:.1f}" for key in keys)]) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--model", default=os.environ.get("PERFORMER_MPC_MODEL", ""))
    parser.add_argument("--load", action="store_true", help="only publish a large grid and large clouds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--docs", type=Path, metavar="FILE", help="replace the table between the marks in this file")
    options = parser.parse_args()
    if options.load:
        return load()
    revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    answer = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()), "commit": revision.stdout.strip(),
        "processor": processor(), "cores": os.cpu_count(), "load_average": os.getloadavg(),
        "model": Path(options.model).stem or "regular", "seconds": options.seconds,
        "runs": [measure(options, before, loaded) for before in priorities() for loaded in (False, True)],
    }
    text = table(answer)
    print(text)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(answer, indent=2) + "\n")
    if options.docs:
        before, mark, rest = options.docs.read_text().partition(BEGIN)
        _, end, after = rest.partition(END)
        if not (mark and end):
            sys.exit(f"{options.docs}: expected the marks {BEGIN} and {END}")
        options.docs.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


main()
