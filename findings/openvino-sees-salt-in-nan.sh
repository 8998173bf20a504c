#!/usr/bin/env bash
# The same network gives NaN for NaN samples in ONNX Runtime, and a probability without a doubt in OpenVINO.
#
# One would guess: a sample that is NaN makes every output that depends on it NaN, so a hole in the survey
# stays a hole in the probability, and a test for NaN in the *result* finds what the input check missed.
# What happens: OpenVINO's ReLU on CPU (x86-64) gives 0 for NaN. A convolution, a ReLU and a second
# convolution are enough: a window of nothing but NaN comes back as one finite probability, the same
# everywhere (that of the last bias), and a NaN trace as ordinary ones. Tanh in the place of ReLU keeps NaN,
# so it depends on the network. ONNX Runtime keeps NaN through both.
# Versions: openvino 2026.4.1, onnxruntime 1.32.0, onnx 1.23.2. (Single operations: openvino issue 35649.)
# Why it matters: volumes use NaN for dead samples. Whoever compares or changes runtimes must mask NaN before
# the network and write the mask back after it; looking at the output proves nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile openvino==2026.4.1 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
venv/bin/python - <<'PYTHON'
from importlib.metadata import version

import numpy as np
import onnx
import onnxruntime
import openvino
from onnx import TensorProto, helper

print(*(f"{name} {version(name)}" for name in ("openvino", "onnxruntime", "onnx")))
rng = np.random.default_rng(0)
weights = {
    "first": rng.normal(0, 0.3, (8, 1, 3, 3)), "bias": rng.normal(0, 0.3, 8),
    "last": rng.normal(0, 0.3, (1, 8, 3, 3)), "offset": np.array([-0.5]),
}
constants = [onnx.numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]


def network(activation):
    nodes = [
        helper.make_node("Conv", ["x", "first", "bias"], ["a"], pads=[1] * 4),
        helper.make_node(activation, ["a"], ["b"]),
        helper.make_node("Conv", ["b", "last", "offset"], ["c"], pads=[1] * 4),
        helper.make_node("Sigmoid", ["c"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, 64, 64]) for name in "xy"]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def run(model, x):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return session.run(None, {"x": x})[0], compiled({"x": x})[0]


live = rng.normal(0, 1, (1, 1, 64, 64)).astype(np.float32)
trace, window = live.copy(), np.full_like(live, np.nan)
trace[..., 30] = np.nan
for activation in ("Relu", "Tanh"):
    model = network(activation)
    seen = {name: run(model, x) for name, x in (("live", live), ("NaN trace", trace), ("NaN window", window))}
    assert np.allclose(*seen["live"], atol=1e-5)
    for name, (runtime, vino) in seen.items():
        inside = vino[..., 2:-2, 2:-2]
        finite = inside[np.isfinite(inside)]
        span = f"{finite.min():.4f} to {finite.max():.4f}" if finite.size else "none"
        print(f"{activation} {name:10} onnxruntime {np.isnan(runtime).mean():6.1%} NaN, openvino"
              f" {np.isnan(vino).mean():6.1%} NaN, its probabilities {span}")
    trace_ort, trace_vino = seen["NaN trace"]
    window_ort, window_vino = seen["NaN window"]
    assert np.isnan(trace_ort[..., 28:33]).all() and np.isnan(trace_ort).sum() == 5 * 64
    assert np.isnan(window_ort).all()
    if activation == "Relu":
        inside = window_vino[..., 2:-2, 2:-2]
        assert np.isfinite(trace_vino).all() and np.isfinite(inside).all() and np.ptp(inside) < 1e-6
        assert np.allclose(inside, 1 / (1 + np.exp(0.5)), atol=1e-6)
    else:
        assert (np.isnan(trace_vino) == np.isnan(trace_ort)).all() and np.isnan(window_vino).all()
PYTHON
