"""Grading a submitted notebook: points per exercise, whatever is in it.

The student's cells and the probes' calls run in processes of their own, with a time and a memory limit; plain arrays come out and are
judged here, with fresh seeds. So nothing that a student patches reaches the comparison, an endless loop or a dead process costs one
exercise its points and no other, and what failed leaves no trace: the next exercise goes on from before it. A model that the student
has trained lies beside the notebook, and is measured before any of the student's code has run.

This is not a security boundary. The processes are the grader's user's on the grader's machine; strangers' code belongs in a container.
"""

import json
import math
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import minivid
from minivid.course import listing
from minivid.course.answer_files import LARGEST, read_answer, readable
from minivid.course.exercise import Task
from minivid.course.fitting import Step, computed, definitions, steps
from minivid.course.grades import Grade, GradeReport
from minivid.course.outcome import Outcome, Verdict
from minivid.course.own_model import OwnModel, absent
from minivid.course.private import probes_of
from minivid.course.probing import Answer, passed, verdict
from minivid.course.submission import SubmissionError, chapter_of, read
from minivid.course.suspicion import traces
from minivid.course.throwaway_kernel import Kernel, KernelError, Kernels
from minivid.tools.checkout import course_root

TIMEOUT_S = 60.0
OWN_CELL_S = 20.0
"""What a cell of the student's own may take, one that answers nothing and that an answer may need."""
LONGEST_SENTENCES, LONGEST_ODD = 1500, 100  # characters


@dataclass(frozen=True)
class Clock:
    """How long something may take: so many seconds each, and all of it until then (by `time.monotonic`)."""

    each_s: float
    until: float

    def left(self, most_s: float = math.inf) -> float:
        """Seconds for what comes next; none when the notebook's time is over."""
        return max(0.0, min(self.each_s, most_s, self.until - time.monotonic()))


@dataclass(frozen=True)
class Terms:
    """How a notebook's answers are graded. private: a folder with an instructor's own probes. partial: probes count one by one."""

    clock: Clock
    private: Path | None
    partial: bool


def grade(
    notebook: Path,
    timeout_s: float = TIMEOUT_S,
    private: Path | None = None,
    handed_out: Path | None = None,
    kernels: Kernels | None = None,
    wall_s: float = math.inf,
    partial: bool = False,
) -> GradeReport:
    """Grade a submission. Never raises for what is in it: a file that cannot be read gives a report that says so.

    timeout_s: for each exercise, its cell and all its probes, or the measuring of its model. private: a folder with an instructor's own probes.
    handed_out: the student's notebook as it was handed out; by default this repository's notebook of that chapter, if it is there.
    kernels: those that have graded another one, made with `private`; by default new ones. wall_s: for the whole notebook; what has
    not had its turn by then gets no points, and says so. partial: a wrong answer gets points for the probes that it passes.
    """
    if kernels is None:
        private = private and private.resolve()
        with Kernels(private=private, hidden=hidden([notebook])) as kernels:
            return grade(notebook, timeout_s, private, handed_out, kernels, wall_s, partial)
    submitted = None
    try:
        submitted = read(notebook)
        chapter = chapter_of(notebook, submitted)
    except SubmissionError as error:
        return _nothing(notebook, str(error))
    given = handed_out or _handed_out(chapter)
    structure = read(given) if given else None
    plan = steps(submitted, chapter, structure)
    not_run = computed(structure) if structure else set()
    try:
        with kernels.of(chapter) as kernel:
            models = [e for e in listing.exercises(chapter) if isinstance(e, OwnModel)]
            files = {exercise: exercise.beside(notebook).resolve() for exercise in models}
            terms, odd = Terms(Clock(timeout_s, time.monotonic() + wall_s), private, partial), []
            grades = [_model_s_grade(exercise, file, kernel, terms.clock) for exercise, file in files.items()]
            grades += _grades(plan, kernel, terms, not_run, odd)
    except KernelError as error:
        return _nothing(notebook, str(error))
    order = [exercise.id for exercise in listing.exercises(chapter)]
    grades.sort(key=lambda grade: order.index(grade.id))
    return GradeReport(notebook.name, chapter, tuple(grades), odd=tuple(dict.fromkeys(odd)))


def hidden(notebooks: Iterable[Path]) -> list[Path]:
    """What a student's code has no business with: the solutions, the tests with their answers, notebooks that were handed in."""
    root = course_root()
    of_the_course = [root / name for name in ("solutions", "tests", ".git")] if root else []
    beside = {
        path for folder in {notebook.resolve().parent for notebook in notebooks} for path in folder.glob("*.ipynb")
    }
    return [*of_the_course, *sorted(beside)]


def _grades(plan: Iterable[Step], kernel: Kernel, terms: Terms, not_run: set[str], odd: list[str]) -> Iterator[Grade]:
    """Each answer graded in turn. Of one that fails nothing stays, and the library's object takes its place.

    odd: what a person should look at is added to it.
    """
    for step in plan:
        if step.exercise is None:
            _prepare(step, kernel, terms.clock)
            if step.own:
                odd += _odd("a cell of the student's own", step, kernel)
            continue
        start = time.monotonic()
        outcome = _outcome(step, kernel, terms)
        odd += _odd(step.exercise.id, step, kernel)
        right = outcome.verdict is Verdict.PASSED and not kernel.busy()
        if right or kernel.tries("use_library", step.exercise.id, timeout_s=terms.clock.each_s):
            kernel.keep()
        own = {probe.name for probe in probes_of(step.exercise, terms.private)[len(step.exercise.probes) :]}
        found = _grade(step.exercise, _explained(outcome, step, not_run), time.monotonic() - start)
        yield replace(found, private=outcome.probe in own)


def _prepare(step: Step, kernel: Kernel, clock: Clock) -> None:
    """Run what an answer may need, for all that follows. A cell of the student's own that fails leaves its definitions."""
    if not step.source:
        return
    limit, what_it_defines = (clock.left(OWN_CELL_S), definitions(step.source)) if step.own else (clock.left(), "")
    finished, odd = kernel.tries("run", step.source, what_it_defines, timeout_s=limit), kernel.odd
    if not finished and what_it_defines:  # it took too long, or took the process with it
        finished = kernel.tries("run", what_it_defines, timeout_s=limit)
    kernel.odd = odd
    if finished:
        kernel.keep()


def _odd(where: str, step: Step, kernel: Kernel) -> list[str]:
    """What a person should look at, in the text of a cell and in what it did."""
    found = dict.fromkeys([*traces(step.source), *kernel.odd]) if step.source else ()
    return [f"{where}: {readable(words, LONGEST_ODD)}." for words in found]


def _explained(outcome: Outcome, step: Step, not_run: set[str]) -> Outcome:
    """What only the whole notebook tells of a wrong answer: a name that grading does not make, a second definition further down."""
    if outcome.verdict is not Verdict.WRONG:
        return outcome
    message = outcome.message
    missing = re.search(r"NameError.*name '(\w+)' is not defined", message)
    if missing and missing[1] in not_run:
        message += f" `{missing[1]}` comes from a cell of the chapter that is not run for grading: make it in a cell of your own."
    if step.again:
        message += f" `{step.exercise.name}` is defined again further down; what counts is the exercise's own cell."
    return replace(outcome, message=message)


def _model_s_grade(exercise: OwnModel, file: Path, kernel: Kernel, clock: Clock) -> Grade:
    """The grade of the file of weights that came with the notebook, if one did."""
    start = time.monotonic()
    if not file.is_file():
        return _grade(exercise, absent(exercise), 0.0)
    folder = kernel.fresh_folder()
    told, copy = folder / "outcome.json", folder / file.name
    if file.stat().st_size > LARGEST:
        words = f"{file.name} is larger than {LARGEST // 2**20} MiB: is it the recipe's model?"
        return _grade(exercise, Outcome(Verdict.WRONG, words), time.monotonic() - start)
    shutil.copyfile(file, copy)
    finished = kernel.tries("measure", exercise.id, str(copy), secrets.randbits(31), str(told), timeout_s=clock.left())
    if told.exists():
        fields = json.loads(told.read_text(encoding="utf-8"))
        outcome = Outcome(Verdict(fields["verdict"]), fields["message"], points=fields["points"])
    else:
        why = (
            "took more memory than there is" if finished or kernel.died else f"took more than {clock.each_s:g} seconds"
        )
        outcome = Outcome(Verdict.WRONG, f"Measuring your model {why}: is it larger than the recipe's?")
    return _grade(exercise, outcome, time.monotonic() - start)


def _outcome(step: Step, kernel: Kernel, terms: Terms) -> Outcome:
    """The verdict on one answer, from what its process left in a fresh folder."""
    if step.source is None:
        return Outcome(Verdict.NOT_ATTEMPTED, "Its cell was not found in the notebook.")
    limit = terms.clock.left()
    if not limit:
        return Outcome(Verdict.NOT_ATTEMPTED, "The time for the whole notebook was over before its turn came.")
    seed, folder = secrets.randbits(31), kernel.fresh_folder()
    finished = kernel.tries("collect", step.exercise.id, step.source, seed, str(folder), timeout_s=limit)
    nothing = Answer(problem=_why_nothing(kernel, finished, limit))
    probes = probes_of(step.exercise, terms.private)
    answers = [read_answer(folder / str(number)) or nothing for number in range(len(probes))]
    try:
        outcome = verdict(step.exercise, probes, answers, seed)
        if terms.partial and outcome.verdict is Verdict.WRONG:
            return _in_part(outcome, step.exercise.points, passed(step.exercise, probes, answers, seed), len(probes))
        return outcome
    except Exception:  # a record that is none
        return Outcome(Verdict.WRONG, "What your code answered cannot be read.")


def _in_part(outcome: Outcome, points: int, passed: int, probes: int) -> Outcome:
    """A wrong answer's share of the points, rounded down. What is asked of every exercise counts as one probe more."""
    points = points * passed // (probes + 1)
    if not points:
        return outcome
    message = f"{passed} of {probes} questions are answered right. {outcome.message}"
    return replace(outcome, verdict=Verdict.PARTLY, points=points, message=message)


def _why_nothing(kernel: Kernel, finished: bool, timeout_s: float) -> str:
    if finished:
        return "Your code ended the probe before it could answer."
    if kernel.died:
        return "Your code ended the Python process that it ran in (os._exit, a crash, or no memory left)."
    return f"Your code was stopped after {timeout_s:g} seconds: does a loop never end?"


def _grade(exercise: Task, outcome: Outcome, seconds: float) -> Grade:
    """An outcome as points and words: what is off, and where."""
    points, words = outcome.points_of(exercise.points), " ".join([outcome.message, *outcome.more[:1]])
    verdict, seconds = outcome.verdict.value, round(seconds, 2)
    words = readable(words, LONGEST_SENTENCES)
    return Grade(exercise.id, exercise.title, points, exercise.points, verdict, words, seconds, outcome.probe)


def _nothing(notebook: Path, problem: str) -> GradeReport:
    """No points, and a sentence; with the chapter's exercises when the file's name still tells the chapter."""
    try:
        chapter = chapter_of(notebook, None)
    except SubmissionError:
        return GradeReport(notebook.name, "", (), problem)
    outcome = Outcome(Verdict.NOT_ATTEMPTED, "The notebook could not be read.")
    grades = tuple(_grade(exercise, outcome, 0.0) for exercise in listing.exercises(chapter))
    return GradeReport(notebook.name, chapter, grades, problem)


def answers_in(notebook: Path, chapter: str) -> dict[str, str]:
    """The cells of a notebook that answer a chapter's exercises, by their ids. Raises SubmissionError where it cannot be read."""
    given = _handed_out(chapter)
    found = steps(read(notebook), chapter, read(given) if given else None)
    return {step.exercise.id: step.source for step in found if step.exercise and step.source}


def course_s(exercise_id: str) -> list[Path]:
    """The course's own notebooks with that exercise: the student's, and the solved one."""
    chapter, root = listing.exercise(exercise_id).chapter, course_root()
    return [
        path
        for name in ("notebooks", "solutions")
        for path in (root / name if root else Path()).glob(f"{chapter}_*.ipynb")
    ]


def _handed_out(chapter: str) -> Path | None:
    """The student's notebook of a chapter in the repository that this package is installed from, if it is one."""
    return next((Path(minivid.__file__).parents[1] / "notebooks").glob(f"{chapter}_*.ipynb"), None)
