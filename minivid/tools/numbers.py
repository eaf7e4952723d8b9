"""What a number that people hand over may be: a rate, a count, a seed. Asked here and nowhere else (tests/tools/test_numbers.py).

NumPy's and torch's numbers are numbers; True is none.
"""

import math
import numbers
import operator

import numpy as np

Whole = int | np.integer
Number = float | int | np.floating | np.integer
SLOWEST, FASTEST = 0.1, 1000
"""Frames a second that a file or a player can be asked for."""


def whole(value: object, name: str, least: int = 1) -> int:
    """A whole number of at least so much, as Python's own. Raises ValueError, naming it, for anything else."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least:
        raise ValueError(f"{name} is {value!r}; expected a whole number of at least {least}.")
    return number


def rate(fps: object, most: float | int = FASTEST, what: str = "expected") -> float:
    """Frames a second, from 0.1 to `most`, as Python's own. Raises ValueError for anything else."""
    real = isinstance(fps, numbers.Real) and not isinstance(fps, bool)
    if not real or not math.isfinite(fps) or not SLOWEST <= fps <= most:
        shown = f"{float(fps):g}" if real else repr(fps)
        raise ValueError(f"fps is {shown}; {what} {SLOWEST} to {most:g} frames a second.")
    return float(fps)


def words(captions: object, name: str = "captions") -> list[str]:
    """A list of words. Raises ValueError where one of them is none."""
    listed = list(captions)
    wrong = next((word for word in listed if not isinstance(word, str)), None)
    if wrong is not None or None in listed:
        raise ValueError(f"{name} hold {wrong!r}; expected text for each clip, '' for none.")
    return listed
