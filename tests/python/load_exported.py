"""Loads an encoder that Diapir exported into timm and compares features.

    load_exported.py TIMM_NAME weights.safetensors maps.safetensors     (maps: x, feature0, feature1, ...)
"""

import sys

import timm
import torch
from safetensors.torch import load_file

model = timm.create_model(sys.argv[1], pretrained=False, features_only=True).eval()
# Strict: every tensor of timm's encoder is in the file, and no other; batch counters are made by PyTorch.
model.load_state_dict(load_file(sys.argv[2]), strict=True)
maps = load_file(sys.argv[3])
with torch.no_grad():
    found = model(maps["x"])
for index, feature in enumerate(found):
    expected = maps[f"feature{index}"]
    difference = (feature - expected).abs().max() / expected.abs().max()
    if not difference < 1e-4:
        sys.exit(f"feature {index} differs by {difference} of the largest value")
