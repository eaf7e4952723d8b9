"""Samplers: generators that yield (z, x̂) after each of N updates (chapters 3 and 4; held against diffusers' schedulers).

`model(z, t, cond)` is all that a sampler sees, so guidance is a model that wraps a model; what its output means, the caller says.
Nothing is clipped unless asked for.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.diffusion.bound import posterior
from minivid.diffusion.objective import Objective, Video, to_x_eps
from minivid.diffusion.schedule import Schedule, like, told, variance_preserving

Path = Iterator[tuple[Video, Video]]


def ancestral_step(
    x_hat: Video,
    z_t: Video,
    logsnr_s: Float[Tensor, ""],
    logsnr_t: Float[Tensor, ""],
    noise: Video,
    gamma: float = 0.0,
    alpha_sigma: Callable[[Tensor], tuple[Tensor, Tensor]] = variance_preserving,
) -> Video:
    """A draw of z_s given z_t and the guess x̂ (Ho et al. 2022, eq. 4).

    The standard deviation lies between the posterior's (`gamma` = 0) and the forward transition's (1), interpolated in the logarithm.
    """
    mean, variance = posterior(x_hat, z_t, logsnr_s, logsnr_t, alpha_sigma)
    forward = -torch.expm1(logsnr_t - logsnr_s) * alpha_sigma(logsnr_t)[1] ** 2
    return mean + (variance ** (1 - gamma) * forward**gamma).sqrt() * noise


def ancestral(
    model,
    z: Video,
    schedule: Schedule,
    objective: Objective,
    steps: int = 50,
    cond=None,
    gamma: float = 0.0,
    clip: bool = False,
    generator: torch.Generator | None = None,
) -> Path:
    """Ancestral sampling from z ~ N(0, I). The last update adds no noise: it is x̂ itself."""
    levels = schedule.logsnr(torch.linspace(1, 0, steps + 1, device=z.device))
    for i, (logsnr_t, logsnr_s) in enumerate(pairwise(levels)):
        x_hat, _ = predict(model, z, logsnr_t, schedule, objective, cond, clip)
        if i == steps - 1:
            z = x_hat
        else:
            noise = torch.randn(z.shape, generator=generator).to(z)
            z = ancestral_step(x_hat, z, logsnr_s, logsnr_t, noise, gamma, schedule.alpha_sigma)
        yield z, x_hat


def ddim(
    model,
    z: Video,
    schedule: Schedule,
    objective: Objective,
    steps: int = 50,
    cond=None,
    eta: float = 0.0,
    clip: bool = False,
    generator: torch.Generator | None = None,
) -> Path:
    """DDIM from z ~ N(0, I) (Song et al. 2021, eq. 12). `eta` = 0 is deterministic, 1 has the ancestral sampler's noise.

    The last update is x̂ itself. Raises ValueError for an eta outside [0, 1].
    """
    if not 0 <= eta <= 1:
        raise ValueError(f"eta is {eta}; expected a number from 0 to 1.")
    levels = schedule.logsnr(torch.linspace(1, 0, steps + 1, device=z.device))
    for i, (logsnr_t, logsnr_s) in enumerate(pairwise(levels)):
        x_hat, eps_hat = predict(model, z, logsnr_t, schedule, objective, cond, clip)
        if i == steps - 1:
            z = x_hat
        else:
            alpha_s, sigma_s = schedule.alpha_sigma(logsnr_s)
            fresh = eta * sigma_s * torch.sqrt(-torch.expm1(logsnr_t - logsnr_s))
            noise = torch.randn(z.shape, generator=generator).to(z) if eta else 0.0
            z = alpha_s * x_hat + (sigma_s**2 - fresh**2).sqrt() * eps_hat + fresh * noise
        yield z, x_hat


@torch.no_grad()
def predict(
    model,
    z: Video,
    logsnr: Float[Tensor, ""] | Float[Tensor, "b"] | Float[Tensor, "b t"],
    schedule: Schedule,
    objective: Objective,
    cond=None,
    clip: bool = False,
) -> tuple[Video, Video]:
    """(x̂, ε̂) at one noise level for the whole batch, one for each clip, or one for each frame.

    With `clip`, x̂ is cut to [−1, 1] and ε̂ follows it.
    """
    alpha, sigma = (like(level, z) for level in schedule.alpha_sigma(logsnr))
    level = told(logsnr if logsnr.ndim else logsnr.expand(len(z)))
    x_hat, eps_hat = to_x_eps(objective, model(z, level, cond), z, alpha, sigma)
    if clip:
        x_hat = x_hat.clamp(-1, 1)
        _, eps_hat = to_x_eps(Objective.X, x_hat, z, alpha, sigma)
    return x_hat, eps_hat


def sample(path: Iterable[tuple[Video, Video]]) -> Video:
    """Run a sampler to its end and return the clip."""
    last = deque(path, maxlen=1)
    if not last:
        raise ValueError("the sampler took no steps; ask for at least one")
    return last[0][0]
