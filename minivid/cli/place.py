"""Where the course lies on this disk, and how a command says that it was asked for what it cannot do."""

from pathlib import Path

import minivid


class BadInput(Exception):
    """A command was asked for what it cannot do: the message is the sentence that is shown, without a trace."""


def course_root() -> Path:
    """The checkout of the course: the one this package runs from, else the one around here.

    Raises BadInput where there is none.
    """
    here = Path.cwd()
    for folder in (Path(minivid.__file__).resolve().parents[1], here, *here.parents):
        if (folder / "bootstrap.py").is_file() and (folder / "constraints.txt").is_file():
            return folder
    raise BadInput(f"the course is not in {here}: clone it and `pip install -c constraints.txt -e .` in the clone.")
