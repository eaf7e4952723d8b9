"""A world of two clips, each of one number, −1 and 1, equally often: velocity, path and average velocity can be known (chapter 4).

Times are the flow's: z = (1 − t) x + t ε, 0 at the clip and 1 at the noise. Tests in tests/chapters/ch04/test_two_points.py.
"""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

Numbers = Float[Tensor, "n"]


def velocity(z: Numbers, t: Float[Tensor, ""]) -> Numbers:
    """The mean of ε − x over all that pass through z at time t, of which x̂ = tanh((1 − t) z / t²) is the mean clip."""
    return (z - torch.tanh((1 - t) * z / t**2)) / t


def path(z: Numbers, steps: int = 400) -> tuple[Float[Tensor, "k"], Float[Tensor, "k n"]]:
    """Times from 1 down to all but 0, and where the flow from z, at time 1, is by then: Heun's method in many small steps."""
    times = torch.linspace(1, 0.01, steps + 1, dtype=z.dtype)
    places = [z]
    for t, s in pairwise(times):
        first = velocity(z, t)
        z = z - (t - s) * (first + velocity(z - (t - s) * first, s)) / 2
        places.append(z)
    return times, torch.stack(places)


class Span(nn.Module):
    """u(z, r, t) of one number, `n 1`, at times `n`: a network of two hidden layers."""

    def __init__(self, width: int = 64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(3, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1)
        )

    def forward(self, z: Float[Tensor, "n 1"], r: Float[Tensor, "n"], t: Float[Tensor, "n"]) -> Float[Tensor, "n 1"]:
        return self.layers(torch.stack([z[:, 0], r, t], dim=1))
