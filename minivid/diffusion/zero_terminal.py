"""A table of noise levels whose last is noise alone (Lin et al. 2024, "Common Diffusion Noise Schedules"; chapter 4).

Checked against diffusers in tests/oracles.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def scaled_linear_alphas(steps: int = 1000, first: float = 0.00085, last: float = 0.012) -> Float[Tensor, "steps"]:
    """Stable Diffusion's ᾱ = α²: β is the square of a straight line. Some of the clip is left at its end."""
    betas = torch.linspace(first**0.5, last**0.5, steps, dtype=torch.float64) ** 2
    return torch.cumprod(1 - betas, 0)


def linear_alphas(steps: int = 1000, first: float = 0.00085, last: float = 0.012) -> Float[Tensor, "steps"]:
    """ᾱ of a β that is a straight line between the same ends: AnimateDiff's, noisier at every step but the first than Stable Diffusion's."""
    return torch.cumprod(1 - torch.linspace(first, last, steps, dtype=torch.float64), 0)


def rescale_zero_terminal_snr(alphas: Float[Tensor, "steps"]) -> Float[Tensor, "steps"]:
    """ᾱ whose root is shifted so that the last is 0, and stretched so that the first stays (Lin et al. 2024, alg. 1)."""
    root = alphas.sqrt()
    return ((root - root[-1]) * root[0] / (root[0] - root[-1])) ** 2
