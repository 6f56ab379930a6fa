"""Times the map beside public libraries, on the same cloud and the same grid, in one run.

    make peers

or, with the libraries of perception/benches/peers.txt installed,

    python perception/benches/peers.py target/release/performer-mpc --json FILE --docs docs/mapping.md

Everything runs on one thread. Times are medians of calls after some that warm up.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import cv2
import numpy as np
import octomap
import open3d
from scipy import ndimage

CELL_M = 0.05
RANGE_MAX_M = 15.0
REPETITIONS = 30
BEGIN, END = "<!-- peers begin -->", "<!-- peers end -->"


def milliseconds(call, warm_up=3):
    """Median and quickest call."""
    for _ in range(warm_up):
        call()
    times = []
    for _ in range(REPETITIONS):
        begun = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - begun))
    times.sort()
    return times[len(times) // 2], times[0]


def ours(binary, directory):
    command = [binary, "bench", "mapping", "--sweeps", "128", "--images", "640", "--cloud", directory, "--json", "-"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def peers(cloud, occupied):
    """Rows (task, who, what, median, quickest)."""
    cv2.setNumThreads(1)
    points = np.ascontiguousarray(cloud, dtype=np.float64)
    origin = np.zeros(3)
    rows = []

    def add(task, library, what, call, warm_up=3):
        rows.append((task, f"{library} {version(library)}", what, *milliseconds(call, warm_up)))

    for discretize, name in ((False, "insertPointCloud"), (True, "insertPointCloud, discretized")):
        tree = octomap.OcTree(CELL_M)
        add(
            "sweep",
            "octomap-python",
            f"{name}: hits, and sight clears",
            lambda: tree.insertPointCloud(points, origin, maxrange=RANGE_MAX_M, discretize=discretize),
        )
    shape = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(points))
    add("sweep", "open3d", "voxel_down_sample: a filter, clears nothing", lambda: shape.voxel_down_sample(CELL_M))
    add(
        "sweep",
        "open3d",
        "VoxelGrid from the cloud: hits, clears nothing",
        lambda: open3d.geometry.VoxelGrid.create_from_point_cloud(shape, CELL_M),
    )
    add(
        "sweep",
        "numpy",
        "floor and unique: hits, clears nothing",
        lambda: np.unique(np.floor(cloud / CELL_M).astype(np.int32), axis=0),
    )
    free = np.ascontiguousarray(1 - occupied)
    add("distances", "scipy", "distance_transform_edt", lambda: ndimage.distance_transform_edt(free))
    add(
        "distances",
        "opencv-python-headless",
        "distanceTransform, precise",
        lambda: cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE),
    )
    add(
        "distances",
        "opencv-python-headless",
        "distanceTransform, 5 x 5, approximate",
        lambda: cv2.distanceTransform(free, cv2.DIST_L2, 5),
    )
    return rows


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.machine())


def revision():
    try:
        command = ["git", "rev-parse", "--short=12", "HEAD"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def table(answer):
    lines = [
        f"Written by `make peers` on {answer['date']}, commit `{answer['commit']}`, {answer['processor']}, one thread;",
        f"a sweep of {answer['points']} points in a furnished room, cells of 5 cm, and {answer['cells']} cells of the map",
        "of it. Medians (quickest) of calls; the ratio is of medians. Libraries are called through Python.",
        "",
        "| task | who | what | ms | ratio |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in answer["rows"]:
        times = f"{row['ms_p50']:.3g} ({row['ms_best']:.3g})"
        lines.append(f"| {row['task']} | {row['who']} | {row['what']} | {times} | {row['ratio']:.2f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="performer-mpc, built for release")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--docs", type=Path, metavar="FILE", help="replace the table between the marks in this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        own = ours(arguments.binary, directory)
        cloud = np.fromfile(Path(directory) / "cloud.f32", dtype="<f4").reshape(-1, 3)
        occupied = np.fromfile(Path(directory) / "occupied.u8", dtype=np.uint8)
    side = int(round(len(occupied) ** 0.5))
    occupied = occupied.reshape(side, side)
    sweep, distances = own["series"][0]["times"][-1], own["distances"]
    rows = [
        ("sweep", "performer-mpc", "into the map: hits, sight clears, movers", sweep["ms_p50"], sweep["ms_best"]),
        *peers(cloud, occupied),
        ("distances", "performer-mpc", "exact, m", distances["ms_p50"], distances["ms_best"]),
    ]
    rows.sort(key=lambda row: (row[0] != "sweep", row[1] != "performer-mpc"))
    base = {"sweep": sweep["ms_p50"], "distances": distances["ms_p50"]}
    answer = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": revision(),
        "processor": processor(),
        "points": len(cloud),
        "cells": f"{side} x {side}",
        "rows": [
            {"task": task, "who": who, "what": what, "ms_p50": p50, "ms_best": best, "ratio": p50 / base[task]}
            for task, who, what, p50, best in rows
        ],
    }
    text = table(answer)
    print(text)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(answer, indent=2) + "\n")
    if arguments.docs:
        docs = arguments.docs.read_text()
        before, mark, rest = docs.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not (mark and end):
            sys.exit(f"{arguments.docs}: expected the marks {BEGIN} and {END}")
        arguments.docs.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


if __name__ == "__main__":
    main()
