"""Angular coordinates: α = cos φ, σ = sin φ, and a deterministic step is a rotation (Salimans & Ho 2022, app. D; chapter 4)."""

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.diffusion.objective import Level, Video


def angle(logsnr: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """φ = arctan(σ/α) = arctan(e^{−λ/2}), from 0 (the clip) to π/2 (noise)."""
    return torch.atan(torch.exp(-logsnr / 2))


def logsnr_of(phi: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """λ = −2 log tan φ: the inverse of `angle`."""
    return -2 * torch.log(torch.tan(phi))


def rotate(z: Video, v: Video, turn: Level) -> Video:
    """cos(δ) z + sin(δ) v: z turned by δ in the plane of z and v, as DDIM does from φ to φ + δ; variance preserving alone."""
    return torch.cos(turn) * z + torch.sin(turn) * v
