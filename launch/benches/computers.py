"""Which computer a robot needs: ticks measured by instruction set on this machine, and estimates for ARM.

    make computers

or, with a release build, rustc with the target aarch64-unknown-linux-gnu, and llvm-mca at hand,

    python3 launch/benches/computers.py target/release/performer-mpc --json FILE --docs docs/computers.md

Estimates: the inner loops of the network's kernels are compiled for the processor, llvm-mca counts their cycles, and the
shape of the network says how often they run. The same is done for this machine and compared with what it measures: that ratio
corrects the estimates.
"""

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import computers_page
import kernel_cycles
import machine

MODEL = machine.ROOT / "models/navigator.safetensors"
SETS = ("avx512bf16", "avx512vnni", "avx512", "avxvnni", "avx2")
PORTABLE_PASSES = 5
FLAGS = {"avx512bf16": "avx512_bf16", "avx512vnni": "avx512_vnni", "avx512": "avx512vl", "avxvnni": "avx_vnni", "avx2": "avx2"}
ROUNDS = 3
TICKS = 500
# of drives that are simulated before, which takes longer than the ticks
EPISODES = 1
PASSES = 40
# kernels of this machine that are estimated as well, to compare with what it measures
CHECKS = (("avx2", "single"), ("avx2", "int8"), ("avxvnni", "int8"), ("avx512", "single"), ("avx512vnni", "int8"))


@dataclass(frozen=True)
class Computer:
    """A processor that is not at hand."""

    name: str
    examples: str
    clock_ghz: float
    isa: str
    # models of processors in llvm-mca, the slowest first
    models: tuple
    # instructions per cycle of other code over those of this machine: assumed
    other_code: float


# LLVM describes Cortex-A76 and A78 by the tables of Cortex-A57, which multiplies half as much. Neoverse N1 is the A76 of
# servers; Neoverse N2 is younger than the A78 and has as many vector units.
COMPUTERS = (
    Computer("Cortex-A72", "Raspberry Pi 4", 1.8, "neon", ("cortex-a72",), 0.4),
    Computer("Cortex-A76", "Raspberry Pi 5", 2.4, "neondot", ("neoverse-n1",), 0.6),
    Computer("Cortex-A78AE", "Jetson Orin Nano", 1.7, "neondot", ("neoverse-n1", "neoverse-n2"), 0.65),
    Computer("Cortex-A78AE", "Jetson AGX Orin", 2.2, "neondot", ("neoverse-n1", "neoverse-n2"), 0.65),
)


def measured_ticks(binary):
    """Rows by instruction set: the median over rounds, all sets in turn."""
    available = [name for name in SETS if FLAGS[name] in machine.flags()]
    runs = {name: [] for name in available}
    for _ in range(ROUNDS):
        for name in available:
            command = ["bench", "tick", "--isa", name, "--episodes", str(EPISODES), "--ticks"]
            # the drives are simulated first, in both runs the same
            _, start_s = machine.ours(binary, *command, "1")
            answer, used_s = machine.ours(binary, *command, str(TICKS + 1))
            runs[name].append(answer | {"cpu_ms": 1e3 * (used_s - start_s) / TICKS})
    rows = []
    for name, answers in runs.items():
        row = {"isa": name, "kernel": answers[0]["kernel"], "cpu_ms": statistics.median(one["cpu_ms"] for one in answers)}
        row |= {"p50": statistics.median(one["tick_ms_p50"] for one in answers)}
        row |= {"p50_low": min(one["tick_ms_p50"] for one in answers)}
        rows.append(row | {"p99": statistics.median(one["tick_ms_p99"] for one in answers)})
    return rows


def measured_passes(binary):
    """Processor time of a forward pass with each kernel that is checked: the median of rounds, ms."""
    held = [(isa, kernel) for isa, kernel in CHECKS if FLAGS[isa] in machine.flags()]
    found = {key: [] for key in held}
    for _ in range(ROUNDS):
        for isa, kernel in held:
            answer = machine.our_pass(binary, PASSES, "--isa", isa, "--kernel", kernel)
            found[isa, kernel].append(answer["cpu_ms"])
    return {key: statistics.median(times) for key, times in found.items()}


def network_calls():
    config, parameters = kernel_cycles.config_of(MODEL)
    view = config["view"]
    channels = 3 + len(view["history_s"]) + bool(view.get("motion")) + bool(view.get("route"))
    tokens = (view["cells"] // config["patch"]) ** 2
    knots = config["cost"]["knots"]
    return kernel_cycles.products(config, tokens, channels * config["patch"] ** 2, 27 * knots), parameters


class Estimator:
    """Cycles of a forward pass on any processor that llvm-mca knows."""

    def __init__(self, mca, directory):
        self.mca = mca
        self.calls, self.parameters = network_calls()
        self.text = {target: kernel_cycles.assembly(target, directory) for target in ("aarch64", "x86_64")}

    def loops(self, isa, kernel, processor):
        """Cycles an iteration by rows of the tile."""
        shape = kernel_cycles.KERNELS[isa, kernel]
        found = kernel_cycles.kernel_loops(self.text[shape.target], shape)
        if not found:
            raise RuntimeError(f"no loop of the kernel {isa} {kernel} in its assembly")
        return {rows: kernel_cycles.cycles_of(body, shape, processor, self.mca) for rows, body in sorted(found.items())}

    def cycles(self, isa, kernel, processor):
        """Cycles of all products of a pass, and of an iteration of the largest tile."""
        family = {"neondot": "neon", "neoni8mm": "neon", "avxvnni": "avx2", "avx512vnni": "avx512"}.get(isa, isa)
        shapes = [kernel_cycles.KERNELS[isa, kernel], kernel_cycles.KERNELS[family, "single"]]
        cycles = {shapes[0]: self.loops(isa, kernel, processor), shapes[1]: self.loops(family, "single", processor)}
        return kernel_cycles.cycles_of_pass(self.calls, *shapes, cycles), max(cycles[shapes[0]].items())


def estimates(estimator, binary, ticks, clock_ghz):
    """Check on this machine, and rows for the others."""
    checks, passes = [], measured_passes(binary)
    for (isa, kernel), ms in passes.items():
        cycles, (rows, step) = estimator.cycles(isa, kernel, "native")
        products_ms = 1e-6 * cycles / clock_ghz
        check = {"isa": isa, "kernel": kernel, "rows": rows, "step": step, "megacycles": 1e-6 * cycles}
        checks.append(check | {"products_ms": products_ms, "measured_ms": ms, "ratio": ms / products_ms})
    narrow = [check["ratio"] for check in checks if not check["isa"].startswith("avx512")]
    if not narrow:
        sys.exit("computers: this machine lacks AVX2, whose kernels the estimates are checked with")
    correction = statistics.median(narrow)
    # what a tick takes besides the network, where both were measured
    ticks_ms = {(row["isa"], row["kernel"]): row["cpu_ms"] for row in ticks}
    others = [ticks_ms[key] - ms for key, ms in passes.items() if key in ticks_ms]
    other_ms = statistics.median(others)
    rows = []
    for computer in COMPUTERS:
        kernels = ["single"] if computer.isa == "neon" else ["single", "int8"]
        for kernel in kernels:
            isa = "neon" if kernel == "single" else computer.isa
            for model in computer.models:
                cycles, (height, step) = estimator.cycles(isa, kernel, model)
                row = {"name": computer.name, "examples": computer.examples, "clock_ghz": computer.clock_ghz}
                row |= {"isa": isa, "kernel": kernel, "model": model, "rows": height, "step": step}
                row |= {"megacycles": 1e-6 * cycles, "products_ms": 1e-6 * cycles / computer.clock_ghz}
                row["network_ms"] = correction * row["products_ms"]
                row["other_code"] = computer.other_code
                row["other_ms"] = other_ms * clock_ghz / computer.clock_ghz / computer.other_code
                row["tick_ms"] = row["network_ms"] + row["other_ms"]
                row["is_default"] = kernel == kernels[-1]
                rows.append(row)
    return {"checks": checks, "correction": correction, "other_ms": other_ms, "clock_ghz": clock_ghz, "rows": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="performer-mpc, built for release")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--docs", type=Path, metavar="FILE", help="write the page here")
    arguments = parser.parse_args()
    mca = kernel_cycles.tool()
    if mca is None:
        sys.exit(f"computers: found no llvm-mca of LLVM {kernel_cycles.LLVM_LEAST} or later: run launch/setup.sh computers")
    binary = str(Path(arguments.binary).resolve())
    answer = {"date": machine.today(), "commit": machine.commit(), "processor": machine.processor(), "family": machine.family()}
    answer |= {"mca": kernel_cycles.tool_version(mca), "rounds": ROUNDS, "ticks_count": TICKS}
    before = machine.load_average()
    with tempfile.TemporaryDirectory() as directory:
        estimator = Estimator(mca, directory)
        answer["ticks"] = measured_ticks(binary)
        answer["portable_ms"] = machine.our_pass(binary, PORTABLE_PASSES, "--isa", "portable")["cpu_ms"]
        clock_ghz = kernel_cycles.clock_ghz(directory)
        answer["estimates"] = estimates(estimator, binary, answer["ticks"], clock_ghz)
    answer["load"] = machine.load_words(before, machine.load_average())
    answer["products"] = len(estimator.calls)
    answer["parameters"] = estimator.parameters
    answer["multiplications"] = kernel_cycles.multiplications(estimator.calls)
    if arguments.json:
        machine.write_whole(arguments.json, json.dumps(answer, indent=2) + "\n")
    page = computers_page.page(answer)
    if arguments.docs:
        machine.write_whole(arguments.docs, page)
    print(page)


if __name__ == "__main__":
    main()
