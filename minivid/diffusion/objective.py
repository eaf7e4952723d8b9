"""What a denoiser predicts, how one turns it into the clean clip and the noise, and what it is trained on (chapters 3 and 4).

Everything but the loss takes α and σ already shaped to multiply a clip (`schedule.like`) or scalar. Checked by
tests/diffusion/test_objective.py, and against diffusers in tests/oracles.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.diffusion.schedule import Schedule, like, schedule_named, told

Video = Float[Tensor, "b c t h w"]
Level = Float[Tensor, "#b 1 #t 1 1"] | Float[Tensor, ""]

SIGMA_DATA = 0.5
"""The deviation that EDM expects of clips."""


class Objective(Enum):
    """The meaning of a network's output: output = a x + b ε, and an objective is its two coefficients.

    The noise ε, the clean clip x, v = α ε − σ x (Salimans & Ho 2022), the velocity of a flow ε − x (Liu et al. 2023), and EDM's
    mixture of unit variance, whose network is given its input scaled (`scaled`; Karras et al. 2022, table 1).
    """

    EPS = "eps"
    X = "x"
    V = "v"
    FLOW = "flow"
    EDM = "edm"

    def coefficients(
        self, alpha: Float[Tensor, "*levels"], sigma: Float[Tensor, "*levels"]
    ) -> tuple[Float[Tensor, "*levels"] | int, Float[Tensor, "*levels"] | int]:
        """(a, b) at a noise level, or at several."""
        match self:
            case Objective.EPS:
                return 0, 1
            case Objective.X:
                return 1, 0
            case Objective.V:
                return -sigma, alpha
            case Objective.FLOW:
                return -1, 1
            case Objective.EDM:
                size = _input_size(alpha, sigma)
                return sigma / (SIGMA_DATA * size), -SIGMA_DATA * alpha / size


def diffuse(x: Video, eps: Video, alpha: Level, sigma: Level) -> Video:
    """z = α x + σ ε: jump from the clean clip to a noise level in one step (Ho et al. 2020, eq. 4)."""
    return alpha * x + sigma * eps


def target(objective: Objective, x: Video, eps: Video, alpha: Level, sigma: Level) -> Video:
    """What the network should have said: a x + b ε."""
    a, b = objective.coefficients(alpha, sigma)
    return a * x + b * eps


def to_x_eps(objective: Objective, output: Video, z: Video, alpha: Level, sigma: Level) -> tuple[Video, Video]:
    """Any output as (x̂, ε̂): the solution of α x̂ + σ ε̂ = z and a x̂ + b ε̂ = output.

    Raises ValueError where there is none: ε at α = 0, x at σ = 0.
    """
    a, b = objective.coefficients(alpha, sigma)
    determinant = alpha * b - sigma * a
    _refuse_zero(determinant, objective)
    return (b * z - sigma * output) / determinant, (alpha * output - a * z) / determinant


def from_x(objective: Objective, x_hat: Video, z: Video, alpha: Level, sigma: Level) -> Video:
    """The inverse of `to_x_eps`: the output with which a network says x̂ at z. Guidance that edits x̂ returns through here.

    Raises ValueError at σ = 0, where z is the clip and leaves nothing to say.
    """
    a, b = objective.coefficients(alpha, sigma)
    _refuse_zero(sigma, Objective.X)
    return (b * z - (alpha * b - sigma * a) * x_hat) / sigma


def _refuse_zero(divisor: Level, objective: Objective) -> None:
    """A sentence where a division would give NaN."""
    if not (torch.as_tensor(divisor) == 0).any():
        return
    if objective is Objective.EPS:
        raise ValueError(
            "at λ = −∞ (α = 0, zero terminal SNR) z is noise alone, and a network that predicts ε says nothing of the clip: "
            "train one that predicts v, x or the flow, or take a schedule that ends above."
        )
    raise ValueError("at λ = +∞ (σ = 0) z is the clip itself, and nothing can be said of its noise: begin below.")


def _input_size(alpha: Float[Tensor, "*levels"], sigma: Float[Tensor, "*levels"]) -> Float[Tensor, "*levels"]:
    """The deviation of z, if that of the clips is SIGMA_DATA."""
    return (SIGMA_DATA**2 * alpha**2 + sigma**2) ** 0.5


def scaled(model, schedule: Schedule, objective: Objective):
    """The network as losses, guidance and samplers call it, `model(z, t, cond)`: EDM's is given z over its deviation, others z itself."""
    if objective is not Objective.EDM:
        return model

    def with_unit_input(z, t, cond=None):
        alpha, sigma = (like(level, z) for level in schedule.alpha_sigma(t))
        return model(z / _input_size(alpha, sigma), t, cond)

    return with_unit_input


def per_clip_loss(
    model,
    x: Video,
    eps: Video,
    u: Float[Tensor, "b"] | Float[Tensor, "b t"],
    cond,
    schedule: Schedule,
    objective: Objective,
) -> Float[Tensor, "b"]:
    """Mean squared error of the prediction at times u in [0, 1], one number a clip: the simple loss before its mean.

    u is a time for each clip or for each frame. In v this weighs x̂'s error by SNR + 1, in ε by SNR, in x by 1 (chapter 4 compares them).
    """
    logsnr = schedule.logsnr(u)
    alpha, sigma = (like(level, x) for level in schedule.alpha_sigma(logsnr))
    output = scaled(model, schedule, objective)(diffuse(x, eps, alpha, sigma), told(logsnr), cond)
    return (output - target(objective, x, eps, alpha, sigma)).square().flatten(1).mean(1)


def stratified_times(n: int, generator: torch.Generator) -> Float[Tensor, "n"]:
    """n times in [0, 1], one in each of n equal strata, shuffled: a batch sees every noise level, the loss is less noisy
    (Kingma et al. 2021, app. I.1)."""
    offsets = torch.rand(n, generator=generator)
    return (torch.randperm(n, generator=generator) + offsets) / n


@dataclass(frozen=True)
class Denoising:
    """What a denoiser is trained on, `loss(model, (x, cond), step)`, and with that how it is sampled: a manifest keeps it.

    schedule: its name in SCHEDULES. drop_caption: the share of captions that are hidden, so that the network learns to do without.
    Raises ValueError for another schedule or share.
    """

    objective: Objective = Objective.V
    schedule: str = "cosine"
    drop_caption: float = 0.1

    def __post_init__(self):
        schedule_named(self.schedule)
        if not isinstance(self.objective, Objective):
            raise ValueError(f"objective is {self.objective!r}; expected one of {', '.join(map(str, Objective))}.")
        if not 0 <= self.drop_caption <= 1:
            raise ValueError(f"drop_caption is {self.drop_caption}; expected a share of the captions, from 0 to 1.")

    def __call__(self, model, batch, step) -> Float[Tensor, ""]:
        """The mean over this process's share of the batch."""
        return per_clip_loss(model, *self.drawn(batch, step), schedule_named(self.schedule), self.objective).mean()

    def drawn(self, batch, step) -> tuple[Video, Video, Float[Tensor, "b"], Any]:
        """Clips, noise, times and captions of a step, some of them hidden: this process's rows, drawn for the whole batch from (seed, step)."""
        x, cond = batch
        generator = step.generator()
        u = stratified_times(len(x), generator)
        eps = torch.randn(x.shape, generator=generator)
        keep = torch.rand(len(x), generator=generator) >= self.drop_caption
        x, eps, u = (step.own(rows) for rows in (x, eps, u))
        return x, eps, u, step.own(cond.keep(keep)) if cond is not None else None
