"""Installs what is measured, every library in a virtual environment of its own, so that none forbids another."""

import shutil
import subprocess
import sys

from machine import ROOT, write_whole
from worker import Failed, how_it_ended

HOME = ROOT / "target/peer-runtimes"
NUMPY = "numpy==2.4.6"
# steps of pip; the wheel of acados brings a CasADi for one version of Python, which the second step replaces
STEPS = {
    "openvino": [["openvino==2026.4.1", "nncf==3.4.0", "onnx==1.23.2", NUMPY]],
    "onnxruntime": [["onnxruntime==1.32.0", "onnx==1.23.2", NUMPY]],
    "crocoddyl": [["crocoddyl==3.2.1", "cmeel-eigen==3.4.1", NUMPY]],
    "acados": [["comma-deps-acados==0.2.2.post92", NUMPY], ["--force-reinstall", "--no-deps", "casadi==3.8.2"]],
    "casadi": [["casadi==3.8.2", NUMPY]],
}


def python_of(name):
    """Python with a library; installs it first where that is missing.

    Raises `Failed` with the installer's error.
    """
    home = HOME / name
    python, ready = home / "bin/python", home / "ready"
    wanted = repr(STEPS[name])
    if ready.exists() and ready.read_text() == wanted:
        return str(python)
    print(f"installing {' '.join(sum(STEPS[name], []))} into {home.relative_to(ROOT)}", file=sys.stderr)
    shutil.rmtree(home, ignore_errors=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in [[sys.executable, "-m", "venv", str(home)], *([*pip, *step] for step in STEPS[name])]:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"does not install: {how_it_ended(done.returncode, done.stderr)}")
    write_whole(ready, wanted)
    return str(python)
