"""A file that a student handed in, as a notebook: whatever tools, editors and accidents have made of it.

What is missing or of another kind is filled in where nothing is lost by it; what cannot be read is refused in a sentence.
"""

import json
import re
from pathlib import Path
from typing import Any

from minivid.course import listing

LARGEST = 64 * 2**20
"""Bytes; a chapter with all its pictures has a tenth of it."""


class SubmissionError(ValueError):
    """A file that cannot be graded at all. The message is a sentence."""


class Node(dict):
    """A part of a notebook whose entries are attributes too, as nbformat's are; that package takes seconds to be imported."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def read(path: Path) -> Node:
    """The submitted notebook in format 4, each cell with its type, source and metadata. Raises SubmissionError when it is none."""
    try:
        if not path.exists():
            raise SubmissionError(f"There is no file {path.name}.")
        if not path.is_file():  # a folder, a pipe that never ends
            raise SubmissionError(f"{path.name} is no file: expected a notebook.")
        if path.stat().st_size > LARGEST:
            raise SubmissionError(
                f"{path.name} is larger than {LARGEST // 2**20} MiB: clear its outputs, and hand it in again."
            )
        text = path.read_text(encoding="utf-8-sig")  # with the mark that Windows puts in front, or without
        content = json.loads(text)
        if isinstance(content, dict) and "cells" not in content and "worksheets" in content:
            import nbformat

            content = nbformat.convert(nbformat.from_dict(content), 4)
        return whole(content)
    except SubmissionError:
        raise
    except Exception as error:  # nbformat raises whatever a damaged notebook makes it stumble over
        raise SubmissionError(
            f"{path.name} is not a notebook that can be read ({type(error).__name__}: {str(error)[:200]}). "
            "Open it in Jupyter, save it, and hand it in again."
        ) from None


def whole(content: Any) -> Node:
    """The notebook with every part of the kind that it should be. Raises ValueError where there is no telling what was meant."""
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise ValueError("it holds no list of cells")
    metadata = _named(content.get("metadata"))
    metadata["minivid"] = _named(metadata.get("minivid"))
    return Node(cells=[_cell(i, cell) for i, cell in enumerate(content["cells"], 1)], metadata=metadata)


def _cell(number: int, cell: Any) -> Node:
    cell = _named(cell)
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or not isinstance(cell.get("cell_type"), str):
        raise ValueError(f"cell {number} has no text or no type")
    metadata = _named(cell.get("metadata"))
    metadata["nbgrader"] = _named(metadata.get("nbgrader"))
    metadata["tags"] = [tag for tag in metadata.get("tags") or [] if isinstance(tag, str)]
    return Node(cell_type=cell["cell_type"], source=source, metadata=metadata, id=str(cell.get("id", "")))


def _named(value: Any) -> Node:
    return Node(value) if isinstance(value, dict) else Node()


def chapter_of(path: Path, notebook: Node | None) -> str:
    """Two digits: from the notebook's metadata, its first check, or its file's name. Raises SubmissionError when nothing tells."""
    told = notebook.metadata.minivid.get("chapter") if notebook else None
    text = "\n".join(cell.source for cell in notebook.cells) if notebook else ""
    checked = re.search(r"\bcheck\(\s*[\"'](\d{1,2})\.\d+[\"']", text)
    names = re.findall(r"(?<!\d)(\d\d)_", path.name)  # a name may hold a year or a student's number too
    for chapter in (told, checked and checked[1].zfill(2), *names):
        if isinstance(chapter, str) and listing.exercises(chapter):
            return chapter
    raise SubmissionError(f"{path.name} does not tell its chapter: keep its name as it was handed out, NN_name.ipynb.")
