"""3.3: one step back when the clean clip is known, q(z_s | z_t, x)."""

from functools import partial

import torch

from minivid.course.exercise import Arrays, Exercise, Probe, agrees, close, returned
from minivid.diffusion.bound import posterior


def _levels_and_clips(seed: int, x: bool = True) -> dict:
    """Inputs, with the clean clip at zero when the weight of the noisy one is to be seen alone."""
    generator = torch.Generator().manual_seed(seed)
    clean, noisy = torch.randn(2, 2, 1, 3, 4, 4, generator=generator)
    logsnr_t = torch.rand((), generator=generator) * 4 - 3
    logsnr_s = logsnr_t + 0.5 + torch.rand((), generator=generator)
    return {"x": clean * x, "z_t": noisy, "logsnr_s": logsnr_s, "logsnr_t": logsnr_t}


_mean_and_variance = returned("mean", "variance")
_mean_agrees = agrees(posterior, _mean_and_variance, "mean", rtol=1e-3)


def _variance_agrees(arrays: Arrays, inputs: dict) -> bool | str:
    if arrays["variance"].size != 1:
        return f"The variance is one number for the whole clip; yours has the shape {arrays['variance'].shape}."
    return close(arrays["variance"].reshape(()), posterior(**inputs)[1], rtol=1e-3)


EXERCISE = Exercise(
    id="3.3",
    title="The posterior, one step back",
    points=3,
    stars=2,
    minutes=15,
    reference=posterior,
    probes=(
        Probe(
            "variance",
            "The variance should be (1 − exp(λₜ − λₛ)) σₛ²: with the σ of s, where you arrive (σₜ² is the forward step's), squared, and "
            "with λₜ − λₛ, which is negative.",
            _levels_and_clips,
            _mean_and_variance,
            _variance_agrees,
        ),
        Probe(
            "weight of z_t",
            "With x = 0 the mean should be exp(λₜ − λₛ) (αₛ / αₜ) z_t: z_t is first brought back to the scale of s.",
            partial(_levels_and_clips, x=False),
            _mean_and_variance,
            _mean_agrees,
        ),
        Probe(
            "weight of x",
            "The weight of z_t is right. What x adds to the mean should be (1 − exp(λₜ − λₛ)) αₛ x: at level s a clean clip is shrunk by αₛ.",
            _levels_and_clips,
            _mean_and_variance,
            _mean_agrees,
        ),
    ),
)
