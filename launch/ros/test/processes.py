"""The node and the simulated robot as processes, for peers of any kind."""

import json
import os
import signal
import subprocess
import tempfile
import time

PROGRAMS = os.environ["PERFORMER_MPC_PROGRAMS"]


class NodeProcess:
    """`performer_mpc_node` with parameters and remappings."""

    def __init__(self, namespace="", parameters=None, arguments=()):
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".log")
        command = [os.path.join(PROGRAMS, "performer_mpc_node"), "--ros-args"]
        if namespace:
            command += ["-r", f"__ns:=/{namespace}"]
        for name, value in (parameters or {}).items():
            command += ["-p", f"{name}:={json.dumps(value)}"]
        self.process = subprocess.Popen(command + list(arguments), stderr=self.log, stdout=self.log)

    def stop(self, how=signal.SIGINT):
        """Asks it to end; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout=60)

    def said(self):
        self.log.flush()
        with open(self.log.name) as text:
            return text.read()


class SimulatedRobot:
    """The project's simulator in a process of its own."""

    def __init__(self, robot="round", seed=12):
        program = os.path.join(PROGRAMS, "simulated_robot")
        self.process = subprocess.Popen(
            [program, robot, str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        begin = json.loads(self.process.stdout.readline())
        self.way, self.base_from_lidar = begin["way"], begin["base_from_lidar"]

    def step(self, v, omega, dt, scan):
        self.process.stdin.write(json.dumps({"v": v, "omega": omega, "dt": dt, "scan": scan}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=60)


def eventually(holds, timeout=60.0, what="it"):
    """Waits for what must come; the time is for the slowest machine, and says nothing of how long it may take."""
    end = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come to hold in {timeout} s")
        time.sleep(0.02)


def permits_real_time():
    """Whether the system lets this user's threads go before others."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True
