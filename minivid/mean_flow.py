"""MeanFlow (Geng et al. 2025): a network of average velocities, which goes from noise to a clip in one step (chapter 4; tests/test_mean_flow.py).

Times are the flow's, 0 at the clip and 1 at the noise: z = (1 − t) x + t ε, whose velocity is v = ε − x. A network is told them as
log-SNRs, t as always and r, where the step ends, in its condition.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.diffusion.distill import Times, mean_flow_target
from minivid.diffusion.objective import Objective, Video, diffuse
from minivid.diffusion.samplers import Path
from minivid.diffusion.schedule import like, rectified_logsnr
from minivid.nn.condition import Cond

LEAST = 0.01
"""Below this squared error, summed over a clip, the adaptive weight grows no further."""


def average_velocity(model, cond: Cond | None = None) -> Callable[[Video, Times, Times], Video]:
    """The network as u(z, r, t), the average velocity on the way from time r to time t that ends at z. r = t asks for the velocity at t."""

    def u(z: Video, r: Times, t: Times) -> Video:
        return model(z, rectified_logsnr(t), replace(cond or Cond(), r=rectified_logsnr(r)))

    return u


@dataclass(frozen=True)
class MeanFlow:
    """What a network of average velocities is trained on: `loss(model, (x, cond), step)`, kept by a manifest.

    share: of the clips that are asked for an average, r < t; the others are flow matching, and with 0 all are. middle, spread: of the
    times' logit-normal distribution. power: each clip's squared error, summed, is divided by its own value to this power, so that 0 is the plain
    loss. drop_caption: the share of captions that are hidden. Raises ValueError for what is no share.
    """

    share: float | int = 0.25
    middle: float | int = -0.4
    spread: float | int = 1.0
    power: float | int = 1.0
    drop_caption: float | int = 0.1

    objective: ClassVar[Objective] = Objective.FLOW
    """What its network says at r = t, so that any sampler may ask it."""
    schedule: ClassVar[str] = "rectified"

    def __post_init__(self):
        for name in ("share", "drop_caption"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a share of the batch, from 0 to 1.")

    def __call__(self, model, batch, step) -> Float[Tensor, ""]:
        """The mean over this process's share of the batch."""
        x, eps, r, t, cond = self.drawn(batch, step)
        z, v = diffuse(x, eps, 1 - like(t, x), like(t, x)), eps - x
        goal, rows = v.clone(), r < t
        if rows.any():  # where r = t the target is v, and no derivative is needed
            u = average_velocity(model, cond[rows])
            goal[rows] = mean_flow_target(u, z[rows], v[rows], r[rows], t[rows])
        error = (average_velocity(model, cond)(z, r, t) - goal).square().flatten(1).sum(1)
        return (error / (error.detach() + LEAST) ** self.power).mean()

    def drawn(self, batch, step) -> tuple[Video, Video, Times, Times, Cond]:
        """Clips, noise, both times and captions of a step: this process's rows, drawn for the whole batch from (seed, step)."""
        x, cond = batch
        generator, n = step.generator(), len(x)
        eps = torch.randn(x.shape, generator=generator)
        r, t = torch.sigmoid(self.middle + self.spread * torch.randn(2, n, generator=generator)).sort(0).values
        averaged = torch.randperm(n, generator=generator) < round(self.share * n)
        r = torch.where(averaged, r, t)
        keep = torch.rand(n, generator=generator) >= self.drop_caption
        return *(step.own(rows) for rows in (x, eps, r, t)), step.own((cond or Cond()).keep(keep))


@torch.no_grad()
def few_steps(model, z: Video, steps: int = 1, cond: Cond | None = None) -> Path:
    """From z ~ N(0, I) in a few even steps, z_r = z_t − (t − r) u(z_t, r, t): one call of the network each, one step by default.

    Yields (z, x̂) as samplers do; x̂ is where the step's velocity would lead if it were kept.
    """
    u = average_velocity(model, cond)
    for t, r in pairwise(torch.linspace(1, 0, steps + 1, device=z.device)):
        velocity = u(z, r.expand(len(z)), t.expand(len(z)))
        yield z - (t - r) * velocity, z - t * velocity
        z = z - (t - r) * velocity
