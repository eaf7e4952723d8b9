"""Space-only convolutions: every frame by itself (chapter 3; checked against Conv3d in tests/nn/test_conv.py).

A clip is `b c t h w` in shape; in memory its channels lie innermost, so that folding time into the batch is a view.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from minivid.nn.initial import zero_


def fold(x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "bt c h w"]:
    """Frames into the batch."""
    return rearrange(x, "b c t h w -> (b t) c h w")


def unfold(x: Float[Tensor, "bt c h w"], frames: int) -> Float[Tensor, "b c t h w"]:
    """Frames out of the batch."""
    return rearrange(x, "(b t) c h w -> b c t h w", t=frames)


class SpatialConv(nn.Module):
    """A 2-D convolution on each frame: Conv3d with kernel (1, k, k), about twice as fast on a CPU."""

    def __init__(self, dim_in: int, dim_out: int, kernel: int = 3):
        super().__init__()
        self.conv = nn.Conv2d(dim_in, dim_out, kernel, padding=kernel // 2).to(memory_format=torch.channels_last)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        return unfold(self.conv(fold(x)), x.shape[2])


class FrameNorm(nn.Module):
    """Group normalisation of each frame by itself. Over `b c t h w` PyTorch's would pool over time and mix the frames."""

    def __init__(self, dim: int, groups: int = 8):
        super().__init__()
        self.norm = nn.GroupNorm(groups, dim)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c t h w"]:
        return unfold(self.norm(fold(x)), x.shape[2])


class ResBlock(nn.Module):
    """x + conv(FiLM(conv(x))): the embedding scales and shifts the features between two space-only convolutions.

    The second convolution starts at zero, so that the block starts as the identity (or as its 1×1 projection).
    """

    def __init__(self, dim_in: int, dim_out: int, dim_embed: int):
        super().__init__()
        self.norm1, self.conv1 = FrameNorm(dim_in), SpatialConv(dim_in, dim_out)
        self.norm2, self.conv2 = FrameNorm(dim_out), zero_(SpatialConv(dim_out, dim_out))
        self.film = nn.Linear(dim_embed, 2 * dim_out)
        self.skip = SpatialConv(dim_in, dim_out, kernel=1) if dim_in != dim_out else nn.Identity()

    def forward(self, x: Float[Tensor, "b c t h w"], embed: Float[Tensor, "b t e"]) -> Float[Tensor, "b d t h w"]:
        scale, shift = rearrange(self.film(F.silu(embed)), "b t (two d) -> two b d t 1 1", two=2)
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h) * (1 + scale) + shift))
        return self.skip(x) + h


class Downsample(nn.Module):
    """Half the height and width of every frame: each 2×2 pixels into one, by a 1×1 convolution. Time is never touched."""

    def __init__(self, dim_in: int, dim_out: int):
        super().__init__()
        self.conv = nn.Conv2d(4 * dim_in, dim_out, 1).to(memory_format=torch.channels_last)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h2 w2"]:
        pixels = rearrange(fold(x), "n c (h p) (w q) -> n h w (p q c)", p=2, q=2)
        return unfold(self.conv(rearrange(pixels, "n h w c -> n c h w")), x.shape[2])


class Upsample(nn.Module):
    """Twice the height and width of every frame: four pixels from each, by a 1×1 convolution and a pixel shuffle.

    The four begin alike (nearest-neighbour upsampling), so that no checkerboard is drawn from the start (Aitken et al. 2017).
    """

    def __init__(self, dim_in: int, dim_out: int):
        super().__init__()
        self.conv = nn.Conv2d(dim_in, 4 * dim_out, 1).to(memory_format=torch.channels_last)
        with torch.no_grad():
            for parameter in (self.conv.weight, self.conv.bias):
                parameter.copy_(parameter[:dim_out].repeat(4, *[1] * (parameter.ndim - 1)))

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h2 w2"]:
        pixels = rearrange(self.conv(fold(x)), "n (p q d) h w -> n (h p) (w q) d", p=2, q=2)
        return unfold(rearrange(pixels, "n h w d -> n d h w"), x.shape[2])
