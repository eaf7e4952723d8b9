"""Quality against the number of steps: vdm-digits by DDIM in 2, 4, 8 and 16 steps, and its students of 8, 4 and 2.

All are drawn from the same noise with the same captions, so that a clip of one and of another belong together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import checkpoint, zoo
from minivid.course.kept import kept
from minivid.course.receipt import Receipt
from minivid.distilling import Distilling
from minivid.evaluation.report import aligned
from minivid.metrics.distribution import share_interval
from minivid.metrics.physics import fit_trajectory
from minivid.metrics.reader import DigitReader, agreement, fit_reader
from minivid.run import Run
from minivid.show.style import BLUE, RED, SOFT, Picture, look

TEACHER, STUDENT = "vdm-digits", "vdm-digits-8"
STEPS = (16, 8, 4, 2)
HALVED = (4, 2)
"""What the zoo's student is distilled to in turn."""
SHORTER = 4
"""How many times fewer steps of training these have: their teacher's guidance is learnt already."""
HOME = "runs/distill"
RATES = {"digit_always": "digit on every frame", "direction": "direction"}
"""What of its caption a clip keeps."""
TOGETHER = 20
READER_SEED = 0


def next_run(steps: int, teacher: str) -> Run:
    """A student of so many steps, of a teacher that has learnt its guidance already; else as the zoo's."""
    first = zoo.recipe(STUDENT)
    training = replace(first.training, steps=first.training.steps // SHORTER)
    return replace(first, name=f"{TEACHER}-{steps}", loss=Distilling(teacher, steps), training=training)


def student(steps: int, home: Path | str = HOME) -> zoo.Model:
    """The student of so many steps: the zoo's of 8, or one that is trained from the one before, but once, and kept in `home`."""
    if steps == zoo.recipe(STUDENT).loss.student_steps:
        return zoo.load(STUDENT)
    student(2 * steps, home)
    before = STUDENT if steps == HALVED[0] else f"{home}/{TEACHER}-{2 * steps}.safetensors"
    run, file = next_run(steps, before), Path(home) / f"{TEACHER}-{steps}.safetensors"
    if not file.is_file():
        training = kept(run, f"{home}/{steps}", own=[])
        for _ in training.steps(progress=False):
            pass
        zoo.publish(run, training, Path(home))
    return zoo.load_file(file)


def measure_distill(n: int = 100, seed: int = 8, home: str = HOME) -> dict:
    """Each way to draw: its calls of the network, which clips keep their captions, how far they end from the teacher's of 16 steps."""
    teacher, guidance = zoo.load(TEACHER), zoo.recipe(STUDENT).loss.guidance
    asked, reader = teacher.world.sample(n, (seed, 0)), fit_reader(teacher.world, READER_SEED)
    found = {"n": n, "guidance": guidance, "teacher": {}, "student": {}, "models": {}, "training": {}}
    goal = drawn(teacher, STEPS[0], guidance, asked.caption, seed, home)
    for count in STEPS:
        video = drawn(teacher, count, guidance, asked.caption, seed, home)
        found["teacher"][str(count)] = {"calls": 2 * count, **read(video, asked.caption, reader), **off(video, goal)}
    for count in (STEPS[1], *HALVED):
        model = student(count, home)
        video = drawn(model, count, model.usual.guidance, asked.caption, seed, home)
        found["student"][str(count)] = {"calls": count, **read(video, asked.caption, reader), **off(video, goal)}
        found["training"][str(count)] = {key: model.manifest[key] for key in ("steps", "minutes")}
        found["models"][model.name] = model.manifest["sha256"]
    return {**found, "real": read(asked.video, asked.caption, reader)}


def drawn(
    model: zoo.Model, steps: int, guidance: float, captions: list[str], seed: int, home: Path | str
) -> Float[Tensor, "n c t h w"]:
    """Clips by DDIM, kept in `home`: a measurement that was interrupted draws none of them twice."""
    file = Path(home) / f"{model.name} in {steps}.safetensors"
    about = {"model": model.manifest["sha256"], "guidance": guidance, "captions": captions, "seed": seed}
    if file.is_file():
        clips, manifest = checkpoint.read(file)
        if about.items() <= manifest.items():
            return clips["video"]
    parts = []
    for first in range(0, len(captions), TOGETHER):
        part = captions[first : first + TOGETHER]
        parts.append(model.sample(part, seed=seed + 1000 * first, steps=steps, guidance=guidance))
    video = torch.cat(parts)
    checkpoint.write(file, {"video": video}, about)
    return video


def read(video: Float[Tensor, "n c t h w"], captions: list[str], reader: DigitReader) -> dict[str, list]:
    """Which clips keep the digit and the direction of their captions, 1 or 0 each; pixels off a lawful path."""
    told = agreement(video, captions, reader)
    rates = {name: getattr(told, name).int().tolist() for name in RATES}
    return {**rates, "residual": fit_trajectory(video).rmse.tolist()}


def off(video: Float[Tensor, "n c t h w"], goal: Float[Tensor, "n c t h w"]) -> dict[str, list[float]]:
    """How far each clip is from the goal's of the same noise, root mean square."""
    return {"off": (video - goal).square().flatten(1).mean(1).sqrt().tolist()}


def paired_rates(first: Sequence[int], second: Sequence[int]) -> tuple[float, float, float]:
    """second − first, shares of the same clips, and a 95 % interval of it, which knows that two equal lists are not all there is.

    Half a clip is added to each of the four pairs (Agresti & Min 2005, "matched proportions").
    """
    won = 0.5 + sum(b > a for a, b in zip(first, second, strict=True))
    lost = 0.5 + sum(a > b for a, b in zip(first, second, strict=True))
    n = len(first) + 2
    middle, half = (won - lost) / n, 1.96 * (won + lost - (won - lost) ** 2 / n) ** 0.5 / n
    return fmean(second) - fmean(first), max(-1.0, middle - half), min(1.0, middle + half)


def share(hits: Sequence[int]) -> tuple[float, float, float]:
    """Of 0 and 1: the share of 1 and Wilson's 95 % interval of it."""
    return fmean(hits), *share_interval(sum(hits), len(hits))


def counts(ways: Mapping[str, dict]) -> list[str]:
    """The numbers of steps, the largest first: JSON has sorted them as words."""
    return sorted(ways, key=int, reverse=True)


def distill_table(found: Receipt) -> str:
    """A line for each way to draw: calls of the network for a clip, shares with their intervals, how far from the teacher's 16 steps."""
    head = (
        f"{found['n']} captions",
        "calls",
        *RATES.values(),
        "off 16 steps",
        "off a path, px",
    )
    rows = [head]
    ways = {
        f"  {who}, {count} steps": found[who][count] for who in ("teacher", "student") for count in counts(found[who])
    }
    for name, of in ways.items():
        shares = (f"{rate:.2f} [{low:.2f}, {high:.2f}]" for rate, low, high in (share(of[key]) for key in RATES))
        rows.append((name, f"{of['calls']}", *shares, f"{fmean(of['off']):.3f}", f"{median(of['residual']):.2f}"))
    real = found["real"]
    rows.append(
        ("  real clips", "", *(f"{fmean(real[key]):.2f}" for key in RATES), "", f"{median(real['residual']):.2f}")
    )
    return "\n".join(aligned(rows))


AGAINST = {2.0: "twice the steps", 1.0: "as many steps", 0.5: "as many calls"}
"""A student is held against its teacher in so many times its steps. Guided, the teacher calls its network twice a step."""


def differences(found: Receipt) -> dict[tuple[str, str], dict[str, tuple[float, float, float]]]:
    """student − teacher of the same captions and noise, with intervals, by (steps of the student, steps of the teacher)."""
    pairs = [(mine, f"{times * int(mine):g}") for mine in counts(found["student"]) for times in AGAINST]
    return {
        (mine, theirs): {key: paired_rates(found["teacher"][theirs][key], found["student"][mine][key]) for key in RATES}
        for mine, theirs in pairs
        if theirs in found["teacher"]
    }


def differences_table(found: Receipt) -> str:
    """The same, a line for each pair; a star where the interval leaves out 0."""
    rows = [("student − teacher, clip by clip", "", *RATES.values())]
    for (mine, theirs), rates in differences(found).items():
        cells = (
            f"{middle:+.2f} [{low:+.2f}, {high:+.2f}] {'*' if low > 0 or high < 0 else ' '}"
            for middle, low, high in rates.values()
        )
        rows.append((f"  {mine} steps − {theirs} steps", AGAINST[int(theirs) / int(mine)], *cells))
    return "\n".join(aligned(rows))


def show_steps(found: Receipt) -> Picture:
    """Both shares against calls of the network, with Wilson's intervals: the teacher calls twice a step, with the caption and without."""
    with look():
        picture = Picture(760, 330)
        for i, (key, words) in enumerate(RATES.items()):
            axes = picture.axes_at(64 + 372 * i, 34, 300, 232)
            axes.set_xscale("log", base=2)
            axes.set(
                ylim=(-0.03, 1.03),
                xlabel="calls of the network for a clip",
                ylabel="" if i else "share of clips",
                title=words,
            )
            axes.axhline(fmean(found["real"][key]), color=SOFT, linewidth=1, linestyle=":", label="real clips")
            for who, colour in (("teacher", BLUE), ("student", RED)):
                ways = sorted(found[who].values(), key=lambda way: way["calls"])
                calls, (*_, least) = [way["calls"] for way in ways], counts(found[who])
                rates, lows, highs = zip(*(share(way[key]) for way in ways), strict=True)
                axes.plot(
                    calls,
                    rates,
                    marker="o",
                    markersize=4,
                    color=colour,
                    label=f"{who}, {least} to {counts(found[who])[0]} steps",
                )
                axes.fill_between(calls, lows, highs, color=colour, alpha=0.18, linewidth=0)
            axes.set_xticks([2, 4, 8, 16, 32], ["2", "4", "8", "16", "32"])
            if i:  # where there is room
                axes.legend(loc="lower right")
    return picture
