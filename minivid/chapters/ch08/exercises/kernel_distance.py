"""8.5: the kernel distance, an unbiased MMD²."""

from functools import partial

import torch

from minivid.course.exercise import Exercise, Probe, agrees, returned
from minivid.metrics.distribution import kernel_distance


def _sets(n: int, m: int, seed: int, alike: bool = False, d: int = 6) -> dict:
    """Two sets of features about different places; `alike`: all of a set are equal."""
    generator = torch.Generator().manual_seed(seed)
    u, v = torch.randn(2, d, generator=generator, dtype=torch.float64) + 0.5
    a, b = (torch.randn(rows, d, generator=generator, dtype=torch.float64) * (not alike) for rows in (n, m))
    return {"a": a + u, "b": b + v}


def _with_itself(seed: int) -> dict:
    """A set, and the same in another order: their distance is below zero, since each clip stands in both."""
    a = _sets(7, 7, seed)["a"]
    return {"a": a, "b": a.flip(0)}


_distance = returned("distance")
_agrees = agrees(kernel_distance, _distance)

EXERCISE = Exercise(
    id="8.5",
    title="The kernel distance",
    points=2,
    stars=2,
    minutes=15,
    reference=kernel_distance,
    probes=(
        Probe(
            "kernel",
            "All features of a set are equal here, u and v, so it should be k(u, u) + k(v, v) − 2 k(u, v), with k(x, y) = (xᵀy / d + 1)³ and no root. "
            "In a set of n there are n (n − 1) pairs.",
            partial(_sets, 5, 5, alike=True),
            _distance,
            _agrees,
        ),
        Probe(
            "diagonal",
            "Within a set no clip is held against itself: without the diagonal, and divided by n (n − 1). Between the sets every pair counts.",
            partial(_sets, 6, 6),
            _distance,
            _agrees,
        ),
        Probe(
            "sets of two sizes",
            "The sets have 4 and 9 clips: each sum is divided by its own number of pairs.",
            partial(_sets, 4, 9),
            _distance,
            _agrees,
        ),
        Probe(
            "below zero",
            "A set against itself is a little below zero, and stays so: no clamp.",
            _with_itself,
            _distance,
            _agrees,
        ),
        Probe(
            "other features",
            "Features of six numbers are right, features of four are not: d is the features' length, and no number written out.",
            partial(_sets, 5, 8, d=4),
            _distance,
            _agrees,
        ),
    ),
)
