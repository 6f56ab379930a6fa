"""Text and tables of docs/computers.md, from the results of computers.py."""

CLASSES = {
    "avx512bf16": "AMD Zen 4 and 5; Intel Xeon from Sapphire Rapids on",
    "avx512vnni": "Intel Core of the 11th generation (Tiger Lake), Xeon from Cascade Lake on",
    "avx512": "Intel Skylake-X, Xeon Skylake",
    "avxvnni": "Intel Core from the 12th generation on, N100",
    "avx2": "Intel Core from the 4th generation on, AMD Zen 1 to 3",
}
PERIOD_MS = 50.0
PAGE = """# Computer requirements

Check whether your computer runs the learned policy at 20 Hz. Print the instruction set of the processor and time the tick:

    performer-mpc model show navigator
    performer-mpc bench tick --ticks 10000

A controller at 20 Hz has {period:.0f} ms per tick, from the scan to the command. The network takes most of this time. The instruction set
of the processor therefore decides.

`make computers` writes this page. Measured on {date}, commit `{commit}`, on {processor} ({family}, {clock:.2f} GHz);
{load}. A load well above 0 before the measurement means that other processes competed for the cores: elapsed times are
then longer than on a quiet machine.

## Measured: x86-64 by instruction set

Ticks of the shipped model `navigator` in the scenario `doorway`, without pauses, on one machine that `--isa` restricts to lower
instruction sets: {rounds} runs of {ticks} ticks, the sets in turn.

| column | meaning |
| --- | --- |
| precision | the precision that the program selects for the instruction set |
| CPU, ms | processor time of a tick, without the time in which other processes had the core: the time to expect on a quiet machine of this kind |
| 20 Hz | yes: at most half a period; little reserve: at most one period |
| elapsed, ms; p99 | median and 99th percentile of the median run |
| lowest | median of the quickest run |

{ticks_table}

Without any of these sets (`--isa portable`) the network alone took {portable:.0f} ms of CPU time: such a processor is too slow for the learned policy.

The processors in the table are examples. Processors of a class differ in clock, core width and cache: Gracemont cores (N100) execute
256-bit instructions in two halves. Measure your own processor.

## Estimated: ARM

**Estimates, not measurements.** No ARM machine was available. The kernels are tested in an emulator (`make arm-test`), which gives
no information about speed.

{arm_table}

The default precision is bold. `launch/benches/computers.py` computes each row as follows:

1. A forward pass has {gigaproducts:.3f} · 10⁹ multiplications in {count} matrix products ({parameters:.2f} M parameters, 64 tokens). Products are computed in tiles: up to
   6 rows by 16 columns stay in registers during a loop over the depth.
2. `rustc` compiles the loop for the processor with release optimisation. llvm-mca {mca} counts its cycles in a steady state with all data in
   the L1 cache: *cycles* is one iteration of the full tile.
3. Cycles of a pass = Σ over products and tiles: depth in words × cycles per iteration. A word is one number in single precision, four bytes in int8.
   Products of attention are in single precision.
4. The same calculation for this machine is compared with the measured time of a pass (table below). The median ratio with 256-bit registers, **{correction:.2f}**,
   covers what llvm-mca does not model: layer norms, rounding, epilogues, caches. *Network* is cycles / clock × {correction:.2f}.
5. *Other stages* (map, distance field, solve, guard) take {other:.2f} ms of CPU time on this machine. They are scaled by the clock ({clock:.2f} GHz on this machine) and by an
   **assumed** ratio of instructions per cycle to this machine: {assumed}.

LLVM models Cortex-A76 and A78 with the tables of the older Cortex-A57, which has half the multiplications per cycle. The estimate uses
Neoverse N1, the server version of the A76, for A76 and A78. Neoverse N2 is newer than the A78 and has the same number of vector units;
it gives a second estimate for A78, which is likely too short. The estimate does not include memory bandwidth: single precision reads
{megabytes:.0f} MB of weights per pass, int8 a quarter of that.

### Check of the method on this machine

{check_table}

A ratio below 1 means that LLVM's table for this processor is too slow: it assigns 512-bit products to one unit, where many Xeons have two. The
measured time is the processor time of `bench network`.

## Limits

- A second process on the same core doubles the duration of a tick or more: reserve a core for the controller.
- The controller does not use the GPU of a Jetson. [onnx.md](onnx.md#tensorrt-on-a-jetson) shows how to export the network for TensorRT.
- [peers.md](peers.md) compares the speed with that of other libraries on the same machine.
"""


def verdict(milliseconds):
    if milliseconds <= PERIOD_MS / 2:
        return "yes"
    return "little reserve" if milliseconds <= PERIOD_MS else "no"


def ticks_table(rows):
    lines = ["| `--isa` | processors, for example | precision | CPU, ms | 20 Hz | elapsed, ms | lowest | p99 |", "| --- " * 8 + "|"]
    for row in rows:
        lines.append(
            f"| `{row['isa']}` | {CLASSES[row['isa']]} | {row['kernel']} | {row['cpu_ms']:.2f} | {verdict(row['cpu_ms'])} | {row['p50']:.2f} |"
            f" {row['p50_low']:.2f} | {row['p99']:.2f} |"
        )
    return "\n".join(lines)


def arm_table(rows):
    lines = ["| core | computer, GHz | precision, `--isa` | model in LLVM | cycles | 10⁶ cycles a pass | network, ms | other stages, ms | tick, ms | 20 Hz |"]
    lines.append("| --- " * 10 + "|")
    for row in rows:
        mark = "**" if row["is_default"] else ""
        lines.append(
            f"| {row['name']} | {row['examples']}, {row['clock_ghz']} | {mark}{row['kernel']}{mark}, `{row['isa']}` | {row['model']} | {row['step']:.1f} |"
            f" {row['megacycles']:.1f} | {row['network_ms']:.0f} | {row['other_ms']:.0f} | {row['tick_ms']:.0f} | {verdict(row['tick_ms'])} |"
        )
    return "\n".join(lines)


def check_table(checks):
    lines = ["| `--isa` | precision | cycles, full tile | 10⁶ cycles a pass | estimated, ms | measured, ms | ratio |", "| --- " * 7 + "|"]
    for row in checks:
        lines.append(
            f"| `{row['isa']}` | {row['kernel']} | {row['step']:.1f} ({row['rows']} rows) | {row['megacycles']:.1f} | {row['products_ms']:.2f} |"
            f" {row['measured_ms']:.2f} | {row['ratio']:.2f} |"
        )
    return "\n".join(lines)


def page(answer):
    """The complete page as Markdown."""
    estimates = answer["estimates"]
    assumed = {row["name"]: row["other_code"] for row in estimates["rows"]}
    return PAGE.format(
        period=PERIOD_MS,
        date=answer["date"],
        commit=answer["commit"],
        processor=answer["processor"],
        family=answer["family"],
        clock=estimates["clock_ghz"],
        load=answer["load"],
        rounds=answer["rounds"],
        ticks=answer["ticks_count"],
        portable=answer["portable_ms"],
        ticks_table=ticks_table(answer["ticks"]),
        arm_table=arm_table(estimates["rows"]),
        gigaproducts=1e-9 * answer["multiplications"],
        count=answer["products"],
        parameters=1e-6 * answer["parameters"],
        mca=answer["mca"],
        correction=estimates["correction"],
        other=estimates["other_ms"],
        assumed=", ".join(f"{name} {ratio}" for name, ratio in assumed.items()),
        megabytes=4e-6 * answer["parameters"],
        check_table=check_table(estimates["checks"]),
    )
