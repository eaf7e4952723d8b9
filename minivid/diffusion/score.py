"""The score, ∇ log q(z), from what a network says, and what its plain loss weighs (chapter 4)."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.diffusion.objective import Level, Objective, Video, to_x_eps
from minivid.diffusion.schedule import variance_preserving


def score(objective: Objective, output: Video, z: Video, alpha: Level, sigma: Level) -> Video:
    """∇ log q(z) = −ε̂/σ (Song et al. 2021): where noised clips become more frequent.

    Raises ValueError where the output says nothing of the noise: x at σ = 0, ε at α = 0.
    """
    return -to_x_eps(objective, output, z, alpha, sigma)[1] / sigma


def x_weight(
    objective: Objective,
    logsnr: Float[Tensor, "*levels"],
    alpha_sigma: Callable[[Tensor], tuple[Tensor, Tensor]] = variance_preserving,
) -> Float[Tensor, "*levels"]:
    """By what the squared error of an output weighs the squared error of x̂.

    At one z an error δ of x̂ is one of −(α/σ) δ of ε̂, so that a x + b ε is off by (a − b α/σ) δ. It is 1 for x, the SNR for ε and
    SNR + 1 for v (Salimans & Ho 2022, sec. 4).
    """
    alpha, sigma = alpha_sigma(logsnr)
    a, b = objective.coefficients(alpha, sigma)
    return torch.ones_like(logsnr) * (a - b * alpha / sigma) ** 2


def min_snr(
    objective: Objective,
    logsnr: Float[Tensor, "*levels"],
    gamma: float = 5.0,
    alpha_sigma: Callable[[Tensor], tuple[Tensor, Tensor]] = variance_preserving,
) -> Float[Tensor, "*levels"]:
    """The weight of an output's squared error with which that of x̂ weighs min(SNR, γ) (Hang et al. 2023, eq. 6).

    min(SNR, γ)/SNR for ε, min(SNR, γ)/(SNR + 1) for v.
    """
    return torch.exp(logsnr).clamp(max=gamma) / x_weight(objective, logsnr, alpha_sigma)
