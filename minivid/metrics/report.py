"""One report over a set of clips: every metric with its interval, what real clips get, and its protocol (chapter 8).

`minivid.metrics.scoring.evaluate` makes it; here is what it says and how it is written, for a terminal and for JSON.
Checked by tests/metrics/test_report.py.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from jaxtyping import Float
from torch import Tensor

from minivid.metrics.measure import Metric
from minivid.metrics.score import Score

ARROWS = {"lower": "↓", "higher": "↑", "real": "="}
"""Which way is better; = is as real clips have it."""


@dataclass(frozen=True)
class Row:
    """A metric in a report."""

    key: str
    metric: Metric
    score: Score | None
    """None where no clip could be measured."""
    measured: float
    """The share of the clips that the value is a mean of; the others failed, stood still, or held no such thing."""

    def as_dict(self) -> dict:
        """For JSON: numbers, words and None."""
        common = {
            "name": self.metric.name,
            "unit": self.metric.unit,
            "better": self.metric.better,
            "measured": self.measured,
        }
        if self.score is None:
            return {**common, "value": None, "interval": None, "floor": None, "protocol": None}
        s = self.score
        floor = None if s.floor is None or not math.isfinite(s.floor) else s.floor
        return {**common, "value": s.value, "interval": [s.low, s.high], "floor": floor, "protocol": asdict(s.protocol)}


@dataclass(frozen=True)
class Report:
    """What `evaluate` found."""

    name: str
    against: str | None
    n: int
    seed: int
    rows: list[Row]
    moves: bool
    verdict: str
    """The first thing to be read: do these clips move at all, and beside what."""
    notes: list[str]
    trouble: Float[Tensor, "n"] = field(repr=False)
    """By which clips are ranked: the share of real clips that do better. 1 is the worst."""

    def __getitem__(self, key: str) -> Score:
        """The score of that key. Raises KeyError, naming those there are."""
        for row in self.rows:
            if row.key == key and row.score is not None:
                return row.score
        raise KeyError(f"there is no score {key!r}; there are {', '.join(row.key for row in self.rows if row.score)}")

    def as_dict(self) -> dict:
        """For JSON: metric → value, interval, floor, protocol."""
        return {
            "name": self.name,
            "against": self.against,
            "n": self.n,
            "seed": self.seed,
            "moves": self.moves,
            "verdict": self.verdict,
            "metrics": {row.key: row.as_dict() for row in self.rows},
            "notes": self.notes,
        }

    def protocols(self) -> dict[str, str]:
        """Every protocol in the report, with the letter that stands for it in the table."""
        said = dict.fromkeys(str(row.score.protocol) for row in self.rows if row.score)
        return {protocol: chr(ord("a") + i) for i, protocol in enumerate(said)}

    def table(self) -> str:
        """The report for a terminal."""
        letters = self.protocols()
        lines = [f"{self.name}{f', beside {self.against}' if self.against else ''}", self.verdict, ""]
        head = ("", "value", "95 % interval", "real", "of clips", "")
        cells, group = [head], None
        for row in self.rows:
            if row.metric.group != group:
                group = row.metric.group
                cells.append((group.upper(), "", "", "", "", ""))
            cells.append(tuple(row_cells(row, letters)))
        lines += [*aligned(cells), "", *(f"{letter}: {protocol}" for protocol, letter in letters.items()), *self.notes]
        return "\n".join(lines)


def side_by_side(reports: Sequence[Report]) -> str:
    """A column for each report: values, and below them what was said of each."""
    rows = {row.key: row.metric for report in reports for row in report.rows}
    cells = [("", *(report.name for report in reports)), ("moves", *("yes" if r.moves else "NO" for r in reports))]
    for key, metric in rows.items():
        scores = [next((row.score for row in report.rows if row.key == key), None) for report in reports]
        values = [f"{number(s.value)} [{number(s.low)}, {number(s.high)}]" if s else "–" for s in scores]
        cells.append((title(metric), *values))
    protocols = dict.fromkeys(text for report in reports for text in report.protocols())
    said = [f"{report.name}: {report.verdict}" for report in reports]
    return "\n".join([*aligned(cells), "", *said, "", *protocols])


def title(metric: Metric) -> str:
    """A metric's name with its unit, and which way is better."""
    return f"{metric.name}{f' ({metric.unit})' if metric.unit else ''} {ARROWS[metric.better]}"


def aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    """A line for each row: the first cell to the left of its column, the others to the right of theirs."""
    wide = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        f"{first:{wide[0]}}  {'  '.join(f'{c:>{w}}' for c, w in zip(rest, wide[1:], strict=True))}".rstrip()
        for first, *rest in cells
    ]


def row_cells(row: Row, letters: dict[str, str]) -> Iterator[str]:
    """The six cells of a row."""
    yield f"  {title(row.metric)}"
    if row.score is None:
        yield from ("–", "", "", f"{row.measured:.0%}", "")
        return
    s = row.score
    yield number(s.value)
    yield f"{number(s.low)} … {number(s.high)}"
    yield "" if s.floor is None else number(s.floor)
    yield f"{row.measured:.0%}"
    yield letters[str(s.protocol)]


def number(value: float | int) -> str:
    """Three significant digits, without exponents where they can be avoided."""
    if not math.isfinite(value):
        return "–"
    if value == 0 or 1e-4 <= abs(value) < 1e5:
        return f"{value:.3f}" if 0.1 <= abs(value) < 10 else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return f"{value:.1e}"
