"""Cycles of the network's products, by llvm-mca: loops of the compiled kernels, times how often a pass runs them."""

import json
import math
import re
import struct
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent / "mca"
RUSTC = ["rustc", "--edition", "2024", "-C", "opt-level=3", "-C", "codegen-units=1"]
ITERATIONS = 200
LLVM_LEAST = 17


@dataclass(frozen=True)
class KernelShape:
    """A loop of a kernel: how it is found in assembly, and the tile that it computes."""

    target: str
    multiply: str  # its multiplying instruction
    per_step: int  # of those, a row and register of a tile
    registers: str  # how vector registers look
    rows: int
    vectors: int
    lanes: int
    word: int  # numbers in four bytes
    shifts: bool = False  # numbers are cut from pairs


KERNELS = {
    ("neon", "single"): KernelShape("aarch64", "fmla", 1, "v", 6, 4, 4, 1),
    ("neon", "pairs"): KernelShape("aarch64", "fmla", 2, "v", 6, 4, 4, 2, True),
    ("neondot", "int8"): KernelShape("aarch64", "sdot", 1, "v", 6, 4, 4, 4),
    ("neoni8mm", "int8"): KernelShape("aarch64", "usdot", 1, "v", 6, 4, 4, 4),
    ("avx2", "single"): KernelShape("x86_64", "vfmadd", 1, "%ymm", 6, 2, 8, 1),
    ("avx2", "pairs"): KernelShape("x86_64", "vfmadd", 2, "%ymm", 6, 2, 8, 2, True),
    ("avx2", "int8"): KernelShape("x86_64", "vpmaddwd", 1, "%ymm", 6, 2, 8, 2),
    ("avxvnni", "int8"): KernelShape("x86_64", "vpdpbusd", 1, "%ymm", 6, 2, 8, 4),
    ("avx512", "single"): KernelShape("x86_64", "vfmadd", 1, "%zmm", 13, 2, 16, 1),
    ("avx512vnni", "int8"): KernelShape("x86_64", "vpdpbusd", 1, "%zmm", 13, 2, 16, 4),
}


def tool():
    """The newest llvm-mca, if it is new enough to know a Neoverse N1."""
    found = {}
    for folder in ("/usr/bin", "/usr/local/bin"):
        for path in Path(folder).glob("llvm-mca*"):
            found[int(tool_version(path).partition(".")[0])] = str(path)
    newest = max(found, default=0)
    return found[newest] if newest >= LLVM_LEAST else None


def tool_version(path):
    text = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"LLVM version (\S+)", text)
    return found[1] if found else "0"


def clock_ghz(directory):
    """Clock of this machine, measured."""
    program = Path(directory) / "clock"
    subprocess.run([*RUSTC, str(HERE / "clock.rs"), "-o", str(program)], check=True, capture_output=True)
    return float(subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout)


def assembly(target, directory):
    """The kernels, compiled for a processor that need not be at hand."""
    file = Path(directory) / f"{target}.s"
    command = [*RUSTC, "--target", f"{target}-unknown-linux-gnu", "--emit", "asm", "-o", str(file), str(HERE / "kernels.rs")]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return file.read_text()


def loops(text):
    """Instructions of every loop that is one block."""
    label, body = None, []
    for line in text.splitlines():
        start = re.match(r"(\.L\w+):", line)
        if start:
            label, body = start[1], []
            continue
        instruction = line.split("//")[0].strip()
        if not instruction or instruction.startswith((".", "#")):
            continue
        body.append(instruction)
        if re.match(rf"(b\.\w+|j\w+|cbn?z\s+\w+,)\s+{re.escape(label or '?')}$", instruction):
            yield list(body)


def name_of(line):
    """Mnemonic of an instruction, without a hint of its encoding."""
    return line.removeprefix("{vex}").split()[0]


def kernel_loops(text, shape):
    """The shortest loop for every number of rows."""
    found = {}
    for body in loops(text):
        names = Counter(name_of(line) for line in body)
        multiplies = sum(count for name, count in names.items() if name.startswith(shape.multiply))
        cuts = any(name in ("shl", "vpslld") for name in names)
        rows, odd = divmod(multiplies, shape.per_step * shape.vectors)
        if shape.target == "x86_64":
            wide = [line for line in body if name_of(line).startswith(shape.multiply)]
            if not all(shape.registers in line for line in wide):
                continue
        if rows and not odd and rows <= shape.rows and cuts == shape.shifts:
            if rows not in found or len(body) < len(found[rows]):
                found[rows] = body
    return found


def cycles_of(body, shape, processor, mca):
    """Cycles of a loop's iteration on a processor, in a steady state and with all data in the first cache."""
    attributes = ["-mattr=+dotprod,+i8mm,+bf16"] if shape.target == "aarch64" else []
    jump = "\n".join(line for line in body if not re.match(r"(b\.|j|cbn?z)", line)) + "\n"
    command = [mca, f"-mtriple={shape.target}", f"-mcpu={processor}", f"-iterations={ITERATIONS}", *attributes]
    done = subprocess.run(command, input=jump, capture_output=True, text=True)
    found = re.search(r"Total Cycles:\s+(\d+)", done.stdout)
    if not found:
        raise RuntimeError(f"llvm-mca: {done.stderr.strip()[-300:]}")
    return int(found[1]) / ITERATIONS


def config_of(model):
    """Shape of a network, from the header of its file."""
    with open(model, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    return json.loads(header["__metadata__"]["config"]), sum(
        math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__"
    )


def products(config, tokens, patch_len, outputs):
    """Products of a forward pass: rows, columns, depth in numbers, and whether it is attention's or at an end.

    As controller/src/performer/engine.rs does them: the last layer carries on one token.
    """
    d, mlp, heads = config["width"], config["mlp_width"], config["heads"]
    e = d // heads
    found = [(tokens, d, patch_len, "linear")]
    found += [(1, d, 8, "end"), (1, d, d, "end"), (1, d, d, "end"), (1, outputs, d, "end")]
    for layer in range(config["layers"]):
        n = 1 if layer == config["layers"] - 1 else tokens
        found.append((tokens, 2 * d, d, "linear"))
        found += [(n, d, d, "linear"), (n, d, d, "linear"), (n, mlp, d, "linear"), (n, d, mlp, "linear")]
        found += [(e, e, tokens, "attention"), (n, e, e, "attention")] * heads
    return found


def multiplications(calls):
    return sum(rows * columns * depth for rows, columns, depth, _ in calls)


def cycles_of_pass(calls, kernel, single, cycles):
    """Cycles of all products: `cycles[shape][rows]` an iteration; attention and ends in single precision."""
    total = 0.0
    for rows, columns, depth, kind in calls:
        shape = kernel if kind == "linear" else single
        blocks = math.ceil(rows / shape.rows)
        tiles = math.ceil(columns / (shape.vectors * shape.lanes))
        for block in range(blocks):
            height = (block + 1) * rows // blocks - block * rows // blocks
            of_shape = cycles[shape]
            step = of_shape[min((n for n in of_shape if n >= height), default=max(of_shape))]
            total += tiles * math.ceil(depth / shape.word) * step
    return total
