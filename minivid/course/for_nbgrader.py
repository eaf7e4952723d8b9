"""nbgrader's grades decided by `minivid grade`: a preprocessor for `nbgrader autograde`, in the place of its own that runs the notebook.

nbgrader's runs the tests in the process of the student's code, which can then give itself points, or end and take the whole notebook's grade
with it. This one runs no cell where nbgrader is: every award cell is given the verdict of `minivid.course.grade` as its output, and that
is what nbgrader reads points off. Checked by tests/course/test_nbgrader.py.
"""

import atexit
import functools
import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Unicode

from minivid.course.feedback import said
from minivid.course.grade import TIMEOUT_S, grade, hidden
from minivid.course.grades import Grade, GradeReport
from minivid.course.throwaway_kernel import Kernels

STEPS = ("source", "release", "submitted", "autograded", "feedback", "solution")
"""nbgrader's folders, in which a student's code has no business."""


class Judged(NbGraderPreprocessor):
    """Gives each award cell the output that its points follow from. Nothing of a chapter is run, so nothing else has an output."""

    timeout = Float(TIMEOUT_S, help="Seconds for each exercise, its cell and all its probes.").tag(config=True)
    partial = Bool(False, help="A wrong answer gets points for the questions that it answers right.").tag(config=True)
    private = Unicode("", help="A folder with an instructor's own probes.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """The notebook with an output in each award cell; of a notebook that cannot be graded all say why."""
        course = CourseDirectory(parent=self)
        notebook = Path(resources["metadata"]["path"]) / f"{resources['metadata']['name']}.ipynb"
        release = Path(course.format_path(course.release_directory, ".", resources["nbgrader"]["assignment"]))
        handed_out, private = release / notebook.name, Path(self.private).resolve() if self.private else None
        report = grade(
            notebook,
            timeout_s=self.timeout,
            private=private,
            handed_out=handed_out if handed_out.is_file() else None,
            kernels=_kernels(_not_theirs(course), private),
            partial=self.partial,
        )
        grades = {f"award-{one.id.replace('.', '-')}": one for one in report.grades}
        if handed_out.is_file():  # a student may have taken an award's cell away
            there = set(map(_name, nb.cells))
            given = nbformat.read(handed_out, as_version=4).cells
            nb.cells += [cell for cell in given if _name(cell) in grades.keys() - there]
        for cell in nb.cells:
            if _name(cell).startswith("award-"):
                cell.outputs, cell.execution_count = outputs(grades.get(_name(cell)), report), None
        return nb, resources


def _name(cell: NotebookNode) -> str:
    """nbgrader's, of a cell of its own; "" of any other."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def outputs(one: Grade | None, report: GradeReport) -> list[NotebookNode]:
    """What nbgrader takes for all points (words), for a part of them (a number as the cell's value), for none (an error)."""
    if one is None:
        return [_error(report.problem or "No exercise of this chapter has this cell.")]
    sentence = f"Exercise {one.id}: {one.points} of {one.out_of} points ({one.verdict}). {said(one)}".strip()
    if not one.points:
        return [_error(sentence)]
    words = new_output("stream", name="stdout", text=sentence + "\n")
    part = new_output("execute_result", data={"text/plain": json.dumps(one.points)}, execution_count=None)
    return [words] if one.points == one.out_of else [words, part]


def _error(sentence: str) -> NotebookNode:
    return new_output("error", ename="AssertionError", evalue=sentence, traceback=[sentence])


def _not_theirs(course: CourseDirectory) -> tuple[Path, ...]:
    """The instructor's folders, and the book with everybody's grades."""
    folders = [Path(course.root) / getattr(course, f"{step}_directory") for step in STEPS]
    book = [Path(course.db_url.removeprefix("sqlite:///"))] if course.db_url.startswith("sqlite:///") else []
    return (*folders, *book)


@functools.cache
def _kernels(not_theirs: tuple[Path, ...], private: Path | None) -> Kernels:
    """Those of this process: nbgrader makes a preprocessor anew for every notebook."""
    kernels = Kernels(private=private, hidden=[*hidden([]), *not_theirs])
    atexit.register(kernels.close)
    return kernels
