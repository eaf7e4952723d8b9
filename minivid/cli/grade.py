"""`minivid grade`: one notebook, or a class."""

import csv
import io
import math
import sys
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from minivid.cli.errors import BadInput

NETWORK_TOO, SIGNALS_TOO = 4, 6  # of Landlock: what it keeps them from beside files


def grade(
    notebooks: Positional[Annotated[tuple[Path, ...], arg(metavar="NOTEBOOK|FOLDER …")]],
    json: Path | None = None,
    csv: Path | None = None,
    feedback: Path | None = None,
    private: Path | None = None,
    timeout: float = 60.0,
    wall: float | None = None,
    memory: float = 4.0,
    partial: bool = False,
    jobs: int = 1,
    resume: bool = False,
) -> int:
    """Grade a student's notebook, the table of exercises and points; or a class's, a line for each.

    Where a chapter asks for a trained model, its file of weights lies beside the notebook under the name that the chapter gives it.
    Below a folder, the first folder on the way is the student's name.

    Args:
        notebooks: Students' .ipynb, or folders of them.
        json: Write the grades to this file too: of one notebook as JSON, of several as a line of JSON each.
        csv: Write a row for each notebook to this file.
        feedback: A folder for what each student gets back, as HTML and Markdown, and for class.html.
        private: A folder with an instructor's own probes.
        timeout: Seconds for each exercise, its cell and all its probes, and for measuring a model.
        wall: Seconds for a whole notebook; what has not had its turn by then gets no points. Without it there is no such limit.
        memory: GiB for a process that runs a student's code, beyond what the course itself takes.
        partial: A wrong answer gets points for the questions to it that it answers right.
        jobs: How many notebooks are graded side by side.
        resume: Go on: what the --json file has of the same notebooks, graded with the same options, is not graded again.
    """
    if not notebooks:
        raise BadInput("which notebook? `minivid grade mine/NN_name.ipynb`, or a folder of them.")
    _check(json, csv, private, timeout, wall, memory, jobs, resume)
    limits = {
        "timeout_s": timeout,
        "private": private,
        "wall_s": math.inf if wall is None else wall,
        "partial": partial,
    }
    one = notebooks[0]
    _say_what_is_open()
    several = len(notebooks) > 1 or one.is_dir() or csv is not None or feedback is not None or resume
    if several:
        return _class(notebooks, json, csv, feedback, jobs, resume, **limits, memory_bytes=int(memory * 2**30))
    if not one.is_file():
        raise BadInput(f"there is no notebook {one}: expected the path of an .ipynb file, or a folder of them.")
    if one.suffix.lower() != ".ipynb":
        raise BadInput(f"{one} is not a notebook: expected a file that ends in .ipynb.")
    from minivid.course.grade import grade as grade_notebook
    from minivid.course.grade import hidden
    from minivid.course.throwaway_kernel import Kernels

    unseen = [*hidden([one]), *([json.resolve()] if json is not None else [])]
    with Kernels(private=private, hidden=unseen, memory_bytes=int(memory * 2**30)) as kernels:
        report = grade_notebook(one, **limits, kernels=kernels)
    if json is not None:
        json.write_text(report.to_json() + "\n", encoding="utf-8")
    if report.problem:
        raise BadInput(report.problem)
    print(report.table())
    for sentence in report.odd:
        print(f"look at it: {sentence}")
    return 0


def _check(
    json: Path | None,
    csv: Path | None,
    private: Path | None,
    timeout: float,
    wall: float | None,
    memory: float,
    jobs: int,
    resume: bool,
) -> None:
    for file in (json, csv):
        if file is not None and not file.parent.is_dir():
            raise BadInput(f"{file} cannot be written: there is no folder {file.parent}.")
    if private is not None and not private.is_dir():
        raise BadInput(f"there is no folder {private} with private probes.")
    if timeout <= 0:
        raise BadInput(f"a timeout of {timeout:g} seconds leaves no time: expected a positive number.")
    if wall is not None and wall <= 0:
        raise BadInput(f"a wall of {wall:g} seconds leaves no time: expected a positive number.")
    if memory <= 0:
        raise BadInput(f"memory is {memory:g} GiB; expected a positive number.")
    if jobs < 1:
        raise BadInput(f"jobs is {jobs}; expected at least 1.")
    if resume and json is None:
        raise BadInput("--resume goes on with what a --json file has: name that file too.")


def _say_what_is_open() -> None:
    """Where students' processes cannot be kept from the rest of the machine, the instructor should know."""
    from minivid.course.confinement import version

    found = version()
    if found < SIGNALS_TOO:
        what = (
            "not confined" if not found else "confined in files alone" if found < NETWORK_TOO else "free to end others"
        )
        print(f"On this machine students' processes are {what} (GRADING.md): better in a container.", file=sys.stderr)


def _class(
    places: tuple[Path, ...],
    json: Path | None,
    csv: Path | None,
    feedback: Path | None,
    jobs: int,
    resume: bool,
    **options,
) -> int:
    from minivid.course.classroom import graded, likenesses, submissions
    from minivid.course.submission import SubmissionError
    from minivid.tools.progress import Progress

    if json is not None and not resume and json.is_file() and json.stat().st_size:
        raise BadInput(f"{json} already holds grades: --resume goes on with them, another name begins anew.")
    try:
        handed_in = submissions(places)
    except SubmissionError as error:
        raise BadInput(str(error)) from error
    results = []
    with Progress(len(handed_in), "notebook") as bar:
        for result in graded(
            handed_in, json, jobs, resume, [path for path in (csv, feedback) if path is not None], **options
        ):
            results.append(result)
            bar.update(student=result.student)
    results.sort(key=lambda result: (result.student, result.notebook))
    for result in results:
        report = result.report
        looked_at = f"  look at it: {result.flags[0]}" if result.flags else ""
        print(f"{result.student:<24} {report.notebook:<24} {report.points:>3} / {report.out_of:<3}{looked_at}".rstrip())
    if csv is not None:
        csv.write_text(_sheet(results), encoding="utf-8", errors="replace")
    if feedback is not None:
        _give_back(results, feedback)
    for sentence in likenesses(results):
        print(f"alike: {sentence}")
    return 0


def _sheet(results: list) -> str:
    from minivid.course.classroom import table

    rows, text = table(results), io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _give_back(results: list, folder: Path) -> None:
    from minivid.course import class_page, feedback

    for result in results:
        place = folder / result.student.replace("/", "_")
        place.mkdir(parents=True, exist_ok=True)
        name = Path(result.notebook).stem
        (place / f"{name}.md").write_text(feedback.markdown(result), encoding="utf-8")
        (place / f"{name}.html").write_text(feedback.page(result), encoding="utf-8")
    (folder / "class.html").write_text(class_page.page(results), encoding="utf-8")
