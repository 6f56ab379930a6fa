"""Crocoddyl's BoxFDDP on an action model in C++, as its users write one for speed."""

import ctypes
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

SOURCE = Path(__file__).with_name("crocoddyl_model.cpp")
ITERATIONS_MAX = 200
Doubles = np.ctypeslib.ndpointer(dtype=np.float64, flags="C_CONTIGUOUS")


def built():
    """The action model as a shared library.

    Without `-march=native`: Eigen's memory must be aligned as in the wheel's own libraries.
    """
    prefix = Path(sys.prefix) / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages/cmeel.prefix"
    directory = Path(tempfile.mkdtemp(prefix="crocoddyl"))
    library = directory / "model.so"
    command = ["g++", "-std=c++17", "-O3", "-DNDEBUG", "-shared", "-fPIC"]
    command += ["-I", str(prefix / "include"), "-I", str(prefix / "include/eigen3"), str(SOURCE), "-o", str(library)]
    command += ["-L", str(prefix / "lib"), f"-Wl,--disable-new-dtags,-rpath,{prefix / 'lib'}", "-lcrocoddyl"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if "error" in line]
        raise RuntimeError(f"the action model does not compile: {errors[0] if errors else done.stderr[-200:]}")
    return ctypes.CDLL(str(library))


class Solver:
    def __init__(self, problem, circles, variant):
        del variant
        self.problem, self.version = problem, version("crocoddyl")
        self.library = built()
        self.library.create.restype = ctypes.c_void_p
        self.library.create.argtypes = [ctypes.c_int, ctypes.c_int, Doubles]
        self.library.solve.restype = ctypes.c_double
        self.library.solve.argtypes = [ctypes.c_void_p, Doubles, Doubles, ctypes.c_int, Doubles]
        d, w, form = problem.definition, problem.weights, problem.obstacle
        names = ("goal_xy", "omega", "a", "alpha", "goal_xy_N", "theta_N", "v_N", "omega_N", "obstacle", "vel_bound")
        values = [d["dt"], *d["u_min"], *d["u_max"], d["v_min"], d["v_max"], d["omega_min"], d["omega_max"]]
        values += [w[name] for name in names]
        values += [form[name] for name in ("margin", "beta", "robot_radius", "eps")]
        self.handle = self.library.create(problem.horizon, circles, np.array(values, dtype=np.float64))

    def solve(self, instance, x0, controls):
        data = np.concatenate([instance["goal"], np.array(instance["obstacles"]).ravel()]).astype(np.float64)
        plan = np.ascontiguousarray(controls, dtype=np.float64).copy()
        ms = self.library.solve(self.handle, data, np.ascontiguousarray(x0), ITERATIONS_MAX, plan)
        return plan, ms
