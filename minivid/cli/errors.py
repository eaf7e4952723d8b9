"""How a command says that it was asked for what it cannot do: one sentence, without a trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minivid.tools import checkout


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
