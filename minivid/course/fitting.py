"""A student's cells fitted into the chapter: which of them answers which exercise, and what else the answers may need.

Students move, copy, delete and edit cells, and tools strip metadata. The chapter's own notebook is the structure.
"""

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

from minivid.course import listing
from minivid.course.exercise import Exercise
from minivid.course.first_cell import is_first_cell
from minivid.course.submission import Node

INERT = (ast.Constant, ast.Name, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.Tuple, ast.List, ast.Dict, ast.Set)
SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
WRAPPED = re.compile(r"\A\s*%%(time|timeit|capture|prun)\b.*\n")
"""Magics that run the rest of their cell as if they were not there."""


@dataclass(frozen=True)
class Step:
    """Something to run before an answer (`exercise` is None), or an answer to an exercise; None where its cell is missing.

    own: a whole cell that the student has added. again: the answer's name is defined once more further down.
    """

    source: str | None
    exercise: Exercise | None = None
    own: bool = False
    again: bool = False


def steps(notebook: Node, chapter: str, handed_out: Node | None = None) -> Iterator[Step]:
    """The chapter in its own order, with the student's answers in their places.

    Of the chapter's other cells, `setup` runs whole, and of the rest what defines names without computing: imports, functions,
    classes, constants. Cells of the student's own run whole, from where they stand.
    """
    structure = handed_out or notebook
    given = {_bare(cell.source) for cell in handed_out.cells} if handed_out else set()
    places = {e.id: _place(notebook, e, given) for e in listing.written(chapter)}
    own = [i for i, cell in enumerate(notebook.cells) if _bare(cell.source) not in given and i not in places.values()]
    code = [i for i in own if notebook.cells[i].cell_type == "code"]
    written = [i for i in code if not is_first_cell(_bare(notebook.cells[i].source))]
    for number, cell in enumerate(structure.cells):
        answered = [e for e in places if (_marked(cell, e) if handed_out else places[e] == number)]
        for exercise_id in answered:
            at, exercise = places.pop(exercise_id), listing.exercise(exercise_id)
            if handed_out and at is not None:
                yield from (Step(notebook.cells[i].source, own=True) for i in written if i < at)
                written = [i for i in written if i >= at]
            again = at is not None and any(_defines_again(notebook.cells[i], exercise) for i in written if i > at)
            yield Step(None if at is None else notebook.cells[at].source, exercise, again=again)
        if not answered and cell.cell_type == "code":
            yield Step(_run_of(cell))
    for exercise_id in places:  # neither notebook has a trace of these
        yield Step(None, listing.exercise(exercise_id))


def computed(handed_out: Node) -> set[str]:
    """The names that only those cells of a chapter make that grading does not run."""
    made, there = set(), set()
    for cell in handed_out.cells:
        if cell.cell_type == "code":
            made |= _named(cell.source)
            there |= _named(_run_of(cell))
    return made - there


def _run_of(cell: Node) -> str:
    """What of a chapter's own cell is run for grading."""
    if is_first_cell(cell.source):
        return ""
    return cell.source if "setup" in cell.metadata.get("tags", []) else definitions(cell.source)


def _named(source: str) -> set[str]:
    """The names that a cell's own lines give something (not those inside its functions)."""
    lines = _parsed(source)
    inner = [node for line in lines if not isinstance(line, SCOPES) for node in ast.walk(line)]
    names = {node.id for node in inner if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {line.name for line in lines if isinstance(line, SCOPES)}


def _bare(source: str) -> str:
    """A cell's source without what editors change: line ends, and blanks at the ends of lines and of the cell."""
    return "\n".join(line.rstrip() for line in source.splitlines()).strip()


def _place(notebook: Node, exercise: Exercise, given: set[str]) -> int | None:
    """The number of the cell that answers the exercise, or None. Of copies, the last; one that was written in before a stub."""
    code = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    marked = [i for i, cell in code if _marked(cell, exercise.id)]
    written = [i for i in marked if _bare(notebook.cells[i].source) not in given]
    check = rf"check\(\s*[\"']{re.escape(exercise.id)}[\"']"
    elsewhere = [i for i, cell in code if _defining(exercise).search(cell.source) and _bare(cell.source) not in given]
    checked = [i for i in elsewhere if re.search(check, notebook.cells[i].source)]
    return next((found[-1] for found in (written, checked, elsewhere, marked) if found), None)


def _defining(exercise: Exercise) -> re.Pattern:
    name = re.escape(exercise.name)
    return re.compile(rf"^(?:def|class) {name}\b|^{name}\s*=(?!\s*check\()", re.MULTILINE)


def _defines_again(cell: Node, exercise: Exercise) -> bool:
    return bool(_defining(exercise).search(cell.source))


def _marked(cell: Node, exercise_id: str) -> bool:
    """Does a cell's metadata or id say that it is the exercise's?"""
    grade_id = f"exercise-{exercise_id.replace('.', '-')}"
    return grade_id in (cell.metadata.get("nbgrader", {}).get("grade_id"), cell.get("id"))


def definitions(source: str) -> str:
    """Imports, functions, classes and plain constants of a cell: what an answer may need, and nothing that runs for long."""
    try:
        return "\n".join(ast.unparse(node) for node in _parsed(source) if _defines(node))
    except RecursionError:  # an expression nested deeper than anybody writes
        return ""


@functools.lru_cache(2048)  # a class has the chapter's own cells in common
def _parsed(source: str) -> list[ast.stmt]:
    """A cell's lines as Python, magics as the calls that they stand for; nothing where it is none."""
    try:
        return ast.parse(TransformerManager().transform_cell(WRAPPED.sub("", source))).body
    except (SyntaxError, ValueError, RecursionError):
        return []


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
        parts = [part for part in ast.walk(node.value) if isinstance(part, ast.expr)]
        return all(isinstance(part, INERT) for part in parts)
    return isinstance(node, ast.Import | ast.ImportFrom | SCOPES)
