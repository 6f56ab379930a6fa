"""Solvers of the optimal control benchmark in a process of their own. Run by control.py.

    solvers.py NAME INSTANCES.json HORIZON

The problem, soft variant: state x = [px, py, theta, v, omega], control u = [a, alpha], explicit Euler,

    min  sum_k<N  stage(x_k, u_k)  +  terminal(x_N),   |a|, |alpha| bounded

All terms are squares, so that Gauss-Newton applies. Times are processor time. Merit: controls clipped, rolled out, and the cost of that.
"""

import importlib
import json
import sys
import time

import numpy as np
from worker import serve

LOOP_STEPS = 100
LOOP_INSTANCES = 10
REACHED_M = 0.3


class Problem:
    """Dynamics and cost of one horizon, in NumPy."""

    def __init__(self, definition, horizon):
        self.definition, self.horizon = definition, horizon
        self.dt = definition["dt"]
        self.u_min, self.u_max = np.array(definition["u_min"]), np.array(definition["u_max"])
        self.weights, self.obstacle = definition["weights"], definition["obstacle_fn"]

    def step(self, x, u):
        px, py, theta, v, omega = x
        change = np.array([v * np.cos(theta), v * np.sin(theta), omega, u[0], u[1]])
        return np.array([px, py, theta, v, omega]) + self.dt * change

    def rollout(self, x0, controls):
        states = [np.array(x0, dtype=float)]
        for u in controls:
            states.append(self.step(states[-1], u))
        return np.array(states)

    def of_state(self, instance, x):
        """Cost of circles and velocity bounds."""
        d, w = self.definition, self.weights
        circles, form = np.array(instance["obstacles"]), self.obstacle
        apart = np.sqrt(((x[:2] - circles[:, :2]) ** 2).sum(1) + form["eps"]) - circles[:, 2] - form["robot_radius"]
        near = np.logaddexp(0.0, form["beta"] * (form["margin"] - apart)) / form["beta"]
        beyond = [x[3] - d["v_max"], d["v_min"] - x[3], x[4] - d["omega_max"], d["omega_min"] - x[4]]
        return w["obstacle"] * (near**2).sum() + w["vel_bound"] * (np.maximum(beyond, 0.0) ** 2).sum()

    def stage(self, instance, x, u):
        w, goal = self.weights, np.array(instance["goal"][:2])
        cost = w["goal_xy"] * ((x[:2] - goal) ** 2).sum() + w["omega"] * x[4] ** 2
        return cost + w["a"] * u[0] ** 2 + w["alpha"] * u[1] ** 2 + self.of_state(instance, x)

    def terminal(self, instance, x):
        w, goal = self.weights, instance["goal"]
        cost = w["goal_xy_N"] * ((x[:2] - np.array(goal[:2])) ** 2).sum()
        cost += w["theta_N"] * 2 * (1 - np.cos(x[2] - goal[2])) + w["v_N"] * x[3] ** 2 + w["omega_N"] * x[4] ** 2
        return cost + self.of_state(instance, x)

    def merit(self, instance, controls):
        controls = np.clip(controls, self.u_min, self.u_max)
        states = self.rollout(instance["x0"], controls)
        stages = sum(self.stage(instance, x, u) for x, u in zip(states, controls))
        return float(stages + self.terminal(instance, states[-1]))

    def clearance_m(self, instance, x):
        circles = np.array(instance["obstacles"])
        apart = np.hypot(*(x[:2] - circles[:, :2]).T) - circles[:, 2] - self.obstacle["robot_radius"]
        return float(apart.min())


def cold(problem, solver, instances):
    """All instances from zero controls: times and merits."""
    times, merits = [], []
    for instance in instances:
        start = np.zeros((problem.horizon, 2))
        controls, ms = solver.solve(instance, np.array(instance["x0"]), start)
        times.append(ms)
        merits.append(problem.merit(instance, controls) if np.isfinite(controls).all() else None)
    return {"ms": times, "J": merits}


def warm(problem, solver, instances):
    """Closed loop of the first instances; each plan starts from the last one, shifted."""
    times, costs, clearances, reached = [], [], [], 0
    for instance in instances[:LOOP_INSTANCES]:
        x, plan, cost, clearance = np.array(instance["x0"]), np.zeros((problem.horizon, 2)), 0.0, np.inf
        if hasattr(solver, "begin"):
            solver.begin(instance, x)
            plan = getattr(solver, "first_plan", plan)
        for step in range(LOOP_STEPS):
            controls, ms = solver.solve(instance, x, plan)
            times.append(ms)
            plan = controls if np.isfinite(controls).all() else plan
            u = np.clip(plan[0], problem.u_min, problem.u_max)
            cost += problem.stage(instance, x, u)
            x = problem.step(x, u) + np.array(instance["noise"][step])
            clearance = min(clearance, problem.clearance_m(instance, x))
            plan = np.vstack([plan[1:], plan[-1:]])
        costs.append(float(cost))
        clearances.append(clearance)
        reached += bool(np.hypot(*(x[:2] - np.array(instance["goal"][:2]))) <= REACHED_M)
    return {"ms": times, "cost": costs, "clearance_m_min": min(clearances), "reached": reached}


def made(name, file, horizon):
    with open(file) as text:
        benchmark = json.load(text)
    problem = Problem(benchmark["problem"], int(horizon))
    module, _, variant = name.partition("-")
    solver = importlib.import_module(f"solver_{module}").Solver(problem, len(benchmark["instances"][0]["obstacles"]), variant)
    tasks = {"cold": cold, "warm": warm}
    # what is compiled or allocated at the first solve is not timed
    first = benchmark["instances"][0]
    if hasattr(solver, "begin"):
        solver.begin(first, np.array(first["x0"]))
    solver.solve(first, np.array(first["x0"]), np.zeros((problem.horizon, 2)))

    def answer(question):
        begun = time.perf_counter()
        result = tasks[question["task"]](problem, solver, benchmark["instances"])
        return {**result, "seconds": time.perf_counter() - begun}

    return {"version": solver.version}, answer


if __name__ == "__main__":
    sys.setswitchinterval(1.0)
    serve(lambda: made(*sys.argv[1:]))
