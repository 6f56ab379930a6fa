"""CasADi with FATROP or IPOPT, multiple shooting, functions compiled by the C compiler."""

import time

import casadi
import numpy as np
import symbolic


class Solver:
    def __init__(self, problem, circles, variant):
        self.problem = problem
        self.version = casadi.CasadiMeta.version()
        n = problem.horizon
        p = casadi.MX.sym("p", 5 + 3 + 3 * circles)
        state, control = casadi.SX.sym("x", 5), casadi.SX.sym("u", 2)
        data = casadi.SX.sym("data", 3 + 3 * circles)
        goal, discs = symbolic.split(data, circles)
        stage = symbolic.stage(problem, state, control, goal, discs)
        terminal = symbolic.terminal(problem, state, goal, discs)
        step = casadi.Function("step", [state, control], [symbolic.step(problem, state, control)])
        stage = casadi.Function("stage", [state, control, data], [casadi.dot(stage, stage)])
        terminal = casadi.Function("terminal", [state, data], [casadi.dot(terminal, terminal)])
        variables, gaps, lower, upper, cost = [], [], [], [], 0
        x = casadi.MX.sym("x0", 5)
        gaps_first = x - p[:5]
        variables.append(x)
        lower.append(np.full(5, -np.inf))
        upper.append(np.full(5, np.inf))
        for k in range(n):
            u = casadi.MX.sym(f"u{k}", 2)
            following = casadi.MX.sym(f"x{k + 1}", 5)
            cost += stage(x, u, p[5:])
            gaps.append(following - step(x, u))
            if k == 0:
                gaps.append(gaps_first)
            variables += [u, following]
            lower += [problem.u_min, np.full(5, -np.inf)]
            upper += [problem.u_max, np.full(5, np.inf)]
            x = following
        cost += terminal(x, p[5:])
        self.lower, self.upper = np.concatenate(lower), np.concatenate(upper)
        options = {
            "expand": True,
            "print_time": False,
            "jit": True,
            "compiler": "shell",
            "jit_options": {"flags": ["-O2"]},
        }
        if variant == "fatrop":
            rows = casadi.vertcat(*gaps).shape[0]
            options |= {"structure_detection": "auto", "equality": [True] * rows}
            options["fatrop"] = {"print_level": 0, "mu_init": 0.1}
        else:
            options["ipopt"] = {"print_level": 0, "sb": "yes"}
        nlp = {"x": casadi.vertcat(*variables), "f": cost, "g": casadi.vertcat(*gaps), "p": p}
        self.solver = casadi.nlpsol("solver", variant, nlp, options)

    def solve(self, instance, x0, controls):
        states = self.problem.rollout(x0, controls)
        guess = np.concatenate([states[0], np.hstack([controls, states[1:]]).ravel()])
        p = np.concatenate([x0, symbolic.parameters(instance)])
        begun = time.process_time()
        found = self.solver(x0=guess, p=p, lbx=self.lower, ubx=self.upper, lbg=0.0, ubg=0.0)
        ms = 1e3 * (time.process_time() - begun)
        rows = np.array(found["x"]).ravel()[5:].reshape(self.problem.horizon, 7)
        return rows[:, :2].copy(), ms
