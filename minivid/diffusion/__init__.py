"""Diffusion without a network: schedules, objectives, samplers and guidance over any `model(z, t, cond)`."""

from minivid.diffusion.angle import angle, logsnr_of, rotate
from minivid.diffusion.bound import posterior
from minivid.diffusion.guidance import guided, inpainting, super_resolution
from minivid.diffusion.inversion import ddim_inversion
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
from minivid.diffusion.score import min_snr, score, x_weight
from minivid.diffusion.sde import euler_maruyama
from minivid.diffusion.solvers import dpm_solver_2m, heun
from minivid.diffusion.zero_terminal import rescale_zero_terminal_snr, scaled_linear_alphas

__all__ = [
    "COSINE",
    "LINEAR",
    "RECTIFIED",
    "Denoising",
    "Objective",
    "Schedule",
    "ancestral",
    "ancestral_step",
    "angle",
    "cosine_logsnr",
    "ddim",
    "ddim_inversion",
    "diffuse",
    "dpm_solver_2m",
    "euler_maruyama",
    "from_x",
    "guided",
    "heun",
    "inpainting",
    "like",
    "linear_logsnr",
    "logsnr_of",
    "min_snr",
    "posterior",
    "rescale_zero_terminal_snr",
    "rotate",
    "sample",
    "scaled",
    "scaled_linear_alphas",
    "schedule_named",
    "score",
    "super_resolution",
    "target",
    "to_x_eps",
    "variance_preserving",
    "x_weight",
]
