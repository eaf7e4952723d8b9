"""The reverse stochastic differential equation, by Euler–Maruyama (Song et al. 2021, eq. 6; chapter 4)."""

from itertools import pairwise

import torch

from minivid.diffusion.objective import Objective, Video
from minivid.diffusion.samplers import Path, predict
from minivid.diffusion.schedule import Schedule


def euler_maruyama(
    model,
    z: Video,
    schedule: Schedule,
    objective: Objective,
    steps: int = 200,
    cond=None,
    clip: bool = False,
    generator: torch.Generator | None = None,
) -> Path:
    """dz = z d log α + σ² score dλ + σ √dλ ε, from t down to s; the last update is x̂ itself.

    The step is explicit and wants log α and λ to change little in it: a schedule that ends at λ = ±20 wants many steps.
    """
    levels = schedule.logsnr(torch.linspace(1, 0, steps + 1, device=z.device))
    for i, (logsnr_t, logsnr_s) in enumerate(pairwise(levels)):
        x_hat, eps_hat = predict(model, z, logsnr_t, schedule, objective, cond, clip)
        if i == steps - 1:
            z = x_hat
        else:
            (alpha_t, sigma_t), (alpha_s, _) = schedule.alpha_sigma(logsnr_t), schedule.alpha_sigma(logsnr_s)
            width = logsnr_s - logsnr_t
            noise = torch.randn(z.shape, generator=generator).to(z)
            # σ² score = −σ ε̂
            z = z + torch.log(alpha_s / alpha_t) * z - width * sigma_t * eps_hat + sigma_t * width.sqrt() * noise
        yield z, x_hat
