"""The noise level, and a place in the clip, as vectors (tests/nn/test_embed.py)."""

import math

import torch
from einops import rearrange, repeat
from jaxtyping import Float
from torch import Tensor, nn

from minivid.nn.initial import zero_


def sinusoids(x: Float[Tensor, "b"], dim: int, fastest: float = 2.0, slowest: float = 0.02) -> Float[Tensor, "b {dim}"]:
    """Sines and cosines of x at dim/2 frequencies between `slowest` and `fastest`, in radians per unit of x.

    For a log-SNR in [−20, 20]: the slowest wave tells the ends apart, the fastest resolves steps of about a tenth.
    """
    octaves = torch.linspace(math.log(slowest), math.log(fastest), dim // 2, device=x.device)
    angles = x[:, None] * octaves.exp()
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class NoiseLevelEmbedding(nn.Module):
    """log-SNR `b`, or `b t`, to the vectors `b dim`, or `b t dim`, that every residual block is modulated by."""

    def __init__(self, dim: int):
        super().__init__()
        self.dim = dim
        self.mlp = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim))

    def forward(self, logsnr: Float[Tensor, "*b"]) -> Float[Tensor, "*b d"]:
        waves_of = sinusoids(logsnr.clamp(-20, 20).flatten(), self.dim).to(next(self.parameters()))
        return self.mlp(waves_of).unflatten(0, logsnr.shape)


class SpanEmbedding(nn.Module):
    """The log-SNRs at which a step begins and ends, `b` or `b t` each, to such vectors: for a network of average velocities (chapter 4).

    What is embedded are the flow's times, t = σ/(α + σ) in [0, 1], and t − r. MeanFlow's target holds the derivative in t, which is
    bounded so; of waves of the log-SNR it grows beyond all bounds at both ends (dλ/dt = −2/(t (1 − t))).
    """

    def __init__(self, dim: int):
        super().__init__()
        self.dim = dim
        self.mlp = nn.Sequential(nn.Linear(2 * dim, dim), nn.SiLU(), nn.Linear(dim, dim))

    def forward(self, logsnr_t: Float[Tensor, "*b"], logsnr_r: Float[Tensor, "*b"]) -> Float[Tensor, "*b d"]:
        t, r = (torch.sigmoid(-logsnr.clamp(-20, 20).flatten() / 2) for logsnr in (logsnr_t, logsnr_r))
        waves_of = [sinusoids(time, self.dim, fastest=10.0, slowest=0.5) for time in (t, t - r)]
        return self.mlp(torch.cat(waves_of, dim=1).to(next(self.parameters()))).unflatten(0, logsnr_t.shape)


class NumbersEmbedding(nn.Module):
    """A few numbers that are said of a clip, `b n`, each of them best within ±20, to one vector, `b dim`; it begins at zero."""

    def __init__(self, numbers: int, dim: int):
        super().__init__()
        self.dim = dim
        self.mlp = nn.Sequential(nn.Linear(numbers * dim, dim), nn.SiLU(), zero_(nn.Linear(dim, dim)))

    def forward(self, numbers: Float[Tensor, "b n"]) -> Float[Tensor, "b d"]:
        waves_of = sinusoids(numbers.flatten(), self.dim).to(next(self.parameters()))
        return self.mlp(rearrange(waves_of, "(b n) d -> b (n d)", b=len(numbers)))


WAVES = 4  # sines, and as many cosines, along each axis
SLOWEST = 32  # frames of the slowest wave in time


def space_waves(n: int) -> Float[Tensor, "n d"]:
    """n places along a side of the picture: 1 to WAVES half waves over its whole length, so that places are shares of it."""
    phase = math.pi * (torch.arange(n) + 0.5) / n
    return waves(phase[:, None] * torch.arange(1, WAVES + 1))


def time_waves(n: int) -> Float[Tensor, "n d"]:
    """n frames: waves of 32, 16, 8 and 4 frames, so that a clip begins alike whatever its length."""
    phase = 2 * math.pi * (torch.arange(n) + 0.5) / SLOWEST
    return waves(phase[:, None] * 2 ** torch.arange(WAVES))


def waves(angles: Float[Tensor, "n k"]) -> Float[Tensor, "n d"]:
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def places(frames: int, height: int, width: int, images: int = 0) -> Float[Tensor, "t h w d"]:
    """Where each pixel lies in time, height and width: attention by itself does not know.

    The last `images` frames are images of their own. An image, packed behind a clip or alone, has no time: zeros stand there.
    """
    t = torch.zeros(frames, 2 * WAVES)
    if frames - images > 1:
        t[: frames - images] = time_waves(frames - images)
    return torch.cat(
        [
            repeat(t, "t d -> t h w d", h=height, w=width),
            repeat(space_waves(height), "h d -> t h w d", t=frames, w=width),
            repeat(space_waves(width), "w d -> t h w d", t=frames, h=height),
        ],
        dim=-1,
    )


class PlaceEmbedding(nn.Module):
    """Adds to each pixel's features a vector that tells where and when it is."""

    def __init__(self, dim: int):
        super().__init__()
        self.linear = nn.Linear(6 * WAVES, dim)

    def forward(self, x: Float[Tensor, "b c t h w"], images: int = 0) -> Float[Tensor, "b c t h w"]:
        where = places(*x.shape[2:], images).to(x)
        return x + rearrange(self.linear(where), "t h w c -> c t h w")
