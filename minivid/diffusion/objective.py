"""What a denoiser predicts, and how one turns it into the clean clip and the noise (chapters 3 and 4).

Everything here takes α and σ already shaped to multiply a clip (`schedule.like`) or scalar.
"""

from enum import Enum

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.diffusion.schedule import Schedule, like

Video = Float[Tensor, "b c t h w"]
Level = Float[Tensor, "#b 1 1 1 1"] | Float[Tensor, ""]


class Objective(Enum):
    """The meaning of a network's output: the noise ε, the clean clip x, or v = α ε − σ x (Salimans & Ho 2022)."""

    EPS = "eps"
    X = "x"
    V = "v"


def diffuse(x: Video, eps: Video, alpha: Level, sigma: Level) -> Video:
    """z = α x + σ ε: jump from the clean clip to a noise level in one step (Ho et al. 2020, eq. 4)."""
    return alpha * x + sigma * eps


def target(objective: Objective, x: Video, eps: Video, alpha: Level, sigma: Level) -> Video:
    """What the network should have said."""
    if objective is Objective.EPS:
        return eps
    if objective is Objective.X:
        return x
    return alpha * eps - sigma * x


def to_x_eps(objective: Objective, output: Video, z: Video, alpha: Level, sigma: Level) -> tuple[Video, Video]:
    """Any output as (x̂, ε̂), so that α x̂ + σ ε̂ = z. Needs α² + σ² = 1 for v."""
    if objective is Objective.EPS:
        return (z - sigma * output) / alpha, output
    if objective is Objective.X:
        return output, (z - alpha * output) / sigma
    return alpha * z - sigma * output, alpha * output + sigma * z


def from_x(objective: Objective, x_hat: Video, z: Video, alpha: Level, sigma: Level) -> Video:
    """The inverse of `to_x_eps`: the output with which a network says x̂ at z. Guidance that edits x̂ returns through here."""
    if objective is Objective.X:
        return x_hat
    eps_hat = (z - alpha * x_hat) / sigma
    return eps_hat if objective is Objective.EPS else alpha * eps_hat - sigma * x_hat


def per_clip_loss(
    model, x: Video, eps: Video, u: Float[Tensor, "b"], cond, schedule: Schedule, objective: Objective
) -> Float[Tensor, "b"]:
    """Mean squared error of the prediction at times u in [0, 1], one number a clip: the simple loss before its mean.

    In v this weighs x̂'s error by SNR + 1, in ε by SNR, in x by 1 (chapter 4 compares them).
    """
    logsnr = schedule.logsnr(u)
    alpha, sigma = (like(level, x) for level in schedule.alpha_sigma(logsnr))
    output = model(diffuse(x, eps, alpha, sigma), logsnr, cond)
    return (output - target(objective, x, eps, alpha, sigma)).square().flatten(1).mean(1)


def stratified_times(n: int, generator: torch.Generator) -> Float[Tensor, "n"]:
    """n times in [0, 1], one in each of n equal strata, shuffled: a batch sees every noise level, the loss is less noisy
    (Kingma et al. 2021, app. I.1)."""
    offsets = torch.rand(n, generator=generator)
    return (torch.randperm(n, generator=generator) + offsets) / n
