"""How far a long piece of work has come: a bar where one can be redrawn, lines where it cannot, nothing where nobody asks.

A terminal and a notebook get tqdm's bar. A log file gets a line for each tenth of the work or each minute, whichever comes first, and
never two within ten seconds. All of it goes to standard error. Checked by tests/tools/test_progress.py.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm.auto import tqdm

Item = TypeVar("Item")

APART, MINUTE = 10.0, 60.0  # seconds: the least and the usual time from one line to the next


class Progress:
    """`with Progress(total, "step") as bar: ... bar.update(loss="0.31")`. `done` is what an earlier session has done already."""

    def __init__(self, total: int, unit: str = "step", done: int = 0, quiet: bool = False):
        self.total, self.unit, self.done, self.first = total, unit, done, done
        self.bar = tqdm(total=total, initial=done, unit=unit) if not quiet and can_redraw() else None
        self.lines = not quiet and self.bar is None
        self.start = self.told_at = time.monotonic()
        self.told, self.note = done, ""

    def __enter__(self) -> "Progress":
        return self

    def update(self, n: int = 1, **note: str) -> None:
        """n more units are done; `note` is what is worth knowing just now."""
        self.done += n
        self.note = "".join(f", {name} {value}" for name, value in note.items())
        if self.bar is not None:
            self.bar.set_postfix(note, refresh=False)
            self.bar.update(n)
        elif self.lines and self._is_due():
            self._tell()

    def each(self, items: Iterable[Item]) -> Iterator[Item]:
        """The same items; each that was dealt with is one unit done."""
        for item in items:
            yield item
            self.update()

    def __exit__(self, *_) -> None:
        if self.bar is not None:
            self.bar.close()
        elif self.lines and self.done > self.told:
            self._tell()

    def _is_due(self) -> bool:
        silent = time.monotonic() - self.told_at
        return silent >= MINUTE or (silent >= APART and self.done - self.told >= self.total / 10)

    def _tell(self) -> None:
        self.told, self.told_at = self.done, time.monotonic()
        gone = self.told_at - self.start
        left = gone * (self.total - self.done) / (self.done - self.first)
        rest = f", about {duration(left)} left" if self.done < self.total else ""
        print(
            f"{self.done} of {self.total} {self.unit}s{self.note}, after {duration(gone)}{rest}",
            file=sys.stderr,
            flush=True,
        )


def progress(items: Iterable[Item], total: int, unit: str = "step", quiet: bool = False) -> Iterator[Item]:
    """The same items, told as they go by."""
    with Progress(total, unit, quiet=quiet) as bar:
        yield from bar.each(items)


def can_redraw() -> bool:
    """Whether standard error is a terminal or a notebook's."""
    return sys.stderr.isatty() or type(sys.stderr).__module__.startswith("ipykernel")


def duration(seconds: float | int) -> str:
    """Seconds in words: 45 s, 12 min, 3 h 20 min."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
