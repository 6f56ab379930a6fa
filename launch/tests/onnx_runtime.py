"""Runs an exported network in ONNX Runtime: inputs, then outputs, as files of little-endian f32.

    onnx_runtime.py MODEL.onnx INPUTS OUTPUTS

A row of the inputs holds the patches and then the state.
"""

import sys

import numpy as np
import onnxruntime

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
shapes = {value.name: value.shape for value in session.get_inputs()}
sizes = {name: int(np.prod(shape)) for name, shape in shapes.items()}
rows = np.fromfile(sys.argv[2], "<f4").reshape(-1, sizes["patches"] + sizes["state"])
outputs = []
for row in rows:
    feed = {
        "patches": row[: sizes["patches"]].reshape(shapes["patches"]),
        "state": row[sizes["patches"] :].reshape(shapes["state"]),
    }
    outputs.append(session.run(["raw"], feed)[0].ravel())
np.concatenate(outputs).astype("<f4").tofile(sys.argv[3])
