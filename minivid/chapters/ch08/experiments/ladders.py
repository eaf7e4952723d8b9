"""Each metric on each corruption, mild to severe, over seeds: who sees what, and who sees nothing."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from torch import Tensor

from minivid.data import World
from minivid.evaluation.jury import Jury, jury
from minivid.evaluation.of_clips import METRICS, Simulator, per_clip, simulator
from minivid.evaluation.of_sets import SETS
from minivid.evaluation.report import in_bytes
from minivid.evaluation.subject import Subject
from minivid.metrics.corruptions import LADDERS, Corruption, reverse
from minivid.metrics.distribution import floor, frechet_distance, kernel_distance
from minivid.metrics.features import Trunk
from minivid.metrics.paired import lpips_distance, psnr

PAIRED = {"psnr": "higher", "lpips": "lower"}
"""Against the same clips, untouched."""
ARROW = "time reversal, with drag"
"""Reversal in a world where everything slows down, which has an arrow of time."""

SEES = {
    "frechet": ("noise", "blur", "frame swaps", "held frames", "jitter", "mid-clip jump", "identity swap", ARROW),
    "trajectory": ("frame swaps", "jitter", "mid-clip jump"),
    "appearance": ("noise", "identity swap", "gain flicker"),
    "mass": ("noise", "identity swap", "gain flicker"),
    "identity": ("noise", "identity swap"),
    "warping_error": ("noise", "frame swaps", "identity swap"),
    "smoothness": ("noise", "frame swaps", "jitter"),
    "dynamic_degree": ("held frames", "frame swaps", "jitter"),
    "text": ("noise", "held frames", "frame swaps", "time reversal"),
    "says_direction": ("frame swaps", "time reversal", "held frames"),
    "psnr": ("noise", "blur", "jitter", "gain flicker"),
    "lpips": ("noise", "blur", "jitter", "gain flicker"),
}
"""Where a metric should get worse from rung to rung, its ends apart. Held frames are not the path's: at the last rung a clip stands
still, which keeps every law (`test_a_clip_held_for_good_keeps_every_law`); a report counts only clips that move."""
BLIND = {
    "frechet": ("time reversal",),
    "trajectory": ("time reversal",),
    "appearance": ("time reversal", "frame swaps"),
    "mass": ("time reversal", "frame swaps"),
    "identity": ("time reversal", "frame swaps"),
    "smoothness": ("time reversal",),
    "dynamic_degree": ("time reversal",),
}
"""Where it cannot see anything, by what it is."""


def better(key: str) -> str:
    """Which way a metric is better: lower, higher or as real clips have it."""
    return PAIRED.get(key) or ({**METRICS, **SETS}[key]).better


def scores(
    video: Tensor, clean: Tensor, captions: list[str], real: Tensor, judges: Jury, sim: Simulator
) -> dict[str, float]:
    """Every metric of one set of clips: its mean, or its distance to `real`."""
    clips = in_bytes(Subject("clips", video, captions))
    found = per_clip(clips, judges, sim)
    values = {key: each[each.isfinite()].mean().item() for key, each in found.values.items() if each.isfinite().any()}
    features, theirs = judges.features(clips.video), judges.features(real)
    values |= {"frechet": frechet_distance(features, theirs), "kernel": kernel_distance(features, theirs)}
    values["psnr"] = psnr(clips.video, clean).clamp(max=60).mean().item()
    values["lpips"] = lpips_distance(clips.video, clean, Trunk(judges.features.network)).mean().item()
    return values


def climb(
    corruption: Corruption, rungs: Sequence[float | int], world: World, n: int, seeds: Sequence[int], judged_by: Jury
) -> dict[str, list[list[float]]]:
    """For each metric a list of rungs, the untouched clips first, each with a value for every seed."""
    sim, found = simulator(world), {}
    for seed in seeds:
        made, real = world.sample(n, (seed, 0)), world.sample(n, (seed, 1)).video
        clean = in_bytes(Subject("clean", made.video)).video
        for rung, severity in enumerate((0.0, *rungs)):
            video = corruption(made.video, severity, seed) if severity else made.video
            for key, value in scores(video, clean, made.caption, real, judged_by, sim).items():
                found.setdefault(key, [[] for _ in range(len(rungs) + 1)])[rung].append(value)
    return found


def measure_ladders(n: int = 160, seeds: tuple[int, ...] = (0, 1, 2)) -> dict:
    """Every metric on every corruption at four severities, three seeds: raw scores."""
    world, judged_by = World(), jury()
    ladders = {name: (corruption, rungs, world) for name, (corruption, rungs) in LADDERS.items()}
    slowing = replace(world, drag=0.25, speeds=("quickly",), quickly=(2.0, 2.6), size=16)
    ladders[ARROW] = (reverse, LADDERS["time reversal"][1], slowing)
    table = {
        name: climb(corruption, rungs, where, n, seeds, judged_by)
        for name, (corruption, rungs, where) in ladders.items()
    }
    ground = [
        floor(frechet_distance, judged_by.features(world.sample(2 * n, (seed, 2)).video), n=n, repeats=4, seed=seed)
        for seed in seeds
    ]
    return {
        "n": n,
        "judge": judged_by.features.id,
        "text_judge": judged_by.text_id,
        "rungs": {name: (0.0, *rungs) for name, (_, rungs, _) in ladders.items()},
        "scores": table,
        "frechet_floor": ground,
    }


def span(values: Sequence[float | int]) -> tuple[float, float, float]:
    """(least, mean, greatest) over seeds."""
    return float(min(values)), sum(values) / len(values), float(max(values))


def rises(key: str, climbed: Sequence[Sequence[float | int]]) -> bool:
    """Do the mean scores get worse, and do the ends stand apart over the seeds?

    From rung to rung a hundredth of the whole way back is forgiven; for what is best as real clips have it, away from them counts.
    """
    sign = {"lower": 1.0, "higher": -1.0, "real": 1.0}[better(key)]
    means = [sum(values) / len(values) for values in climbed]
    worse = [abs(mean - means[0]) if better(key) == "real" else sign * mean for mean in means]
    whole = worse[-1] - worse[0]
    first, last = span(climbed[0]), span(climbed[-1])
    apart = last[0] > first[2] or last[2] < first[0]
    return whole > 0 and apart and all(b - a > -0.01 * whole for a, b in pairwise(worse))


def flat(climbed: Sequence[Sequence[float | int]], slack: float = 0.1) -> bool:
    """Do the ends differ by less than the seeds do, or by less than `slack` of the value?"""
    first, last = span(climbed[0]), span(climbed[-1])
    return abs(first[1] - last[1]) <= max(first[2] - first[0], last[2] - last[0], slack * abs(first[1]))


def mark(key: str, climbed: Sequence[Sequence[float | int]]) -> str:
    """● worse from rung to rung, – ends that the seeds explain, △ better at the end, ○ neither."""
    if rises(key, climbed):
        return "●"
    first, last = span(climbed[0]), span(climbed[-1])
    if last[0] <= first[2] and first[0] <= last[2]:
        return "–"
    sign = {"lower": 1, "higher": -1, "real": 0}[better(key)]
    return "△" if sign * (last[1] - first[1]) < 0 else "○"


def ladder_table(values: dict, metric: str) -> str:
    """One metric's row of every ladder: the mean over seeds, rung by rung, and whether it rises or stays flat."""
    lines = [f"{metric} ({better(metric)} is better), N {values['n']}"]
    for name, climbed in values["scores"].items():
        if metric not in climbed:
            continue
        means = " ".join(f"{sum(rung) / len(rung):9.4g}" for rung in climbed[metric])
        lines.append(
            f"{name:26}{means}  {'rises' if rises(metric, climbed[metric]) else 'flat' if flat(climbed[metric]) else ''}"
        )
    return "\n".join(lines)


def clips_of_rung(name: str, severity: float | int, seed: int = 0, n: int = 4) -> Tensor:
    """Some corrupted clips to look at."""
    return (
        LADDERS[name][0](World().sample(n, (seed, 0)).video, severity, seed)
        if severity
        else World().sample(n, (seed, 0)).video
    )
