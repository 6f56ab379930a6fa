"""Runs the program on a folder of inputs and prints what was expected of each and what came of it.

    python3 launch/tests/inputs.py FOLDER target/release/performer-mpc

The folder holds a folder a kind, named as in KINDS after its number and a dash; a kind that is not there is
passed over. An input is right when the program maps, replays or drives it as expected, or refuses it with exit
status 3 and words that name what is wrong; it is never right when the program panics or runs for longer than
a minute.
"""

import json
import math
import pathlib
import subprocess
import sys
import tempfile

CAMERA = "100,100,79.5,59.5"
MOUNTING = "0.1,0,0"


def run(binary, *arguments):
    """Exit status, figures (of --json) and all that was said."""
    with tempfile.TemporaryDirectory() as directory:
        figures = pathlib.Path(directory, "figures.json")
        words = [str(word).replace("OUT", directory) for word in arguments]
        command = [binary, *words, "--json", str(figures)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired:
            return -1, {}, "ran for more than a minute"
        read = json.loads(figures.read_text()) if figures.exists() else {}
        return done.returncode, read, done.stdout + done.stderr


def mapped(binary, path, *options):
    status, figures, said = run(binary, "map", path, "--out", "OUT/map", *options)
    return status, figures, said


def short(said):
    lines = [line for line in said.splitlines() if line.startswith(("error", "note"))]
    return (lines or said.splitlines() or ["nothing said"])[0][:200]


def is_room(figures, scans=40):
    """The map of the simulated room of 8 x 5 m, along a way of 4 m in 40 scans."""
    return (
        figures.get("scans") == scans
        and abs(figures["path_length_m"] - 4.06 * scans / 40) < 0.12
        and figures["size_m"][0] < 9.5
        and figures["size_m"][1] < 6.5
    )


class Room:
    """A map of so many scans, with words in the notes; or an error that says one of some words."""

    def __init__(self, scans=40, words=(), options=()):
        self.scans, self.words, self.options = scans, words, options

    def __str__(self):
        words = "".join(f", says {word!r}" for word in self.words)
        options = " ".join(self.options)
        return f"a map of {self.scans} scans{words} {options}".strip()

    def check(self, binary, path):
        status, figures, said = mapped(binary, path, *self.options)
        got = f"{figures.get('scans', 0)} scans, exit {status}; {short(said)}"
        right = status == 0 and is_room(figures, self.scans) if figures else False
        return right and all(word in said for word in self.words), got


class Noted(Room):
    """A map of any shape, and words of a note."""

    def __init__(self, *words):
        super().__init__(words=words)

    def __str__(self):
        return "says " + ", ".join(map(repr, self.words))

    def check(self, binary, path):
        status, _, said = mapped(binary, path)
        return status == 0 and all(word in said for word in self.words), f"exit {status}; {short(said)}"


class Log(Room):
    """The map of a CARMEN log."""

    def check(self, binary, path):
        status, figures, said = mapped(binary, path)
        right = status == 0 and figures["scans"] == self.scans
        right = right and self.scans < 40 or math.isclose(figures.get("path_length_m", 0), 4.06, abs_tol=0.1)
        got = f"{figures.get('scans', 0)} scans, exit {status}; {short(said)}"
        return right and all(word in said for word in self.words), got


class Replayed:
    """Ticks of a replay."""

    def __init__(self, ticks):
        self.ticks = ticks

    def __str__(self):
        return f"a replay of {self.ticks} ticks"

    def check(self, binary, path):
        status, figures, said = run(binary, "replay", path)
        ticks = figures.get("ticks", 0)
        return status == 0 and ticks == self.ticks, f"{ticks} ticks, exit {status}; {short(said)}"


class Refused:
    """Exit status 3, and words of the error."""

    def __init__(self, *words, command="map", options=(), status=3):
        self.words, self.command, self.options, self.status = words, command, options, status

    def __str__(self):
        words = "".join(f", says {word!r}" for word in self.words)
        return f"{self.command} refused with {self.status}{words}"

    def check(self, binary, path):
        options = [*self.options, *(["--out", "OUT/map"] if self.command == "map" else [])]
        status, _, said = run(binary, self.command, path, *options)
        got = f"exit {status}; {short(said)}"
        return status == self.status and all(word in said for word in self.words), got


class Door:
    """A map with a door in it: the robot gets through it both ways, or the door is not open."""

    def __init__(self, is_open, words=()):
        self.is_open, self.words = is_open, words

    def __str__(self):
        return ("door passed" if self.is_open else "door not open") + "".join(
            f", says {word!r}" for word in self.words
        )

    def check(self, binary, path):
        arguments = ("--robot", "round", "--out", "OUT/doors")
        status, _, said = run(binary, "evaluate", "doors", path / "doors.json", *arguments)
        passed = "fits through in 2" in said
        right = status == 0 and passed == self.is_open
        got = f"exit {status}, {'passed' if passed else 'not open'}; {short(said)}"
        return right and all(word in said for word in self.words), got


class Refusal(Refused):
    """A map of a door that is refused."""

    def check(self, binary, path):
        status, _, said = run(binary, "evaluate", "doors", path / "doors.json", "--out", "OUT/doors")
        return status == 3 and all(word in said for word in self.words), f"exit {status}; {short(said)}"


class World:
    """A world with something on the start, or with words of a note or an error."""

    def __init__(self, *words):
        self.words = words

    def __str__(self):
        return "says " + ", ".join(map(repr, self.words)) if self.words else "collides at once"

    def check(self, binary, path):
        status, figures, said = run(binary, "evaluate", "barn", path, "--out", "OUT/barn")
        runs = figures.get("runs") or [{}]
        outcome = runs[0].get("outcome")
        got = f"exit {status}, {outcome}; {short(said)}"
        if self.words:
            return status in (0, 3) and all(word in said for word in self.words), got
        return status == 0 and outcome == "collided", got


class Depth:
    """A map of so many depth images."""

    def __init__(self, images=13, words=()):
        self.images, self.words = images, words

    def __str__(self):
        return f"a map of {self.images} images" + "".join(f", says {word!r}" for word in self.words)

    def check(self, binary, path):
        status, figures, said = mapped(binary, path, "--intrinsics", CAMERA)
        images = figures.get("scans", 0)
        got = f"{images} images, exit {status}; {short(said)}"
        right = status == 0 and images == self.images
        right = right and math.isclose(figures["path_length_m"], 2.4, abs_tol=0.05)
        return right and all(word in said for word in self.words), got


class All:
    """Several of these."""

    def __init__(self, *parts):
        self.parts = parts

    def __str__(self):
        return "; ".join(map(str, self.parts))

    def check(self, binary, path):
        checks = [part.check(binary, path) for part in self.parts]
        return all(right for right, _ in checks), " | ".join(got for _, got in checks)


def both(scans=40, words=(), ticks=None):
    return All(Room(scans, words), Replayed(scans if ticks is None else ticks))


ONE_LEFT_OUT = both(39, ["1 message on /scan left out"])
NOTHING = All(Refused(), Refused(command="replay"))
KINDS = {
    "baseline": {"*": both()},
    "tf-not-finite": {
        "odom_first*": both(39),
        "*": both(40, ["1 message on /tf left out"]),
    },
    "range-max": {"zero*": Refused("--range-max-m"), "*": both()},
    "one-bad-scan": {
        "all_zero_header*": ONE_LEFT_OUT,
        "all_*": All(Refused("40 messages on /scan left out"), Refused(command="replay")),
        "*": ONE_LEFT_OUT,
    },
    "metadata-paths": {"*": both()},
    "namespaced-tf": {
        "no_static*": All(
            Refused("--lidar-pose"), Room(options=("--lidar-pose", MOUNTING)), Refused(command="replay")
        ),
        "tf_only*": All(
            Refused("--frames"), Room(options=("--frames", "odom,base_link")), Refused(command="replay")
        ),
        "two_scans*": All(
            Refused("--scan-topic"),
            Refused("--scan", command="replay", status=2),
            Room(options=("--scan-topic", "/front/scan")),
        ),
        "*": both(),
    },
    "odometry-frames-empty": {"*": both()},
    "cut-short": {
        "cut.db3": both(28, ["damaged at byte"]),
        "cut_in_chunk*": both(30, ["damaged at byte"]),
        "empty*": Refused("empty"),
        "magic_only*": All(Refused("no message"), Refused(command="replay")),
        "split": both(40, ["s_1.mcap"]),
        "last_byte*": both(40, ["damaged at byte"]),
        "no_footer*": both(40, ["damaged at byte"]),
        "*": both(),
    },
    "zero-range": {
        "just_below*": All(
            Noted("use --range-max-m"), Room(options=("--range-max-m", "3.46")), Replayed(40)
        ),
        "*": both(),
    },
    "map-yaml": {
        "door_unknown": Door(False),
        "unknown205*": Door(True, ["shade 205"]),
        "image_missing": Refusal("other.pgm"),
        "mode_capital": Refusal("mode"),
        "origin_of_two": Refusal("origin"),
        "thresh_equal": Refusal("free_thresh"),
        "yaw_1_57": Refusal("turned maps"),
        "yaw_dot_nan": Door(True, ["yaw"]),
        "*": Door(True),
    },
    "map-alpha": {"*": Door(False)},
    "map-image": {"pgm_cut": Refusal("whole"), "*_unknown": Door(False), "*": Door(True)},
    "carmen": {
        "cut*": All(Log(27, ["incomplete deflate stream"]), Replayed(27)),
        "rawlaser*": All(Log(40, ["odometry alone"]), Replayed(40)),
        "*": All(Log(40), Replayed(40)),
    },
    "gazebo": {
        "above*": World("above"),
        "sunk*": World("below"),
        "empty*": World("no obstacle"),
        "include*": World("<include>"),
        "mesh*": World("<mesh>"),
        "moved_by_plugin*": World("m.so"),
        "*": World(),
    },
    "ros1": {
        "ros1*": All(Refused("rosbags-convert"), Refused("rosbags-convert", command="replay")),
        "*json*": All(Refused("json"), Refused("json", command="replay")),
        "*": both(),
    },
    "scan-shapes": {"*": both()},
    "clocks": {"scan_stamp_end*": both(), "*": All(Refused("from 17"), Refused("from 17", command="replay"))},
    "depth": {
        "tum_nan_row": Depth(12, ["lost"]),
        "zero_quaternion_row": Depth(12, ["lost"]),
        "*": Depth(),
    },
    "two-parents": {"*": both()},
    "replay-nothing": {"*": NOTHING},
}


def main():
    folder, binary = pathlib.Path(sys.argv[1]), sys.argv[2]
    wrong, known = 0, 0
    for directory in sorted(path for path in folder.iterdir() if path.is_dir()):
        kind = directory.name.partition("-")[2]
        for path in sorted(directory.iterdir()):
            if path.name == "README" or kind not in KINDS:
                continue
            known += 1
            patterns = KINDS[kind]
            expected = next(patterns[pattern] for pattern in patterns if path.match(pattern))
            right, got = expected.check(binary, path)
            if "panicked" in got:
                right = False
            wrong += not right
            mark = "right" if right else "WRONG"
            print(f"{mark} | {directory.name}/{path.name} | {expected} | {got}", flush=True)
    print(f"{known - wrong} of {known} inputs as expected")
    return 1 if wrong or not known else 0


if __name__ == "__main__":
    sys.exit(main())
