"""The exported network in OpenVINO or ONNX Runtime, on one thread. Run by network.py in a process of its own.

    runtimes.py quantise-openvino|quantise-onnxruntime NETWORK.onnx FILE
    runtimes.py openvino|onnxruntime FILE PRECISION [row]
"""

import statistics
import sys
import time

import numpy as np
from worker import serve

CALIBRATION_INPUTS = 64
WARM_UP = 20


def inputs(shapes, seed):
    """Cells that are mostly 0 or 1, as those of a map."""
    random = np.random.default_rng(seed)
    cells = random.choice([0.0, 1.0, 0.5], p=[0.6, 0.3, 0.1], size=shapes["patches"])
    return {
        "patches": cells.astype(np.float32),
        "state": random.uniform(-1, 1, size=shapes["state"]).astype(np.float32),
    }


def with_state_as_row(file):
    """The same network with the state's token reshaped to [1, 1, width] before it is added to all tokens.

    OpenVINO 2026.4.1 crashes where it fuses the addition of [1, width] to [1, tokens, width], in single precision on
    one thread.
    """
    import onnx

    model = onnx.load(file)
    graph = model.graph
    index = next(i for i, node in enumerate(graph.node) if node.output[0] == "embedding")
    node = graph.node[index]
    shape = onnx.numpy_helper.from_array(np.array([1, 1, -1], np.int64), "state.row.shape")
    graph.initializer.append(shape)
    row = onnx.helper.make_node("Reshape", [node.input[1], shape.name], ["state.row"])
    node.input[1] = "state.row"
    graph.node.insert(index, row)
    return model.SerializeToString()


def quantise_openvino(onnx_file, file):
    import nncf
    import openvino

    model = openvino.Core().read_model(with_state_as_row(onnx_file))
    shapes = {port.any_name: tuple(port.shape) for port in model.inputs}
    samples = nncf.Dataset([inputs(shapes, 1 + seed) for seed in range(CALIBRATION_INPUTS)])
    calibrated = nncf.quantize(
        model, samples, subset_size=CALIBRATION_INPUTS, model_type=nncf.ModelType.TRANSFORMER
    )
    openvino.save_model(calibrated, file, compress_to_fp16=False)


def quantise_onnxruntime(onnx_file, file):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(onnx_file, file, weight_type=QuantType.QInt8)


def openvino_pass(file, precision, as_row):
    import openvino

    core = openvino.Core()
    model = core.read_model(with_state_as_row(file) if as_row else file)
    hint = "bf16" if precision == "bf16" else "f32"
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": hint}
    compiled = core.compile_model(model, "CPU", settings)
    feed = inputs({port.any_name: tuple(port.shape) for port in compiled.inputs}, 0)
    request = compiled.create_infer_request()
    return openvino.__version__.split("-")[0], lambda: request.infer(feed)["raw"]


def onnxruntime_pass(file):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    feed = inputs({value.name: value.shape for value in session.get_inputs()}, 0)
    return onnxruntime.__version__, lambda: session.run(["raw"], feed)[0]


def timed(kind, file, precision, *rest):
    """Greeting with version and outputs, and the answer to a number of passes: time and processor time of one, ms."""
    if kind == "openvino":
        version, run = openvino_pass(file, precision, "row" in rest)
    else:
        version, run = onnxruntime_pass(file)
    outputs = np.array(run()).ravel().tolist()
    for _ in range(WARM_UP):
        run()

    def answer(question):
        times, cpu_begun = [], time.process_time()
        for _ in range(question["passes"]):
            begun = time.perf_counter()
            run()
            times.append(1e3 * (time.perf_counter() - begun))
        cpu_ms = 1e3 * (time.process_time() - cpu_begun) / question["passes"]
        return {"ms": statistics.median(times), "cpu_ms": cpu_ms}

    return {"version": version, "outputs": outputs}, answer


def main():
    kind, *rest = sys.argv[1:]
    if kind == "quantise-openvino":
        serve(lambda: (quantise_openvino(*rest) or {"done": True}, None))
    elif kind == "quantise-onnxruntime":
        serve(lambda: (quantise_onnxruntime(*rest) or {"done": True}, None))
    else:
        serve(lambda: timed(kind, *rest))


if __name__ == "__main__":
    main()
