"""DDIM backwards: from a clip to the noise that would have made it (Song et al. 2021, sec. 4.3; chapter 4)."""

from itertools import pairwise

import torch

from minivid.diffusion.objective import Objective, Video
from minivid.diffusion.samplers import Path, predict
from minivid.diffusion.schedule import Schedule, like


def ddim_inversion(model, x: Video, schedule: Schedule, objective: Objective, steps: int = 50, cond=None) -> Path:
    """(z, x̂) after each of N updates, from the clip to noise, along the grid that `ddim` comes down.

    The model is asked at the level that z has, not at the one it goes to, which diffusers' inverse scheduler mistakes. What is lost on
    the way back falls as 1/N.
    """
    z, levels = x, schedule.logsnr(torch.linspace(0, 1, steps + 1, device=x.device))
    for logsnr_s, logsnr_t in pairwise(levels):
        x_hat, eps_hat = predict(model, z, logsnr_s, schedule, objective, cond)
        alpha_t, sigma_t = (like(level, z) for level in schedule.alpha_sigma(logsnr_t))
        z = alpha_t * x_hat + sigma_t * eps_hat
        yield z, x_hat
