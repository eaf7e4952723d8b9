"""Whose code a chapter runs: the student's where it is right and fast enough, the library's elsewhere, and a table that says so."""

import html
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from minivid.course import listing
from minivid.course.exercise import Exercise

SLOWEST = 2.0
"""How many times the library's time a student's piece may take."""
UNNOTICED = 1e-3
"""Seconds that are never too many."""
ROUNDS = 5

Trial = Callable[[Any], Callable[[], Any]]
"""From a piece to something that runs it once, at the size at which the chapter will."""


@dataclass(frozen=True)
class Piece:
    """What stands in a piece's place, whether it is the student's, and why."""

    exercise: Exercise
    runs: Any
    own: bool
    why: str


def chosen(exercise: Exercise, obj: Any, trial: Trial) -> Piece:
    """The student's object, or the library's where `check` gave that back, or where the student's is too slow or stops.

    trial: run for both in turns; what counts is the best of each.
    """
    library = exercise.reference
    if obj is library:
        return Piece(exercise, library, False, "no right answer yet")
    try:
        with torch.random.fork_rng(devices=[]):
            yours, ours = best_times(trial(obj), trial(library))
    except Exception as error:  # whatever a student's code does at a size that no probe asked for
        return Piece(exercise, library, False, f"yours passes, and stopped here: {type(error).__name__}: {error}")
    if yours > max(SLOWEST * ours, UNNOTICED):
        return Piece(exercise, library, False, f"yours is right, and {yours / ours:.1f} times as slow")
    return Piece(
        exercise, obj, True, "no slower" if yours <= 1.1 * ours else f"{yours / ours:.1f} times the library's time"
    )


def best_times(*acts: Callable[[], Any]) -> list[float]:
    """Seconds that each took when it was quickest, in turns."""
    taken: list[list[float]] = [[] for _ in acts]
    for _ in range(ROUNDS):
        for act, times in zip(acts, taken, strict=True):
            start = time.perf_counter()
            act()
            times.append(time.perf_counter() - start)
    return [min(times) for times in taken]


class Pieces(Mapping[str, Any]):
    """What runs, by the name of its exercise. Shown, it is the table of whose each piece is."""

    def __init__(self, chapter: str, given: Mapping[str, Any], trials: Mapping[str, Trial]):
        """given: the student's objects as `check` gave them back, by name; trials: one for each. Raises KeyError for a name without one."""
        exercises = {exercise.name: exercise for exercise in listing.written(chapter)}
        self.pieces = {name: chosen(exercises[name], obj, trials[name]) for name, obj in given.items()}

    def __getitem__(self, name: str) -> Any:
        return self.pieces[name].runs

    def __iter__(self) -> Iterator[str]:
        return iter(self.pieces)

    def __len__(self) -> int:
        return len(self.pieces)

    @property
    def own(self) -> list[str]:
        """Names of the pieces that are the student's."""
        return [name for name, piece in self.pieces.items() if piece.own]

    def _rows(self) -> list[tuple[str, str, str, str]]:
        whose = {True: "yours", False: "the library's"}
        return [(p.exercise.id, name, whose[p.own], p.why) for name, p in self.pieces.items()]

    def __repr__(self) -> str:
        lines = [f"{number:<5} {name:<20} {whose:<14} {why}".rstrip() for number, name, whose, why in self._rows()]
        return "\n".join([f"{'':<5} {'piece':<20} {'runs':<14}", *lines])

    def _repr_html_(self) -> str:
        cell = '<td style="text-align:left;padding:.15em .8em">'
        rows = [("", "<b>piece</b>", "<b>what runs</b>", "")]
        rows += [(number, f"<code>{name}</code>", whose, html.escape(why)) for number, name, whose, why in self._rows()]
        return f"<table>{''.join('<tr>' + ''.join(f'{cell}{text}</td>' for text in row) + '</tr>' for row in rows)}</table>"
