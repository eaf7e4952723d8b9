"""Diffusion on points in a plane, where a perfect network needs no training: its answer has a closed form.

Tests in tests/chapters/ch03/test_points.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from sklearn.datasets import make_moons
from torch import Tensor

from minivid.diffusion import variance_preserving


@dataclass(frozen=True)
class Points:
    """n points of a plane, and the group that each belongs to.

    Noised to the log-SNR λ they are a mixture of Gaussians, one of width σ about each αx, so that density, score and posterior mean are
    sums over the points. `z` is `b 2`; `logsnr` a number or one for each z; `group` keeps to the points of that group, None to none.
    """

    x: Float[Tensor, "n 2"]
    group: Int[Tensor, "n"]

    def noised(self, logsnr: float | int, generator: torch.Generator) -> Float[Tensor, "n 2"]:
        """Each point once, with fresh noise: z = α x + σ ε."""
        alpha, sigma = variance_preserving(torch.tensor(float(logsnr)))
        return alpha * self.x + sigma * torch.randn(self.x.shape, generator=generator)

    def share(self, z: Tensor, logsnr: Tensor, group: int | None = None) -> Float[Tensor, "b n"]:
        """How likely it is that z was made from this point: q(x | z), which sums to one over the points."""
        return self._logits(z, logsnr, group).softmax(1)

    def x_hat(self, z: Tensor, logsnr: Tensor, group: int | None = None) -> Float[Tensor, "b 2"]:
        """The mean of the points from which z may have been made, E[x | z]: no guess has a smaller squared error."""
        return self.share(z, logsnr, group) @ self.x

    def v(self, z: Tensor, logsnr: Tensor, group: int | None = None) -> Float[Tensor, "b 2"]:
        """What a perfect network would say, called as one is: v = (α z − x̂) / σ."""
        alpha, sigma = (level.reshape(-1, 1) for level in variance_preserving(logsnr))
        return (alpha * z - self.x_hat(z, logsnr, group)) / sigma

    def score(self, z: Tensor, logsnr: Tensor, group: int | None = None) -> Float[Tensor, "b 2"]:
        """∇ log q(z) = (α x̂ − z) / σ² (Tweedie's formula): the way in which noised points become more frequent."""
        alpha, sigma = (level.reshape(-1, 1) for level in variance_preserving(logsnr))
        return (alpha * self.x_hat(z, logsnr, group) - z) / sigma**2

    def log_density(self, z: Tensor, logsnr: Tensor, group: int | None = None) -> Float[Tensor, "b"]:
        """log q(z), of the noised points."""
        _, sigma = variance_preserving(logsnr)
        n = len(self.x) if group is None else int((self.group == group).sum())
        normal = -torch.log(2 * torch.pi * sigma**2) - torch.log(torch.tensor(float(n)))
        return self._logits(z, logsnr, group).logsumexp(1) + normal

    def _logits(self, z: Tensor, logsnr: Tensor, group: int | None) -> Float[Tensor, "b n"]:
        alpha, sigma = (level.reshape(-1, 1) for level in variance_preserving(logsnr))
        squares = (z[:, None] - alpha[..., None] * self.x).square().sum(-1)
        logits = -squares / (2 * sigma**2)
        return logits if group is None else logits.masked_fill(self.group != group, -torch.inf)


def two_moons(n: int = 400, seed: int = 0) -> Points:
    """Two half moons, one in the other's arms, centred, with a variance of about 1: group 0 is the upper one."""
    x, group = make_moons(n, noise=0.04, random_state=seed)
    x = torch.as_tensor(x, dtype=torch.float32)
    return Points((x - x.mean(0)) / x.std(), torch.as_tensor(group))


def backwards(
    z: Float[Tensor, "b 2"], guess: Callable[[Tensor, Tensor], Tensor], levels: Float[Tensor, " steps"]
) -> Float[Tensor, "steps b 2"]:
    """Each z on the way down through the noise levels. A step keeps the guess x̂ and makes what it takes for noise smaller."""
    path = [z]
    for level, lower in pairwise(levels):
        (alpha, sigma), (alpha_s, sigma_s) = variance_preserving(level), variance_preserving(lower)
        x_hat = guess(z, level)
        noise = (z - alpha * x_hat) / sigma
        z = alpha_s * x_hat + sigma_s * noise
        path.append(z)
    return torch.stack(path)


def spread(z: Float[Tensor, "b 2"]) -> float:
    """How far points are from their middle, root mean square."""
    return (z - z.mean(0)).square().sum(1).mean().sqrt().item()
