"""How a command says no: in a sentence, on standard error, with exit code 2 (`minivid.cli.main`).

Checked by tests/cli/test_refusal.py.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from minivid.tools import checkout

FRAME, COLOUR = re.compile("[╭╮╰╯│]"), re.compile(r"\x1b\[[0-9;]*m")
RULE = re.compile(r" {0,2}[-─]{8,}")
ABOUT = " " * 10
"""So deep stands what an option is about."""


class BadInput(Exception):
    """A command was asked for what it cannot do: the message is the sentence that is shown, without a trace."""


@contextmanager
def sentences() -> Iterator[None]:
    """What the library refuses in a sentence, and what the disk refuses, becomes BadInput."""
    try:
        yield
    except OSError as error:
        # one of ours is a sentence, the system's has a number and perhaps a file
        said = (
            f"{error.filename or 'a file'} cannot be read or written ({error.strerror})." if error.strerror else error
        )
        raise BadInput(str(said)) from error
    except ValueError as error:
        raise BadInput(str(error)) from error


def at_least(least: int, **counts: int | None) -> None:
    """Raise BadInput for the first count that is given and too small: `at_least(1, n=n, steps=steps)`."""
    for name, value in counts.items():
        if value is not None and value < least:
            raise BadInput(f"--{name} is {value}; expected a whole number of at least {least}.")


def without_box(said: str) -> str:
    """tyro's refusal on two lines: what is at fault, and where the help is. Box, colour and what options are about are left out."""
    lines = [FRAME.sub(" ", COLOUR.sub("", line)).rstrip() for line in said.strip("\n").splitlines()]
    parts = [list(part) for ruled, part in groupby(lines[1:], key=RULE.fullmatch) if not ruled]  # the first is a title
    *faults, see = [paragraph(part) for part in parts if any(part)] or lines
    return "\n".join([*filter(None, [" ".join(f"{fault.removesuffix('.')}." for fault in faults)]), see.strip()])


def paragraph(lines: list[str]) -> str:
    """The lines as far as an empty one: "Missing from minivid sample: NAME|FILE, --out PATH"."""
    first = next(list(part) for some, part in groupby(lines, key=bool) if some)
    head, *items = [line.strip() for line in first if not line.startswith(ABOUT)]
    return f"{head} {', '.join(items)}".strip()


def course_root() -> Path:
    """The checkout of the course: the one this package runs from, else the one around here.

    Raises BadInput where there is none.
    """
    root = checkout.course_root()
    if root is None:
        raise BadInput(
            f"the course is not in {Path.cwd()}: clone it and `pip install -c constraints.txt -e .` in the clone."
        )
    return root
