"""A number with all that it needs to be read: what it means, interval, floor, protocol (chapter 8; tests/evaluation/test_score.py).

Two Fréchet distances differ when their networks differ, and when only the resizing, the divisor or N does. So a
score carries its protocol, and is compared with one of the same protocol or with none.
"""

import math
from dataclasses import asdict, dataclass, fields
from typing import Literal, NamedTuple


@dataclass(frozen=True)
class Protocol:
    """How a score was taken. Two scores may be compared when all of this is the same."""

    n: int
    """Clips in each set."""
    frames: int
    size: tuple[int, int]
    """Height and width of the clips, in pixels."""
    resize: str = "none"
    """What was done to the clips before the network saw them, such as "bilinear 224 antialiased"."""
    divisor: str = "none"
    """Of the covariance, "N-1" or "N", where there is one."""
    network: str = "none"
    """The feature network: its name and its weights' hash."""
    features: int | None = None
    """How many numbers the network gives for a clip."""

    def __str__(self) -> str:
        height, width = self.size
        few = self.features is not None and self.n <= self.features
        words = [
            f"N {self.n}{f', too few for {self.features} features' if few else ''}",
            f"T {self.frames}",
            f"{height}×{width}",
        ]
        named = {"resize": self.resize, "covariance ÷": self.divisor, "network": self.network}
        return ", ".join(words + [f"{key} {value}" for key, value in named.items() if value != "none"])


@dataclass(frozen=True)
class Score:
    """A metric's value with its bootstrap interval, its real-against-real floor (or None) and its protocol."""

    name: str
    value: float
    low: float
    high: float
    floor: float | None
    protocol: Protocol

    def __str__(self) -> str:
        floor = "no floor" if self.floor is None else f"floor {self.floor:.4g}"
        return f"{self.name} {self.value:.4g} [{self.low:.4g}, {self.high:.4g}], {floor} ({self.protocol})"

    def as_dict(self) -> dict:
        """For JSON."""
        return asdict(self)


class Comparison(NamedTuple):
    """The first score less the second, and whether their intervals lie apart."""

    difference: float
    apart: bool


def compare(a: Score, b: Score) -> Comparison:
    """Hold two scores against each other. Raises ValueError, naming what differs, unless they are of one protocol."""
    if a.name != b.name:
        raise ValueError(f"{a.name} and {b.name} are two metrics; their values cannot be compared.")
    differing = [
        f"{field.name} ({getattr(a.protocol, field.name)} and {getattr(b.protocol, field.name)})"
        for field in fields(Protocol)
        if getattr(a.protocol, field.name) != getattr(b.protocol, field.name)
    ]
    if differing:
        raise ValueError(
            f"These scores of {a.name} were not taken in the same way: they differ in {', '.join(differing)}. "
            "Take one of them again by the other's protocol."
        )
    return Comparison(a.value - b.value, a.low > b.high or b.low > a.high)


@dataclass(frozen=True)
class Metric:
    """What a number means."""

    name: str
    group: str
    better: Literal["lower", "higher", "real"]
    """Which way is better; "real" is as near as possible to what real clips have."""
    about: str
    unit: str = ""
    still_wins: bool = False
    """A clip in which nothing moves would be best: such clips are left out."""


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
