"""Guidance: models made from a model (chapter 3). A sampler never knows that it is being guided."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.diffusion.objective import Objective, Video, diffuse, from_x, to_x_eps
from minivid.diffusion.schedule import Schedule, like


def guided(model, scale: float):
    """Classifier-free guidance, u + s (c − u): s = 1 is the conditional model, s = 0 the unconditional one (Ho & Salimans 2022).

    Papers also write (1 + w) c − w u; there w = s − 1.
    """

    if not math.isfinite(scale):
        raise ValueError(f"guidance is {scale}; expected a number: 1 is the model alone.")

    def model_with_guidance(z, t, cond=None):
        if scale == 1 or cond is None:
            return model(z, t, cond)
        # where the caption is taken away all else stays: images behind a clip, where a step ends, a control, what is known of the frames
        rest = getattr(cond, "images", 0) or any(
            getattr(cond, name, None) is not None for name in ("r", "control", "known", "numbers")
        )
        silent = cond.keep(torch.zeros(len(z), dtype=torch.bool)) if rest else None
        unconditional = model(z, t, silent)
        return unconditional + scale * (model(z, t, cond) - unconditional)

    return model_with_guidance


def inpainting(
    model,
    known: Video,
    mask: Bool[Tensor, "#b #c t #h #w"],
    weight: float,
    schedule: Schedule,
    objective: Objective,
    generator: torch.Generator | None = None,
):
    """A model that fills in what `mask` leaves open (True = known): extend a clip, fill in frames, complete a picture.

    At each call the known part of z is replaced by the forward-noised clip. With `weight` = 0 that is all: the *replacement* method
    (Song et al. 2021). With `weight` = w it is *reconstruction guidance* (Ho et al. 2022, eq. 7):
    x̃ = x̂ − (w α / 2) ∇_z ‖known − x̂‖², a sum of squares over the known part, so that the open part is moved to where
    the model's own reconstruction of the known part is right.
    """
    mask = mask.expand_as(known)

    def model_with_known_part(z, t, cond=None):
        if z.shape != known.shape:
            raise ValueError(
                f"the known clips are {tuple(known.shape)} and those to be made {tuple(z.shape)}: expected one shape."
            )
        alpha, sigma = (like(level, z) for level in schedule.alpha_sigma(t))
        noise = torch.randn(known.shape, generator=generator).to(z)
        z_in = torch.where(mask, diffuse(known, noise, alpha, sigma), z).detach()
        residual = lambda x_hat: (known - x_hat)[mask]  # noqa: E731
        x_hat = _corrected(model, z_in, t, cond, alpha, sigma, objective, residual, weight)
        return from_x(objective, torch.where(mask, known, x_hat), z, alpha, sigma)

    return model_with_known_part


def super_resolution(
    model,
    low: Float[Tensor, "b c t h1 w1"],
    downsample: Callable[[Video], Tensor],
    weight: float,
    schedule: Schedule,
    objective: Objective,
):
    """A model whose clips, downsampled, look like `low`: reconstruction guidance through `downsample` (Ho et al. 2022, sec. 3.1)."""

    def model_with_low_resolution(z, t, cond=None):
        alpha, sigma = (like(level, z) for level in schedule.alpha_sigma(t))
        residual = lambda x_hat: low - downsample(x_hat)  # noqa: E731
        x_hat = _corrected(model, z.detach(), t, cond, alpha, sigma, objective, residual, weight)
        return from_x(objective, x_hat, z, alpha, sigma)

    return model_with_low_resolution


def _corrected(model, z, t, cond, alpha, sigma, objective, residual, weight) -> Video:
    """x̂ moved down the gradient of its squared residual. The gradient runs through the network, to z."""
    if weight == 0:
        return to_x_eps(objective, model(z, t, cond), z, alpha, sigma)[0]
    with torch.enable_grad():  # samplers run under no_grad
        z = z.requires_grad_()
        x_hat, _ = to_x_eps(objective, model(z, t, cond), z, alpha, sigma)
        gradient = torch.autograd.grad(residual(x_hat).square().sum(), z)[0]
    return x_hat.detach() - 0.5 * weight * alpha * gradient
