#!/usr/bin/env python3
"""Writes the seeds of all fuzz targets: the smallest whole files of each kind, into fuzz/seeds/."""

import json
import os
import shutil
import sqlite3
import struct
import tempfile
import zlib

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeds")


def write(target, name, data):
    folder = os.path.join(ROOT, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


class Cdr:
    """A message in little-endian CDR; alignment counts from the first byte of the body."""

    def __init__(self):
        self.body = b""

    def number(self, kind, *values):
        size = struct.calcsize("<" + kind)
        for value in values:
            self.body += b"\0" * (-len(self.body) % size) + struct.pack("<" + kind, value)
        return self

    def text(self, text):
        self.number("I", len(text) + 1)
        self.body += text.encode() + b"\0"
        return self

    def list(self, kind, values):
        return self.number("I", len(values)).number(kind, *values)

    def header(self):
        return self.number("i", 1).number("I", 2).text("base")

    def bytes(self):
        return b"\0\1\0\0" + self.body


def scan():
    floats = Cdr().header().number("f", -1.0, 1.0, 0.5, 0.0, 0.1, 0.1, 10.0)
    return floats.list("f", [1.0, float("inf"), float("nan"), 0.05, 20.0]).list("f", []).bytes()


def cloud():
    message = Cdr().header().number("I", 1, 2).number("I", 4)
    for name, offset, kind in [("x", 0, 7), ("y", 4, 7), ("z", 8, 7), ("ring", 12, 4)]:
        message.text(name).number("I", offset).number("B", kind).number("I", 1)
    message.number("B", 0).number("I", 14, 28)
    points = struct.pack("<fffH", 1, 2, 0.5, 3) + struct.pack("<fffH", -1, 0, 0.1, 4)
    return message.list("B", list(points)).number("B", 1).bytes()


def depth():
    message = Cdr().header().number("I", 2, 3).text("16UC1").number("B", 0).number("I", 6)
    return message.list("B", list(struct.pack("<6H", 0, 500, 1000, 2000, 4000, 65535))).bytes()


def camera_info():
    message = Cdr().header().number("I", 120, 160).text("plumb_bob").list("d", [0.0] * 5)
    message.number("d", 100.0, 0, 80, 0, 100, 60, 0, 0, 1).number("d", 1.0, 0, 0, 0, 1, 0, 0, 0, 1)
    message.number("d", 100.0, 0, 80, 0, 0, 100, 60, 0, 0, 0, 1, 0).number("I", 0, 0)
    return message.number("I", 0, 0, 0, 0).number("B", 0).bytes()


def odometry():
    message = Cdr().header().text("base").number("d", 1.0, 2.0, 0, 0, 0, 0, 1).number("d", *[0.0] * 36)
    return message.number("d", 0.5, 0, 0, 0, 0, 0.1).number("d", *[0.0] * 36).bytes()


def transforms():
    message = Cdr().number("I", 1).header().text("lidar")
    return message.number("d", 0.1, 0, 0.3, 0, 0, 0, 1).bytes()


def path():
    return Cdr().header().number("I", 1).header().number("d", 1.0, 0, 0, 0, 0, 0, 1).bytes()


def twist():
    return Cdr().header().number("d", 0.5, 0, 0, 0, 0, 0.2).bytes()


def mcap(compression):
    def text(value):
        return struct.pack("<I", len(value)) + value.encode()

    def record(opcode, body):
        return bytes([opcode]) + struct.pack("<Q", len(body)) + body

    kind = "sensor_msgs/msg/LaserScan"
    schema = record(3, struct.pack("<H", 1) + text(kind) + text("ros2msg") + text(""))
    channel = record(4, struct.pack("<HH", 1, 1) + text("/scan") + text("cdr") + text(""))
    message = record(5, struct.pack("<HIQQ", 1, 0, 5, 5) + scan())
    inner = schema + channel + message
    if compression == "zstd":  # one frame of raw blocks (RFC 8878)
        blocks, rest = b"", inner
        while rest:
            part, rest = rest[:100], rest[100:]
            blocks += struct.pack("<I", len(part) << 3 | (not rest))[:3] + part
        size = b"\x20" + bytes([len(inner)]) if len(inner) < 256 else b"\x60" + struct.pack("<H", len(inner) - 256)
        packed = b"\x28\xb5\x2f\xfd" + size + blocks
    elif compression == "lz4":  # one frame of one block that is not compressed
        packed = b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", len(inner) | 1 << 31) + inner + b"\0" * 4
    else:
        packed = inner
    head = struct.pack("<QQQI", 5, 5, len(inner), zlib.crc32(inner)) + text(compression)
    chunk = record(6, head + struct.pack("<Q", len(packed)) + packed)
    metadata = record(12, text("run") + text(text("seed").decode() + text("1").decode()))
    end = record(15, struct.pack("<I", 0)) + record(2, struct.pack("<QQI", 0, 0, 0))
    magic = b"\x89MCAP0\r\n"
    return magic + record(1, text("") + text("seeds")) + chunk + metadata + end + magic


def database():
    folder = tempfile.mkdtemp()
    name = os.path.join(folder, "a.db3")
    base = sqlite3.connect(name)
    base.execute("PRAGMA page_size = 512")
    base.executescript(
        "CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, "
        "serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);"
        "CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, "
        "timestamp INTEGER NOT NULL, data BLOB NOT NULL);"
    )
    base.execute("INSERT INTO topics VALUES(1, '/scan', 'sensor_msgs/msg/LaserScan', 'cdr', '')")
    for stamp in range(3):
        base.execute("INSERT INTO messages(topic_id, timestamp, data) VALUES(1, ?, ?)", (stamp, scan()))
    base.commit()
    base.close()
    with open(name, "rb") as file:
        data = file.read()
    shutil.rmtree(folder)
    return data


def png(kind, rows):
    def part(name, data):
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    size = struct.pack(">IIBBBBB", 3, len(rows), 8, kind, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", size) + part(b"IDAT", data) + part(b"IEND", b"")


def model():
    """A network of one layer, without a checksum: the target gives it one."""
    config = {
        "view": {"cells": 4, "cell_m": 0.5, "lookups": 1, "clearance_max_m": 2.0, "history_s": [], "route": False},
        "patch": 2, "width": 2, "layers": 1, "heads": 1, "mlp_width": 2, "attention": {"kind": "relu"},
        "cost": {"knots": 1, "reference_max": [6.0] * 6, "factor_max": 4.0},
    }
    shapes = {"patch": (12, 2), "state.0": (8, 2), "state.1": (2, 2), "layers.0.qkv": (2, 6), "layers.0.out": (2, 2)}
    shapes |= {"layers.0.mlp.0": (2, 2), "layers.0.mlp.1": (2, 2), "head.0": (2, 2), "head.1": (2, 27)}
    tensors = {}
    for name, (inputs, outputs) in shapes.items():
        tensors |= {f"{name}.weight": [inputs, outputs], f"{name}.bias": [outputs]}
    for name in ["layers.0.norm1", "layers.0.norm2", "norm"]:
        tensors |= {f"{name}.weight": [2], f"{name}.bias": [2]}
    tensors["position"] = [4, 2]
    header, end = {"__metadata__": {"card": "{}", "config": json.dumps(config)}}, 0
    for name, shape in tensors.items():
        start, count = end, shape[0] * (shape[1] if len(shape) > 1 else 1)
        end += 2 * count
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"\x80\x3e" * (end // 2)


BARN = {
    "id": "w", "idx": 3, "r": 0.075, "start": [-2.25, 3, 1.57], "goal": [-2.25, 13], "goal_tol": 1,
    "time_limit": 100, "path_len": 12.4, "obs": [[-2, 5], [0.5, 2]],
}
GAZEBO = """<sdf version='1.6'><world name='default'>
<model name='post'><pose>-2 8 0.5 0 0 0</pose><link name='l'><pose>0.5 0 0 0 0 0</pose><collision name='c'>
<geometry><cylinder><radius>0.075</radius><length>1</length></cylinder></geometry></collision></link></model>
<model name='wall'><pose>0 0 1 0 0 1.57</pose><link name='l'><collision name='c'><pose>1 0 0 0 0 0</pose>
<geometry><box><size>4 0.2 2</size></box></geometry></collision></link></model>
<state world_name='default'><model name='post'><pose>-2 7 0.5 0 0 0</pose></model></state></world></sdf>"""
# frames, degrees, quaternions, nested and included models, and a state that inserts, deletes and scales
LINK = "<link name='l'><collision name='c'><geometry><sphere><radius>0.2</radius></sphere></geometry></collision></link>"
GAZEBO_FRAMES = f"""<sdf version='1.9'><world name='w'><frame name='g' attached_to='f'><pose>1 0 0 0 0 0</pose></frame>
<frame name='f'><pose degrees='true'>1 1 0 0 0 90</pose></frame>
<model name='m'><pose relative_to='g'>0 0 0.1 0 0 0</pose>{LINK}<model name='n'>
<pose rotation_format='quat_xyzw'>1 2 0.1 0 0 0.6 0.8</pose>{LINK}</model></model>
<include><uri>model://post</uri><name>p</name></include><state><deletions><name>m</name></deletions><insertions>
<model name='o'><pose>1 2 0.1 0 0 0</pose>{LINK}</model></insertions>
<model name='p'><pose>1 2 0.1 0 0 0</pose><scale>2 2 1</scale></model></state></world></sdf>"""
GAZEBO_MODEL = f"<sdf version='1.9'><model name='post'>{LINK}</model></sdf>"
MATRIX = "1 0 0 0.5\n0 1 0 1\n0 0 1 0\n0 0 0 1\n"
DOOR = {
    "map": "m", "door": [2.5, 2.5], "heading": 0.0, "width": 0.8, "a": [1.25, 2.5], "b": [3.75, 2.5],
    "clear_a": 1, "clear_b": 1,
}
PEOPLE = "t,id,x,y\n" + "".join(f"{t},{p},{0.6 * t - 4},{p}\n" for t in range(20) for p in range(2))
CARMEN = "# log\nFLASER 4 1.5 2 81.83 0.5 1 2 0.5 3 4 0.25 10.5 host 11.5\nODOM 1 2 3\n"
MAP = "image: m.pgm\nmode: trinary\nresolution: 0.05\norigin: [-1.0, 2.5, 0.0]\nnegate: 0\n"
MAP += "occupied_thresh: 0.65\nfree_thresh: 0.196\n"
BAG = "rosbag2_bagfile_information:\n  version: 4\n  storage_identifier: mcap\n  relative_file_paths:\n    - a_0.mcap\n"
SETTINGS = """[controller.mpc]
horizon = 10
dt_s = 0.1
[controller.mpc.multi_start]
ahead_m = [0.7, 1.4]
candidates = 4
[controller.mapper]
resolution_m = 0.1
size_m = 10.0
field_size_m = 8.0
[controller.limits]
speed_max_mps = 0.8
[controller.footprint]
shape = "rectangle"
length_m = 0.6
width_m = 0.4
"""
TICK = {
    "t": 0.0, "odom": [0, 0, 0], "velocity": [0, 0], "goal": [2, 0, None], "path": [[0, 0], [2, 0]],
    "scan": {"angle_min": -1.0, "angle_increment": 0.5, "range_min": 0.1, "range_max": 10,
             "ranges": [1.0, "inf", None, 3, 2]},
}

shutil.rmtree(ROOT, ignore_errors=True)
messages = [scan(), cloud(), depth(), camera_info(), odometry(), transforms(), path(), twist()]
for kind, message in enumerate(messages):
    write("cdr", str(kind), bytes([kind]) + message)
for compression in ["", "lz4", "zstd"]:
    write("mcap", compression or "plain", mcap(compression))
write("sqlite", "scans", database())
write("model", "tiny", model())
write("image", "grey", b"\0" + png(0, [b"\0\xcd\xfe"] * 2))
write("image", "alpha", b"\1" + png(4, [b"\0\xff\x80\xff\xfe\0"] * 2))
write("image", "pgm", b"\2P5\n# c\n3 2\n255\n\0\x32\x64\xcd\xfe\xff")
write("barn", "two", json.dumps(BARN) + "\n" + json.dumps(BARN | {"idx": 4}) + "\n")
write("gazebo", "two", GAZEBO)
write("gazebo", "frames", GAZEBO_FRAMES + "\0" + GAZEBO_MODEL)
write("poses", "lines", "# stamp x y z q\n1.5 0 0 1 0 0 0 1\n2.5,1,0,1,0,0,0.6,0.8\nnan nan nan nan nan nan nan nan\n")
write("poses", "matrices", MATRIX.replace("\n", " ") + "\n")
write("poses", "log", "0 0 1\n" + MATRIX + "1 1 2\n" + MATRIX.replace("0.5", "0.7"))
write("doors", "one", json.dumps([DOOR]))
write("people", "two", PEOPLE + "#\n" + '{"walls": [[-5, -3, 5, -3]]}')
write("carmen", "one", CARMEN)
write("yaml", "map", MAP)
write("yaml", "bag", BAG)
write("settings", "few", SETTINGS)
write("serve", "two", json.dumps(TICK) + "\n" + json.dumps(TICK | {"t": 0.05, "velocity": [0.1, 0]}) + "\n")
write("solver", "small", bytes(range(256)))
write("solver", "extreme", bytes([19, 1]) + bytes((7 * byte * byte) % 256 for byte in range(600)))
write("ocp", "near", struct.pack("<60h", 0, 0, 0, 2000, 100, 6000, 2000, *[500 * (k % 5) for k in range(53)]))
