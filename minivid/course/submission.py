"""A submitted notebook taken apart: which of its cells answers which exercise, and what else of it the answers may need.

Students move, copy, delete and edit cells, and tools strip metadata. The chapter's own notebook is the structure; the student's
cells are fitted into it.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from minivid.course import listing
from minivid.course.exercise import Exercise

INERT = (ast.Constant, ast.Name, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.Tuple, ast.List, ast.Dict, ast.Set)


class SubmissionError(ValueError):
    """A file that cannot be graded at all. The message is a sentence."""


@dataclass(frozen=True)
class Step:
    """Something to run before an answer (`exercise` is None), or an answer to an exercise; None where its cell is missing."""

    source: str | None
    exercise: Exercise | None = None


def read(path: Path) -> NotebookNode:
    """The submitted notebook. Raises SubmissionError when it is not one."""
    try:
        notebook = nbformat.from_dict(json.loads(path.read_text(encoding="utf-8")))
        if not all(isinstance(cell.source, str | list) and cell.cell_type for cell in notebook.cells):
            raise ValueError("a cell without source")
    except FileNotFoundError:
        raise SubmissionError(f"There is no file {path.name}.") from None
    except (ValueError, AttributeError, TypeError, RecursionError, OSError) as error:
        raise SubmissionError(
            f"{path.name} is not a notebook that can be read ({type(error).__name__}: {error}). "
            "Open it in Jupyter, save it, and hand it in again."
        ) from None
    for cell in notebook.cells:
        cell.source = cell.source if isinstance(cell.source, str) else "".join(cell.source)
        cell.metadata = cell.get("metadata", NotebookNode())
    return notebook


def chapter_of(path: Path, notebook: NotebookNode | None) -> str:
    """Two digits: from the notebook's metadata, its first check, or its file's name. Raises SubmissionError when nothing tells."""
    told = notebook.get("metadata", {}).get("minivid", {}).get("chapter", "") if notebook else ""
    text = "\n".join(cell.source for cell in notebook.cells) if notebook else ""
    checked = re.search(r"\bcheck\(\s*[\"'](\d+)\.\d+[\"']", text)
    named = re.search(r"(\d\d)_", path.name)
    chapter = told or (checked and checked[1].zfill(2)) or (named and named[1]) or ""
    if not listing.exercises(chapter or "__"):
        raise SubmissionError(
            f"{path.name} does not tell its chapter: keep its name as it was handed out, NN_name.ipynb."
        )
    return chapter


def steps(notebook: NotebookNode, chapter: str, handed_out: NotebookNode | None = None) -> Iterator[Step]:
    """The chapter in its own order, with the student's answers in their places.

    Of the chapter's other cells, `setup` runs whole, and of the rest what defines names without computing: imports, functions,
    classes, constants. The student's own additions count from where they stand.
    """
    structure = handed_out or notebook
    given = {cell.source for cell in handed_out.cells} if handed_out else set()
    places = {e.id: _place(notebook, e, given) for e in listing.written(chapter)}
    own = [i for i, cell in enumerate(notebook.cells) if cell.source not in given and i not in places.values()]
    for number, cell in enumerate(structure.cells):
        answered = [e for e in places if (_marked(cell, e) if handed_out else places[e] == number)]
        for exercise_id in answered:
            at = places.pop(exercise_id)
            if handed_out and at is not None:
                for i in [i for i in own if i < at]:
                    yield Step(definitions(notebook.cells[i]))
                own = [i for i in own if i >= at]
            yield Step(None if at is None else notebook.cells[at].source, listing.exercise(exercise_id))
        if not answered and cell.cell_type == "code":
            yield Step(cell.source if "setup" in cell.metadata.get("tags", []) else definitions(cell))
    for exercise_id in places:  # neither notebook has a trace of these
        yield Step(None, listing.exercise(exercise_id))


def _place(notebook: NotebookNode, exercise: Exercise, given: set[str]) -> int | None:
    """The number of the cell that answers the exercise, or None. Of copies, the last; one that was written in before a stub."""
    code = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    marked = [i for i, cell in code if _marked(cell, exercise.id)]
    written = [i for i in marked if notebook.cells[i].source not in given]
    name, check = re.escape(exercise.name), rf"check\(\s*[\"']{re.escape(exercise.id)}[\"']"
    defines = re.compile(rf"^(?:def|class) {name}\b|^{name}\s*=(?!\s*check\()", re.MULTILINE)
    elsewhere = [i for i, cell in code if defines.search(cell.source) and cell.source not in given]
    checked = [i for i in elsewhere if re.search(check, notebook.cells[i].source)]
    return next((found[-1] for found in (written, checked, elsewhere, marked) if found), None)


def _marked(cell: NotebookNode, exercise_id: str) -> bool:
    """Does a cell's metadata or id say that it is the exercise's?"""
    grade_id = f"exercise-{exercise_id.replace('.', '-')}"
    return grade_id in (cell.metadata.get("nbgrader", {}).get("grade_id"), cell.get("id"))


def definitions(cell: NotebookNode) -> str:
    """Imports, functions, classes and plain constants of a cell: what an answer may need, and nothing that runs for long."""
    try:
        tree = ast.parse(cell.source if cell.cell_type == "code" else "")
    except (SyntaxError, ValueError, RecursionError):
        return ""
    return "\n".join(ast.unparse(node) for node in tree.body if _defines(node))


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
        parts = [part for part in ast.walk(node.value) if isinstance(part, ast.expr)]
        return all(isinstance(part, INERT) for part in parts)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
