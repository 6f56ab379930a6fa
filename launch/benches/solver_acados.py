"""acados: SQP with Gauss-Newton and HPIPM, or its real-time iteration, one step a solve."""

import ctypes
import os
import re
import shutil
import tempfile
import time
from importlib.metadata import version

import acados
import casadi
import numpy as np
import symbolic

os.environ.setdefault("ACADOS_SOURCE_DIR", acados.DIR)
os.environ.setdefault("ACADOS_PYTHON_INTERFACE_PATH", acados.TEMPLATE_DIR)
os.environ.setdefault("TERA_PATH", acados.TERA_PATH)
from acados.acados_template import AcadosModel, AcadosOcp, AcadosOcpSolver  # noqa: E402

# the generated solver finds them by name once they are loaded
for library in ("libblasfeo.so", "libhpipm.so", "libqpOASES_e.so.3.1", "libacados.so"):
    ctypes.CDLL(os.path.join(acados.LIB_DIR, library), mode=ctypes.RTLD_GLOBAL)

FIRST_ITERATIONS = 20
# the quickest of those tried (5, 10, 15, all)
CONDENSED_STAGES = 5


class Solver:
    def __init__(self, problem, circles, variant):
        self.problem = problem
        self.version = re.sub(r"\.post.*", "", version("comma-deps-acados"))
        ocp, n = AcadosOcp(), problem.horizon
        ocp.acados_include_path, ocp.acados_lib_path = acados.INCLUDE_DIR, acados.LIB_DIR
        model = AcadosModel()
        model.name = f"unicycle_{variant}_{n}"
        model.x, model.u = casadi.SX.sym("x", 5), casadi.SX.sym("u", 2)
        model.p = casadi.SX.sym("p", 3 + 3 * circles)
        goal, discs = symbolic.split(model.p, circles)
        model.disc_dyn_expr = symbolic.step(problem, model.x, model.u)
        model.cost_y_expr = symbolic.stage(problem, model.x, model.u, goal, discs)
        model.cost_y_expr_e = symbolic.terminal(problem, model.x, goal, discs)
        ocp.model = model
        ocp.dims.N = n
        ocp.cost.cost_type = ocp.cost.cost_type_e = "NONLINEAR_LS"
        rows, rows_e = model.cost_y_expr.shape[0], model.cost_y_expr_e.shape[0]
        # acados multiplies by 1/2, and stages by their duration
        ocp.cost.W, ocp.cost.W_e = 2 / problem.dt * np.eye(rows), 2 * np.eye(rows_e)
        ocp.cost.yref, ocp.cost.yref_e = np.zeros(rows), np.zeros(rows_e)
        ocp.parameter_values = np.zeros(3 + 3 * circles)
        ocp.constraints.lbu, ocp.constraints.ubu = problem.u_min, problem.u_max
        ocp.constraints.idxbu = np.arange(2)
        ocp.constraints.x0 = np.zeros(5)
        options = ocp.solver_options
        options.tf = n * problem.dt
        options.integrator_type = "DISCRETE"
        options.hessian_approx = "GAUSS_NEWTON"
        options.qp_solver = "PARTIAL_CONDENSING_HPIPM"
        options.qp_solver_cond_N = CONDENSED_STAGES
        options.ext_fun_compile_flags = "-O3 -march=native"
        self.is_one_step = variant == "rti"
        options.nlp_solver_type = "SQP_RTI" if self.is_one_step else "SQP"
        if not self.is_one_step:
            options.globalization = "MERIT_BACKTRACKING"
            options.nlp_solver_max_iter = 200
        self.directory = tempfile.mkdtemp(prefix="acados")
        ocp.code_export_directory = os.path.join(self.directory, "code")
        self.solver = AcadosOcpSolver(ocp, json_file=os.path.join(self.directory, "ocp.json"), verbose=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def begin(self, instance, x0):
        """Forgets the loop before. Real-time iterations start from a plan that some of them found, not timed."""
        self.solver.reset()
        if self.is_one_step:
            controls = np.zeros((self.problem.horizon, 2))
            for _ in range(FIRST_ITERATIONS):
                controls, _ = self.solve(instance, x0, controls)
            self.first_plan = controls

    def solve(self, instance, x0, controls):
        solver, n = self.solver, self.problem.horizon
        p = symbolic.parameters(instance)
        states = self.problem.rollout(x0, controls)
        for k in range(n + 1):
            solver.set(k, "p", p)
            solver.set(k, "x", states[k])
            if k < n:
                solver.set(k, "u", controls[k])
        solver.set(0, "lbx", x0)
        solver.set(0, "ubx", x0)
        begun = time.process_time()
        solver.solve()
        ms = 1e3 * (time.process_time() - begun)
        return np.array([solver.get(k, "u") for k in range(n)]), ms
