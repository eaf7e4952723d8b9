"""A class's notebooks graded side by side: whose they are, what is done already; one that goes wrong costs no other.

Each is graded in a process that may die with it. What is done is written down at once, a line for each notebook, so that a run that
was broken off goes on with what is left.
"""

import contextlib
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from minivid.course import listing
from minivid.course.grade import answers_in, course_s, grade, hidden
from minivid.course.grades import Grade, GradeReport
from minivid.course.similar import alike
from minivid.course.submission import SubmissionError
from minivid.course.throwaway_kernel import Kernels
from minivid.tools.files import write_atomically

SUFFIX = ".ipynb"
ODD = (
    "Your code ended",
    "was over before its turn",
    "Your code was stopped",
    "cannot be read",
    "which is the answer",
    "the library's own",
)
"""What is worth a look by a person, by words of its sentence."""


@dataclass(frozen=True)
class Submission:
    """A notebook, and the student that it is graded for."""

    student: str
    notebook: Path


@dataclass(frozen=True)
class Graded:
    """A submission's report; sha256 is that of what was graded (`fingerprint`), terms that of how (`terms_of`), "" where it is not known."""

    student: str
    notebook: str
    sha256: str
    report: GradeReport
    terms: str = ""

    @property
    def flags(self) -> list[str]:
        """Why a person should look at it: a sentence each."""
        odd = [f"{one.id}: {one.message}" for one in self.report.grades if any(word in one.message for word in ODD)]
        return [*filter(None, [self.report.problem]), *odd, *self.report.odd]


def submissions(places: Sequence[Path]) -> list[Submission]:
    """The notebooks in these files and folders, and below them, each with its student, in order.

    Below a folder the student is the first folder on the way, as in STUDENT/03_vdm.ipynb and nbgrader's STUDENT/ch03/03_vdm.ipynb. A
    file that stands alone is called for its student, but for one with the name that was handed out: then the folder is. Hidden
    folders are left out. Raises SubmissionError where a place is not there or holds no notebook.
    """
    found = []
    for place in places:
        if not place.exists():
            raise SubmissionError(f"there is no file or folder {place}.")
        inside = [Submission(_below(path, place), path) for path in _notebooks(place)]
        if not inside:
            raise SubmissionError(f"there is no notebook in {place}: expected files that end in {SUFFIX}.")
        found += inside
    return found


def _notebooks(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    below = (path for path in place.rglob("*") if path.suffix.lower() == SUFFIX)
    return sorted(path for path in below if not any(part.startswith(".") for part in path.relative_to(place).parts))


def _below(path: Path, place: Path) -> str:
    """Whose a notebook is."""
    folders = path.relative_to(place).parts[:-1]
    if folders:
        return folders[0]
    is_handed_out = path.stem[:2] in listing.folders() and path.stem[2:3] == "_"
    return path.resolve().parent.name if is_handed_out and not place.is_dir() else path.stem


def graded(
    handed_in: Sequence[Submission],
    journal: Path | None = None,
    jobs: int = 1,
    resume: bool = False,
    unseen: Iterable[Path] = (),
    **options,
) -> Iterator[Graded]:
    """Each submission's grades, as they come; with `resume` those first that the journal has of the same bytes on the same terms.

    journal: a file that gets a line of JSON for each. unseen: what students' code must not read, besides the journal, the course's solutions
    and what others handed in: other files of grades, there or not yet. options: those of `grade`, and memory_bytes, for each process of a student's.
    """
    before = read_journal(journal) if journal is not None and resume else []
    terms = terms_of(options)
    before = [one for one in before if one.terms in (terms, "")]
    before = [one for one in before if not one.report.problem]  # what could not be graded is tried again
    told_to_nobody = [*unseen, *([journal] if journal is not None else [])]
    options |= {"hidden": [*hidden(one.notebook for one in handed_in), *(path.resolve() for path in told_to_nobody)]}
    if journal is not None:  # whole lines alone, so that the next one does not go on behind half a line
        write_atomically(journal, "".join(map(_line, before)))
    done = {(one.student, one.notebook, one.sha256): one for one in before}
    left = []
    for one in handed_in:
        known = done.get((one.student, str(one.notebook), fingerprint(one.notebook)))
        if known is None:
            left.append(one)
        else:
            yield known
    for one, report in _side_by_side(left, jobs, options):
        result = Graded(one.student, str(one.notebook), fingerprint(one.notebook), report, terms)
        if journal is not None:
            with journal.open("a", encoding="utf-8") as file:
                file.write(_line(result))
        yield result


def _line(result: Graded) -> str:
    return json.dumps(asdict(result)) + "\n"


def read_journal(journal: Path) -> list[Graded]:
    """What a journal holds. A last line that was broken off is left out; none there is nothing done."""
    results = []
    for line in journal.read_text(encoding="utf-8").splitlines() if journal.is_file() else ():
        try:
            fields = json.loads(line)
            report = fields.pop("report")
            grades = tuple(Grade(**one) for one in report.pop("grades"))
            odd = tuple(report.pop("odd", ()))
            results.append(Graded(**fields, report=GradeReport(**report, grades=grades, odd=odd)))
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return results


def terms_of(options: Mapping[str, Any]) -> str:
    """SHA-256 of how something is graded: limits, and what is in the files of an instructor's own probes."""
    told = {name: str(value) for name, value in options.items() if name != "private"}
    own = options.get("private")
    files = sorted(own.glob("*.py")) if own is not None else []
    told |= {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def fingerprint(path: Path) -> str:
    """SHA-256 of a notebook and of the weights beside it; "" where it cannot be read."""
    try:
        known = hashlib.sha256()
        for file in (path, *sorted(path.parent.glob("*.safetensors"))):
            if not file.is_file():
                return ""
            with file.open("rb") as opened:
                known.update(hashlib.file_digest(opened, "sha256").digest())
        return known.hexdigest()
    except OSError:
        return ""


def _side_by_side(left: Sequence[Submission], jobs: int, options: dict) -> Iterator[tuple[Submission, GradeReport]]:
    """Graded in `jobs` processes. Where one of these dies, whatever was not done is graded once more, each in a process of its own."""
    not_done = list(left)
    for one, report in _pooled(left, jobs, options):
        if report is not None:
            not_done.remove(one)
            yield one, report
    for one in not_done:
        ((_, report),) = _pooled([one], 1, options)
        yield (
            one,
            report or GradeReport(one.notebook.name, "", (), "Grading it ended the grader itself. Look at it by hand."),
        )


def _pooled(some: Sequence[Submission], jobs: int, options: dict) -> Iterator[tuple[Submission, GradeReport | None]]:
    if not some:
        return
    options = dict(options)
    apart = {name: options.pop(name) for name in ("hidden", "memory_bytes") if name in options}
    apart |= {"private": options.get("private")}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(apart,)) as pool:
        waiting: dict[Future, Submission] = {pool.submit(_graded, grade, one.notebook, options): one for one in some}
        try:
            for future in as_completed(waiting):
                yield waiting[future], _result(future, waiting[future])
        finally:  # whoever breaks it off does not wait for all that was asked
            pool.shutdown(wait=False, cancel_futures=True)


def _result(future: Future, one: Submission) -> GradeReport | None:
    try:
        return future.result()
    except BrokenProcessPool:
        return None
    except Exception as error:  # of the grader's own making: it must not stop the class
        problem = f"Grading it failed ({type(error).__name__}: {error}). Look at it by hand."
        return GradeReport(one.notebook.name, "", (), problem)


_kernels: Kernels | None = None  # of a process that grades, one notebook after the other


def _begin(options: dict) -> None:
    """Prepare a process that grades. On one thread: the students' processes are what runs side by side."""
    import torch

    global _kernels
    torch.set_num_threads(1)
    _kernels = Kernels(**options)
    Finalize(None, _kernels.close, exitpriority=1)


def _graded(grader: Callable[..., GradeReport], notebook: Path, options: dict) -> GradeReport:
    return grader(notebook, kernels=_kernels, **options)


def likenesses(results: Iterable[Graded]) -> list[str]:
    """Pairs of submissions whose answers to an exercise are much alike, a sentence each: to be read side by side."""
    cells: dict[str, dict[str, str]] = defaultdict(dict)
    for result in results:
        with contextlib.suppress(SubmissionError):
            for exercise_id, source in answers_in(Path(result.notebook), result.report.chapter).items():
                cells[exercise_id][result.student] = source
    found = []
    for exercise_id in sorted(cells, key=in_order):
        own = [answers_in(path, listing.exercise(exercise_id).chapter) for path in course_s(exercise_id)]
        for one, other, share in alike(cells[exercise_id], [there.get(exercise_id, "") for there in own]):
            found.append(f"{exercise_id}: {one} and {other} share {share:.0%} of what others do not have.")
    return found


def table(results: Iterable[Graded]) -> list[dict[str, str | int | float]]:
    """A row for each submission, as a spreadsheet or a learning platform takes it: each exercise's points by its number."""
    results = list(results)
    ids = sorted({one.id for result in results for one in result.report.grades}, key=in_order)
    rows = []
    for result in results:
        report, points = result.report, {one.id: one.points for one in result.report.grades}
        row = {"student": result.student, "notebook": result.notebook, "chapter": report.chapter}
        row |= {one: points.get(one, "") for one in ids}
        row |= {"points": report.points, "out_of": report.out_of}
        row |= {"seconds": round(sum(one.seconds for one in report.grades), 1), "flags": " | ".join(result.flags)}
        rows.append(row)
    return rows


def in_order(exercise_id: str) -> tuple[int, ...]:
    """3.2 comes before 3.10."""
    return tuple(map(int, exercise_id.split(".")))
