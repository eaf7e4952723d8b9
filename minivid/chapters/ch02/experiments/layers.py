"""The layers of the chapter, and a whole network, ready to be touched: past their start at zero, without norms where a norm would blur the picture."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid.nn import UNet, UNetConfig
from minivid.nn.attention.core import TIME, Attention
from minivid.nn.conv import SpatialConv
from minivid.nn.light import LightConfig
from minivid.nn.propagation import Bidirectional, ConvGRUCell, Hierarchical, propagate
from minivid.nn.reach import influence, reach
from minivid.nn.spacetime import Conv2Plus1d, full_conv
from minivid.tools.seeds import plain_generator

DIM, CLIP, MIDDLE = 8, (12, 12, 12), (6, 6)
Layer = Callable[[Tensor], Tensor]


class CausalConv(nn.Module):
    """A 3×3×3 convolution whose frames are the present one and the two before it."""

    def __init__(self, dim_in: int, dim_out: int):
        super().__init__()
        self.conv = nn.Conv3d(dim_in, dim_out, 3, padding=(0, 1, 1))

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        return self.conv(F.pad(x, (0, 0, 0, 0, 2, 0)))


def awake(model: nn.Module) -> nn.Module:
    """With random weights where all of a layer's are zero, as they are before training."""
    for weight in model.parameters():
        if weight.ndim > 1 and not weight.any():
            nn.init.normal_(weight, std=0.3)
    return model.eval()


def blocks(seed: int = 0) -> dict[str, Layer]:
    """By name, from `b c t h w` of DIM channels to clips of the same frames and pixels."""
    torch.manual_seed(seed)
    attention = awake(Attention(DIM, 2, TIME))
    attention.norm = nn.Identity()
    gru = ConvGRUCell(DIM, DIM)
    past = torch.ones(CLIP[0], CLIP[0], dtype=torch.bool).tril()
    unet = awake(UNet(UNetConfig(channels=DIM, widths=(16, 32), heads=2)))
    return {
        "convolution over space": SpatialConv(DIM, DIM),
        "(2+1)D convolution": Conv2Plus1d(DIM, DIM),
        "full convolution": full_conv(DIM, DIM),
        "causal convolution": CausalConv(DIM, DIM),
        "attention over time": attention,
        "causal attention": lambda x: attention(x, visible=past),
        "GRU": lambda x: propagate(gru, x),
        "bidirectional GRU": Bidirectional(DIM, DIM),
        "short, middle, long": Hierarchical(DIM),
        "light network": awake(LightConfig(channels=DIM, dim=16).build()),
        "U-Net": lambda x: unet(x, torch.zeros(len(x))),
    }


def reach_of(layers: dict[str, Layer], seed: int = 0) -> dict[str, Bool[Tensor, "from t h w"]]:
    """For each layer and each frame of the input: where the output changes when the middle of that frame does."""
    x = torch.randn(1, DIM, *CLIP, generator=plain_generator(seed))
    return {
        name: torch.stack([reach(layer, x, (frame, *MIDDLE)) for frame in range(CLIP[0])])
        for name, layer in layers.items()
    }


def radius(depth: int, side: int = 65, seed: int = 0) -> float:
    """Root mean square distance, in pixels, of what counts for the middle of `depth` 3×3 convolutions, one behind the other.

    Each place counts by its gradient. Linear, one channel, one frame; the weights are random, above zero, and sum to one.
    """
    generator, middle = plain_generator(seed), side // 2
    kernels = [torch.rand(1, 1, 1, 3, 3, generator=generator) for _ in range(depth)]

    def stack(x: Tensor) -> Tensor:
        for kernel in kernels:
            x = F.conv3d(x, kernel / kernel.sum(), padding=(0, 1, 1))
        return x

    counts = influence(stack, torch.zeros(1, 1, 1, side, side), (0, middle, middle), torch.ones(1))[0]
    axis = torch.arange(side) - middle
    square = axis[:, None] ** 2 + axis**2
    return ((counts * square).sum() / counts.sum()).sqrt().item()
