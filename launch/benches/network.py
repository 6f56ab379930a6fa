"""The network beside OpenVINO and ONNX Runtime: one input, one thread, everyone in turn."""

import statistics
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from installed import python_of
from machine import ROOT, flags, our_pass
from worker import Failed, Worker

SCRIPT = str(Path(__file__).with_name("runtimes.py"))
OURS = "Performer-MPC"
KERNELS = {"f32": "single", "bf16": "bf16", "int8": "int8"}
# instructions as Linux, our --isa and ONEDNN_MAX_CPU_ISA name them; the last ones of a machine are the widest
HELD = (
    ("avx2", "avx2", "AVX2"),
    ("avx_vnni", "avxvnni", "AVX2_VNNI"),
    ("avx512_vnni", "avx512vnni", "AVX512_CORE_VNNI"),
)
WIDEST = "all"


@dataclass
class Contender:
    """Who computes, in what precision, held to which instructions."""

    who: str
    precision: str
    held: str
    command: list = None
    variables: dict = field(default_factory=dict)
    version: str = ""
    worker: Worker = None
    outputs: list = None
    times_ms: list = field(default_factory=list)
    cpu_ms: list = field(default_factory=list)
    failure: str = ""

    def start(self):
        """Starts the worker and has it compile the network; ours needs none."""
        try:
            self.worker = Worker(self.command, self.variables)
            self.version = self.worker.greeting["version"]
            self.outputs = self.worker.greeting["outputs"]
        except (Failed, OSError) as error:
            self.failure = str(error)

    def turn(self, binary, passes):
        """One turn: time and processor time of some passes."""
        try:
            if self.worker:
                answer = self.worker.ask({"passes": passes})
            else:
                answer = our_pass(binary, passes, *self.command)
        except Failed as error:
            self.failure = str(error)
        except subprocess.CalledProcessError as error:
            self.failure = f"exit code {error.returncode}: {error.stderr.strip()[-200:]}"
        else:
            self.times_ms.append(answer["ms"])
            self.cpu_ms.append(answer["cpu_ms"])


def prepare(kind, onnx_file, file):
    """Python of a runtime and the file of its 8-bit network; `Failed` says what is missing."""
    python = python_of(kind)
    Worker([python, SCRIPT, f"quantise-{kind}", str(onnx_file), str(file)]).close()
    return python


def contenders(onnx_file, directory):
    """All, with those that cannot take part carrying the reason. And notes for the page."""
    everyone, notes = [], []
    held = [(WIDEST, None, None)] + [(name, isa, name) for flag, isa, name in HELD if flag in flags()]
    for name, isa, _ in held:
        for precision in KERNELS:
            if name == WIDEST or precision != "bf16":
                command = ["--kernel", KERNELS[precision]]
                everyone.append(Contender(OURS, precision, name, command + (["--isa", isa] if isa else [])))
    for kind, label, suffix in (("openvino", "OpenVINO", "xml"), ("onnxruntime", "ONNX Runtime", "onnx")):
        eight_bits = directory / f"{kind}_int8.{suffix}"
        try:
            python = prepare(kind, onnx_file, eight_bits)
        except (Failed, OSError) as error:
            everyone.append(Contender(label, "all", WIDEST, failure=str(error)))
            continue
        files = {"f32": onnx_file, "bf16": onnx_file, "int8": eight_bits}
        for name, _, onednn in held if kind == "openvino" else held[:1]:
            for precision in KERNELS:
                if precision == "bf16" and (name != WIDEST or kind == "onnxruntime"):
                    continue
                command = [python, SCRIPT, kind, str(files[precision]), precision]
                variables = {"ONEDNN_MAX_CPU_ISA": onednn} if onednn else {}
                one = Contender(label, precision, name, command, variables)
                one.start()
                if one.failure and kind == "openvino" and precision != "int8":
                    notes.append(f"{label} {precision} ({name}), the network as exported: {one.failure}.")
                    one = Contender(label, precision, name, [*command, "row"], variables)
                    one.start()
                everyone.append(one)
    return everyone, notes


def largest_error(outputs, reference):
    """Largest difference over the largest output."""
    return max(abs(a - b) for a, b in zip(outputs, reference, strict=True)) / max(map(abs, reference))


def measure(binary, directory, rounds, passes):
    """The part of the answer: rows, and notes for the page."""
    onnx_file = directory / "network.onnx"
    export = [binary, "model", "export", "--onnx", str(onnx_file)]
    subprocess.run(export, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    everyone, notes = contenders(onnx_file, directory)
    for _ in range(rounds):
        for one in everyone:
            if not one.failure:
                one.turn(binary, passes)
    for one in everyone:
        if one.worker:
            one.worker.close()
    exact = [one for one in everyone if one.who == "ONNX Runtime" and one.precision == "f32" and one.outputs]
    ours = {(one.held, one.precision): one for one in everyone if one.who == OURS and one.times_ms}
    rows = []
    for one in everyone:
        row = {"held": one.held, "precision": one.precision, "who": f"{one.who} {one.version}".strip()}
        if one.failure:
            row["failure"] = one.failure
        else:
            row |= {"ms": statistics.median(one.times_ms), "cpu_ms": statistics.median(one.cpu_ms)}
            row |= {"ms_low": min(one.times_ms), "ms_high": max(one.times_ms)}
            base = ours.get((one.held, one.precision))
            if base:
                row["ratio"] = row["ms"] / statistics.median(base.times_ms)
                row["cpu_ratio"] = row["cpu_ms"] / statistics.median(base.cpu_ms)
            if exact and one.outputs:
                row["error"] = largest_error(one.outputs, exact[0].outputs)
        rows.append(row)
    order = [WIDEST, *(name for _, _, name in reversed(HELD))]
    precisions = [*KERNELS, "all"]
    rows.sort(key=lambda row: (order.index(row["held"]), precisions.index(row["precision"]), not row["who"].startswith(OURS)))
    return {"rows": rows, "notes": notes, "rounds": rounds, "passes": passes}
