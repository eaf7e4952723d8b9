"""The variational bound of a video diffusion model, term by term, in nats (chapter 3).

−log p(x) ≤ prior KL + reconstruction + Σ diffusion terms (Kingma et al. 2021, eq. 11). Sums, not means, over a clip's values.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.diffusion.objective import Video
from minivid.diffusion.schedule import variance_preserving


def posterior(
    x: Video,
    z_t: Video,
    logsnr_s: Float[Tensor, ""],
    logsnr_t: Float[Tensor, ""],
    alpha_sigma: Callable[[Tensor], tuple[Tensor, Tensor]] = variance_preserving,
) -> tuple[Video, Float[Tensor, ""]]:
    """Mean and variance of q(z_s | z_t, x) for s < t (Ho & Salimans 2022, eq. 3; Kingma et al. 2021, app. A.2).

    One step back from z_t when the clean clip x is known; a sampler puts its guess x̂ in the place of x. λs may be +∞ and λt −∞.
    """
    (alpha_s, sigma_s), (alpha_t, sigma_t) = alpha_sigma(logsnr_s), alpha_sigma(logsnr_t)
    lost = -torch.expm1(
        logsnr_t - logsnr_s
    )  # 1 − e^{λt − λs}: how much of the signal-to-noise ratio is lost from s to t
    kept = alpha_t * sigma_s**2 / (sigma_t**2 * alpha_s)  # e^{λt − λs} α_s/α_t, written so that α_t may be 0
    return kept * z_t + lost * alpha_s * x, lost * sigma_s**2


def prior_kl(x: Video, logsnr: Float[Tensor, ""]) -> Float[Tensor, "b"]:
    """KL(q(z_1 | x) ‖ N(0, I)) at the noisiest λ: what of the clip is still visible when sampling begins, in nats.

    Variance preserving, as are the other terms.
    """
    alpha2, sigma2 = torch.sigmoid(logsnr), torch.sigmoid(-logsnr)
    return 0.5 * (sigma2 + alpha2 * x.square() - 1 - torch.log(sigma2)).flatten(1).sum(1)


def diffusion_term(
    x: Video, x_hat: Video, logsnr_s: Float[Tensor, ""], logsnr_t: Float[Tensor, ""]
) -> Float[Tensor, "b"]:
    """KL(q(z_s | z_t, x) ‖ p(z_s | z_t)) = ½ (SNR(s) − SNR(t)) ‖x − x̂‖², in nats (Kingma et al. 2021, eq. 13)."""
    weight = 0.5 * (torch.exp(logsnr_s) - torch.exp(logsnr_t))
    return weight * (x - x_hat).square().flatten(1).sum(1)


def reconstruction(x: Video, z_0: Video, logsnr: Float[Tensor, ""], levels: int = 256) -> Float[Tensor, "b"]:
    """−log p(x | z_0) with x one of `levels` grey values in [−1, 1], p ∝ q(z_0 | x), in nats (Kingma et al. 2021, eq. 8)."""
    alpha, sigma = torch.sigmoid(logsnr).sqrt(), torch.sigmoid(-logsnr).sqrt()
    values = torch.linspace(-1, 1, levels, device=x.device)
    log_p = torch.log_softmax(-0.5 * ((z_0[..., None] - alpha * values) / sigma) ** 2, dim=-1)
    nearest = ((x + 1) * (levels - 1) / 2).round().long().clamp(0, levels - 1)
    return -log_p.gather(-1, nearest[..., None])[..., 0].flatten(1).sum(1)


def bits_per_value(nats: Float[Tensor, "b"], x: Video) -> Float[Tensor, "b"]:
    """Nats a clip as bits per value of the clip, the unit that papers print."""
    return nats / (math.log(2) * x[0].numel())
