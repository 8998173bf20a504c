"""Makes src/tensor/fused.pt: a TorchScript module that hands its arguments to oneDNN's convolutions with what follows them
fused, which tch has no functions for. It has no weights. Run with PyTorch 2.11:

    python scripts/fused-convolutions.py src/tensor/fused.pt
"""

import sys
from typing import List, Optional

import torch
from torch import Tensor


class Fused(torch.nn.Module):
    @torch.jit.export
    def conv(self, x: Tensor, weight: Tensor, bias: Optional[Tensor], padding: List[int], stride: List[int], groups: int, after: str) -> Tensor:
        """after: "none" or "relu"."""
        return torch.ops.mkldnn._convolution_pointwise(x, weight, bias, padding, stride, [1, 1], groups, after, [], "")

    @torch.jit.export
    def conv_add_relu(self, x: Tensor, sum: Tensor, weight: Tensor, bias: Optional[Tensor], padding: List[int], stride: List[int], groups: int) -> Tensor:
        """relu(conv(x) + sum)."""
        return torch.ops.mkldnn._convolution_pointwise(x, sum, weight, bias, padding, stride, [1, 1], groups, "add", 1.0, "relu", [], "")

    def forward(self, x: Tensor) -> Tensor:
        return x


torch.jit.script(Fused()).save(sys.argv[1])
