"""Grading a submitted notebook: points per exercise, whatever is in it.

The student's cells and the probes' calls run in a kernel of their own, with a time and a memory limit; plain arrays come out and
are judged here, with fresh seeds. So nothing that a student patches reaches the comparison, an endless loop or a dead kernel
costs one exercise its points and no other, and what failed leaves no trace: the next exercise starts in a new kernel. A model that
the student has trained lies beside the notebook, and is measured before any of the student's code has run.

This is not a security boundary. The kernel is the grader's user on the grader's machine; strangers' code belongs in a container.
"""

import json
import re
import secrets
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

import minivid
from minivid.course import listing
from minivid.course.exercise import Task
from minivid.course.fitting import Step, computed, definitions, steps
from minivid.course.outcome import Outcome, Verdict
from minivid.course.own_model import OwnModel, absent
from minivid.course.private import probes_of
from minivid.course.probing import Answer, verdict
from minivid.course.recording import restored
from minivid.course.submission import SubmissionError, chapter_of, read
from minivid.course.throwaway_kernel import Kernel, call

TIMEOUT_S = 60.0
OWN_CELL_S = 20.0
"""What a cell of the student's own may take, one that answers nothing and that an answer may need."""
LARGEST_ANSWER = 64 * 2**20


@dataclass(frozen=True)
class Grade:
    """One exercise's points and the sentences that say why.

    probe: the first that failed, "" for none; private: it is one of the instructor's own.
    """

    id: str
    title: str
    points: int
    out_of: int
    verdict: str
    message: str
    seconds: float
    probe: str = ""
    private: bool = False


@dataclass(frozen=True)
class GradeReport:
    """A notebook's grades. `problem` is a sentence when the file could not be graded at all."""

    notebook: str
    chapter: str
    grades: tuple[Grade, ...]
    problem: str = ""

    @property
    def points(self) -> int:
        return sum(grade.points for grade in self.grades)

    @property
    def out_of(self) -> int:
        return sum(grade.out_of for grade in self.grades)

    def to_json(self) -> str:
        """The report as JSON text, keys sorted."""
        return json.dumps(
            asdict(self) | {"points": self.points, "out_of": self.out_of}, indent=1, sort_keys=True, ensure_ascii=False
        )

    def table(self) -> str:
        """The report as text: a line for each exercise, with its points and why."""
        lines = [
            f"{g.id:<5} {g.title:<40} {g.points:>2} / {g.out_of:<2}  {g.verdict}. {g.message}".rstrip()
            for g in self.grades
        ]
        total = f"{'':<5} {self.notebook:<40} {self.points:>2} / {self.out_of:<2}  {self.problem}".rstrip()
        return "\n".join([*lines, total])


def grade(
    notebook: Path, timeout_s: float = TIMEOUT_S, private: Path | None = None, handed_out: Path | None = None
) -> GradeReport:
    """Grade a submission. Never raises for what is in it: a file that cannot be read gives a report that says so.

    timeout_s: for each exercise, its cell and all its probes, or the measuring of its model. private: a folder with an instructor's own probes.
    handed_out: the student's notebook as it was handed out; by default this repository's notebook of that chapter, if it is there.
    """
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
    with tempfile.TemporaryDirectory(prefix="grading-") as folder, Kernel(Path(folder)) as kernel:
        models = [e for e in listing.exercises(chapter) if isinstance(e, OwnModel)]
        grades = [
            _model_s_grade(exercise, exercise.beside(notebook).resolve(), kernel, timeout_s) for exercise in models
        ]
        kernel.discard()
        grades += _grades(plan, kernel, timeout_s, private and private.resolve(), not_run)
    order = [exercise.id for exercise in listing.exercises(chapter)]
    return GradeReport(notebook.name, chapter, tuple(sorted(grades, key=lambda grade: order.index(grade.id))))


def _grades(
    plan: Iterable[Step], kernel: Kernel, timeout_s: float, private: Path | None, not_run: set[str]
) -> Iterator[Grade]:
    """Each answer graded in turn. After one that fails the kernel is thrown away, and the library's object takes its place."""
    for step in plan:
        if step.exercise is None:
            _prepare(step, kernel, timeout_s)
            continue
        start = time.monotonic()
        outcome = _outcome(step, kernel, timeout_s, private)
        if outcome.verdict is Verdict.PASSED and not kernel.busy():
            kernel.replay[call("run", step.source)] = timeout_s
        else:
            if outcome.verdict is not Verdict.NOT_ATTEMPTED:
                kernel.discard()
            kernel.keep(call("use_library", step.exercise.id), timeout_s)
        own = {probe.name for probe in probes_of(step.exercise, private)[len(step.exercise.probes) :]}
        found = _grade(step.exercise, _explained(outcome, step, not_run), time.monotonic() - start)
        yield replace(found, private=outcome.probe in own)


def _prepare(step: Step, kernel: Kernel, timeout_s: float) -> None:
    """Run what an answer may need, in this kernel and in those that follow. A cell of the student's own that fails leaves its definitions."""
    if not step.source:
        return
    if not step.own:
        kernel.keep(call("run", step.source), timeout_s)
        return
    limit, what_it_defines = min(timeout_s, OWN_CELL_S), definitions(step.source)
    code = call("run", step.source, what_it_defines)
    if kernel.run(code, limit):
        kernel.replay[code] = limit
    else:  # it took too long, or took the kernel with it
        kernel.keep(call("run", what_it_defines), limit)


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


def _model_s_grade(exercise: OwnModel, file: Path, kernel: Kernel, timeout_s: float) -> Grade:
    """The grade of the file of weights that came with the notebook, if one did."""
    start, told = time.monotonic(), kernel.fresh_folder() / "outcome.json"
    if not file.is_file():
        return _grade(exercise, absent(exercise), 0.0)
    finished = kernel.run(call("measure", exercise.id, str(file), secrets.randbits(31), str(told)), timeout_s)
    if told.exists():
        fields = json.loads(told.read_text(encoding="utf-8"))
        outcome = Outcome(Verdict(fields["verdict"]), fields["message"], points=fields["points"])
    else:
        why = "took more memory than there is" if finished or kernel.died else f"took more than {timeout_s:g} seconds"
        outcome = Outcome(Verdict.WRONG, f"Measuring your model {why}: is it larger than the recipe's?")
    return _grade(exercise, outcome, time.monotonic() - start)


def _outcome(step: Step, kernel: Kernel, timeout_s: float, private: Path | None) -> Outcome:
    """The verdict on one answer, from what the kernel left in a fresh folder."""
    if step.source is None:
        return Outcome(Verdict.NOT_ATTEMPTED, "Its cell was not found in the notebook.")
    seed, folder = secrets.randbits(31), kernel.fresh_folder()
    arguments = (step.exercise.id, step.source, seed, str(folder), private and str(private))
    finished = kernel.run(call("collect", *arguments), timeout_s)
    nothing = Answer(problem=_why_nothing(kernel, finished, timeout_s))
    probes = probes_of(step.exercise, private)
    answers = (_read_answer(folder / str(number)) or nothing for number in range(len(probes)))
    try:
        return verdict(step.exercise, probes, answers, seed)
    except Exception:  # a record that is none
        return Outcome(Verdict.WRONG, "What your code answered cannot be read.")


def _why_nothing(kernel: Kernel, finished: bool, timeout_s: float) -> str:
    if finished:
        return "Your code ended the probe before it could answer."
    if kernel.died:
        return "Your code ended the Python process that it ran in (os._exit, a crash, or no memory left)."
    return f"Your code was stopped after {timeout_s:g} seconds: does a loop never end?"


def _read_answer(path: Path) -> Answer | None:
    """An answer as the kernel wrote it; None when there is none that can be read. Arrays come without pickle."""
    try:
        words, arrays = path.with_suffix(".json"), path.with_suffix(".npz")
        if max(words.stat().st_size, arrays.stat().st_size) > LARGEST_ANSWER:
            return Answer(problem=f"The answer is larger than {LARGEST_ANSWER // 2**20} MiB.")
        told = json.loads(words.read_text(encoding="utf-8"))
        with np.load(arrays, allow_pickle=False) as numbers:
            record = restored(told["record"], dict(numbers))
        return Answer(record, str(told["problem"]), told["not_attempted"] is True, told["raised"] is True)
    except Exception:  # whatever a student's process wrote there
        return None


def _grade(exercise: Task, outcome: Outcome, seconds: float) -> Grade:
    """An outcome as points and words: what is off, and where."""
    points, words = outcome.points_of(exercise.points), " ".join([*outcome.message.splitlines(), *outcome.more[:1]])
    verdict, seconds = outcome.verdict.value, round(seconds, 2)
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


def _handed_out(chapter: str) -> Path | None:
    """The student's notebook of a chapter in the repository that this package is installed from, if it is one."""
    return next((Path(minivid.__file__).parents[1] / "notebooks").glob(f"{chapter}_*.ipynb"), None)
