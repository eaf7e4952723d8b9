"""What can be said of a whole set of clips: how far it is from real ones, and from the simulator's (chapter 8;
tests/evaluation/test_report.py).
"""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from minivid.evaluation.jury import Jury
from minivid.evaluation.of_clips import PerClip, of_mean, protocol
from minivid.evaluation.score import Metric, Row, Score
from minivid.evaluation.subject import Subject
from minivid.metrics import distribution, population

SETS = {
    "frechet": Metric("Fréchet distance", "against real clips", "lower", "of the features' Gaussians"),
    "kernel": Metric("kernel distance", "against real clips", "lower", "unbiased MMD², cubic kernel"),
    "fd_infinity": Metric("FD∞", "against real clips", "lower", "the Fréchet distance carried on to endless clips"),
    "jedi": Metric("JEDi's statistic", "against real clips", "lower", "biased MMD², quadratic kernel, × 100"),
    "start_x": Metric("starts, x", "against the simulator", "lower", "earth mover's distance", "px"),
    "start_y": Metric("starts, y", "against the simulator", "lower", "earth mover's distance", "px"),
    "speed": Metric("speeds", "against the simulator", "lower", "earth mover's distance", "px/frame"),
    "direction": Metric("directions", "against the simulator", "lower", "earth mover's distance on the circle", "°"),
    "copies": Metric("copies of training clips", "against the simulator", "real", "nearer to one than 95 % of new clips"),
}  # fmt: skip
"""What is measured of a whole set. A further network's Fréchet distance has the key `frechet NAME`."""
ENOUGH = 20
"""Clips that FD∞ wants."""


def distances(subject: Subject, beside: Subject, jury: Jury, notes: list[str], draws: int, seed: int) -> Iterator[Row]:
    """How far the clips' features are from those of as many real ones."""
    n = len(subject.video)
    for extractor in (jury.features, *jury.more):
        a, b = extractor(subject.video), extractor(beside.video)
        kinds = {"frechet": distribution.frechet_distance}
        if extractor is jury.features:
            kinds |= {"kernel": distribution.kernel_distance, "jedi": distribution.jedi}
            if min(n, len(b)) >= ENOUGH:
                kinds["fd_infinity"] = distribution.frechet_infinity
            else:
                notes.append(f"FD∞ wants {ENOUGH} clips in each set.")
        half = min(n, len(b) // 2)
        if half < n:
            notes.append(f"There are {len(b)} real clips: the floors are those of {half} against {half}.")
        for key, function in kinds.items():
            few = draws // 4 if key == "fd_infinity" else draws
            low, high = distribution.bootstrap(function, a, b[:n], draws=few, seed=seed)
            low = low if key in ("kernel", "fd_infinity") else max(low, 0.0)  # those two may be negative
            floor = (
                distribution.floor(function, b, n=half, seed=seed)
                if half >= (ENOUGH if key == "fd_infinity" else 2)
                else None
            )
            how = protocol(
                subject, resize=extractor.resize, network=extractor.id, features=a.shape[1],
                divisor="N-1" if key in ("frechet", "fd_infinity") else "none",
            )  # fmt: skip
            metric = SETS[key]
            if extractor is not jury.features:
                key, metric = (
                    f"{key} {extractor.name}",
                    Metric(f"{metric.name}, {extractor.name}", *list(vars(metric).values())[1:]),
                )
            yield Row(key, metric, Score(metric.name, function(a, b[:n]), low, high, floor, how), 1.0)


def marginals(subject: Subject, mine: PerClip, theirs: PerClip, draws: int, seed: int) -> Iterator[Row]:
    """Where clips start, how fast and which way they go: their distributions against real ones'. The floor is of real halves."""
    a, b = (torch.cat([m.motion.start, m.motion.velocity], 1)[m.moving] for m in (mine, theirs))
    share = len(a) / len(subject.video)

    def of(key: str) -> Callable[[Tensor, Tensor], float]:
        return lambda x, y: population.marginals(x[:, :2], x[:, 2:], y[:, :2], y[:, 2:])[key]

    for key in ("start_x", "start_y", "speed", "direction"):
        if len(a) < 2 or len(b) < 4 or not math.isfinite(value := of(key)(a, b)):
            yield Row(key, SETS[key], None, share)
            continue
        low, high = distribution.bootstrap(of(key), a, b, draws=draws // 2, seed=seed)
        low = max(low, 0.0)
        floor = of(key)(b[: len(b) // 2], b[len(b) // 2 :])
        yield Row(key, SETS[key], Score(SETS[key].name, value, low, high, floor, protocol(subject)), share)


def copied(subject: Subject, beside: Subject, draws: int, seed: int) -> Row:
    """The share of clips that are suspiciously near to a training clip; of new real clips it is 5 % by definition."""
    n = len(subject.video)
    near = population.nearest(subject.video, subject.learnt).distance
    threshold = population.nearest(beside.video[-n:], subject.learnt).distance.quantile(0.05)
    suspect = (near < threshold).float()
    low, high = of_mean(suspect, draws, seed)
    return Row(
        "copies",
        SETS["copies"],
        Score(SETS["copies"].name, suspect.mean().item(), low, high, 0.05, protocol(subject)),
        1.0,
    )
