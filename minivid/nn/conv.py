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
    """A 2-D convolution on each frame: Conv3d with kernel (1, k, k), and no slower (benchmarks/our_step.py).

    The weight is kept as the matrix that it is, `out` by `k · k · in`, which is also how an optimizer of matrices wants it.
    """

    def __init__(self, dim_in: int, dim_out: int, kernel: int = 3):
        super().__init__()
        self.size = kernel
        reach = (dim_in * kernel**2) ** -0.5  # PyTorch's own initialisation of a convolution
        self.weight = nn.Parameter(torch.empty(dim_out, kernel**2 * dim_in).uniform_(-reach, reach))
        self.bias = nn.Parameter(torch.empty(dim_out).uniform_(-reach, reach))

    @property
    def kernel(self) -> Float[Tensor, "d c k k"]:
        """The weight as `F.conv2d` wants it; in memory the channels stay innermost."""
        return rearrange(self.weight, "d (k1 k2 c) -> d c k1 k2", k1=self.size, k2=self.size)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        return unfold(F.conv2d(fold(x), self.kernel, self.bias, padding=self.size // 2), x.shape[2])


class FrameNorm(nn.Module):
    """Group normalisation of each frame by itself. Over `b c t h w` PyTorch's would pool over time and mix the frames."""

    def __init__(self, dim: int, groups: int = 8, eps: float = 1e-5):
        super().__init__()
        self.norm = nn.GroupNorm(groups, dim, eps)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b c t h w"]:
        frames = fold(x)
        if self.norm.weight.requires_grad and not x.requires_grad:
            # The first trained layer of an adapter, behind a frozen base: torch 2.13 crashes in this layer's backward when channels
            # lie innermost and the input's gradient is not asked for.
            frames = frames.contiguous()
        return unfold(self.norm(frames), x.shape[2])


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
    """Half the height and width of every frame: each 2×2 pixels into one, by a linear map. Time is never touched."""

    def __init__(self, dim_in: int, dim_out: int):
        super().__init__()
        self.linear = nn.Linear(4 * dim_in, dim_out)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h2 w2"]:
        return rearrange(
            self.linear(rearrange(x, "b c t (h p) (w q) -> b t h w (p q c)", p=2, q=2)), "b t h w d -> b d t h w"
        )


class Upsample(nn.Module):
    """Twice the height and width of every frame: four pixels from each, by a linear map.

    The four begin alike (nearest-neighbour upsampling), so that no checkerboard is drawn from the start (Aitken et al. 2017).
    """

    def __init__(self, dim_in: int, dim_out: int):
        super().__init__()
        self.linear = nn.Linear(dim_in, 4 * dim_out)
        with torch.no_grad():
            for parameter in (self.linear.weight, self.linear.bias):
                parameter.copy_(parameter[:dim_out].repeat(4, *[1] * (parameter.ndim - 1)))

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h2 w2"]:
        pixels = self.linear(rearrange(x, "b c t h w -> b t h w c"))
        pixels = rearrange(pixels, "b t h w (p q d) -> b t (h p) (w q) d", p=2, q=2)
        return rearrange(pixels, "b t h w d -> b d t h w")
