"""One report over a set of clips: every metric with its interval, what real clips get, and its protocol (chapter 8).

`evaluate` makes it, from clips one by one and as a set; a `Report` says it, to a terminal and as JSON. No number stands alone, and no
still picture wins: where a metric would reward stillness, only clips that move are counted, and a set that hardly moves is called so on
the first line. Checked by tests/evaluation/test_report.py.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from jaxtyping import Float
from torch import Tensor

from minivid.data.video import from_uint8, to_uint8
from minivid.evaluation.jury import Jury
from minivid.evaluation.of_clips import METRICS, PerClip, Simulator, mean_of, per_clip, simulator, trouble
from minivid.evaluation.of_sets import copied, distances, marginals
from minivid.evaluation.score import Metric, Row, Score
from minivid.evaluation.subject import Subject
from minivid.metrics import inputs
from minivid.tools.progress import Progress

ARROWS = {"lower": "↓", "higher": "↑", "real": "="}
"""Which way is better; = is as real clips have it."""
PARTS = 11
"""How often `done` is called: four times for each set that is measured, and three times after that."""


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


def report_on(subject: Subject, beside: Subject | None, jury: Jury, seed: int = 0, quiet: bool = True) -> Report:
    """Everything that can be said of clips, beside real ones: by the simulator's law too, where their world is known.

    Raises ValueError for sets that cannot be compared.
    """
    check(subject, beside)
    sim = simulator(subject.world, seed) if subject.world is not None else None
    with Progress(PARTS, "part", quiet=quiet) as bar:
        return evaluate(subject, jury, beside, sim, seed, done=lambda part: bar.update(after=part))


def evaluate(
    subject: Subject,
    jury: Jury,
    beside: Subject | None = None,
    sim: Simulator | None = None,
    seed: int = 0,
    draws: int = 200,
    done: Callable[[str], None] = lambda part: None,
) -> Report:
    """Every metric of clips, and of real ones beside them.

    `beside` should have twice as many clips as `subject`: the second half makes the real-against-real floor. `sim`: where the clips'
    world is known. All clips are rounded to bytes first, as files are.
    Raises ValueError for sets of different shape, and for what cannot be measured.
    """
    check(subject, beside)
    subject, beside = in_bytes(subject), in_bytes(beside) if beside is not None else None
    n = len(subject.video)
    mine, theirs = per_clip(subject, jury, sim, done), None
    if beside is not None:
        first = Subject(beside.name, beside.video[:n], beside.caption[:n] if beside.caption else None)
        theirs = per_clip(first, jury, sim, done)
    worst = trouble(mine, theirs or mine)
    rows = [mean_of(key, subject, jury, mine, theirs, draws, seed) for key in METRICS if key in mine.values]
    notes = [side.made for side in (subject, beside) if side is not None and side.made] + mine.notes
    if beside is not None:
        rows += list(distances(subject, beside, jury, notes, draws, seed))
        done("distances")
        if sim is not None and mine.motion is not None and theirs.motion is not None:
            rows += list(marginals(subject, mine, theirs, draws, seed))
        done("marginals")
        if subject.learnt is not None:
            rows.append(copied(subject, beside, draws, seed))
        done("copies")
    else:
        notes.append("Nothing real was given to compare with (--against): there are no distances and no floors.")
    few = jury.features(subject.video[:1]).shape[1]
    if n <= few and beside is not None:
        notes.append(
            f"{n} clips are fewer than the {few} features and one: covariances are of low rank, and distances biased upwards."
        )
    moves, verdict = verdict_on(mine, theirs)
    against = beside.name if beside is not None else None
    return Report(subject.name, against, n, seed, rows, moves, verdict, notes, worst)


def check(subject: Subject, beside: Subject | None) -> None:
    """Raise ValueError, in a sentence, for what cannot be measured at all."""
    for clips in (subject, beside):
        if clips is None:
            continue
        inputs.video(clips.video, clips.name)
        if len(clips.video) < 2:
            raise ValueError(f"{clips.name} has one clip; a report needs at least two, for its intervals.")
        if clips.video.shape[2] < 2:
            raise ValueError(f"the clips of {clips.name} have one frame; nothing can be said of how they move.")
        if clips.video.amax() == clips.video.amin():
            raise ValueError(f"every pixel of {clips.name} has the same value; there is nothing to measure in it.")
    if beside is not None and beside.video.shape[1:] != subject.video.shape[1:]:
        shapes = ["×".join(map(str, clips.video.shape[1:])) for clips in (subject, beside)]
        raise ValueError(
            f"the clips of {subject.name} are {shapes[0]} (channels, frames, height, width) and those of {beside.name} {shapes[1]}; "
            "clips of different shape have no distance. Cut or resize one of them."
        )


def in_bytes(clips: Subject) -> Subject:
    """The same clips as a file would hold them, so that sampled, stored and simulated ones are measured alike."""
    return replace(clips, video=from_uint8(to_uint8(inputs.video(clips.video, clips.name))))


def verdict_on(mine: PerClip, theirs: PerClip | None) -> tuple[bool, str]:
    """Do the clips move: at least half as many of them, and half as fast, as real ones; without these, at least half of them."""
    share, pace = mine.moving.float().mean().item(), mine.values["dynamic_degree"].mean().item()
    of_real = (
        (theirs.moving.float().mean().item(), theirs.values["dynamic_degree"].mean().item()) if theirs else (1.0, 0.0)
    )
    moves = share >= 0.5 * of_real[0] and pace >= 0.5 * of_real[1] and share > 0
    beside = f" (real clips: {of_real[0]:.0%}, {of_real[1]:.2f})" if theirs else ""
    said = f"{share:.0%} of the clips move, at {pace:.2f} px/frame{beside}."
    return (
        moves,
        said if moves else f"THESE CLIPS HARDLY MOVE: {said} Scores that reward stillness count only those that do.",
    )


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
