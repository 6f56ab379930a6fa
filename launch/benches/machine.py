"""What a measurement was made on: processor, load, commit, date; and files that are written whole."""

import json
import os
import platform
import resource
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def processor():
    """Name of the processor and number of cores."""
    return f"{cpuinfo('model name') or platform.machine()}, {os.cpu_count()} cores"


def cpuinfo(field):
    """First value of a field of /proc/cpuinfo, or nothing."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(": ")[2] for line in lines if line.startswith(field)), "")


def family():
    """Vendor, family and model, which tell generations apart where the name does not."""
    return f"{cpuinfo('vendor_id')} family {cpuinfo('cpu family')} model {cpuinfo('model')}".rstrip()


def flags():
    """Instruction set extensions as Linux names them."""
    return set(cpuinfo("flags").split())


def load_average():
    """Processes that wanted to run in the last minute; None where the system does not say."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def commit():
    """Commit of the sources, marked where Rust sources or models differ from it."""
    try:
        git = ["git", "-C", str(ROOT)]
        head = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], check=True, capture_output=True, text=True)
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no", "--", "*.rs", "*.toml", "models", ":!launch/benches"],
            check=True,
            capture_output=True,
            text=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.stdout.strip() + (" with changes" if changed.stdout.strip() else "")


def ours(binary, *arguments):
    """What our program writes as JSON, and the processor time that it took, s."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(binary), *arguments, "--json", "-"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), used_s


def our_pass(binary, passes, *arguments):
    """Median time and processor time of a forward pass, ms; start and warm-up are taken off by a second run."""
    command = ["bench", "network", *arguments, "--passes"]
    _, start_s = ours(binary, *command, "1")
    answer, used_s = ours(binary, *command, str(passes + 1))
    return {"ms": answer["ms_p50"], "cpu_ms": 1e3 * (used_s - start_s) / passes}


def today():
    return time.strftime("%Y-%m-%d", time.gmtime())


def write_whole(path, text):
    """Writes a file by a temporary one and a rename, so that no reader sees half of it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)


def load_words(before, after):
    """The load average before and after a measurement, as words."""
    if before is None or after is None:
        return "load average unknown"
    return f"load average {before:.1f} before and {after:.1f} after on {os.cpu_count()} cores"
