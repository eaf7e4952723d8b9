"""From clips to a report: measured one by one and as a set, with real clips beside them (chapter 8; tests/metrics/test_report.py).

No number stands alone, and no still picture wins: where a metric would reward stillness, only clips that move are counted, and a set
that hardly moves is called so on the first line.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.data.video import from_uint8, to_uint8
from minivid.metrics import distribution, inputs, population
from minivid.metrics.measure import METRICS, Clips, Judges, Measured, Metric, Simulator, measure, trouble
from minivid.metrics.report import Report, Row
from minivid.metrics.score import Protocol, Score

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
PARTS = 11
"""How often `done` is called: four times for each set that is measured, and three times after that."""
ENOUGH = 20
"""Clips that FD∞ wants."""
NETWORKS = {
    "warping_error": "flow DIS (OpenCV)",
    "smoothness": "flow DIS (OpenCV)",
    "dynamic_degree": "flow DIS (OpenCV)",
    "moving": "flow DIS (OpenCV)",
    "identity": "reader SVC (scikit-learn)",
    "unread": "reader SVC (scikit-learn)",
    "says_digit": "reader SVC (scikit-learn)",
}
"""Whose judgement a metric is, where it is not the course's network or plain arithmetic."""


def evaluate(
    subject: Clips,
    judges: Judges,
    real: Clips | None = None,
    sim: Simulator | None = None,
    training: Float[Tensor, "m c t h w"] | None = None,
    seed: int = 0,
    draws: int = 200,
    done: Callable[[str], None] = lambda part: None,
) -> Report:
    """Measure clips, and real ones beside them.

    `real` should have twice as many clips as `subject`: the second half makes the real-against-real floor. `sim`: where the clips'
    world is known. `training`: clips that the model may have learnt by heart. All clips are rounded to bytes first, as files are.
    Raises ValueError for sets of different shape, and for what cannot be measured.
    """
    check(subject, real)
    subject, real = in_bytes(subject), in_bytes(real) if real is not None else None
    n = len(subject.video)
    mine = measure(subject, judges, sim, done)
    beside = None
    if real is not None:
        first = Clips(real.name, real.video[:n], real.caption[:n] if real.caption else None)
        beside = measure(first, judges, sim, done)
    rows = [per_clip(key, subject, judges, mine, beside, draws, seed) for key in METRICS if key in mine.values]
    notes = [clips.made for clips in (subject, real) if clips is not None and clips.made] + mine.notes
    if real is not None:
        rows += list(distances(subject, real, judges, notes, draws, seed))
        done("distances")
        if sim is not None and mine.motion is not None and beside.motion is not None:
            rows += list(marginals(subject, real, mine, beside, draws, seed))
        done("marginals")
        if training is not None:
            rows.append(copied(subject, real, training, draws, seed))
        done("copies")
    else:
        notes.append("Nothing real was given to compare with (--against): there are no distances and no floors.")
    few = judges.film(subject.video[:1]).shape[1]
    if n <= few and real is not None:
        notes.append(
            f"{n} clips are fewer than the {few} features and one: covariances are of low rank, and distances biased upwards."
        )
    moves, verdict = verdict_on(mine, beside)
    against = real.name if real is not None else None
    return Report(subject.name, against, n, seed, rows, moves, verdict, notes, trouble(mine, beside or mine))


def check(subject: Clips, real: Clips | None) -> None:
    """Raise ValueError, in a sentence, for what cannot be measured at all."""
    for clips in (subject, real):
        if clips is None:
            continue
        inputs.video(clips.video, clips.name)
        if len(clips.video) < 2:
            raise ValueError(f"{clips.name} has one clip; a report needs at least two, for its intervals.")
        if clips.video.shape[2] < 2:
            raise ValueError(f"the clips of {clips.name} have one frame; nothing can be said of how they move.")
        if clips.video.amax() == clips.video.amin():
            raise ValueError(f"every pixel of {clips.name} has the same value; there is nothing to measure in it.")
    if real is not None and real.video.shape[1:] != subject.video.shape[1:]:
        shapes = ["×".join(map(str, clips.video.shape[1:])) for clips in (subject, real)]
        raise ValueError(
            f"the clips of {subject.name} are {shapes[0]} (channels, frames, height, width) and those of {real.name} {shapes[1]}; "
            "clips of different shape have no distance. Cut or resize one of them."
        )


def in_bytes(clips: Clips) -> Clips:
    """The same clips as a file would hold them, so that sampled, stored and simulated ones are measured alike."""
    return replace(clips, video=from_uint8(to_uint8(inputs.video(clips.video, clips.name))))


def protocol(subject: Clips, n: int | None = None, **more) -> Protocol:
    """How the scores of these clips were taken."""
    _, _, frames, height, width = subject.video.shape
    return Protocol(n=n or len(subject.video), frames=frames, size=(height, width), **more)


def counted(key: str, measured: Measured) -> Float[Tensor, "m"]:
    """The values that a metric's mean is taken of."""
    values = measured.values[key]
    return values[values.isfinite() & (measured.moving | (not METRICS[key].still_wins))]


def per_clip(
    key: str, subject: Clips, judges: Judges, mine: Measured, real: Measured | None, draws: int, seed: int
) -> Row:
    """The mean of a metric over the clips that it can be taken of."""
    values = counted(key, mine)
    share = len(values) / len(subject.video)
    if len(values) < 2:
        return Row(key, METRICS[key], None, share)
    low, high = of_mean(values, draws, seed)
    theirs = counted(key, real) if real is not None and key in real.values else values[:0]
    floor = theirs.mean().item() if len(theirs) else None
    network = {"subject": judges.film.id, "text": judges.text_id, "retrieval": judges.text_id}.get(
        key, NETWORKS.get(key, "none")
    )
    score = Score(METRICS[key].name, values.mean().item(), low, high, floor, protocol(subject, network=network))
    return Row(key, METRICS[key], score, share)


def of_mean(values: Float[Tensor, "n"], draws: int, seed: int) -> tuple[float, float]:
    """The interval of a mean, which cannot leave the values' own range; of a share, Wilson's."""
    if ((values == 0) | (values == 1)).all():
        return distribution.share_interval(int(values.sum()), len(values))
    low, high = distribution.bootstrap(torch.mean, values, draws=draws, seed=seed)
    return max(low, values.min().item()), min(high, values.max().item())


def distances(subject: Clips, real: Clips, judges: Judges, notes: list[str], draws: int, seed: int) -> Iterator[Row]:
    """How far the clips' features are from those of as many real ones."""
    n = len(subject.video)
    for extractor in (judges.film, *judges.more):
        a, b = extractor(subject.video), extractor(real.video)
        kinds = {"frechet": distribution.frechet_distance}
        if extractor is judges.film:
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
            if extractor is not judges.film:
                key, metric = (
                    f"{key} {extractor.name}",
                    Metric(f"{metric.name}, {extractor.name}", *list(vars(metric).values())[1:]),
                )
            yield Row(key, metric, Score(metric.name, function(a, b[:n]), low, high, floor, how), 1.0)


def marginals(subject: Clips, real: Clips, mine: Measured, beside: Measured, draws: int, seed: int) -> Iterator[Row]:
    """Where clips start, how fast and which way they go: their distributions against real ones'. The floor is of real halves."""
    a, b = (torch.cat([m.motion.start, m.motion.velocity], 1)[m.moving] for m in (mine, beside))
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


def copied(subject: Clips, real: Clips, training: Float[Tensor, "m c t h w"], draws: int, seed: int) -> Row:
    """The share of clips that are suspiciously near to a training clip; of new real clips it is 5 % by definition."""
    n = len(subject.video)
    near = population.nearest(subject.video, training).distance
    threshold = population.nearest(real.video[-n:], training).distance.quantile(0.05)
    suspect = (near < threshold).float()
    low, high = of_mean(suspect, draws, seed)
    return Row(
        "copies",
        SETS["copies"],
        Score(SETS["copies"].name, suspect.mean().item(), low, high, 0.05, protocol(subject)),
        1.0,
    )


def verdict_on(mine: Measured, real: Measured | None) -> tuple[bool, str]:
    """Do the clips move: at least half as many of them, and half as fast, as real ones; without these, at least half of them."""
    share, pace = mine.moving.float().mean().item(), mine.values["dynamic_degree"].mean().item()
    of_real = (real.moving.float().mean().item(), real.values["dynamic_degree"].mean().item()) if real else (1.0, 0.0)
    moves = share >= 0.5 * of_real[0] and pace >= 0.5 * of_real[1] and share > 0
    beside = f" (real clips: {of_real[0]:.0%}, {of_real[1]:.2f})" if real else ""
    said = f"{share:.0%} of the clips move, at {pace:.2f} px/frame{beside}."
    return (
        moves,
        said if moves else f"THESE CLIPS HARDLY MOVE: {said} Scores that reward stillness count only those that do.",
    )
