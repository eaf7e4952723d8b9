"""Noise schedules, given directly in log-SNR (chapter 3; held against diffusers in tests/oracles).

A noisy clip is z = α x + σ ε, and λ = log(α²/σ²) is its log signal-to-noise ratio. A schedule is two functions: one from time
u in [0, 1] (0 is clean, 1 is noise) to λ, one from λ to (α, σ). A network is told λ and never u, so that a model may be
sampled with another schedule than it was trained on.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.diffusion.zero_terminal import rescale_zero_terminal_snr, scaled_linear_alphas

LOGSNR_LIMIT = 20.0  # at |λ| = 20 the weaker of α, σ is 4.5e-5: nothing is lost, and nothing divides by zero


def variance_preserving(logsnr: Float[Tensor, "..."]) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
    """(α, σ) with α² + σ² = 1 at log-SNR λ: α² = sigmoid(λ) (Kingma et al. 2021, eq. 4)."""
    return torch.sigmoid(logsnr).sqrt(), torch.sigmoid(-logsnr).sqrt()


@dataclass(frozen=True)
class Schedule:
    """Time to noise level: `logsnr(u)` falls as u goes from 0 (clean) to 1 (noise); `alpha_sigma(λ)` gives (α, σ)."""

    logsnr: Callable[[Tensor], Tensor]
    alpha_sigma: Callable[[Tensor], tuple[Tensor, Tensor]] = variance_preserving


def cosine_logsnr(u: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """λ = −2 log tan(πu/2), so α = cos(πu/2); the ends are cut at ±20 (Nichol & Dhariwal 2021; Salimans & Ho 2022, sec. 4)."""
    first = math.atan(math.exp(-LOGSNR_LIMIT / 2))
    last = math.atan(math.exp(LOGSNR_LIMIT / 2))
    return -2 * torch.log(torch.tan(first + (last - first) * u))


def linear_logsnr(u: Float[Tensor, "..."], beta_min: float = 0.1, beta_max: float = 20.0) -> Float[Tensor, "..."]:
    """DDPM's linear β in continuous time: α² = exp(−∫β), ∫β = β_min u + ½(β_max − β_min)u² (Song et al. 2021, eq. 32)."""
    integral = beta_min * u + 0.5 * (beta_max - beta_min) * u**2
    return -torch.log(torch.expm1(integral)).clamp(-LOGSNR_LIMIT, LOGSNR_LIMIT)


def shifted(schedule: Schedule, noise_size: int, image_size: int) -> Schedule:
    """The same schedule with as much noise per pixel of an image of `image_size` as `noise_size` would see.

    λ grows by 2 ln(noise_size / image_size): a larger picture is more redundant and needs more noise (Hoogeboom et al. 2023).
    """
    shift = 2 * math.log(noise_size / image_size)
    limit = LOGSNR_LIMIT
    return Schedule(lambda u: (schedule.logsnr(u) + shift).clamp(-limit, limit), schedule.alpha_sigma)


def rectified_logsnr(u: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """λ = 2 log((1 − u)/u), so that α = 1 − u and σ = u: straight paths from clip to noise (Liu et al. 2023, "Rectified Flow")."""
    return (2 * (torch.log1p(-u) - torch.log(u))).clamp(-LOGSNR_LIMIT, LOGSNR_LIMIT)


def interpolating(logsnr: Float[Tensor, "..."]) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
    """(α, σ) with α + σ = 1 at log-SNR λ: α = sigmoid(λ/2)."""
    return torch.sigmoid(logsnr / 2), torch.sigmoid(-logsnr / 2)


def tabled(alphas: Float[Tensor, "steps"]) -> Schedule:
    """A table of ᾱ = α² as a schedule: its first entry at u = 0, its last at u = 1, √ᾱ on straight lines between; λ is cut at ±20.

    Raises ValueError for a table that holds fewer than two levels, does not fall, or leaves [0, 1].
    """
    if len(alphas) < 2 or (alphas.diff() >= 0).any() or alphas[-1] < 0 or alphas[0] > 1:
        raise ValueError("a table of ᾱ holds two levels or more, falls from entry to entry, and stays between 0 and 1.")
    root = alphas.double().sqrt()

    def logsnr(u):
        place = u.double() * (len(root) - 1)
        left = place.long().clamp(0, len(root) - 2)
        alpha = torch.lerp(root.to(u.device)[left], root.to(u.device)[left + 1], place - left)
        return torch.logit(alpha**2).to(u).clamp(-LOGSNR_LIMIT, LOGSNR_LIMIT)

    return Schedule(logsnr)


COSINE = Schedule(cosine_logsnr)
LINEAR = Schedule(linear_logsnr)
RECTIFIED = Schedule(rectified_logsnr, interpolating)
SCALED_LINEAR = tabled(scaled_linear_alphas())
ZERO_TERMINAL = tabled(rescale_zero_terminal_snr(scaled_linear_alphas()))

SCHEDULES = {
    "cosine": COSINE,
    "linear": LINEAR,
    "rectified": RECTIFIED,
    "scaled-linear": SCALED_LINEAR,
    "zero-terminal": ZERO_TERMINAL,
}
"""The schedules that a manifest can name. "scaled-linear" is Stable Diffusion's as published, "zero-terminal" the same rescaled until
its last level is noise alone."""


def schedule_named(name: str) -> Schedule:
    """The schedule of that name. Raises ValueError, listing those that there are."""
    if name not in SCHEDULES:
        raise ValueError(f"there is no schedule {name!r}; there are {', '.join(SCHEDULES)}.")
    return SCHEDULES[name]


def told(logsnr: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """The level as a network is told it: cut at ±20, since at zero terminal SNR it is −∞."""
    return logsnr.clamp(-LOGSNR_LIMIT, LOGSNR_LIMIT)


def like(
    level: Float[Tensor, ""] | Float[Tensor, "b"] | Float[Tensor, "b t"], video: Float[Tensor, "b ..."]
) -> Float[Tensor, "#b ..."]:
    """A number for each clip, or for each frame, shaped so that it multiplies the clip: `b` becomes `b 1 1 1 1`, `b t` `b 1 t 1 1`.

    Without it `alpha * x` either fails or, when b happens to equal the width, silently scales columns.
    """
    if level.ndim == 2:
        return level.reshape(len(level), 1, -1, *[1] * (video.ndim - 3))
    return level.reshape(-1, *[1] * (video.ndim - 1))
