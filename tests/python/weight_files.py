"""Makes the files of tests/golden/weights with PyTorch: what people bring, and what nobody should load.

    weight_files.py tests/golden/weights
"""

import collections
import os
import pathlib
import pickle
import sys
import zipfile

import numpy as np
import torch

folder = pathlib.Path(sys.argv[1])


def wave(k, *shape):
    n = int(np.prod(shape))
    return torch.from_numpy(np.sin(12.9898 * np.arange(n) + 78.233 * k).astype(np.float32)).reshape(shape)


# A ResNet's beginning, as torchvision names it: a stem and nothing else.
state = collections.OrderedDict()
state["conv1.weight"] = wave(0, 64, 3, 7, 7)
for k, name in enumerate(("weight", "bias", "running_mean", "running_var")):
    state[f"bn1.{name}"] = wave(k + 1, 64).abs() + 0.1
state["bn1.num_batches_tracked"] = torch.tensor(7)
state["fc.weight"] = wave(9, 2, 4).half()

torch.save(state, folder / "stem.pth")
torch.save({k: v for k, v in state.items()}, folder / "stem-dict.pth")
torch.save(state, folder / "stem-before-1.6.pth", _use_new_zipfile_serialization=False)
torch.save({"epoch": 3, "state_dict": state}, folder / "checkpoint.pth")
torch.save([wave(0, 2)], folder / "list.pth")
torch.save(torch.nn.Conv2d(1, 1, 1), folder / "module.pth")


class Evil:
    def __reduce__(self):
        return os.system, ("touch diapir-was-here",)


torch.save({"conv1.weight": Evil()}, folder / "evil.pth")

# A zip whose pickle is torn.
with zipfile.ZipFile(folder / "stem.pth") as good, zipfile.ZipFile(folder / "torn.pth", "w") as torn:
    for name in good.namelist():
        data = good.read(name)
        torn.writestr(name, data[: len(data) // 2] if name.endswith("data.pkl") else data)
(folder / "evil.pkl").write_bytes(pickle.dumps(Evil(), 2))
