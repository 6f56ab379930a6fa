"""The optimal control benchmark in CasADi's symbols, for CasADi's solvers and for acados."""

import casadi
import numpy as np


def softplus(z):
    return casadi.fmax(z, 0) + casadi.log1p(casadi.exp(-casadi.fabs(z)))


def step(problem, x, u):
    change = casadi.vertcat(x[3] * casadi.cos(x[2]), x[3] * casadi.sin(x[2]), x[4], u[0], u[1])
    return x + problem.dt * change


def of_state(problem, x, circles):
    """Residuals of circles and velocity bounds; `circles` [3, count]."""
    d, w, form = problem.definition, problem.weights, problem.obstacle
    rows = []
    for j in range(circles.shape[1]):
        offset = x[:2] - circles[:2, j]
        apart = casadi.sqrt(casadi.dot(offset, offset) + form["eps"]) - circles[2, j] - form["robot_radius"]
        rows.append(np.sqrt(w["obstacle"]) * softplus(form["beta"] * (form["margin"] - apart)) / form["beta"])
    beyond = [x[3] - d["v_max"], d["v_min"] - x[3], x[4] - d["omega_max"], d["omega_min"] - x[4]]
    return rows + [np.sqrt(w["vel_bound"]) * casadi.fmax(excess, 0) for excess in beyond]


def stage(problem, x, u, goal, circles):
    """Residuals r of a stage, whose cost is r'r."""
    w = problem.weights
    rows = [np.sqrt(w["goal_xy"]) * (x[:2] - goal[:2]), np.sqrt(w["omega"]) * x[4]]
    rows += [np.sqrt(w["a"]) * u[0], np.sqrt(w["alpha"]) * u[1]]
    return casadi.vertcat(*rows, *of_state(problem, x, circles))


def terminal(problem, x, goal, circles):
    """Residuals of the last state: 2 (1 - cos d) is the square of a chord."""
    w = problem.weights
    chord = casadi.vertcat(casadi.cos(x[2]) - casadi.cos(goal[2]), casadi.sin(x[2]) - casadi.sin(goal[2]))
    rows = [np.sqrt(w["goal_xy_N"]) * (x[:2] - goal[:2]), np.sqrt(w["theta_N"]) * chord]
    rows += [np.sqrt(w["v_N"]) * x[3], np.sqrt(w["omega_N"]) * x[4]]
    return casadi.vertcat(*rows, *of_state(problem, x, circles))


def parameters(instance):
    """Goal and circles as one vector, the circles one after the other."""
    return np.concatenate([instance["goal"], np.array(instance["obstacles"]).ravel()])


def split(symbol, circles):
    """Goal [3] and circles [3, count] of that vector."""
    return symbol[:3], casadi.reshape(symbol[3:], 3, circles)
