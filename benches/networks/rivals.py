"""Forward passes of PyTorch, ONNX Runtime and OpenVINO on the weights and the input of benches/networks/main.rs.

    rivals.py FOLDER ROUNDS [diapir.json ...]      the results of `networks run` are put into the same table

Needs torch, segmentation_models_pytorch, safetensors, onnx, onnxruntime, openvino.
"""

import json
import pathlib
import sys
import time
import warnings

import numpy as np
import openvino
import onnxruntime
import segmentation_models_pytorch as smp
import torch
from safetensors.torch import load_file
from torch.nn.utils.fusion import fuse_conv_bn_eval

warnings.filterwarnings("ignore")
BATCH, SIDE, THREADS = 8, 128, 2
torch.set_num_threads(THREADS)


def names(name):
    """Diapir's name of a tensor of smp.Unet."""
    name = name.replace("encoder.layer0.", "encoder.").replace(".se_module.", ".se.")
    name = name.replace("decoder.blocks.", "decoder.").replace("segmentation_head.0.", "heads.mask.")
    for k in "12":
        if name.startswith("decoder."):
            name = name.replace(f"conv{k}.0.", f"conv{k}.").replace(f".conv{k}.1.", f".bn{k}.")
        head = f"attention{k}.attention."
        name = name.replace(head + "cSE.1.", f"attention{k}.channel.fc1.").replace(head + "cSE.3.", f"attention{k}.channel.fc2.")
        name = name.replace(head + "sSE.0.", f"attention{k}.place.conv2.")
    return name


def network(folder):
    net = smp.Unet("se_resnext50_32x4d", encoder_weights=None, decoder_attention_type="scse", classes=1)
    net.decoder.blocks[-1].attention1 = torch.nn.Identity()
    found = load_file(folder / "weights.safetensors")
    state = {k: found[names(k)] for k in net.state_dict() if not k.endswith("num_batches_tracked")}
    assert len(state) == len(found), "all of Diapir's tensors are used"
    net.load_state_dict(state, strict=False)
    return net.eval()


def folded(net):
    """The same network, normalisation folded into the convolution before it."""
    graph = torch.fx.symbolic_trace(net)
    modules = dict(graph.named_modules())
    for node in list(graph.graph.nodes):
        if node.op != "call_module" or not isinstance(modules[node.target], torch.nn.BatchNorm2d):
            continue
        before = node.args[0]
        conv = modules.get(before.target) if before.op == "call_module" else None
        if isinstance(conv, torch.nn.Conv2d) and len(before.users) == 1:
            parent, _, name = before.target.rpartition(".")
            setattr(graph.get_submodule(parent), name, fuse_conv_bn_eval(conv, modules[node.target]))
            node.replace_all_uses_with(before)
            graph.graph.erase_node(node)
    graph.recompile()
    return graph


def best(work, rounds):
    out = work()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return BATCH / min(seconds), np.asarray(out, np.float32).reshape(-1)


def main():
    folder, rounds = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    places = np.arange(BATCH * 3 * SIDE * SIDE, dtype=np.float64)
    x = torch.from_numpy((0.5 + 0.5 * np.sin(places * 0.917)).astype(np.float32)).reshape(BATCH, 3, SIDE, SIDE)
    last = x.to(memory_format=torch.channels_last)
    half = last.bfloat16()
    net = network(folder)
    result = {}
    with torch.inference_mode():
        result["PyTorch eager, float32"] = best(lambda: net(x), rounds)
        path = folder / "network.onnx"
        torch.onnx.export(net, (x,), str(path), dynamo=False, opset_version=17)
        fold = folded(network(folder)).to(memory_format=torch.channels_last)
        result["PyTorch, channels last, folded, float32"] = best(lambda: fold(last), rounds)
        plain = network(folder).to(memory_format=torch.channels_last).bfloat16()
        result["PyTorch, channels last, bfloat16"] = best(lambda: plain(half).float(), rounds)
        fold = fold.bfloat16()
        result["PyTorch, channels last, folded, bfloat16"] = best(lambda: fold(half).float(), rounds)
        import torch._inductor.config as inductor

        inductor.freezing = True
        frozen = torch.compile(fold)
        result["PyTorch, compiled and frozen, bfloat16"] = best(lambda: frozen(half).float(), rounds)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: x.numpy()}
    result["ONNX Runtime, float32"] = best(lambda: session.run(None, feed)[0], rounds)
    model = openvino.convert_model(str(path))
    model.reshape([BATCH, 3, SIDE, SIDE])
    for hint, name in (("f32", "float32"), ("bf16", "bfloat16")):
        compiled = openvino.Core().compile_model(
            model, "CPU", {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": THREADS})
        result[f"OpenVINO, {name}"] = best(lambda: compiled([x.numpy()])[0], rounds)

    reference = result["PyTorch eager, float32"][1]
    sigmoid = lambda z: 1 / (1 + np.exp(-z))
    for file in sys.argv[3:]:
        ours = json.loads(pathlib.Path(file).read_text())
        for kind in ("float32", "bfloat16"):
            name = f"**Diapir, {kind}**"
            rate = max(ours[kind], result.get(name, (0,))[0])
            # Every 997th logit is compared.
            result[name] = (rate, np.asarray(ours[f"{kind}_logits"], np.float32))
    work = json.loads(pathlib.Path(sys.argv[3]).read_text())["gflop"] if sys.argv[3:] else float("nan")
    print(f"{work:.1f} GFLOP per tile (convolutions; a multiplication with its addition counts as two).\n")
    print("| System | Tiles/s | GFLOP/s | Against Diapir's bfloat16 | Mean difference of probability from PyTorch's float32 |")
    print("|---|---:|---:|---:|---:|")
    base = result.get("**Diapir, bfloat16**", (float("nan"),))[0]
    for name, (rate, logits) in sorted(result.items(), key=lambda item: -item[1][0]):
        other = reference[::997] if name.startswith("**") else reference
        difference = np.abs(sigmoid(logits) - sigmoid(other)).mean()
        print(f"| {name} | {rate:.1f} | {rate * work:.0f} | {100 * rate / base:.0f} % | {difference:.1e} |")


if __name__ == "__main__":
    main()
