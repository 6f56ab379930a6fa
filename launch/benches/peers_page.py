"""Text, tables and chart of docs/peers.md, from the results of peers.py."""

from html import escape

OURS = "Performer-MPC"
INTRODUCTION = """# Speed compared with other libraries

Compare the network and the solver of Performer-MPC with public libraries on your own machine:

    make peers
    make peers INSTANCES=folder    # optimal control as well: the folder holds instances.json

The command installs pinned versions from PyPI into `target/peer-runtimes`, runs the measurements and writes this page. It also times the
map ([mapping.md](mapping.md#speed)). For a library that does not install or crashes, the page contains the error.
"""
MACHINE = """
Measured on {processor} ({family}). A load well above 0 before a measurement means that other processes competed for the cores: elapsed times
are then longer and scatter, processor times less so.
"""
NETWORK = """
## Network

One forward pass of the shipped model `navigator` (8.2 M parameters, 64 tokens, batch 1) on one thread. The libraries run in turn:
{rounds} rounds, {passes} passes per turn. {when}

| column | meaning |
| --- | --- |
| CPU | processor time of a pass, ms, median turn; it excludes the time in which other processes had the core |
| elapsed | median pass of a turn, ms: the median turn, then the lowest and the highest |
| ratio | time over that of Performer-MPC with the same precision and instructions: **above 1, Performer-MPC is quicker** |
| error | largest difference from ONNX Runtime in f32, divided by the largest output, on one random input |

{table}

![Time of a forward pass by instruction set and precision](peers.svg)

- *all* uses every instruction that the processor has and the library supports. In the other rows `--isa` restricts Performer-MPC and
  `ONEDNN_MAX_CPU_ISA` restricts OpenVINO. That variable limits oneDNN, which computes the matrix products of OpenVINO; whether it limits
  every other loop of OpenVINO was not checked. ONNX Runtime has no such option.
- int8: OpenVINO runs a model that NNCF calibrated on random inputs, ONNX Runtime one with dynamic quantisation. Compare only the
  times; calibrate on recorded inputs to compare accuracy. The tests of the controller compare its int8 kernels with single
  precision.
- OpenVINO and ONNX Runtime are called from Python, which adds some microseconds per pass.
"""
CRASH = """
**OpenVINO crashes on the network as exported** in these settings:

{notes}

The crash occurs in the compilation of one addition: the state token [1, 256] to all tokens [1, 64, 256]. The rows above were
measured on the same network with that token reshaped to [1, 1, 256], which gives the same outputs
([onnx.md](onnx.md#openvino)).
"""
CONTROL = """
## Optimal control

{instances} instances of a unicycle among ten circles (state 5, controls 2, period 0.1 s, velocity limits as a penalty), one thread. The solvers
run in turn, {rounds} times each. The time of a solve is that of its quickest round: processor time for the libraries, elapsed time for
Performer-MPC, because `performer-mpc bench solve` reports elapsed time. On a busy machine this is a disadvantage for Performer-MPC. {when}

| term | meaning |
| --- | --- |
| cold | start from zero controls |
| several starts | default of `performer-mpc bench solve`: also starts from a fan of steered initial guesses |
| closed loop | 100 steps of the first ten instances with noise; each plan starts from the previous one, shifted |
| p99 | 99th percentile over instances or steps |
| within 1 % | instances whose merit is at most 1 % above the best in this run and in the file `best_known.json` of the folder |
| ratio | median over that of Performer-MPC from one start, or with one iteration a step: **above 1, Performer-MPC is quicker** |
| cost | mean sum of stage costs |

- Compare the time with the cost, the goals reached and the clearance: a solver that stops early is quicker and drives worse.
- Crocoddyl runs an action model in C++ with Gauss-Newton Hessians, acados generated C with Gauss-Newton Hessians, CasADi functions
  compiled by the C compiler with exact Hessians. Each library uses its own stopping criterion (at most 200 iterations for Crocoddyl and acados).
- The real-time iteration of acados starts a closed loop from a plan of 20 iterations that are not timed, that of Performer-MPC from zero
  controls.
"""
NO_CONTROL = """
## Optimal control

Not measured: no folder of instances was given (`make peers INSTANCES=folder`).
"""


def number(value, digits=3):
    return f"{value:#.{digits}g}".rstrip(".") if value is not None else "–"


def network_table(rows):
    lines = ["| instructions | precision | library | CPU | ratio | elapsed | lowest to highest | ratio | error |", "| --- " * 9 + "|"]
    for row in rows:
        start = f"| {row['held']} | {row['precision']} | {row['who']} |"
        if "failure" in row:
            lines.append(f"{start} failed: {row['failure']} " + "| – " * 5 + "|")
            continue
        error = f"{row['error']:.1e}" if "error" in row else "–"
        lines.append(
            f"{start} {number(row['cpu_ms'])} | {number(row.get('cpu_ratio'))} | {number(row['ms'])} | {number(row['ms_low'])} to"
            f" {number(row['ms_high'])} | {number(row.get('ratio'))} | {error} |"
        )
    return "\n".join(lines)


def control_tables(rows):
    parts = []
    for horizon in sorted({row["horizon"] for row in rows}):
        for task, title, head in (
            ("cold", "cold", "within 1 %"),
            ("warm", "closed loop", "cost | goals reached | least clearance, m"),
        ):
            chosen = [row for row in rows if row["horizon"] == horizon and row["task"] == task]
            if not chosen:
                continue
            columns = 6 + head.count("|")
            parts += [f"### N = {horizon}, {title}", ""]
            parts.append(f"| library | solver | ms, median | p99 | ratio | {head} |")
            parts.append("| --- " * columns + "|")
            parts += [control_line(row, columns) for row in chosen] + [""]
    return "\n".join(parts)


def control_line(row, columns):
    start = f"| {row['who']} | {row['what']} |"
    if "failure" in row:
        return f"{start} failed: {row['failure']} " + "| – " * (columns - 3) + "|"
    start += f" {number(row['ms'])} | {number(row['ms_p99'])} | {number(row['ratio'])} |"
    if row["task"] == "cold":
        return f"{start} {row['within_1_percent']} of {row['instances']} |"
    return f"{start} {row['cost']:.2f} | {row['reached']} of {row['loops']} | {row['clearance_m_min']:.3f} |"


def when(part):
    return f"Measured on {part['date']}, commit `{part['commit']}`, {part['load']}."


def page(answer):
    """The complete page as Markdown."""
    network = answer["network"]
    parts = [INTRODUCTION, MACHINE.format(**answer)]
    settings = {"when": when(network), "rounds": network["rounds"], "passes": network["passes"]}
    parts.append(NETWORK.format(table=network_table(network["rows"]), **settings))
    if network["notes"]:
        parts.append(CRASH.format(notes="\n".join(f"- {note}" for note in network["notes"])))
    if "control" in answer:
        rows = answer["control"]["rows"]
        count = next((row["instances"] for row in rows if "instances" in row), 0)
        parts.append(CONTROL.format(instances=count, rounds=answer["control"]["rounds"], when=when(answer["control"])))
        parts.append("\n" + control_tables(rows))
    else:
        parts.append(NO_CONTROL)
    return "".join(parts).rstrip() + "\n"


def picture(answer):
    """Bar chart of the network times on a linear scale, SVG."""
    rows = [row for row in answer["network"]["rows"] if "cpu_ms" in row]
    left, right, step, top = 330, 90, 20, 46
    scale = 460 / max(row["cpu_ms"] for row in rows)
    groups = len({(row["held"], row["precision"]) for row in rows})
    height = top + step * len(rows) + 8 * groups + 10
    colours = {OURS: "#1b7f3b", "OpenVINO": "#2f6db5", "ONNX": "#b5772f"}
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + 460 + right}" height="{height}" font-family="sans-serif" font-size="12">',
        f'<rect width="100%" height="100%" fill="white"/><text x="10" y="24" font-size="15">Forward pass, 64 tokens, one thread: CPU time, ms; '
        f"{escape(answer['processor'])}</text>",
    ]
    y, before = top, None
    for row in rows:
        group = (row["held"], row["precision"])
        y += 8 if before not in (None, group) else 0
        before = group
        colour = next(value for name, value in colours.items() if row["who"].startswith(name))
        label = f"{row['held']}, {row['precision']}: {row['who']}"
        lines.append(f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{escape(label)}</text>')
        lines.append(f'<rect x="{left}" y="{y}" width="{row["cpu_ms"] * scale:.1f}" height="{step - 5}" fill="{colour}"/>')
        lines.append(f'<text x="{left + row["cpu_ms"] * scale + 6:.1f}" y="{y + 12}">{number(row["cpu_ms"])}</text>')
        y += step
    return "\n".join([*lines, "</svg>"]) + "\n"
