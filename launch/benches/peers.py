"""Times the network beside OpenVINO and ONNX Runtime, and optimal control beside Crocoddyl, acados and CasADi.

    make peers                      the network (and the map: docs/mapping.md)
    make peers INSTANCES=FOLDER     optimal control as well: FOLDER holds instances.json

or, with a release build at hand,

    python3 launch/benches/peers.py target/release/performer-mpc --instances FOLDER --json FILE --docs docs/peers.md

Libraries are installed from PyPI into target/peer-runtimes, each in a virtual environment and a process of its own. One
that does not install or crashes is named with its error.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import control
import machine
import network
import peers_page


def measured(name, action):
    """A part of the answer, with its date and the load of the machine before and after."""
    print(f"measuring {name}", file=sys.stderr)
    before = machine.load_average()
    part = action()
    load = machine.load_words(before, machine.load_average())
    return part | {"date": machine.today(), "commit": machine.commit(), "load": load}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="performer-mpc, built for release")
    parser.add_argument("--instances", type=Path, metavar="FOLDER", help="instances.json and, if known, best_known.json")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--docs", type=Path, metavar="FILE", help="write the page here, and its picture beside it")
    parser.add_argument("--rounds", type=int, default=15, help="turns of everyone (network)")
    parser.add_argument("--passes", type=int, default=20, help="forward passes of a turn (network)")
    parser.add_argument("--solver-rounds", type=int, default=5, help="turns of everyone (optimal control)")
    parser.add_argument(
        "--keep", nargs="*", default=[], choices=("network", "control"), help="take these parts from the file of --json"
    )
    arguments = parser.parse_args()
    if arguments.instances and not (arguments.instances / "instances.json").is_file():
        parser.error(f"{arguments.instances}: found no instances.json; expected the benchmark's file in this folder")
    binary = str(Path(arguments.binary).resolve())
    answer = {"processor": machine.processor(), "family": machine.family()}
    if arguments.keep and arguments.json and arguments.json.exists():
        answer = json.loads(arguments.json.read_text()) | answer
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        if "network" not in arguments.keep:
            rounds, passes = arguments.rounds, arguments.passes
            answer["network"] = measured("the network", lambda: network.measure(binary, directory, rounds, passes))
        if "control" not in arguments.keep:
            answer.pop("control", None)
            if arguments.instances:
                folder, rounds = arguments.instances.resolve(), arguments.solver_rounds
                answer["control"] = measured(
                    "optimal control", lambda: control.measure(binary, folder, rounds, directory)
                )
    if arguments.json:
        machine.write_whole(arguments.json, json.dumps(answer, indent=2) + "\n")
    page = peers_page.page(answer)
    if arguments.docs:
        machine.write_whole(arguments.docs.with_suffix(".svg"), peers_page.picture(answer))
        machine.write_whole(arguments.docs, page)
    print(page)


if __name__ == "__main__":
    main()
