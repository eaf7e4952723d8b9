"""Stable Video Diffusion's two pieces that are no layers: an objective in EDM's words, and guidance that grows with the frame (chapter 6).

Blattmann et al. 2023, "Stable Video Diffusion", app. D. Held against diffusers in tests/oracles/test_diffusers_svd.py.
"""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.diffusion.objective import SIGMA_DATA, Objective
from minivid.diffusion.schedule import variance_preserving


def preconditioning(
    sigma: Float[Tensor, "*n"], objective: Objective
) -> tuple[Float[Tensor, "*n"], Float[Tensor, "*n"], Float[Tensor, "*n"], Float[Tensor, "*n"]]:
    """(c_skip, c_out, c_in, c_noise) of an objective: x̂ = c_skip y + c_out F(c_in y; c_noise) for y = x + σ ε (Karras et al. 2022, eq. 7).

    With α = 1/√(1 + σ²) the library's z is α y, and its network says F = a x + b (its ε); solved for x these are the coefficients.
    c_noise = ¼ ln σ is −λ/8: the library's networks are told λ, which is as much. `Objective.V` is SVD's form, EDM's has σ_data = ½.
    """
    sigma = torch.as_tensor(sigma)
    alpha, spread = variance_preserving(-2 * sigma.log())
    a, b = objective.coefficients(alpha, spread)
    determinant = alpha * b - spread * a
    c_in = alpha / (SIGMA_DATA**2 * alpha**2 + spread**2).sqrt() if objective is Objective.EDM else alpha
    return alpha * b / determinant, -spread / determinant, c_in, sigma.log() / 4


def ramp(frames: int, low: float | int = 1.0, high: float | int = 3.0) -> Float[Tensor, "t"]:
    """A guidance scale for each frame, in equal steps; SVD's goes from 1 to 3: the first frame is known already, the last least."""
    return torch.linspace(low, high, frames)


def guided_by_frame(model, scales: Float[Tensor, "t"]):
    """u + s_t (c − u), a scale for each frame, where u is the same model without what is known of the frames; what is said in numbers stays."""

    def model_with_guidance(z, t, cond=None):
        if cond is None or cond.known is None:
            return model(z, t, cond)
        blind = model(z, t, replace(cond, known=torch.zeros_like(cond.known)))
        return blind + scales.to(z)[:, None, None] * (model(z, t, cond) - blind)

    return model_with_guidance
