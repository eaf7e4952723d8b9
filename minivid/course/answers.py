"""Answers that an exercise's author holds against its probes: a second right one, and wrong ones by name.

They stand in `tests/chapters/chNN/ex_N_M.py`. SECOND is right and written differently; `RIGHT = {name: answer}` may hold more of
that kind, so that what was once wrongly refused is kept. WRONG has, for each probe in its order,
the mistakes that it must be the first to catch: `{probe: {name: mistake}}`. A mistake is an edit of the chapter's own solution,
as a right answer may be, `(old, new)` with an `old` that stands exactly once in the solution's cell, or a list of edits, one after the other; a function
or class only where no edit will do. Checked by tests/chapters/test_kills.py.
"""

import contextlib
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from minivid.course import build
from minivid.course.exercise import Exercise
from minivid.course.fitting import steps
from minivid.course.submission import whole
from minivid.tools.checkout import course_root

Edit = tuple[str, str]
Mistake = Edit | list[Edit] | Callable


class EditError(ValueError):
    """An edit that does not fit the solution. The message says which, and what to do."""


@dataclass(frozen=True)
class Attempt:
    """An answer to an exercise: the object that is judged, and a notebook's cell that defines it."""

    name: str
    obj: Any
    cell: str


@dataclass(frozen=True)
class Answers:
    """An exercise's second right answer, more right ones, and its wrong ones by the probe that must catch them."""

    second: Attempt
    right: list[Attempt]
    wrong: dict[str, list[Attempt]]

    def named(self, name: str) -> Attempt:
        """The wrong answer of that name. Raises StopIteration when there is none."""
        return next(attempt for group in self.wrong.values() for attempt in group if attempt.name == name)


@dataclass(frozen=True)
class Solution:
    """The chapter's own answer: its cell's source, and the names that the cells before it give."""

    cell: str
    names: dict[str, Any]

    def edited(self, edits: Sequence[Edit]) -> str:
        """The cell's source with edits made one after the other. Raises EditError unless each `old` stands there once."""
        cell = self.cell
        for old, new in edits:
            if cell.count(old) != 1:
                raise EditError(
                    f"`{old}` stands {cell.count(old)} times in the solution's cell; an edit replaces what stands there once."
                )
            cell = cell.replace(old, new)
        return cell

    def run(self, cell: str, name: str) -> Any:
        """What a cell in the solution's place defines under that name."""
        return _run(cell, f"answer_{name}", self.names)[name]


def answers_to(exercise: Exercise) -> Answers:
    """All answers to an exercise. Raises EditError when a mistake does not fit the chapter's solution (any more)."""
    stem = f"ex_{exercise.id.replace('.', '_')}"
    file = course_root() / "tests" / "chapters" / f"ch{exercise.chapter}" / f"{stem}.py"
    return answers_in(file, exercise, _solution(exercise))


def solution_of(exercise: Exercise) -> Any:
    """The object that the chapter's own solution defines."""
    solution = _solution(exercise)
    return solution.run(solution.cell, exercise.name)


def _solution(exercise: Exercise) -> Solution:
    (source,) = (course_root() / "solutions").glob(f"{exercise.chapter}_*.py")
    return solutions(source)[exercise.id]


def answers_in(file: Path, exercise: Exercise, solution: Solution) -> Answers:
    """The answers that a file holds. Raises EditError as `answers_to` does."""
    text = file.read_text(encoding="utf-8")
    written = _run(text, file.stem)

    def attempt(name: str, mistake: Mistake) -> Attempt:
        if callable(mistake):
            cell = f"{text}\n{exercise.name} = {mistake.__name__}\n{exercise.name} = check({exercise.id!r}, {exercise.name})"
            return Attempt(name, mistake, cell)
        try:
            cell = solution.edited([mistake] if isinstance(mistake, tuple) else mistake)
        except EditError as error:
            raise EditError(f"{file.name}, {name!r}: {error}") from None
        return Attempt(name, solution.run(cell, exercise.name), cell)

    wrong = {
        probe: [attempt(name, mistake) for name, mistake in mistakes.items()]
        for probe, mistakes in written["WRONG"].items()
    }
    right = [attempt(name, answer) for name, answer in written.get("RIGHT", {}).items()]
    return Answers(attempt("SECOND", written["SECOND"]), right, wrong)


def solutions(source: Path) -> dict[str, Solution]:
    """Every exercise's solution in a chapter's source. Its set-up and its definitions are run, as for a grader."""
    return _solutions(source, source.stat().st_mtime_ns)


@cache
def _solutions(source: Path, changed: int) -> dict[str, Solution]:
    number = source.name[:2]
    notebook = build.instructor(source.read_text(encoding="utf-8"), number)
    names, found = {}, {}
    for step in steps(whole(notebook), number):
        if step.source and step.exercise:
            found[step.exercise.id] = Solution(step.source, dict(names))
            exec(step.source, names)
        elif step.source:
            # a definition may stand on what was computed in a cell that is not run; then it is not there
            with contextlib.suppress(NameError), contextlib.redirect_stdout(io.StringIO()):
                exec(step.source, names)
            names["check"] = lambda _, obj: obj
    return found


def _run(source: str, module_name: str, names: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """What a source defines, in a module of its own: a class and a function say where they were written."""
    module = ModuleType(module_name)
    vars(module).update(names, __name__=module_name)
    sys.modules[module_name] = module
    exec(compile(source, f"<{module_name}>", "exec"), vars(module))
    return vars(module)
