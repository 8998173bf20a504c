"""Training loops of Diapir and of PyTorch in turn, on the same synthetic tiles.

    rivals.py DIAPIR FOLDER

Needs torch, segmentation_models_pytorch, numpy.
"""

import json
import os
import pathlib
import struct
import subprocess
import sys
import time
import warnings
import zlib

import numpy as np
import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/python"))
from network_parity import Lessons  # noqa: E402

warnings.filterwarnings("ignore")
torch.set_num_threads(2)
ROUNDS = 2
SMALL = """
[network.encoder]
kind = "residual_se"
width = 16
levels = 5
squeeze = "max"
reduction = 16
[network.decoder]
kind = "residual_se"
widths = [128, 64, 32, 16]
squeeze = "max"
reduction = 16
"""
LARGE = """
[network.encoder]
kind = "se_resnext"
depth = 50
stem = { stride = 2, pool = "max3_ceil" }
[network.decoder]
kind = "unet"
widths = [256, 128, 64, 32, 16]
attention = { kind = "scse", reduction = 16 }
[network.heads]
mask_kernel = 3
"""
RECIPE = """
name = "bench"
seed = 1
batch = {batch}
threshold = 0.5
{network}
[input]
tile = 101
padded = {padded}
padding = "reflect"
channels = {channels}
scaling = {{ low_share = 0.01, high_share = 0.99 }}
[folds]
kind = "random"
count = 10
[augment]
flip = 0.5
[[stages]]
epochs = 2
rate = 1e-3
schedule = {{ kind = "constant" }}
loss = {{ bce = 1.0 }}
"""
CASES = {
    "small network, 101x101, batch 16": dict(network=SMALL, batch=16, padded=101, tiles=480, channels=["amplitude"]),
    "SE-ResNeXt50 U-Net with scSE, 128x128, batch 8": dict(
        network=LARGE, batch=8, padded=128, tiles=90, channels=["amplitude", "row", "amplitude_row"]),
}


def tiles(count):
    """Brightness and mask of smooth random tiles."""
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[0:101, 0:101]
    for _ in range(count):
        a, b, c, d = rng.uniform(0.05, 0.6, 4)
        inside = (rows - rng.uniform(20, 80)) ** 2 + (columns - rng.uniform(20, 80)) ** 2 < rng.uniform(15, 40) ** 2
        wave = np.where(inside, np.sin(a * rows + b * columns), np.sin(3 * c * rows + d * columns))
        yield (127.5 + 120 * wave).astype(np.uint8), inside


def png(path, plane):
    """A grey PNG file of 8 bits."""
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    height, width = plane.shape
    raw = b"".join(b"\0" + row.tobytes() for row in plane)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


class Tiles(torch.utils.data.Dataset):
    """The training tiles in memory, as Diapir holds them; flipped, padded and given their channels on the way."""

    def __init__(self, pairs, case):
        self.pairs, self.padded, self.channels = pairs, case["padded"], len(case["channels"])
        self.row = torch.linspace(0, 1, 101)[:, None].expand(101, 101)

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, k):
        image, mask = self.pairs[k]
        x = torch.from_numpy(image).float() / 127.5 - 1
        y = torch.from_numpy(mask).float()
        if torch.rand(()) < 0.5:
            x, y = x.flip(1), y.flip(1)
        x = torch.stack([x, self.row, x * self.row][: self.channels])
        before = (self.padded - 101) // 2
        after = self.padded - 101 - before
        return F.pad(x[None], (before, after, before, after), mode="reflect")[0] if after else x, y[None]


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Lessons(width=16, levels=5, r=16, pool="max")

    def forward(self, x):
        out = self.net(x)
        return out["mask"] if isinstance(out, dict) else out


def rival(case, pairs, channels_last, half):
    """Images per second of the second epoch."""
    torch.manual_seed(1)
    large = case["network"] is LARGE
    net = smp.Unet("se_resnext50_32x4d", encoder_weights=None, decoder_attention_type="scse", classes=1) if large else Small()
    net.train()
    if channels_last:
        net = net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    loader = torch.utils.data.DataLoader(Tiles(pairs, case), case["batch"], shuffle=True, num_workers=2, persistent_workers=True)
    before = (case["padded"] - 101) // 2
    for _ in range(2):
        start = time.perf_counter()
        for x, y in loader:
            if channels_last:
                x = x.contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                z = net(x)
            z = z.float()[:, :, before:before + 101, before:before + 101]
            loss = F.binary_cross_entropy_with_logits(z, y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            loss.item()
        seconds = time.perf_counter() - start
    return len(pairs) / seconds


def ours(diapir, place, case, precision, waits):
    """Images per second of the second epoch, the share of it spent waiting for tiles, and the training tiles' ids."""
    (place / "recipe.toml").write_text(RECIPE.format(**{**case, "channels": json.dumps(case["channels"])}))
    subprocess.run([diapir, "train", "--tiles", place / "tiles", "--recipe", place / "recipe.toml", "--device", "cpu", "--precision",
                    precision, "--output", place / "run", "--overwrite", "--quiet"], check=True, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_WAIT_POLICY": waits})
    last = json.loads((place / "run/history.jsonl").read_text().splitlines()[1])
    record = json.loads((place / "run/run.json").read_text())
    folds = json.loads((place / "run/folds.json").read_text())
    training = [name for fold, names in folds.items() if fold != "0" for name in names]
    assert len(training) == record["data"]["training_tiles"]
    return len(training) / last["seconds"]["training"], last["seconds"]["waiting"] / last["seconds"]["training"], training


def main():
    diapir, place = sys.argv[1], pathlib.Path(sys.argv[2])
    print(f"PyTorch {torch.__version__}; the best of {ROUNDS} turns, each the second epoch of a training")
    for title, case in CASES.items():
        folder = place / "tiles"
        for part in ("images", "masks"):
            (folder / part).mkdir(parents=True, exist_ok=True)
            for old in (folder / part).iterdir():
                old.unlink()
        pairs = {}
        for number, (image, mask) in enumerate(tiles(case["tiles"])):
            name = f"{number:010x}"
            pairs[name] = (image, mask)
            png(folder / "images" / f"{name}.png", image)
            png(folder / "masks" / f"{name}.png", (255 * mask).astype(np.uint8))
        best, waiting = {}, 0.0
        for _ in range(ROUNDS):
            training = None
            for precision in ("float32", "bfloat16"):
                for waits, name in (("passive", f"Diapir {precision}"), ("active", f"Diapir {precision}, threads spin as PyTorch's")):
                    rate, waited, training = ours(diapir, place, case, precision, waits)
                    best[name] = max(best.get(name, 0), rate)
                    waiting = max(waiting, waited)
            chosen = [pairs[name] for name in training]
            for name, last, half in (("PyTorch float32", False, False), ("PyTorch float32, channels last", True, False),
                                     ("PyTorch bfloat16 autocast, channels last", True, True)):
                best[name] = max(best.get(name, 0), rival(case, chosen, last, half))
        print(f"\n## {title}\n\n| Loop | Images/s |\n|---|---:|")
        for name, rate in best.items():
            print(f"| {name} | {rate:.1f} |")
        print(f"\nOf its training steps Diapir waited {100 * waiting:.2f} % for tiles.", flush=True)


if __name__ == "__main__":
    main()
