"""How far a student has come, over all chapters: what the last checks said, kept in `mine/progress/`, and read from nowhere else.

`check` leaves each verdict there, a file for each chapter, when its notebook lies in the course's `mine/`; a notebook elsewhere leaves
nothing. Nothing is sent anywhere, no answer is kept, and deleting the folder forgets all. Checked by tests/course/test_progress.py.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from minivid.course import listing
from minivid.course.exercise import Task
from minivid.course.outcome import Outcome, Verdict
from minivid.tools.checkout import is_course
from minivid.tools.files import write_atomically

MINE, FOLDER = "mine", "progress"
OPEN = Outcome(Verdict.NOT_ATTEMPTED)


def remember(exercise: Task, outcome: Outcome, folder: Path | None = None) -> None:
    """Keep an exercise's verdict, when the notebook (in `folder`, by default here) lies in the course's mine/. Raises OSError."""
    folder = folder or Path.cwd()
    if folder.name != MINE or not is_course(folder.parent):
        return
    verdicts = read(folder, exercise.chapter) | {exercise.id: outcome}
    kept = {name: {"verdict": one.verdict.name, "points": one.points} for name, one in verdicts.items()}
    (folder / FOLDER).mkdir(exist_ok=True)
    write_atomically(_file(folder, exercise.chapter), json.dumps(kept, indent=1) + "\n")


def read(folder: Path, chapter: str) -> dict[str, Outcome]:
    """The verdicts of a chapter that are kept in mine/; none where there is no file, or one that cannot be read."""
    try:
        kept = json.loads(_file(folder, chapter).read_text(encoding="utf-8"))
        return {name: Outcome(Verdict[one["verdict"]], points=int(one["points"])) for name, one in kept.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


@dataclass(frozen=True)
class Standing:
    """A chapter's exercises, each with what its last check said."""

    number: str
    title: str
    outcomes: tuple[tuple[Task, Outcome], ...]

    @property
    def passed(self) -> list[Task]:
        return [task for task, outcome in self.outcomes if outcome.verdict is Verdict.PASSED]

    @property
    def open(self) -> list[Task]:
        return [task for task, outcome in self.outcomes if outcome.verdict is not Verdict.PASSED]

    @property
    def points(self) -> int:
        return sum(outcome.points_of(task.points) for task, outcome in self.outcomes)

    @property
    def most(self) -> int:
        return sum(task.points for task, _ in self.outcomes)

    @property
    def begun(self) -> bool:
        return any(outcome is not OPEN for _, outcome in self.outcomes)


def standings(folder: Path) -> list[Standing]:
    """Every chapter that has exercises, in order, by what is kept in mine/ (`folder`)."""
    found = []
    for number, chapter in listing.chapters().items():
        kept = read(folder, number)
        outcomes = tuple((task, kept.get(task.id, OPEN)) for task in chapter.exercises)
        if outcomes:
            found.append(Standing(number, chapter.title, outcomes))
    return found


def next_exercise(several: list[Standing]) -> Task | None:
    """The first open exercise of the chapter that was begun last in the course's order, else of the first with an open one."""
    begun = [standing for standing in several if standing.begun and standing.open]
    waiting = begun[-1:] or [standing for standing in several if standing.open]
    return waiting[0].open[0] if waiting else None


def _file(folder: Path, chapter: str) -> Path:
    return folder / FOLDER / f"{chapter}.json"
