"""The exercises of the chapters, found by their number."""

import importlib
import importlib.util
from functools import cache

from minivid.course.exercise import Exercise


@cache
def of_chapter(chapter: str) -> tuple[Exercise, ...]:
    """All exercises of a chapter ("03"), in order; none for a chapter without exercises."""
    package = f"{__name__}.ch{chapter}"
    if importlib.util.find_spec(package) is None:
        return ()
    return importlib.import_module(package).EXERCISES


def find(exercise_id: str) -> Exercise:
    """The exercise "3.2". Raises KeyError, with a sentence, when there is none of that number."""
    exercises = of_chapter(str(exercise_id).split(".")[0].zfill(2))
    for exercise in exercises:
        if exercise.id == exercise_id:
            return exercise
    known = ", ".join(exercise.id for exercise in exercises) or "no exercises"
    raise KeyError(f"There is no exercise {exercise_id!r}; its chapter has {known}.")
