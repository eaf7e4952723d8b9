"""What is put between the layers of an image model so that it sees time (chapter 6).

Each begins as the identity. Checked by tests/adapt, and against diffusers in tests/oracles/test_diffusers_motion.py.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid.nn.attention import keys
from minivid.nn.attention.core import SPACE, TIME, Attention, attend, join_heads, split_heads
from minivid.nn.attention.positions import sinusoidal
from minivid.nn.conv import FrameNorm, ResBlock
from minivid.nn.initial import zero_
from minivid.nn.spacetime import PseudoConv3d, TimeConv


class PseudoBlock(ResBlock):
    """The residual block with a convolution over time behind each one over space (Singer et al. 2022, "Make-A-Video", sec. 3.2)."""

    def __init__(self, dim_in: int, dim_out: int, dim_embed: int):
        super().__init__(dim_in, dim_out, dim_embed)
        self.conv1, self.conv2 = PseudoConv3d(dim_in, dim_out), PseudoConv3d(dim_out, dim_out)


class Mixed(nn.Module):
    """α · x + (1 − α) · temporal(x) with one learned α (Blattmann et al. 2023, "Align your Latents", sec. 3.1).

    temporal is a residual block of convolutions over time, then attention over it. What is learned is a logit, and α its sigmoid: 1/2 at
    the start. That the layer begins as the identity is the branch's doing: at α = 1 no gradient would ever reach it. Frames that
    see no other (a batch of images) are passed on as they are.
    """

    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.norm1, self.conv1 = FrameNorm(dim), TimeConv(dim, dim)
        self.norm2, self.conv2 = FrameNorm(dim), zero_(TimeConv(dim, dim))
        self.attention = Attention(dim, heads, TIME)
        self.mix = nn.Parameter(torch.zeros(()))

    @property
    def alpha(self) -> Float[Tensor, ""]:
        """The share of the image model."""
        return self.mix.sigmoid()

    def temporal(
        self, x: Float[Tensor, "b c t h w"], bias: Float[Tensor, "heads t t"] | None
    ) -> Float[Tensor, "b c t h w"]:
        """The branch: what the other frames have to say."""
        h = self.conv1(F.silu(self.norm1(x)))
        x = x + self.conv2(F.silu(self.norm2(h)))
        return self.attention(x, bias)

    def forward(
        self,
        x: Float[Tensor, "b c t h w"],
        bias: Float[Tensor, "heads t t"] | None = None,
        visible: Bool[Tensor, "t t"] | None = None,
    ) -> Float[Tensor, "b c t h w"]:
        if visible is not None:  # images: InflatedConfig's network takes them alone, never behind a clip
            return x
        return blend(x, self.temporal(x, bias), self.alpha)


def blend(
    space: Float[Tensor, "*shape"], time: Float[Tensor, "*shape"], alpha: Float[Tensor, ""] | float
) -> Float[Tensor, "*shape"]:
    """α · space + (1 − α) · time, so written that equal parts give themselves to the bit."""
    return space + (1 - alpha) * (time - space)


LONGEST = 32
"""Frames that a motion module counts: AnimateDiff's has 24 or 32 places."""


class MotionModule(nn.Module):
    """x plus what a small transformer over time makes of it (Guo et al. 2023, "AnimateDiff", sec. 4.2).

    Norm, linear, twice self-attention, a gated feed-forward, and a linear layer that begins at zero. Frames are told by sinusoids,
    `longest` at most: ValueError for more. The norm is each frame's own, as in AnimateDiff's code; diffusers' pools over time.
    groups, eps: of the norm; AnimateDiff's published modules have 32 and 1e-6 (`adapt.stable.read_motion`).
    """

    def __init__(self, dim: int, heads: int, longest: int = LONGEST, groups: int = 8, eps: float = 1e-5):
        super().__init__()
        self.heads, self.longest = heads, longest
        self.norm, self.proj_in = FrameNorm(dim, groups, eps), nn.Linear(dim, dim)
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(3))
        self.to_qkv = nn.ModuleList(nn.Linear(dim, 3 * dim, bias=False) for _ in range(2))
        self.to_out = nn.ModuleList(nn.Linear(dim, dim) for _ in range(2))
        self.gated, self.narrow = nn.Linear(dim, 8 * dim), nn.Linear(4 * dim, dim)
        self.proj_out = zero_(nn.Linear(dim, dim))

    def forward(
        self,
        x: Float[Tensor, "b c t h w"],
        bias: None = None,
        visible: Bool[Tensor, "t t"] | None = None,
    ) -> Float[Tensor, "b c t h w"]:
        frames = x.shape[2]
        if frames > self.longest:
            raise ValueError(
                f"this motion module counts {self.longest} frames, but the clip has {frames}: sample at most {self.longest} at once."
            )
        if visible is not None:
            raise ValueError("a motion module joins all frames of a clip: give it no images.")
        rows = self.proj_in(TIME.cut(self.norm(x)))  # n t c
        for norm, to_qkv, to_out in zip(self.norms, self.to_qkv, self.to_out, strict=False):  # the third norm is below
            q, k, v = (split_heads(part, self.heads) for part in to_qkv(norm(rows) + clock(rows)).chunk(3, -1))
            rows = rows + to_out(join_heads(attend(q, k, v)))
        value, gate = self.gated(self.norms[2](rows)).chunk(2, -1)
        rows = rows + self.narrow(value * F.gelu(gate))
        return x + TIME.join(self.proj_out(rows), x)


def clock(rows: Float[Tensor, "n t c"]) -> Float[Tensor, "t c"]:
    """What tells the frames apart: a sine and its cosine side by side, as AnimateDiff's weights expect them."""
    waves = sinusoidal(torch.arange(rows.shape[1], device=rows.device).float(), rows.shape[2])
    return rearrange(waves, "t (two d) -> t (d two)", two=2).to(rows)


class SplitProjection(nn.Module):
    """Queries, keys and values of one input, the queries' weights a tensor of their own: they can be trained while the rest stands."""

    def __init__(self, dim: int):
        super().__init__()
        self.q, self.kv = nn.Linear(dim, dim, bias=False), nn.Linear(dim, 2 * dim, bias=False)

    def forward(self, rows: Float[Tensor, "n i c"]) -> Float[Tensor, "n i d"]:
        return torch.cat([self.q(rows), self.kv(rows)], dim=-1)


def sparse_causal(dim: int, heads: int) -> Attention:
    """Attention over space to the first frame and the one before (Wu et al. 2023, "Tune-A-Video", eq. 4)."""
    attention = Attention(dim, heads, SPACE, keys.first_and_previous)
    attention.to_qkv = SplitProjection(dim)
    return attention
