"""What a student sees of an exercise in a notebook: `check`, `award`, `summary`.

`check` never raises, so a chapter always runs to its end, on the student's code where it is right and on the library's where it
is not (yet). This is a teaching aid and not a security boundary: a student's code runs in the same process and could
change anything in it. The grader (`minivid.course.grade`) decides in a process of its own.
"""

import html
import os
import secrets
import sys
from dataclasses import dataclass
from enum import Enum
from typing import Any

from minivid.course import listing
from minivid.course.exercise import Exercise
from minivid.course.probing import Outcome, Verdict, examine

NOTEBOOK_SEED = 0  # the same question at every run; a grader draws its own


class Grading(Enum):
    """What a verdict is for. COLLECT: the course's own grader takes the student's object and asks it itself."""

    NO = ""
    AWARD = "award"
    COLLECT = "collect"


def grading() -> Grading:
    """How this process was started: by a student, by `nbgrader autograde` or MINIVID_GRADING=award, or by the grader."""
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        return Grading.AWARD
    return Grading(os.environ.get("MINIVID_GRADING", ""))


@dataclass(frozen=True)
class Checked:
    """An exercise's last outcome, and the object that `check` gave back for it."""

    outcome: Outcome
    returned: Any


_checked: dict[str, Checked] = {}  # this kernel's verdicts, for award, summary and re-run cells


def check(exercise_id: str, obj: Any) -> Any:
    """Judge the student's object for the exercise "3.2" and say how it stands. Never raises.

    Returns the student's object when it is right and the library's otherwise. Given what it returned itself (a cell run
    again), it repeats the verdict.
    """
    try:
        exercise = listing.exercise(exercise_id)
    except KeyError as error:
        _say(Card("wrong", str(error.args[0]), ["Your object is used as it is."]))
        return obj
    if grading() is Grading.COLLECT:
        return obj
    earlier = _checked.get(exercise_id)
    if earlier is None or obj is not earlier.returned:
        seed = secrets.randbits(32) if grading() is Grading.AWARD else NOTEBOOK_SEED
        outcome = examine(exercise, obj, seed)
        right = outcome.verdict is Verdict.PASSED
        _checked[exercise_id] = Checked(outcome, obj if right else exercise.reference)
    _say(_card(exercise, _checked[exercise_id].outcome))
    return _checked[exercise_id].returned


def award(exercise_id: str) -> None:
    """Print the points of an exercise. Raises AssertionError for points that are missing, but only when grading."""
    if grading() is Grading.COLLECT:
        return
    exercise = listing.exercise(exercise_id)
    points, words = _points(exercise), _words(exercise)
    sentence = f"Exercise {exercise.id}: {points} of {exercise.points} points ({words})."
    if grading() is Grading.AWARD and points < exercise.points:
        message = _checked[exercise_id].outcome.message if exercise_id in _checked else ""
        raise AssertionError(f"{sentence} {message}".strip())
    print(sentence)


def summary(chapter: str) -> None:
    """The score table of a chapter ("03"): each exercise, how it stands, its points."""
    if grading() is not Grading.COLLECT:
        _say(ScoreTable(chapter.zfill(2), listing.exercises(chapter.zfill(2))))


def _points(exercise: Exercise) -> int:
    checked = _checked.get(exercise.id)
    return exercise.points if checked and checked.outcome.verdict is Verdict.PASSED else 0


def _words(exercise: Exercise) -> str:
    checked = _checked.get(exercise.id)
    return checked.outcome.verdict.value if checked else "not checked: run the cell that says check"


def _card(exercise: Exercise, outcome: Outcome) -> "Card":
    title = f"Exercise {exercise.id} · {exercise.title}"
    library = f"The chapter goes on with the library's `{exercise.name}`."
    match outcome.verdict:
        case Verdict.PASSED:
            return Card("passed", f"{title}: passed", [f"The chapter goes on with your `{exercise.name}`."])
        case Verdict.NOT_ATTEMPTED:
            return Card("open", f"{title}: not attempted", [library])
        case _:
            return Card(
                "wrong", f"{title}: not yet", [outcome.message, f"Found by the probe “{outcome.probe}”. {library}"]
            )


@dataclass(frozen=True)
class Card:
    """A verdict in a notebook: a coloured edge, a title, a few sentences. Plain text elsewhere."""

    state: str
    title: str
    sentences: list[str]

    def __repr__(self) -> str:
        mark = {"passed": "✔", "open": "○", "wrong": "✘"}[self.state]
        return "\n  ".join([f"{mark} {self.title}", *self.sentences])

    def _repr_html_(self) -> str:
        colour = {"passed": "#2e9e5b", "open": "#8a8f98", "wrong": "#d9822b"}[self.state]
        lines = "".join(f'<div style="margin-top:.25em">{with_code(line)}</div>' for line in self.sentences)
        style = f"border-left:4px solid {colour};padding:.4em .9em;margin:.3em 0;max-width:52em"
        return f'<div style="{style}"><b style="color:{colour}">{with_code(self.title)}</b>{lines}</div>'


@dataclass(frozen=True)
class ScoreTable:
    """A chapter's exercises with their verdicts and points."""

    chapter: str
    exercises: tuple[Exercise, ...]

    def _rows(self) -> list[tuple[str, str, str, str, str]]:
        return [(e.id, e.title, e.difficulty, _words(e), f"{_points(e)} / {e.points}") for e in self.exercises]

    def _total(self) -> str:
        return f"{sum(map(_points, self.exercises))} / {sum(e.points for e in self.exercises)}"

    def __repr__(self) -> str:
        lines = [f"{i:<5} {title:<44} {star}  {points:>7}  {words}" for i, title, star, words, points in self._rows()]
        return "\n".join([*lines, f"{'':<5} {'chapter ' + self.chapter:<44} {'':<3}  {self._total():>7}"])

    def _repr_html_(self) -> str:
        cell = '<td style="text-align:left;padding:.15em .8em">'
        rows = [f"<tr>{''.join(f'{cell}{with_code(text)}</td>' for text in row)}</tr>" for row in self._rows()]
        total = f"<tr><td></td>{cell}<b>Chapter {self.chapter}</b></td><td></td><td></td>{cell}<b>{self._total()}</b></td></tr>"
        return f"<table>{''.join(rows)}{total}</table>"


def with_code(text: str) -> str:
    """Escaped for HTML, with what stands between backticks in a code face."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def _say(card: Card | ScoreTable) -> None:
    in_notebook = "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None
    if in_notebook:
        sys.modules["IPython"].display.display(card)
    else:
        print(card)
