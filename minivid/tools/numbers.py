"""What a number that people hand over may be: a rate, a count, a seed. Asked here and nowhere else (tests/tools/test_numbers.py).

NumPy's and torch's numbers are numbers; True is none.
"""

import math
import numbers
import operator
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

Whole = int | np.integer
Number = float | int | np.floating | np.integer
SLOWEST, FASTEST = 0.1, 1000
"""Frames a second that a file or a player can be asked for."""


def whole(value: object, name: str, least: int = 1, most: float | int = math.inf) -> int:
    """A whole number from `least` to `most`, as Python's own. Raises ValueError, naming it, for anything else."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or not least <= number <= most:
        span = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
        raise ValueError(f"{name} is {_short(value)}; expected a whole number {span}.")
    return number


def rate(fps: object, most: float | int = FASTEST, what: str = "expected") -> float:
    """Frames a second, from 0.1 to `most`, as Python's own. Raises ValueError for anything else."""
    number = _real(fps)
    if number is None or not SLOWEST <= number <= most:
        shown = _short(fps) if number is None else f"{number:g}"
        raise ValueError(f"fps is {shown}; {what} {SLOWEST} to {most:g} frames a second.")
    return number


def exact_rate(fps: object) -> Fraction:
    """Frames a second that a film is read at, however few: 30000/1001 stays what it is. Raises ValueError for anything else."""
    number = _real(fps)
    if number is None or not 0 < number <= FASTEST:
        raise ValueError(f"fps is {_short(fps)}; expected more than 0 and at most {FASTEST} frames a second.")
    return Fraction(fps) if isinstance(fps, numbers.Rational) else Fraction(number)


def seconds(value: object, name: str) -> object:
    """A moment: a finite number from 0 on, as it is, since a fraction of a second may be exact. Raises ValueError for anything else."""
    number = _real(value)
    if number is None or not 0 <= number < math.inf:
        raise ValueError(f"{name} is {_short(value)}; expected seconds from 0 on.")
    return value


def _real(value: object) -> float | None:
    """As Python's own; None for what is no number, and infinity for a whole one that is beyond every float."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _short(value: object) -> str:
    shown = str(value) if isinstance(value, numbers.Real) else repr(value)
    return shown if len(shown) <= 60 else f"{shown[:60]}…"


def words(captions: object, name: str = "captions") -> list[str]:
    """A list of words. Raises ValueError where one of them is none."""
    if not isinstance(captions, Iterable) or isinstance(captions, str | bytes):
        raise ValueError(f"{name} are {_short(captions)}; expected a list of words.")
    listed = list(captions)
    wrong = next((word for word in listed if not isinstance(word, str)), None)
    if wrong is not None or any(word is None for word in listed):
        raise ValueError(f"{name} hold {wrong!r}; expected text for each clip, '' for none.")
    return listed
