"""The name that may have been meant, for every sentence that refuses one (tests/tools/test_nearest.py)."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name that is most like the word; None where none is like it."""
    return next(iter(get_close_matches(word, list(names), n=1)), None)


def did_you_mean(word: str, names: Iterable[str], most: int = 1, like: float = 0.6) -> str:
    """How a sentence about a wrong name ends: "did you mean lab?", or with all the names there are: "there are lab and test.".

    `like`, from 0 to 1: how much alike a name must be to be offered; among short names, less.
    """
    names = list(names)
    if near := get_close_matches(word, names, n=most, cutoff=like):
        return f"did you mean {listed(near, 'or')}?"
    return f"there are {listed(names, 'and')}."


def listed(names: Sequence[str], last: str) -> str:
    """a, b and c."""
    return f" {last} ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
