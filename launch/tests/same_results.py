#!/usr/bin/env python3
"""Shows that two builds of performer-mpc compute the same.

    python3 launch/tests/same_results.py OLD NEW [--rename OLD_KEY=NEW_KEY ...]

Drives 6 episodes on even seeds of five scenarios with regular MPC and the learned policy and compares
them row by row; a recorded drive replayed, to the byte; the weights of 20 steps of training, to the
byte; the objective values of an optimal control benchmark solved cold and warm, where its instances are
given with --instances. Time figures are left out, and keys that were renamed are compared by their new
names. Exit status 1 where anything differs.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

SCENARIOS = ["doorway", "barn_like", "obstacle_course", "pedestrian", "blind_corner"]
POLICIES = ["regular", "performer"]
# wall-clock time, and where files lie
TIMES = ("tick_ms", "late_ticks", "_ms_", "wall", "seconds", "date", "commit", "machine", "path_to", "file", "recording")


def run(binary, *arguments, cwd=None, stdin=None):
    done = subprocess.run([binary, *map(str, arguments)], cwd=cwd, input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{binary} {' '.join(map(str, arguments))}: exit status {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def plain(value, renamed):
    """A value without its time figures, with keys by their new names."""
    if isinstance(value, dict):
        kept = {renamed.get(key, key): plain(inner, renamed) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if not any(part in key for part in TIMES)}
    if isinstance(value, list):
        return [plain(inner, renamed) for inner in value]
    return value


def evaluation(binary, folder, renamed):
    for scenario in SCENARIOS:
        for policy in POLICIES:
            out = folder / f"{scenario}_{policy}.json"
            run(binary, "evaluate", scenario, "--policy", policy, "--episodes", 6, "--seed", 0, "--jobs", 2, "--json", out)
            rows = plain(json.loads(out.read_text())["runs"], renamed)
            for number, row in enumerate(rows):
                yield f"evaluate {scenario} {policy} {number}", json.dumps(row, sort_keys=True)


def training(binary, folder):
    shown = folder / "drives"
    run(binary, "demonstrate", "doorway", "--episodes", 3, "--seed", 0, "--out", shown)
    recording = sorted(shown.rglob("*.mcap"))[0]
    for policy in ("figures", "explanation"):
        option = "--json" if policy == "figures" else "--explain-json"
        rows = json.loads(run(binary, "replay", recording, option, "-"))
        yield f"replay {policy}", json.dumps(plain(rows, {}), sort_keys=True)
    learned = folder / "run"
    run(binary, "train", shown, "--out", learned, "--steps", 20, "--preset", "nano", "--jobs", 1, "--set", "training.optimiser.warm_up=5")
    for weights in sorted(learned.rglob("*.safetensors")):
        yield f"weights {weights.relative_to(learned)}", hashlib.sha256(tensors(weights.read_bytes())).hexdigest()


def tensors(model):
    """The bytes of a model's weights; its header holds the date and the time that training took."""
    return model[8 + int.from_bytes(model[:8], "little") :]


def benchmark(binary, command, folder, instances):
    for start in ([], ["--warm"]):
        out = folder / "solved.json"
        run(binary, *command, instances, *start, "--json", out)
        yield f"solve {start}", json.dumps(objectives(json.loads(out.read_text())))


def objectives(value):
    """All objective values of the answers, in order."""
    if isinstance(value, dict):
        own = [value[key] for key in value if key in ("objective", "cost")]
        return own + [number for key in value for number in objectives(value[key])]
    return [number for inner in value for number in objectives(inner)] if isinstance(value, list) else []


def results(binary, command, given, renamed):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        yield from evaluation(binary, folder, renamed)
        yield from training(binary, folder)
        if given.instances:
            yield from benchmark(binary, command, folder, pathlib.Path(given.instances).resolve())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--rename", action="append", default=[], metavar="OLD=NEW", help="a key of JSON")
    parser.add_argument("--instances", help="instances of the optimal control benchmark")
    parser.add_argument("--old-solve", default="solve", help="command of the benchmark in the old build")
    parser.add_argument("--new-solve", default="bench solve", help="the same in the new one")
    given = parser.parse_args()
    renamed = dict(pair.split("=", 1) for pair in given.rename)
    old = dict(results(given.old, given.old_solve.split(), given, renamed))
    new = dict(results(given.new, given.new_solve.split(), given, {}))
    differing = 0
    for name in sorted(old.keys() | new.keys()):
        same = old.get(name) == new.get(name)
        differing += not same
        print(f"{'same' if same else 'DIFFERS':8}{name}", flush=True)
    print(f"{len(old) - differing} of {len(old)} the same")
    sys.exit(differing != 0)


if __name__ == "__main__":
    main()
