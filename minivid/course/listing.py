"""The chapters of the course, found by listing: a folder `minivid/chapters/chNN` with a `chapter.py` is a chapter.

Beside `chapter.py`, which holds its CHAPTER, may lie `experiments/`, whose MEASUREMENTS `minivid measure` runs, and `receipts/`.
"""

import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from minivid.course.chapter import Chapter
from minivid.course.exercise import Exercise, Task

PACKAGE = f"{__name__.split('.')[0]}.chapters"


def folders() -> dict[str, Path]:
    """Every chapter's folder by its number ("03"), in order."""
    roots = importlib.import_module(PACKAGE).__path__
    found = [file.parent for root in roots for file in Path(root).glob("ch[0-9][0-9]/chapter.py")]
    return {folder.name[2:]: folder for folder in sorted(found, key=lambda folder: folder.name)}


@cache
def chapter(number: str) -> Chapter | None:
    """The chapter of that number ("03"), or None where there is none."""
    if number not in folders():
        return None
    return importlib.import_module(f"{PACKAGE}.ch{number}.chapter").CHAPTER


def chapters() -> dict[str, Chapter]:
    """All chapters by their number, in order."""
    return {number: chapter(number) for number in folders()}


def exercises(number: str) -> tuple[Task, ...]:
    """All exercises of a chapter ("03"), in order; none for a chapter without exercises."""
    found = chapter(number)
    return found.exercises if found else ()


def written(number: str) -> tuple[Exercise, ...]:
    """Those that something which the student writes answers."""
    return tuple(one for one in exercises(number) if isinstance(one, Exercise))


def exercise(exercise_id: str) -> Task:
    """The exercise "3.2". Raises KeyError, with a sentence, when there is none of that number."""
    several = exercises(str(exercise_id).split(".")[0].zfill(2))
    for one in several:
        if one.id == exercise_id:
            return one
    known = ", ".join(one.id for one in several) or "no exercises"
    raise KeyError(f"There is no exercise {exercise_id!r}; its chapter has {known}.")


def measurements() -> dict[str, Callable[[], dict]]:
    """What the chapters measure, by the receipt's name: each chapter's `experiments.MEASUREMENTS`."""
    found = {}
    for number, folder in folders().items():
        if (folder / "experiments").is_dir():
            found |= importlib.import_module(f"{PACKAGE}.ch{number}.experiments").MEASUREMENTS
    return found


def mention(number: str) -> str:
    """A chapter as a text refers to it: `chapter 4, "Title"`, and that it is to come where it has no exercises yet.

    Raises KeyError, with a sentence, where the map has no such chapter.
    """
    found = chapter(number)
    if found is None:
        raise KeyError(f"There is no chapter {number!r}; there are {', '.join(folders())}.")
    return f'chapter {int(number)}, "{found.title}"' + ("" if found.exercises else " (to come)")
