"""Optimal control beside Crocoddyl, acados and CasADi, on a file of instances that the caller names."""

import json
import shutil
import statistics
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from installed import python_of
from worker import Failed, Worker, how_it_ended

SCRIPT = str(Path(__file__).with_name("solvers.py"))
OURS = "Performer-MPC"
WITHIN = 1.01
SLOWEST_ANSWER_S = 900.0
# what our program is asked; the others are asked the tasks of solvers.py
OUR_TASKS = {
    "one start": {"cold": ["--single-start"], "warm": ["--warm"]},
    "several starts": {"cold": []},
    "one iteration a step": {"warm": ["--warm", "--rti"]},
}
# label, library, name of the solver, tasks
PEERS = (
    ("Crocoddyl", "BoxFDDP", "crocoddyl", "crocoddyl", ("cold", "warm")),
    ("acados", "SQP, HPIPM", "acados", "acados-sqp", ("cold", "warm")),
    ("acados", "SQP_RTI: one iteration a step", "acados", "acados-rti", ("warm",)),
    ("CasADi", "FATROP", "casadi", "casadi-fatrop", ("cold", "warm")),
    ("CasADi", "IPOPT", "casadi", "casadi-ipopt", ("cold", "warm")),
)


@dataclass
class Contender:
    """A solver at one horizon, and its rounds by task."""

    who: str
    what: str
    tasks: tuple
    version: str = ""
    worker: Worker = None
    failures: dict = field(default_factory=dict)
    rounds: dict = field(default_factory=dict)


def our_answer(binary, file, horizon, arguments):
    """One run of our program in the form of solvers.py."""
    command = [binary, "bench", "solve", str(file), "--horizon", str(horizon), "--json", "-", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(how_it_ended(done.returncode, done.stderr))
    instances = json.loads(done.stdout)["instances"]
    if "--warm" in arguments:
        return {
            "ms": [ms for one in instances for ms in one["step_ms"]],
            "cost": [one["cost"] for one in instances],
            "clearance_m_min": min(one["clearance_m_min"] for one in instances),
            "reached": sum(one["reached"] for one in instances),
        }
    return {"ms": [one["ms"] for one in instances], "J": [one["J"] for one in instances]}


def start(file, horizon, directory):
    """Everyone, ready to be asked."""
    everyone = [Contender(OURS, what, tuple(tasks)) for what, tasks in OUR_TASKS.items()]
    for who, what, library, name, tasks in PEERS:
        one = Contender(who, what, tasks)
        try:
            if shutil.which("g++") is None:
                raise Failed("needs g++, which is missing")
            command = [python_of(library), SCRIPT, name, str(file), str(horizon)]
            single = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
            one.worker = Worker(command, single, SLOWEST_ANSWER_S, directory)
            one.version = one.worker.greeting["version"]
        except (Failed, OSError) as error:
            one.failures = {task: str(error) for task in tasks}
        everyone.append(one)
    return everyone


def race(binary, file, horizon, rounds, directory):
    """All tasks of all solvers, in turn."""
    everyone = start(file, horizon, directory)
    for task in ("cold", "warm"):
        for _ in range(rounds):
            for one in everyone:
                if task not in one.tasks or one.failures:
                    continue
                try:
                    if one.who == OURS:
                        answer = our_answer(binary, file, horizon, OUR_TASKS[one.what][task])
                    else:
                        answer = one.worker.ask({"task": task})
                except Failed as error:
                    one.failures[task] = str(error)
                    continue
                one.rounds.setdefault(task, []).append(answer)
    for one in everyone:
        if one.worker:
            one.worker.close()
    return everyone


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def times(rounds):
    """Median and 99th percentile of solves, ms; each solve counts with its quickest round, which nothing disturbed."""
    solves = [min(every) for every in zip(*(one["ms"] for one in rounds), strict=True)]
    return {"ms": statistics.median(solves), "ms_p99": percentile(solves, 0.99)}


def measure(binary, folder, rounds, directory):
    """The part of the answer: rows of every horizon, task and solver."""
    file = Path(folder) / "instances.json"
    benchmark = json.loads(file.read_text())
    known_file = file.with_name("best_known.json")
    known = json.loads(known_file.read_text()) if known_file.exists() else {}
    numbers = [one["id"] for one in benchmark["instances"]]
    rows = []
    for horizon in benchmark["problem"]["horizons"]:
        everyone = race(binary, file, horizon, rounds, directory)
        merits = [one.rounds["cold"][0]["J"] for one in everyone if "cold" in one.rounds]
        best = []
        for index, number in enumerate(numbers):
            found = [values[index] for values in merits if values[index] is not None]
            best.append(min([*found, known.get(f"{horizon}:{number}", float("inf"))]))
        base = {}
        for one in everyone:
            for task in one.tasks:
                row = {"horizon": horizon, "task": task, "who": f"{one.who} {one.version}".strip(), "what": one.what}
                if task in one.failures or task not in one.rounds:
                    rows.append(row | {"failure": next(iter(one.failures.values()), "no answer")})
                    continue
                row |= times(one.rounds[task])
                first = one.rounds[task][0]
                if task == "cold":
                    near = [j is not None and j <= WITHIN * low for j, low in zip(first["J"], best, strict=True)]
                    row["within_1_percent"] = sum(near)
                    row["instances"] = len(numbers)
                else:
                    row["cost"] = statistics.fmean(first["cost"])
                    row["reached"], row["loops"] = first["reached"], len(first["cost"])
                    row["clearance_m_min"] = first["clearance_m_min"]
                kind = (task, "one iteration" in one.what)
                if one.who == OURS and kind not in base:
                    base[kind] = row["ms"]
                row["ratio"] = row["ms"] / base[kind]
                rows.append(row)
    return {"rows": rows, "rounds": rounds}
