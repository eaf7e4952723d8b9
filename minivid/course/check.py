"""What a student sees of an exercise in a notebook: `check`, `hint`, `hand_in`, `award`, `summary`.

`check` never raises, so a chapter always runs to its end, on the student's code where it is right and on the library's where it
is not (yet). This is a teaching aid and not a security boundary: a student's code runs in the same process and could
change anything in it. The grader (`minivid.course.grade`) decides in a process of its own.
"""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, Literal

from minivid import zoo
from minivid.course import listing, progress
from minivid.course.cards import Card, ScoreTable, say
from minivid.course.exercise import Task
from minivid.course.outcome import Outcome, Verdict
from minivid.course.own_model import OwnModel, judge, too_short
from minivid.course.probing import examine
from minivid.run import Run
from minivid.train import Training

NOTEBOOK_SEED = 0  # the same question at every run; a grader draws its own
STATES = {
    Verdict.PASSED: "passed",
    Verdict.PARTLY: "partly",
    Verdict.NOT_ATTEMPTED: "open",
    Verdict.WRONG: "wrong",
}


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
    again), it repeats the verdict. Of the student's own model it is given the file, as `hand_in` returns it, and returns that.
    """
    try:
        exercise = listing.exercise(exercise_id)
    except KeyError as error:
        say(Card("wrong", str(error.args[0]), ["Your object is used as it is."]))
        return obj
    if grading() is Grading.COLLECT:
        return obj
    seed = secrets.randbits(32) if grading() is Grading.AWARD else NOTEBOOK_SEED
    if isinstance(exercise, OwnModel):
        outcome = judge(exercise, obj, seed) if obj is not None else too_short(exercise)
        _checked[exercise_id] = Checked(outcome, obj)
    elif exercise_id not in _checked or obj is not _checked[exercise_id].returned:
        outcome = examine(exercise, obj, seed)
        right = outcome.verdict is Verdict.PASSED
        _checked[exercise_id] = Checked(outcome, obj if right else exercise.reference)
    outcome = _checked[exercise_id].outcome
    if grading() is Grading.NO:
        with suppress(OSError):  # a full disk is no reason to stop
            progress.remember(exercise, outcome)
    say(_card(exercise, outcome))
    return _checked[exercise_id].returned


def hint(exercise_id: str, which: Literal["where", "line"] = "where") -> None:
    """Print more of what the last check of an exercise has found: where to look, or the line."""
    more = _checked[exercise_id].outcome.more if exercise_id in _checked else ()
    number = ("where", "line").index(which)
    if number >= len(more):
        print(f"There is no hint of this kind for exercise {exercise_id}: read what its check says.")
    else:
        print("\n".join(filter(None, (more[number], _how(exercise_id, more[number + 1 :], "line")))))


def hand_in(exercise_id: str, run: Run, training: Training) -> Path | None:
    """Write the model that came of a training beside the notebook, for `check` and the grader; returns the file.

    None, and nothing is written, for a run that is too short to count, so that it replaces no longer one's. While it is graded
    what was handed in stays what it is.
    """
    exercise = listing.exercise(exercise_id)
    file = exercise.beside(Path())
    if grading() is not Grading.NO:
        return file
    if training.step < exercise.least_steps:
        return None
    return zoo.publish(replace(run, name=exercise.file), training, file.parent)


def award(exercise_id: str) -> int | None:
    """Print the points of an exercise. Raises AssertionError when grading and there are none; returns those of a part, for nbgrader."""
    if grading() is Grading.COLLECT:
        return None
    exercise = listing.exercise(exercise_id)
    points, words = _points(exercise), _words(exercise)
    sentence = f"Exercise {exercise.id}: {points} of {exercise.points} points ({words})."
    if grading() is Grading.AWARD and not points:
        message = _checked[exercise_id].outcome.message if exercise_id in _checked else ""
        raise AssertionError(f"{sentence} {message}".strip())
    print(sentence)
    return points if grading() is Grading.AWARD and points < exercise.points else None


def summary(chapter: str) -> None:
    """The score table of a chapter ("03"): each exercise, how it stands, its points."""
    if grading() is not Grading.COLLECT:
        say(_table(chapter.zfill(2)))


def _points(exercise: Task) -> int:
    checked = _checked.get(exercise.id)
    return checked.outcome.points_of(exercise.points) if checked else 0


def _words(exercise: Task) -> str:
    checked = _checked.get(exercise.id)
    return checked.outcome.verdict.value if checked else "not checked: run the cell that says check"


def _table(chapter: str) -> ScoreTable:
    rows = ((e.id, e.title, e.difficulty, _words(e), _points(e), e.points) for e in listing.exercises(chapter))
    return ScoreTable(chapter, tuple(rows))


def _card(exercise: Task, outcome: Outcome) -> Card:
    state, title = STATES[outcome.verdict], f"Exercise {exercise.id} · {exercise.title}"
    if isinstance(exercise, OwnModel):
        points = f"{outcome.points_of(exercise.points)} of {exercise.points} points"
        ending = "not attempted" if outcome.verdict is Verdict.NOT_ATTEMPTED else points
        return Card(state, f"{title}: {ending}", outcome.message.splitlines())
    library = f"The chapter goes on with the library's `{exercise.name}`."
    match outcome.verdict:
        case Verdict.PASSED:
            return Card(state, f"{title}: passed", [f"The chapter goes on with your `{exercise.name}`."])
        case Verdict.NOT_ATTEMPTED:
            return Card(state, f"{title}: not attempted", [library])
        case _:
            sentences = [outcome.message, f"Found by the probe “{outcome.probe}”. {library}"]
            return Card(state, f"{title}: not yet", sentences, outcome.more, _how(exercise.id, outcome.more, "where"))


def _how(exercise_id: str, more: tuple[str, ...], which: str) -> str:
    """How plain text is asked for the next hint, if there is one."""
    words = {"where": "Where?", "line": "The line?"}[which]
    return f'{words} `hint("{exercise_id}", "{which}")` says more.' if more else ""
