"""The index's tables: the map of chapters, how far one has come, and what the doctor found.

Neither states what it can look up: a chapter is here when its notebook is, and its exercises are counted. Tests in
tests/chapters/ch00/test_index.py.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from minivid.course import listing
from minivid.course.cards import OF_THIS_MACHINE, with_code
from minivid.course.chapter import Chapter
from minivid.course.progress import MINE, Standing, next_exercise, standings
from minivid.doctor import Finding, examine, table
from minivid.tools.checkout import course_root

GOOD, AMISS, SOFT = "#2e9e5b", "#d9822b", "opacity:.65"
INDEX = "00"  # this chapter, which has no place on its own map


def chapters_on_the_map() -> dict[str, Chapter]:
    """All chapters but this one, by their number ("03")."""
    return {number: chapter for number, chapter in listing.chapters().items() if number != INDEX}


@dataclass(frozen=True)
class ChapterMap:
    """All chapters. `here` has the file name of each whose notebook is there; `linked` says that it lies beside the reader."""

    here: dict[str, str]
    linked: bool = True

    def __repr__(self) -> str:
        return "\n".join(f"{int(n):>2}  {c.title:<40} {self._state(n)}" for n, c in chapters_on_the_map().items())

    def _repr_html_(self) -> str:
        chapters = chapters_on_the_map().items()
        core = [self._row(number, chapter) for number, chapter in chapters if chapter.core]
        others = [self._row(number, chapter) for number, chapter in chapters if not chapter.core]
        return _table([_heading("The core"), *core, _heading("And on from there"), *others])

    def _state(self, number: str) -> str:
        if number not in self.here:
            return "to come"
        several = listing.exercises(number)
        points = sum(exercise.points for exercise in several)
        return f"is here · {len(several)} exercises, {points} points" if several else "is here"

    def _row(self, number: str, chapter: Chapter) -> str:
        title, state = html.escape(chapter.title), html.escape(self._state(number))
        if number not in self.here:
            return _cells(str(int(number)), title, html.escape(chapter.promise), state, style=SOFT)
        if self.linked:
            title = f'<a href="{html.escape(self.here[number])}">{title}</a>'
        state = f'<b style="color:{GOOD}">{state}</b>'
        return _cells(str(int(number)), f"<b>{title}</b>", html.escape(chapter.promise), state)


def chapter_map(folder: Path | None = None) -> ChapterMap:
    """The map, with the chapters whose notebooks lie in `folder`: by default this notebook's own, else the course's."""
    here = _chapters_in(folder or Path.cwd())
    if here or folder:
        return ChapterMap(here)
    root = course_root()
    return ChapterMap(_chapters_in(root / "notebooks") if root else {}, linked=False)


@dataclass(frozen=True)
class ProgressTable:
    """Each chapter that was begun: what is passed, its points, what is open; and the next exercise."""

    several: Sequence[Standing]

    def _begun(self) -> list[tuple[str, str, str, str]]:
        return [
            (
                str(int(one.number)),
                one.title,
                f"{len(one.passed)} of {len(one.outcomes)} passed, {one.points} of {one.most} points",
                f"open: {', '.join(task.id for task in one.open)}" if one.open else "all passed",
            )
            for one in self.several
            if one.begun
        ]

    def _next(self) -> str:
        task = next_exercise(list(self.several))
        return f"Next: {task.heading}" if task else "Everything is passed."

    def __repr__(self) -> str:
        return "\n".join([*("  ".join(row) for row in self._begun()), self._next()])

    def _repr_html_(self) -> str:
        rows = [_cells(n, f"<b>{html.escape(title)}</b>", left, done) for n, title, done, left in self._begun()]
        return _table([*rows, _heading(self._next())], OF_THIS_MACHINE)


def progress_table() -> ProgressTable:
    """How far the owner of the course's mine/ has come, as `minivid progress` says it."""
    root = course_root()
    return ProgressTable(standings((root or Path.cwd()) / MINE))


@dataclass(frozen=True)
class DoctorTable:
    """The doctor's findings as a table, each thing amiss with what to do about it."""

    findings: Sequence[Finding]

    def __repr__(self) -> str:
        return table(list(self.findings))

    def _repr_html_(self) -> str:
        amiss = sum(not finding.ok for finding in self.findings)
        verdict = f"{amiss} of {len(self.findings)} need a hand" if amiss else "All is well"
        rows = [_heading(verdict, AMISS if amiss else GOOD), *map(_finding, self.findings)]
        return _table(rows, OF_THIS_MACHINE)


def doctor_table() -> DoctorTable:
    """Examine this installation, as `minivid doctor` does. Never raises."""
    return DoctorTable(examine())


def _finding(finding: Finding) -> str:
    mark = f'<span style="color:{GOOD}">✔</span>' if finding.ok else f'<b style="color:{AMISS}">✘</b>'
    style = SOFT if finding.ok else f"border-left:3px solid {AMISS};padding-left:.6em"
    advice = f'<div style="margin-top:.2em;{style}">{with_code(finding.advice)}</div>' if finding.advice else ""
    return _cells(mark, f"<b>{html.escape(finding.name)}</b>", with_code(finding.value) + advice)


def _chapters_in(folder: Path) -> dict[str, str]:
    found = {number: sorted(folder.glob(f"{number}_*.ipynb")) for number in chapters_on_the_map()}
    return {number: paths[0].name for number, paths in found.items() if paths}


def _table(rows: Sequence[str], name: str = "") -> str:
    """Rows as a table, of the class `name` if there is one."""
    known = f'class="{name}" ' if name else ""
    return f'<table {known}style="border-collapse:collapse;max-width:62em;margin:.3em 0">{"".join(rows)}</table>'


def _heading(words: str, colour: str = "inherit") -> str:
    style = f"text-align:left;color:{colour};font-weight:600;padding:.7em .8em .25em 0"
    return f'<tr style="background:none"><td colspan="4" style="{style}">{html.escape(words)}</td></tr>'


def _cells(*cells: str, style: str = "") -> str:
    """A row of the table. Only its third cell, which may hold long words and paths, is ever broken."""
    look = f"text-align:left;vertical-align:top;padding:.25em .8em .25em 0;{style}"
    wraps = ["overflow-wrap:anywhere;white-space:normal" if i == 2 else "white-space:nowrap" for i in range(len(cells))]
    row = [f'<td style="{look};{wrap}">{cell}</td>' for cell, wrap in zip(cells, wraps, strict=True)]
    return f"<tr>{''.join(row)}</tr>"
