"""What the chapter's probes share: which mistake a wrong number is, and whether noise is noise."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minivid.course.exercise import all_of, close

SIGMAS = 6
"""A right answer's draws stray this far from their expectation once in 5e8 probes."""


def told_apart(
    found: np.ndarray | np.generic, expected: Any, mistakes: Mapping[str, Any], rtol: float = 1e-3, atol: float = 1e-4
) -> bool | str:
    """True for what is expected; else the sentence of the first mistake that gives what was found; else what `close` says.

    A mistake that cannot be told from the right answer on these inputs is passed over.
    """
    found = np.asarray(found)
    verdict = close(found, expected, rtol, atol)
    if verdict is True:
        return True
    said = (sentence for sentence, value in mistakes.items() if close(found, value, rtol, atol) is True)
    return next(said, verdict)


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
    """Along each axis, which `axes` names, no two at any distance correlate."""
    eps = eps.astype(np.float64) - eps.mean()
    for axis, name in enumerate(axes):
        for apart in range(1, eps.shape[axis]):
            first, second = (
                np.take(eps, range(*ends), axis) for ends in ((eps.shape[axis] - apart,), (apart, eps.shape[axis]))
            )
            if abs((first * second).mean()) > SIGMAS * eps.var() / first.size**0.5:
                return (
                    f"Neighbouring {name} have noise that looks alike."
                    if apart == 1
                    else f"The noise repeats itself: {name} {apart} apart look alike."
                )
    return True
