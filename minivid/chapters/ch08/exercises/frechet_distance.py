"""8.4: the Fréchet distance of two sets of features."""

from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, agrees, close, returned
from minivid.metrics.distribution import frechet_distance

D = 5


def _white(n: int, d: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
    """n features with mean 0 and the unit matrix as their covariance (divided by N − 1), exactly."""
    x = torch.randn(n, d, generator=generator, dtype=torch.float64)
    x = x - x.mean(0)
    return torch.linalg.qr(x)[0] * (n - 1) ** 0.5


def _shifted(seed: int) -> dict:
    """One cloud at two places."""
    generator = torch.Generator().manual_seed(seed)
    a = _white(20, D, generator) @ torch.randn(D, D, generator=generator, dtype=torch.float64)
    return {"a": a, "b": a + 2 * torch.randn(D, generator=generator, dtype=torch.float64)}


def _same(seed: int) -> dict:
    a = _shifted(seed)["a"]
    return {"a": a, "b": a.flip(0)}


def _stretched(n: int, seed: int) -> dict:
    """Clouds without correlations, of other widths along each axis, at one place."""
    generator = torch.Generator().manual_seed(seed)
    wide, wider = (0.5 + 3 * torch.rand(D, generator=generator, dtype=torch.float64) for _ in range(2))
    return {"a": _white(n, D, generator) * wide, "b": _white(n, D, generator) * wider}


def _correlated(n: int, m: int, seed: int, d: int = D) -> dict:
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(rows, d, generator=generator, dtype=torch.float64)
        @ torch.randn(d, d, generator=generator, dtype=torch.float64)
        for name, rows in (("a", n), ("b", m))
    }


_distance = returned("distance")
_agrees = agrees(frechet_distance, _distance, atol=1e-4)


def _is_nothing(arrays: Arrays, inputs: dict) -> bool | str:
    return close(arrays["distance"], 0.0, atol=1e-3)


def _is_the_shift(arrays: Arrays, inputs: dict) -> bool | str:
    expected = np.square((inputs["a"].mean(0) - inputs["b"].mean(0)).numpy()).sum()
    return close(arrays["distance"], float(expected), atol=1e-3)


EXERCISE = Exercise(
    id="8.4",
    title="The Fréchet distance",
    points=4,
    stars=3,
    minutes=25,
    reference=frechet_distance,
    probes=(
        Probe(
            "a set and itself",
            "The same features in another order have no distance: Σ + Σ − 2 √(Σ Σ) is 0, with the factor 2 and the root.",
            _same,
            _distance,
            _is_nothing,
        ),
        Probe(
            "a shift",
            "When one set is the other one moved, only ‖μ₁ − μ₂‖² is left: the sum of squares, neither its root nor its mean. "
            "Covariances are taken about each set's own mean.",
            _shifted,
            _distance,
            _is_the_shift,
        ),
        Probe(
            "widths",
            "Without correlations it is Σ (s₁ − s₂)² over the axes, with the deviations s = √variance.",
            partial(_stretched, 400),
            _distance,
            # whatever the covariances are divided by: so many features hardly tell
            agrees(frechet_distance, _distance, rtol=5e-3, atol=1e-4),
        ),
        Probe(
            "divisor",
            "With few clips it shows: the covariances should be divided by N − 1.",
            partial(_stretched, 8),
            _distance,
            _agrees,
        ),
        Probe(
            "correlations",
            "Now the features are correlated, differently in each set. Σ₁Σ₂ is not symmetric, so neither eigh nor the roots of its entries "
            "or singular values serve, and √Σ₁ √Σ₂ is not √(Σ₁Σ₂): take the eigenvalues of √Σ₁ Σ₂ √Σ₁.",
            partial(_correlated, 40, 30),
            _distance,
            _agrees,
        ),
        Probe(
            "fewer clips than features",
            "With six clips of twelve features most eigenvalues are 0, and rounding makes some of them −1e-16, whose root is nan: "
            "clamp them at 0, and invert nothing.",
            partial(_correlated, 6, 7, d=12),
            _distance,
            _agrees,
        ),
    ),
)
