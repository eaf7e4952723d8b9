"""The noise level as a vector."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn


def sinusoids(x: Float[Tensor, "b"], dim: int, fastest: float = 2.0, slowest: float = 0.02) -> Float[Tensor, "b {dim}"]:
    """Sines and cosines of x at dim/2 frequencies between `slowest` and `fastest`, in radians per unit of x.

    For a log-SNR in [−20, 20]: the slowest wave tells the ends apart, the fastest resolves steps of about a tenth.
    """
    octaves = torch.linspace(math.log(slowest), math.log(fastest), dim // 2, device=x.device)
    angles = x[:, None] * octaves.exp()
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class NoiseLevelEmbedding(nn.Module):
    """log-SNR `b` to a vector `b dim` that every residual block is modulated by."""

    def __init__(self, dim: int):
        super().__init__()
        self.dim = dim
        self.mlp = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim))

    def forward(self, logsnr: Float[Tensor, "b"]) -> Float[Tensor, "b d"]:
        return self.mlp(sinusoids(logsnr.clamp(-20, 20), self.dim))
