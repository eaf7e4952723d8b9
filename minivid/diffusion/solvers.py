"""Deterministic samplers of second order: Heun, and DPM-Solver++(2M) (chapter 4; their orders are measured in the tests).

The path of z to the clip solves d(z/σ) = x̂ d(α/σ). DDIM holds x̂ for a step; these two do not. As every sampler here they
yield (z, x̂) after each of N updates, the last of which is x̂ itself, and α may be 0 where they begin.
"""

from itertools import pairwise

import torch

from minivid.diffusion.objective import Level, Objective, Video
from minivid.diffusion.samplers import Path, predict
from minivid.diffusion.schedule import Schedule


def step_with(x_hat: Video, z: Video, alpha_t: Level, sigma_t: Level, alpha_s: Level, sigma_s: Level) -> Video:
    """From t to s with x̂ held on the way: DDIM's step, exact where x̂ does not change."""
    kept = sigma_s / sigma_t
    return kept * z + (alpha_s - kept * alpha_t) * x_hat


def heun(
    model, z: Video, schedule: Schedule, objective: Objective, steps: int = 25, cond=None, clip: bool = False
) -> Path:
    """Heun's method in x̂: the mean of the guesses at both ends of a step. Two calls a step, one in the last.

    EDM's (Karras et al. 2022, alg. 1) takes the mean of ε̂ instead, and so cannot begin where α is 0.
    """
    levels = schedule.logsnr(torch.linspace(1, 0, steps + 1, device=z.device))
    for i, (logsnr_t, logsnr_s) in enumerate(pairwise(levels)):
        x_hat, _ = predict(model, z, logsnr_t, schedule, objective, cond, clip)
        if i == steps - 1:
            z = x_hat
        else:
            ends = *schedule.alpha_sigma(logsnr_t), *schedule.alpha_sigma(logsnr_s)
            there, _ = predict(model, step_with(x_hat, z, *ends), logsnr_s, schedule, objective, cond, clip)
            z = step_with((x_hat + there) / 2, z, *ends)
        yield z, x_hat


def dpm_solver_2m(
    model, z: Video, schedule: Schedule, objective: Objective, steps: int = 25, cond=None, clip: bool = False
) -> Path:
    """DPM-Solver++(2M): x̂ on a straight line in λ through this step's guess and the last one's (Lu et al. 2022, alg. 2). One call a step."""
    levels = schedule.logsnr(torch.linspace(1, 0, steps + 1, device=z.device))
    before, width_before = None, None
    for i, (logsnr_t, logsnr_s) in enumerate(pairwise(levels)):
        x_hat, _ = predict(model, z, logsnr_t, schedule, objective, cond, clip)
        width = logsnr_s - logsnr_t
        ahead = x_hat if before is None else x_hat + width / width_before / 2 * (x_hat - before)
        if i == steps - 1:
            z = x_hat
        else:
            z = step_with(ahead, z, *schedule.alpha_sigma(logsnr_t), *schedule.alpha_sigma(logsnr_s))
        before, width_before = x_hat, width
        yield z, x_hat
