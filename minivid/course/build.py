"""From a chapter's one source, `solutions/NN_name.py`, to its two notebooks.

`solutions/NN_name.ipynb` is the instructor's (with solutions), `notebooks/NN_name.ipynb` the student's. Neither has outputs, and
the same source gives the same bytes. An author writes py:percent with four kinds of cell marker:

    # %% [markdown]          prose
    # %% setup               imports and settings: the grader runs this cell whole
    # %% exercise="3.2"      the student's cell: ### BEGIN SOLUTION … ### END SOLUTION, and `name = check("3.2", name)`
                           (of the student's own model: `check("3.12", hand_in("3.12", run, training))`, without a solution)
    # %% award="3.2"         the locked cell that prints the points: `award("3.2")`

and plain `# %%`. nbgrader's metadata, points, cell ids and the cell that fetches the course elsewhere (`minivid.course.first_cell`) are
added here, and a heading that says no more than "Exercise 3.2" gets the exercise's title, stars, minutes and points.
"""

import hashlib
import re
import tomllib
from collections import Counter
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from minivid.course import listing
from minivid.course.exercise import Exercise
from minivid.course.first_cell import first_cell
from minivid.course.lint import SourceError, leaks, problems_in_cells, problems_in_source
from minivid.tools.files import write_atomically

HEADING = re.compile(r"^(#+ )Exercise (\d+\.\d+)[ \t]*$", re.MULTILINE)
SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n.*?### END SOLUTION[^\n]*", re.DOTALL | re.MULTILINE)
HIDDEN_TESTS = re.compile(r"^[ \t]*### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS[^\n]*\n?", re.DOTALL | re.MULTILINE)
STUB = r"""\1# Your turn: write this and run the cell. Until it is right, the chapter runs on the library's version.
\1raise NotImplementedError("Exercise {exercise} is not written yet.")"""
OWN_AWARD = "from minivid.course.check import award"
"""So that the locked cell asks the course's, and not what a cell above it has called `award`."""
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def build(root: Path) -> list[Path]:
    """Write both notebooks of every chapter under `root`; returns all their paths, in order.

    A notebook that would not change is not touched. Raises SourceError, with all problems as sentences, before anything is written.
    """
    built, amiss = _build_all(root)
    if amiss:
        raise SourceError("\n".join(amiss))
    for path, text in built.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)
    return list(built)


def problems(root: Path) -> list[str]:
    """What is amiss, as sentences: in the sources, in the notebooks built from them, and between the two. Nothing is written."""
    built, amiss = _build_all(root)
    for path, text in built.items():
        name = path.relative_to(root).as_posix()
        if not path.exists():
            amiss.append(f"{name} is missing: run `minivid build`.")
        elif path.read_bytes() != text.encode():
            amiss.append(
                f"{name} is not what its source builds: edit solutions/{path.stem}.py, then run `minivid build`."
            )
    sources = {source.stem for source in _sources(root)}
    for folder in ("notebooks", "solutions"):
        for path in sorted((root / folder).glob("*.ipynb")):
            if path.stem not in sources:
                amiss.append(f"{folder}/{path.name} has no source solutions/{path.stem}.py: write one or delete it.")
    return amiss


def instructor(source: str, chapter: str, first: dict | None = None) -> NotebookNode:
    """The notebook with solutions, from the text of a chapter's source. `first` stands before its first code cell."""
    notebook = jupytext.reads(source, fmt="py:percent")
    cells = [_cell(cell) for cell in notebook.cells]
    for cell, name in zip(cells, _ids(cells), strict=True):
        cell["id"] = name
    code = [number for number, cell in enumerate(cells) if cell["cell_type"] == "code"]
    if code:
        cells.insert(code[0], first or first_cell())
    metadata = METADATA | {"minivid": {"chapter": chapter}}
    return nbformat.from_dict({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def student(notebook: NotebookNode) -> NotebookNode:
    """The instructor's notebook with stubs for solutions and without hidden tests."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        exercise = exercise_of(cell)
        if exercise:
            cell.source = SOLUTION.sub(STUB.replace("{exercise}", exercise), cell.source)
        cell.source = HIDDEN_TESTS.sub("", cell.source).rstrip("\n")
    return copy


def exercise_of(cell: NotebookNode) -> str | None:
    """The exercise whose solution a built cell holds: "3.2", or None."""
    return cell.metadata.get("minivid", {}).get("exercise")


def text_of(notebook: NotebookNode) -> str:
    """A notebook as it is written to disk: keys sorted, one final newline."""
    return (
        nbformat.writes(notebook, version=nbformat.NO_CONVERT, sort_keys=True, ensure_ascii=False, indent=1).rstrip(
            "\n"
        )
        + "\n"
    )


def _build_all(root: Path) -> tuple[dict[Path, str], list[str]]:
    """Every notebook's path and text, and what is amiss in the sources. A source with problems gives no notebooks."""
    built: dict[Path, str] = {}
    amiss: list[str] = []
    first = first_cell(_project(root))
    for path in _sources(root):
        source = path.read_text(encoding="utf-8")
        found = problems_in_source(source)
        if not found:
            parsed = jupytext.reads(source, fmt="py:percent")
            found = problems_in_cells(parsed.cells)
        if not found:
            solved = instructor(source, path.stem[:2], first)
            stubbed = student(solved)
            found = leaks(solved.cells, stubbed.cells)
            built[root / "notebooks" / f"{path.stem}.ipynb"] = text_of(stubbed)
            built[root / "solutions" / f"{path.stem}.ipynb"] = text_of(solved)
        amiss += [f"solutions/{path.name}: {sentence}" for sentence in found]
    return built, amiss


def _sources(root: Path) -> list[Path]:
    return sorted((root / "solutions").glob("[0-9][0-9]_*.py"))


def _project(root: Path) -> dict:
    """The course's `[project]` in pyproject.toml; nothing where there is no such file."""
    file = root / "pyproject.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")).get("project", {}) if file.is_file() else {}


def _cell(cell: NotebookNode) -> dict:
    """One cell of the instructor's notebook: type, source, metadata, no output."""
    marks = cell.metadata
    metadata = {"tags": sorted(marks["tags"])} if marks.get("tags") else {}
    if marks.get("title") == "setup":
        metadata["tags"] = sorted({*metadata.get("tags", ()), "setup"})
    if "exercise" in marks:
        metadata["minivid"] = {"exercise": marks["exercise"]}
        if isinstance(listing.exercise(marks["exercise"]), Exercise):  # else nothing is to be written in it
            metadata["nbgrader"] = _nbgrader("exercise", marks["exercise"])
    if "award" in marks:
        points = listing.exercise(marks["award"]).points
        metadata["nbgrader"] = _nbgrader("award", marks["award"]) | {
            "grade": True,
            "locked": True,
            "points": points,
            "solution": False,
        }
    source = (
        HEADING.sub(lambda match: match[1] + listing.exercise(match[2]).heading, cell.source)
        if cell.cell_type == "markdown"
        else cell.source
    )
    if "award" in marks:
        source = f"{OWN_AWARD}\n\n{source}"
    made = {"cell_type": cell.cell_type, "metadata": metadata, "source": source}
    return made | ({"execution_count": None, "outputs": []} if cell.cell_type == "code" else {})


def _nbgrader(kind: str, exercise: str) -> dict:
    """nbgrader's metadata, schema 3, of a cell that the student writes."""
    grade_id = f"{kind}-{exercise.replace('.', '-')}"
    return {"grade": False, "grade_id": grade_id, "locked": False, "schema_version": 3, "solution": True, "task": False}


def _ids(cells: list[dict]) -> list[str]:
    """A cell's id is its grade id, or made of its text; so it stays when cells are added around it."""
    ids, seen = [], Counter()
    for cell in cells:
        made_of_text = f"{cell['cell_type']}-{hashlib.sha256(cell['source'].encode()).hexdigest()[:12]}"
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", made_of_text)
        seen[name] += 1
        ids.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return ids
