"""A world whose every value is drawn from one Gaussian: what a perfect network says, and where its path leads, in closed form (chapter 4).

Tests in tests/chapters/ch04/test_gaussian.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from minivid.diffusion.objective import Level, Objective, Video, from_x
from minivid.diffusion.schedule import Schedule, like, variance_preserving

LADDER = Schedule(lambda u: 8 - 12 * u)
"""λ from −4 to 8, evenly: half of its steps lead from −4 to 2, clear of both ends."""


@dataclass(frozen=True)
class Gaussian:
    """Clips whose values are independent draws from N(mean, std²)."""

    mean: float = 0.3
    std: float = 0.4

    def spread(self, alpha: Level, sigma: Level) -> Level:
        """The deviation of z."""
        return (alpha**2 * self.std**2 + sigma**2).sqrt()

    def network(self, objective: Objective, schedule: Schedule = LADDER) -> Callable[..., Video]:
        """`model(z, t, cond)` that says E[x | z] in the objective's words."""

        def model(z, t, cond=None):
            alpha, sigma = (like(level, z) for level in schedule.alpha_sigma(t))
            x_hat = self.mean + alpha * self.std**2 / self.spread(alpha, sigma) ** 2 * (z - alpha * self.mean)
            return from_x(objective, x_hat, z, alpha, sigma)

        return model

    def log_density(self, z: Video, alpha: Level, sigma: Level) -> Tensor:
        """log q(z) summed over all values, but for a constant."""
        return -((z - alpha * self.mean) ** 2 / (2 * self.spread(alpha, sigma) ** 2)).sum()

    def arrives(self, z: Video, logsnr_t: Tensor, logsnr_s: Tensor, schedule: Schedule = LADDER) -> Video:
        """Where the deterministic path from z at level t leads, at level s: exactly."""
        t, s = schedule.alpha_sigma(logsnr_t), schedule.alpha_sigma(logsnr_s)
        return s[0] * self.mean + self.spread(*s) / self.spread(*t) * (z - t[0] * self.mean)

    def error_half_way(self, sampler, steps: int, n: int = 64) -> float:
        """How far a sampler is from the exact path after `steps` steps from λ = −4 to 2: the mean over n clips of two values."""
        z = torch.randn(n, 1, 2, 1, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        path = sampler(self.network(Objective.V), z, LADDER, Objective.V, steps=2 * steps)
        *_, (found, _) = islice(path, steps)
        levels = torch.tensor([-4.0, 2.0], dtype=torch.float64)
        return (found - self.arrives(z, *levels)).abs().mean().item()

    def moments_half_way(self, sampler, steps: int, n: int = 20_000, **options) -> tuple[float, float]:
        """Mean and deviation after `steps` steps from λ = −4 to 2, each as a share of the exact one, over n clips of two values.

        They begin exactly distributed. The deviation is uncertain by 1/√(4 n) of itself, the mean by a little more.
        """
        (alpha_t, sigma_t), (alpha_s, sigma_s) = map(variance_preserving, torch.tensor([-4.0, 2.0]).double())
        grain = torch.randn(n, 1, 2, 1, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        z = alpha_t * self.mean + self.spread(alpha_t, sigma_t) * grain
        path = sampler(self.network(Objective.V), z, LADDER, Objective.V, steps=2 * steps, **options)
        *_, (found, _) = islice(path, steps)
        return (found.mean() / (alpha_s * self.mean)).item(), (found.std() / self.spread(alpha_s, sigma_s)).item()
