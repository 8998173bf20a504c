"""Reference values of the networks, computed with PyTorch, timm and segmentation_models_pytorch.

    network_parity.py > tests/golden/networks.json

Needs torch 2.11, timm, segmentation_models_pytorch. The networks below are written from the systems' descriptions, with
Diapir's tensor names, in plain PyTorch. Weights and input are made by formulas, so that no file of weights is needed:

    wave(i, n)[j] = sin(12.9898 j + 78.233 i), j = 0..n-1
    input = 0.5 + 0.5 wave(1000, numel)

The names of the state dict are sorted as bytes; tensor k gets, with w = wave(k, numel):
    weight of a convolution or fully connected layer:  w * sqrt(2 / fan_in), fan_in = numel / shape[0]
    running_var: 1 + 0.5 w^2    running_mean, bias: 0.1 w    weight of a normalisation: 1 + 0.1 w
"""

import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(2)


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
    return {
        "shape": list(t.shape),
        "mean": f.mean().item(),
        "std": f.std().item() if f.numel() > 1 else 0.0,
        "l1": f.abs().mean().item(),
        "first": f[:16].tolist(),
        "last": f[-16:].tolist(),
    }


# --- pieces ---------------------------------------------------------------------------------------------------------


class Fc(nn.Module):
    """sigmoid(fc2(relu(fc1(pool))))."""

    def __init__(self, c, r, pool="mean"):
        super().__init__()
        self.fc1, self.fc2, self.pool = nn.Conv2d(c, max(c // r, 1), 1), nn.Conv2d(max(c // r, 1), c, 1), pool

    def forward(self, x):
        p = F.adaptive_avg_pool2d(x, 1) if self.pool == "mean" else F.adaptive_max_pool2d(x, 1)
        return torch.sigmoid(self.fc2(torch.relu(self.fc1(p))))


class Scse(nn.Module):
    def __init__(self, c, r, combine="add"):
        super().__init__()
        self.channel, self.place, self.combine = Fc(c, r), nn.ModuleDict({"conv2": nn.Conv2d(c, 1, 1)}), combine

    def forward(self, x):
        a, b = x * self.channel(x), x * torch.sigmoid(self.place["conv2"](x))
        return a + b if self.combine == "add" else torch.maximum(a, b)


class Gate(nn.Module):
    """kmike-27: the spatial branch has a hidden layer."""

    def __init__(self, c, r=16, hidden=16):
        super().__init__()
        self.channel = Fc(c, r)
        self.place = nn.ModuleDict({"conv1": nn.Conv2d(c, hidden, 1), "conv2": nn.Conv2d(hidden, 1, 1)})

    def forward(self, x):
        s = torch.sigmoid(self.place["conv2"](torch.relu(self.place["conv1"](x))))
        return x * s + x * self.channel(x)


class Trunk(nn.Module):
    """timm's seresnext50_32x4d or resnet with the stem changed, gates between the layers."""

    def __init__(self, name, stride, pool, gates, channels=3):
        super().__init__()
        import timm

        m = timm.create_model(name, pretrained=False, in_chans=channels)
        self.conv1, self.bn1, self.pool = m.conv1, m.bn1, pool
        self.conv1.stride = (stride, stride)
        for k in range(1, 5):
            setattr(self, f"layer{k}", getattr(m, f"layer{k}"))
        widths = [64] + [getattr(m, f"layer{k}")[-1].conv3.out_channels for k in range(1, 5)] if "50" in name else [64, 64, 128, 256, 512]
        self.widths, self.gates = widths, gates
        if gates:
            for k, c in enumerate(widths):
                setattr(self, f"gate{k}", Gate(c))

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        out = [x]
        if self.pool == "max2":
            x = F.max_pool2d(x, 2, 2)
        if self.gates:
            x = self.gate0(x)
        for k in range(1, 5):
            x = getattr(self, f"layer{k}")(x)
            if self.gates:
                x = getattr(self, f"gate{k}")(x)
            out.append(x)
        return out


# --- kmike-27 -------------------------------------------------------------------------------------------------------


class Kmike(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Trunk("seresnext50_32x4d", 1, "max2", True)
        sizes = [(2048, 512, 256), (1280, 512, 256), (768, 256, 64), (320, 128, 128)]
        self.decoder = nn.ModuleList(
            nn.ModuleDict({
                "conv": nn.Conv2d(i, m, 3, padding=1), "bn1": nn.BatchNorm2d(m),
                "up": nn.ConvTranspose2d(m, o, 4, 2, 1), "bn2": nn.BatchNorm2d(o), "gate": Gate(o),
            }) for i, m, o in sizes)
        self.fusion = nn.ModuleList([nn.Conv2d(o, 1, 4, 2, 1) for o in (256, 256, 64)] + [nn.Conv2d(128, 1, 1)])
        self.heads = nn.ModuleDict({"mask": nn.Conv2d(4, 1, 1)})

    def forward(self, x):
        _, e1, e2, e3, y = self.encoder(x)
        maps = []
        for d, skip in zip(self.decoder, (e3, e2, e1, None)):
            y = torch.relu(d["bn1"](d["conv"](y)))
            y = d["gate"](torch.relu(d["bn2"](d["up"](y))))
            maps.append(y)
            if skip is not None:
                y = torch.cat([y, skip], 1)
        sides = [F.interpolate(c(m), size=x.shape[2:], mode="bilinear", align_corners=False) for c, m in zip(self.fusion, maps)]
        return {"mask": self.heads["mask"](torch.cat(sides[::-1], 1))}


# --- argus-14 -------------------------------------------------------------------------------------------------------


class Link(nn.Module):
    def __init__(self, i, o, up):
        super().__init__()
        m = i // 4
        self.conv1, self.bn1 = nn.Conv2d(i, m, 1), nn.BatchNorm2d(m)
        self.conv2 = nn.ConvTranspose2d(m, m, 3, 2, 1, 1) if up else nn.Conv2d(m, m, 3, padding=1)
        self.bn2, self.conv3, self.bn3 = nn.BatchNorm2d(m), nn.Conv2d(m, o, 1), nn.BatchNorm2d(o)

    def forward(self, x):
        for c, b in ((self.conv1, self.bn1), (self.conv2, self.bn2), (self.conv3, self.bn3)):
            x = torch.relu(b(c(x)))
        return x


class PyramidBlock(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        m = (i + o + 1) // 2
        self.conv1, self.bn1 = nn.Conv2d(i, m, 3, padding=1, bias=False), nn.BatchNorm2d(m)
        self.conv2, self.bn2 = nn.Conv2d(m, o, 3, padding=1, bias=False), nn.BatchNorm2d(o)

    def forward(self, x):
        return self.bn2(torch.relu(self.conv2(self.bn1(torch.relu(self.conv1(x))))))


class Argus(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Trunk("seresnext50_32x4d", 2, "none", False)
        self.decoder = nn.ModuleList([
            Link(2048, 1024, True), Link(2048, 512, True), Link(1024, 256, True), Link(512, 128, False), Link(192, 128, True)])
        blocks = [PyramidBlock(i, o) for i, o in ((2048, 128), (1024, 64), (512, 32), (192, 16), (128, 8))]
        self.fusion = nn.ModuleDict({str(k): b for k, b in enumerate(blocks)})
        self.fusion["join"] = nn.Conv2d(248, 32, 3, padding=1)
        self.heads = nn.ModuleDict({"mask": nn.Conv2d(32, 1, 1), "classifier": nn.ModuleList([nn.Linear(2048, 1)])})

    def forward(self, x):
        e0, e1, e2, e3, e4 = self.encoder(x)
        y, maps = e4, []
        for d, skip in zip(self.decoder, (e3, e2, e1, e0, None)):
            y = d(y)
            if skip is not None:
                y = torch.cat([y, skip], 1)
            maps.append(y)
        columns = [F.interpolate(self.fusion[str(k)](m), size=x.shape[2:], mode="bilinear", align_corners=True) for k, m in enumerate(maps)]
        mask = self.heads["mask"](torch.relu(self.fusion["join"](torch.cat(columns[::-1], 1))))
        return {"mask": mask, "any_salt": self.heads["classifier"][0](F.adaptive_avg_pool2d(e4, 1).flatten(1))}


# --- lessons-316 ----------------------------------------------------------------------------------------------------


class ResidualSe(nn.Module):
    def __init__(self, c, r, pool):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(c), nn.Conv2d(c, c, 3, padding=1)
        self.bn2, self.conv2, self.se = nn.BatchNorm2d(c), nn.Conv2d(c, c, 3, padding=1), Fc(c, r, pool)

    def forward(self, x):
        y = self.conv2(torch.relu(self.bn2(self.conv1(torch.relu(self.bn1(x))))))
        return x + y * self.se(y)


class Lessons(nn.Module):
    def __init__(self, width=32, levels=5, r=16, pool="max"):
        super().__init__()
        w = [width << k for k in range(levels)]
        level = lambda i, o: nn.ModuleDict({"conv": nn.Conv2d(i, o, 3, padding=1), "block": ResidualSe(o, r, pool)})
        self.encoder = nn.ModuleDict({str(k): level(1 if k == 0 else w[k - 1], w[k]) for k in range(levels)})
        self.decoder = nn.ModuleDict()
        for k in range(levels - 1):
            i, o = w[levels - 1 - k], w[levels - 2 - k]
            d = level(2 * o, o)
            d["up"] = nn.ConvTranspose2d(i, o, 3, 2)
            self.decoder[str(k)] = d
        self.decoder["bn"] = nn.BatchNorm2d(width)
        self.heads = nn.ModuleDict({"mask": nn.Conv2d(width, 1, 1)})

    def forward(self, x):
        skips = []
        for k, l in self.encoder.items():
            x = F.max_pool2d(x, 2) if k != "0" else x
            x = l["block"](l["conv"](x))
            skips.append(x)
        x = skips.pop()
        for k in range(len(skips)):
            d, skip = self.decoder[str(k)], skips.pop()
            up = d["up"]
            odd = [s % 2 for s in skip.shape[2:]]
            x = F.conv_transpose2d(x, up.weight, up.bias, 2, [1 - o for o in odd], [1 - o for o in odd])
            x = d["block"](d["conv"](torch.cat([x, skip], 1)))
        return {"mask": self.heads["mask"](torch.relu(self.decoder["bn"](x)))}


# --- a plain U-Net of segmentation_models_pytorch -------------------------------------------------------------------


class Smp(nn.Module):
    """smp.Unet with scSE; names changed to ours by `rename`."""

    def __init__(self, encoder, attention):
        super().__init__()
        import segmentation_models_pytorch as smp

        self.net = smp.Unet(encoder, encoder_weights=None, decoder_attention_type=attention, classes=1)
        # It has weights and is never called: the last step has no skip.
        self.net.decoder.blocks[-1].attention1 = nn.Identity()

    def forward(self, x):
        return {"mask": self.net(x)}

    def rename(self, name):
        name = name.removeprefix("net.").replace("decoder.blocks.", "decoder.").replace("segmentation_head.0.", "heads.mask.")
        for number in "12":
            name = name.replace(f"conv{number}.0.", f"conv{number}.").replace(f".conv{number}.1.", f".bn{number}.") if name.startswith("decoder.") else name
            name = name.replace(f"attention{number}.attention.cSE.1.", f"attention{number}.channel.fc1.")
            name = name.replace(f"attention{number}.attention.cSE.3.", f"attention{number}.channel.fc2.")
            name = name.replace(f"attention{number}.attention.sSE.0.", f"attention{number}.place.conv2.")
        return name


# --- a U-Net with every option --------------------------------------------------------------------------------------


def coordinates(x):
    n, _, h, w = x.shape
    r = torch.linspace(-1, 1, h).view(1, 1, h, 1).expand(n, 1, h, w)
    c = torch.linspace(-1, 1, w).view(1, 1, 1, w).expand(n, 1, h, w)
    return torch.cat([x, r, c], 1)


class Everything(nn.Module):
    """ResNet-34, transposed 4x4 doubling, gated skips, scSE by maximum, CoordConv, hypercolumn, classifier with a
    hidden layer; four input planes."""

    widths = [96, 64, 48, 32, 16]

    def __init__(self):
        super().__init__()
        self.encoder = Trunk("resnet34", 2, "none", False, channels=4)
        skips, i = [256, 128, 64, 64, 0], 512
        self.decoder = nn.ModuleList()
        for s, w in zip(skips, self.widths):
            doubles = s != 64 or i != self.widths[2]
            up = doubles
            joined = (w if up else i) + s
            d = nn.ModuleDict({"conv1": nn.Conv2d(joined + 2, w, 3, padding=1, bias=False), "bn1": nn.BatchNorm2d(w),
                               "conv2": nn.Conv2d(w, w, 3, padding=1, bias=False), "bn2": nn.BatchNorm2d(w),
                               "attention2": Scse(w, 2, "max")})
            if up:
                d["up"] = nn.ConvTranspose2d(i, w, 4, 2, 1)
            if s:
                d["gate"], d["attention1"] = Gate(s, 8, 4), Scse(joined, 2, "max")
            self.decoder.append(d)
            i = w
        block = lambda a, b: nn.ModuleDict({"conv": nn.Conv2d(a, b, 3, padding=1, bias=False), "bn": nn.BatchNorm2d(b)})
        self.fusion = nn.ModuleDict({str(k): block(w, 8) for k, w in enumerate(self.widths)})
        self.fusion["join"] = block(40, 24)
        self.heads = nn.ModuleDict({"mask": nn.Conv2d(24, 1, 3, padding=1),
                                    "classifier": nn.ModuleList([nn.Linear(512, 20), nn.Linear(20, 1)])})

    def forward(self, x):
        e0, e1, e2, e3, y = self.encoder(x)
        deepest, maps = y, []
        for d, skip in zip(self.decoder, (e3, e2, e1, e0, None)):
            y = d["up"](y) if "up" in d else y
            if skip is not None:
                y = d["attention1"](torch.cat([y, d["gate"](skip)], 1))
            for k in "12":
                y = coordinates(y) if k == "1" else y
                y = torch.relu(d[f"bn{k}"](d[f"conv{k}"](y)))
            y = d["attention2"](y)
            maps.append(y)
        narrow = lambda b, m: torch.relu(b["bn"](b["conv"](m)))
        columns = [F.interpolate(narrow(self.fusion[str(k)], m), size=x.shape[2:], mode="bilinear", align_corners=False) for k, m in enumerate(maps)]
        mask = self.heads["mask"](narrow(self.fusion["join"], torch.cat(columns[::-1], 1)))
        a, b = self.heads["classifier"]
        return {"mask": mask, "any_salt": b(torch.relu(a(F.adaptive_avg_pool2d(deepest, 1).flatten(1))))}




def main():
    cases = {
        "kmike-27": (Kmike(), (2, 3, 64, 64)),
        "argus-14": (Argus(), (2, 3, 64, 64)),
        "lessons-316": (Lessons(), (2, 1, 101, 101)),
        "smp-unet-resnet34": (Smp("resnet34", None), (2, 3, 64, 64)),
        "smp-unet-se_resnext50-scse": (Smp("se_resnext50_32x4d", "scse"), (2, 3, 64, 64)),
        "everything": (Everything(), (2, 4, 64, 64)),
    }
    out = {}
    for name, (net, shape) in cases.items():
        net.eval()
        rename = getattr(net, "rename", lambda n: n)
        state = {rename(k): v for k, v in net.state_dict().items()}
        fill(state)
        with torch.no_grad():
            result = net(image(*shape))
        trainable = sum(p.numel() for p in net.parameters())
        out[name] = {"input": shape, "parameters": trainable, "keys": [[k, list(state[k].shape)] for k in sorted(state)],
                     **{k: digest(v) for k, v in result.items()}}
        print(name, trainable, {k: (v.mean().item(), v.std().item()) for k, v in result.items()}, file=sys.stderr)
    json.dump(out, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
