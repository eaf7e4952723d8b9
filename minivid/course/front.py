"""The front door's two tables: the map of chapters, and what the doctor found (00_index).

Neither states what it can look up: a chapter is here when its notebook is, and its exercises are counted. Tests in
tests/course/test_front.py.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from minivid.cli.checkout import course_root
from minivid.cli.doctor import Finding, examine, table
from minivid.cli.refuse import BadInput
from minivid.course import exercises
from minivid.course.check import with_code

GOOD, AMISS, SOFT = "#2e9e5b", "#d9822b", "opacity:.65"
CORE = 8  # chapters 1 to 8; the others go on from there


@dataclass(frozen=True)
class Chapter:
    number: int
    title: str
    promise: str


CHAPTERS = (
    Chapter(1, "Why video is hard", "Flicker, drift and jumps, made on purpose and measured; motion seen in every way there is"),
    Chapter(2, "Factorized convolution and attention", "What joins frames, what it costs, and how far it sees"),
    Chapter(3, "Video diffusion from scratch", "From pure noise to digits that move as they are told"),
    Chapter(4, "The v-parameterization", "Three ways to say one thing, sampling as a rotation, and a sampler of a few steps"),
    Chapter(5, "Diffusion transformers", "Spacetime patches; any size and any length in one batch"),
    Chapter(6, "From image model to video model", "Pictures that were learnt apart are taught to move together"),
    Chapter(7, "Without any training", "An image model makes a film, if its frames may look at one another"),
    Chapter(8, "Is it any good?", "The field's measures by hand, and how each of them is fooled"),
    Chapter(9, "Latent video", "Compress, then generate: autoencoders and tokens"),
    Chapter(10, "Conditioning and control", "Pictures, trajectories and sound as the director"),
    Chapter(11, "Cascades and speed", "Small and slow becomes large and fluent, and quicker"),
    Chapter(12, "Editing", "A given film, changed as you say"),
    Chapter(13, "Open models and scale", "What you have built, in the models that people use"),
)  # fmt: skip


@dataclass(frozen=True)
class ChapterMap:
    """All chapters. `here` has the file name of each whose notebook is there; `linked` says that it lies beside the reader."""

    here: dict[int, str]
    linked: bool = True

    def __repr__(self) -> str:
        return "\n".join(f"{c.number:>2}  {c.title:<40} {self._state(c.number)}" for c in CHAPTERS)

    def _repr_html_(self) -> str:
        rows = [_heading("The core"), *map(self._row, CHAPTERS[:CORE]), _heading("And on from there")]
        return _table([*rows, *map(self._row, CHAPTERS[CORE:])])

    def _state(self, number: int) -> str:
        if number not in self.here:
            return "to come"
        several = exercises.of_chapter(f"{number:02}")
        points = sum(exercise.points for exercise in several)
        return f"is here · {len(several)} exercises, {points} points" if several else "is here"

    def _row(self, chapter: Chapter) -> str:
        title, state = html.escape(chapter.title), html.escape(self._state(chapter.number))
        if chapter.number not in self.here:
            return _cells(str(chapter.number), title, html.escape(chapter.promise), state, style=SOFT)
        if self.linked:
            title = f'<a href="{html.escape(self.here[chapter.number])}">{title}</a>'
        state = f'<b style="color:{GOOD}">{state}</b>'
        return _cells(str(chapter.number), f"<b>{title}</b>", html.escape(chapter.promise), state)


def chapter_map(folder: Path | None = None) -> ChapterMap:
    """The map, with the chapters whose notebooks lie in `folder`: by default this notebook's own, else the course's."""
    here = _chapters_in(folder or Path.cwd())
    if here or folder:
        return ChapterMap(here)
    try:
        return ChapterMap(_chapters_in(course_root() / "notebooks"), linked=False)
    except BadInput:
        return ChapterMap({}, linked=False)


@dataclass(frozen=True)
class DoctorTable:
    """The doctor's findings as a table, each thing amiss with what to do about it."""

    findings: Sequence[Finding]

    def __repr__(self) -> str:
        return table(list(self.findings))

    def _repr_html_(self) -> str:
        amiss = sum(not finding.ok for finding in self.findings)
        verdict = f"{amiss} of {len(self.findings)} need a hand" if amiss else "All is well"
        return _table([_heading(verdict, AMISS if amiss else GOOD), *map(_finding, self.findings)])


def doctor_table() -> DoctorTable:
    """Examine this installation, as `minivid doctor` does. Never raises."""
    return DoctorTable(examine())


def _finding(finding: Finding) -> str:
    mark = f'<span style="color:{GOOD}">✔</span>' if finding.ok else f'<b style="color:{AMISS}">✘</b>'
    style = SOFT if finding.ok else f"border-left:3px solid {AMISS};padding-left:.6em"
    advice = f'<div style="margin-top:.2em;{style}">{with_code(finding.advice)}</div>' if finding.advice else ""
    return _cells(mark, f"<b>{html.escape(finding.name)}</b>", with_code(finding.value) + advice)


def _chapters_in(folder: Path) -> dict[int, str]:
    found = {chapter.number: sorted(folder.glob(f"{chapter.number:02}_*.ipynb")) for chapter in CHAPTERS}
    return {number: paths[0].name for number, paths in found.items() if paths}


def _table(rows: Sequence[str]) -> str:
    return f'<table style="border-collapse:collapse;max-width:62em;margin:.3em 0">{"".join(rows)}</table>'


def _heading(words: str, colour: str = "inherit") -> str:
    style = f"text-align:left;color:{colour};font-weight:600;padding:.7em .8em .25em 0"
    return f'<tr style="background:none"><td colspan="4" style="{style}">{html.escape(words)}</td></tr>'


def _cells(*cells: str, style: str = "") -> str:
    """A row of the table. Only its third cell, which may hold long words and paths, is ever broken."""
    look = f"text-align:left;vertical-align:top;padding:.25em .8em .25em 0;{style}"
    wraps = ["overflow-wrap:anywhere;white-space:normal" if i == 2 else "white-space:nowrap" for i in range(len(cells))]
    row = [f'<td style="{look};{wrap}">{cell}</td>' for cell, wrap in zip(cells, wraps, strict=True)]
    return f"<tr>{''.join(row)}</tr>"
