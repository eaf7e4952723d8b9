"""Is it standard normal noise, each value by itself? What a right answer's draws pass but once in 5e8 probes."""

from collections.abc import Sequence

import numpy as np

from minivid.course.exercise import all_of

SIGMAS = 6


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
    """Neighbours along each axis, which `axes` names, do not correlate."""
    eps = eps.astype(np.float64) - eps.mean()
    for axis, name in enumerate(axes):
        first, second = np.take(eps, range(eps.shape[axis] - 1), axis), np.take(eps, range(1, eps.shape[axis]), axis)
        if first.size and abs((first * second).mean()) > SIGMAS * eps.var() / first.size**0.5:
            return f"Neighbouring {name} have noise that looks alike."
    return True
