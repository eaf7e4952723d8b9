"""6.12: noise on what a super-resolution is shown."""

from functools import partial

import torch
from torch import Tensor

from minivid.adapt import supers
from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart


def augmented(low: Tensor, level: Tensor, noise: Tensor) -> Tensor:
    """√(1 − s²) low + s noise, `b c t h w`, with a level s of each clip, `b`."""
    return supers.augmented(low, level, noise)


def _clips(seed: int, levels: tuple[float, ...], sizes: tuple[int, int, int, int] = (4, 4, 4, 4)) -> dict:
    """A clip for each level; of four, as many as channels, frames, rows and columns, so that a level along any of these axes runs."""
    low, noise = torch.randn(2, len(levels), *sizes, generator=torch.Generator().manual_seed(seed))
    return {"low": low, "level": torch.tensor(levels), "noise": noise}


def _along(level: Tensor, axis: int) -> Tensor:
    return level.reshape([-1 if other == axis else 1 for other in range(5)])


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    low, level, noise = inputs.values()
    s, first = _along(level, 0), level[0]
    keep = (1 - s**2).sqrt()
    right = keep * low + s * noise
    axes = enumerate(("channels", "frames", "rows", "columns"), 1)
    along = {what: _along(level, axis) for axis, what in axes if low.shape[axis] == len(low)}
    mistakes = (
        {} if level.any() else {"At level 0 this is noise alone: the clip's share is √(1 − s²), the noise's s.": noise}
    )
    mistakes |= {
        "The noise is added to the whole clip: its share shrinks as the noise grows, so that the variance stays.": low
        + s * noise,
        "The shares sum to 1, and so the variance falls: it is their squares that should.": (1 - s) * low + s * noise,
        "s and √(1 − s²) are exchanged: at level 0 there is no noise.": s * low + keep * noise,
        "The level was taken for a variance: s is the noise's share itself.": (1 - s).sqrt() * low + s.sqrt() * noise,
        "The clip's share is 1 − s², and should be its root.": (1 - s**2) * low + s * noise,
        "The noise has the clip's sign turned round: it is added.": keep * low - s * noise,
        "There is no noise in it.": keep * low,
        "All clips have the first one's level.": (1 - first**2).sqrt() * low + first * noise,
        "All clips have the mean of the levels.": (1 - level.mean() ** 2).sqrt() * low + level.mean() * noise,
        **{
            f"The levels lie along the {what}: level[b] belongs to clip b, axis 0.": (1 - t**2).sqrt() * low + t * noise
            for what, t in along.items()
        },
    }
    return told_apart(arrays["out"], right, mistakes)


_out = returned("out")
EXERCISE = Exercise(
    id="6.12",
    title="Less trust in what is given",
    points=2,
    stars=1,
    minutes=10,
    reference=augmented,
    answers=(augmented, supers.augmented, supers.shown_small),
    probes=(
        Probe(
            "no noise",
            (
                "At level 0 the clip does not come back as it is.",
                "The clip's share is √(1 − s²), which at s = 0 is 1; the noise's is s.",
                "`(1 - s**2).sqrt() * low + s * noise`.",
            ),
            partial(_clips, levels=(0.0, 0.0, 0.0, 0.0)),
            _out,
            _agrees,
        ),
        Probe(
            "one level",
            (
                "At level 0 it is right; with noise it is not.",
                "The squares of both shares sum to 1: that of the clip is √(1 − s²), that of the noise is s; and the noise is the one that is given.",
                "`(1 - s**2).sqrt() * low + s * noise`.",
            ),
            partial(_clips, levels=(0.3, 0.3, 0.3, 0.3)),
            _out,
            _agrees,
        ),
        Probe(
            "each clip its own",
            (
                "One level for all clips is right; where each clip has another it is not.",
                "`level` is `b`, a number a clip, and clips lie along axis 0 of b c t h w.",
                "`s = level[:, None, None, None, None]`.",
            ),
            partial(_clips, levels=(0.1, 0.3, 0.5, 0.8)),
            _out,
            _agrees,
        ),
        Probe(
            "other sizes",
            (
                "With four clips of four channels it is right, with another number of either it is not.",
                "Is a number of clips written out, or taken from another axis?",
                "`s = level[:, None, None, None, None]`, as many as there are.",
            ),
            partial(_clips, levels=(0.2, 0.6, 0.4), sizes=(1, 2, 5, 6)),
            _out,
            _agrees,
        ),
    ),
)
