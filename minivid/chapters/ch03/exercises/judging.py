"""What the chapter's probes share: whether noise is noise."""

from collections.abc import Sequence

import numpy as np

from minivid.course.exercise import all_of, told_apart

__all__ = ["SIGMAS", "is_independent", "is_standard_normal", "told_apart"]

SIGMAS = 6
"""A right answer's draws stray this far from their expectation once in 5e8 probes."""


def is_standard_normal(eps: np.ndarray) -> bool | str:
    """Mean 0, variance 1, fourth moment 3."""
    eps = eps.astype(np.float64)
    mean, power, fourth = eps.mean(), (eps**2).mean(), (eps**4).mean()
    return all_of(
        bool(abs(mean) < SIGMAS / eps.size**0.5) or f"Its mean is {mean:.2f}.",
        bool(abs(power - 1) < SIGMAS * (2 / eps.size) ** 0.5) or f"Its variance is {power - mean**2:.2f}.",
        bool(abs(fourth - 3) < SIGMAS * (96 / eps.size) ** 0.5)
        or f"Its fourth moment is {fourth:.2f}, a normal's is 3.",
    )


def is_independent(eps: np.ndarray, axes: Sequence[str]) -> bool | str:
    """What lies side by side along an axis, which `axes` names, or further apart along it, does not correlate."""
    eps = eps.astype(np.float64) - eps.mean()
    for axis, name in enumerate(axes):
        size = eps.shape[axis]
        for apart in range(1, size):
            first, second = np.take(eps, range(size - apart), axis), np.take(eps, range(apart, size), axis)
            product = (first * second).mean()
            if abs(product) > SIGMAS * eps.var() / first.size**0.5:
                where = f"Neighbouring {name}" if apart == 1 else f"Of the {name}, those {apart} apart"
                return f"{where} have noise that {'looks alike' if product > 0 else 'is the other, turned around'}."
    return True
