"""Diffusion without a network: schedules, objectives, samplers and guidance over any `model(z, t, cond)`."""

from minivid.diffusion.bound import posterior
from minivid.diffusion.guidance import guided, inpainting, super_resolution
from minivid.diffusion.objective import Denoising, Objective, diffuse, from_x, scaled, target, to_x_eps
from minivid.diffusion.samplers import ancestral, ancestral_step, ddim, sample
from minivid.diffusion.schedule import (
    COSINE,
    LINEAR,
    RECTIFIED,
    Schedule,
    cosine_logsnr,
    like,
    linear_logsnr,
    schedule_named,
    variance_preserving,
)

__all__ = [
    "COSINE",
    "LINEAR",
    "RECTIFIED",
    "Denoising",
    "Objective",
    "Schedule",
    "ancestral",
    "ancestral_step",
    "cosine_logsnr",
    "ddim",
    "diffuse",
    "from_x",
    "guided",
    "inpainting",
    "like",
    "linear_logsnr",
    "posterior",
    "sample",
    "scaled",
    "schedule_named",
    "super_resolution",
    "target",
    "to_x_eps",
    "variance_preserving",
]
