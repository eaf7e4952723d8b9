"""Many clips at once: do they start, head and hurry as the world's clips do, and are they copies of the training set (chapter 8)?

Checked by tests/metrics/test_population.py.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.stats import wasserstein_distance
from torch import Tensor

RESTS = 0.1
"""Below this speed (pixels per frame) a direction is noise."""


def marginals(
    start: Float[Tensor, "n 2"],
    velocity: Float[Tensor, "n 2"],
    real_start: Float[Tensor, "m 2"],
    real_velocity: Float[Tensor, "m 2"],
) -> dict[str, float]:
    """How far one population's motions are from another's, by the earth mover's distance of each quantity's distribution.

    `start_x`, `start_y` in pixels, `speed` in pixels per frame, `direction` in degrees around the circle (nan where nothing moves).
    """
    distances = {
        f"start_{name}": wasserstein_distance(start[:, axis].numpy(), real_start[:, axis].numpy())
        for axis, name in enumerate("xy")
    }
    pace, real_pace = velocity.norm(dim=1), real_velocity.norm(dim=1)
    distances["speed"] = wasserstein_distance(pace.numpy(), real_pace.numpy())
    angles = [torch.rad2deg(torch.atan2(v[:, 1], v[:, 0]))[v.norm(dim=1) > RESTS] for v in (velocity, real_velocity)]
    distances["direction"] = circular_wasserstein(*angles)
    return {name: float(distance) for name, distance in distances.items()}


def circular_wasserstein(a: Float[Tensor, "n"], b: Float[Tensor, "m"], period: float = 360.0) -> float:
    """The earth mover's distance on a circle: least mean way, either way round, in the unit of `period`.

    On a line it is the area between the two distribution functions; on a circle one of them may be lifted, and the median of their
    difference is the best lift (Werman, Peleg & Melter 1986). nan when one side is empty.
    """
    if not len(a) or not len(b):
        return float("nan")
    a, b = (np.sort(np.remainder(part.double().numpy(), period)) for part in (a, b))
    ends = np.unique(np.concatenate([[0.0, period], a, b]))
    width, left = np.diff(ends), ends[:-1]
    lead = np.searchsorted(a, left, side="right") / len(a) - np.searchsorted(b, left, side="right") / len(b)
    order = np.argsort(lead)
    half = np.searchsorted(np.cumsum(width[order]), period / 2)
    return float((np.abs(lead - lead[order][half]) * width).sum())


@dataclass(frozen=True)
class Nearest:
    """For each clip the nearest one of a set."""

    distance: Float[Tensor, "n"]
    """Root mean square difference of the pixels."""
    index: Int[Tensor, "n"]


def nearest(video: Float[Tensor, "n *clip"], among: Float[Tensor, "m *other"], batch: int = 512) -> Nearest:
    """The nearest clip of a set, pixel by pixel. A model that has learnt by heart stands nearer to its training clips than new real clips do."""
    if video.shape[1:] != among.shape[1:]:
        raise ValueError(
            f"clips of shape {tuple(video.shape[1:])} (c t h w) cannot be looked up among clips of shape {tuple(among.shape[1:])}."
        )
    flat = video.flatten(1)
    distance, index = torch.full((len(video),), torch.inf), torch.zeros(len(video), dtype=torch.long)
    for begin in range(0, len(among), batch):
        near, who = torch.cdist(flat, among[begin : begin + batch].flatten(1)).min(1)
        index = torch.where(near < distance, who + begin, index)
        distance = torch.minimum(near, distance)
    return Nearest(distance / flat.shape[1] ** 0.5, index)


def copies(
    video: Float[Tensor, "n *clip"], training: Float[Tensor, "m *other"], fresh: Float[Tensor, "f *new"]
) -> float:
    """The share of clips that stand nearer to a training clip than all but the nearest 5 % of new real clips do: 0.05 for an honest model."""
    threshold = nearest(fresh, training).distance.quantile(0.05)
    return (nearest(video, training).distance < threshold).float().mean().item()
