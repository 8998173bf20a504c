"""Makes TorchScript modules that hand their arguments to functions of libtorch which tch has none for: oneDNN's convolutions
with what follows them fused, and optimizers that change all weights in one pass over memory. They have no weights. Run with
PyTorch 2.11:

    python scripts/fused.py src/tensor/fused
"""

import pathlib
import sys
from typing import List, Optional

import torch
from torch import Tensor


# Compiled from text: `number`, the type of what "hardtanh" is given, is one that Python does not have.
CONV = """
def conv(self, x: Tensor, weight: Tensor, bias: Optional[Tensor], padding: List[int], stride: List[int], groups: int, after: str) -> Tensor:
    # after: "none", "relu" or "relu6".
    limits: List[Optional[number]] = []
    if after == "relu6":
        after = "hardtanh"
        limits.append(0.0)
        limits.append(6.0)
    return torch.ops.mkldnn._convolution_pointwise(x, weight, bias, padding, stride, [1, 1], groups, after, limits, "")
"""


class Convolutions(torch.nn.Module):
    @torch.jit.export
    def conv_add_relu(self, x: Tensor, sum: Tensor, weight: Tensor, bias: Optional[Tensor], padding: List[int], stride: List[int], groups: int) -> Tensor:
        """relu(conv(x) + sum)."""
        return torch.ops.mkldnn._convolution_pointwise(x, sum, weight, bias, padding, stride, [1, 1], groups, "add", 1.0, "relu", [], "")

    def forward(self, x: Tensor) -> Tensor:
        return x


class Optimizers(torch.nn.Module):
    """Each changes `weights` and what is remembered of them in place; the tensors of one weight have the same strides."""

    @torch.jit.export
    def sgd(self, weights: List[Tensor], gradients: List[Tensor], velocities: List[Tensor], rate: float, weight_decay: float, momentum: float, nesterov: bool) -> None:
        """velocities: none when momentum is 0."""
        torch._fused_sgd_(weights, gradients, velocities, weight_decay=weight_decay, momentum=momentum, lr=rate, dampening=0.0, nesterov=nesterov, maximize=False, is_first_step=False)

    @torch.jit.export
    def adam(self, weights: List[Tensor], gradients: List[Tensor], means: List[Tensor], squares: List[Tensor], steps: List[Tensor], rate: float, weight_decay: float, betas: List[float], epsilon: float) -> None:
        none: List[Tensor] = []
        torch._fused_adam_(weights, gradients, means, squares, none, steps, lr=rate, beta1=betas[0], beta2=betas[1], weight_decay=weight_decay, eps=epsilon, amsgrad=False, maximize=False)

    @torch.jit.export
    def adamw(self, weights: List[Tensor], gradients: List[Tensor], means: List[Tensor], squares: List[Tensor], steps: List[Tensor], rate: float, weight_decay: float, betas: List[float], epsilon: float) -> None:
        none: List[Tensor] = []
        torch._fused_adamw_(weights, gradients, means, squares, none, steps, lr=rate, beta1=betas[0], beta2=betas[1], weight_decay=weight_decay, eps=epsilon, amsgrad=False, maximize=False)

    def forward(self, x: Tensor) -> Tensor:
        return x


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    convolutions = torch.jit.script(Convolutions())
    convolutions.define(CONV)
    convolutions.save(folder / "convolutions.pt")
    torch.jit.script(Optimizers()).save(folder / "optimizers.pt")
