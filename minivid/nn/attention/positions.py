"""Where a frame stands in its clip: added to the features, turned into queries and keys, or added to the scores (chapter 2).

Checked by tests/nn/test_positions.py, and against diffusers' embeddings by tests/oracles/test_positions.py.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from minivid.nn.initial import zero_

SLOWEST = 10_000.0
"""Frames in which the slowest clock turns by about a radian; the fastest needs one (Vaswani et al. 2017)."""


def angles(position: Float[Tensor, "*t"], dim: int, slowest: float | int = SLOWEST) -> Float[Tensor, "*t {dim//2}"]:
    """position · slowest^(−2k / dim) for k = 0 … dim/2 − 1, in radians: dim/2 clocks, each slower than the one before.

    Positions are frame numbers, whole or not. Raises ValueError for a dim that is not made of pairs.
    """
    if dim < 2 or dim % 2:
        raise ValueError(f"{dim} channels are no pairs of a sine and a cosine: expected an even number, from 2 on.")
    speed = slowest ** (-torch.arange(0, dim, 2, device=position.device).to(position.dtype) / dim)
    return position[..., None] * speed


def sinusoidal(position: Float[Tensor, "*t"], dim: int, slowest: float | int = SLOWEST) -> Float[Tensor, "*t {dim}"]:
    """The sines of the angles, then their cosines, to be added to features (Vaswani et al. 2017, sec. 3.5)."""
    angle = angles(position, dim, slowest)
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


def rotate(
    x: Float[Tensor, "*n t d"], position: Float[Tensor, "t"], slowest: float | int = SLOWEST
) -> Float[Tensor, "*n t d"]:
    """Neighbouring channels as points of a plane, turned by the angles of their frame (Su et al. 2021, "RoFormer", eq. 34).

    Of queries and keys that were turned, a score depends on the difference of the two positions alone. Raises ValueError for an odd d.
    """
    exact = torch.promote_types(x.dtype, torch.float32)  # an angle in half precision is off by whole turns
    return turned(x, angles(position.to(exact), x.shape[-1], slowest))


def turned(x: Float[Tensor, "*n t d"], angle: Float[Tensor, "*#n t pairs"]) -> Float[Tensor, "*n t d"]:
    """Neighbouring channels as points of a plane, turned by so many radians."""
    cos, sin = angle.cos().to(x), angle.sin().to(x)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)


def relative_buckets(frames: int, buckets: int = 32, farthest: int = 128) -> Int[Tensor, "t t"]:
    """T5's buckets of the distance j − i between frame i (row) and frame j (column) (Raffel et al. 2020; T5's own code).

    Half the buckets serve each sign. Of a half, the first half is one distance each; the rest grow logarithmically up to `farthest`.
    """
    half = buckets // 2
    exact = half // 2
    position = torch.arange(frames)
    distance = position[None, :] - position[:, None]
    size = distance.abs()
    logarithmic = exact + (torch.log(size.clamp(min=1) / exact) / math.log(farthest / exact) * (half - exact)).long()
    bucket = torch.where(size < exact, size, logarithmic.clamp(max=half - 1))
    return bucket + half * (distance > 0)


class RelativePositionBias(nn.Module):
    """A learned number per head for each bucket of frame distance, added to temporal attention scores and shared by all layers.

    Being relative, it says the same of frames 2 and 5 as of 12 and 15, and gives an answer for any clip length.
    """

    def __init__(self, heads: int, buckets: int = 32, farthest: int = 128):
        super().__init__()
        self.farthest = farthest
        # zero: at first all distances are alike, and no frame is overlooked by chance
        self.weight = zero_(nn.Embedding(buckets, heads))

    def forward(self, frames: int) -> Float[Tensor, "heads t t"]:
        buckets = relative_buckets(frames, self.weight.num_embeddings, self.farthest).to(self.weight.weight.device)
        return self.weight(buckets).movedim(-1, 0)
