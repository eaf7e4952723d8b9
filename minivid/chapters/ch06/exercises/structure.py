"""6.10: Gen-1's structure, blurred as often as is told."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from minivid.chapters.ch06 import structure as gen1
from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart


def structure(depth: Tensor, outline: Tensor, level: Tensor) -> Tensor:
    """Two pictures a frame, `b t h w` each, to `b 2 t h w`; each clip blurred by means of 3×3 pixels as often as its level says."""
    return gen1.structure(depth, outline, level)


def _pictures(seed: int, levels: tuple[int, ...], sizes: tuple[int, int, int] = (3, 6, 5)) -> dict:
    """A clip for each level, of so many frames, rows and columns; values in [0, 1]."""
    depth, outline = torch.rand(2, len(levels), *sizes, generator=torch.Generator().manual_seed(seed))
    return {"depth": depth, "outline": outline, "level": torch.tensor(levels)}


def _softer(x: Tensor, times: int = 1, **how) -> Tensor:
    for _ in range(times):
        x = F.avg_pool2d(x.flatten(0, 1), 3, 1, 1, **{"count_include_pad": False, **how}).unflatten(0, x.shape[:2])
    return x


def _by_clip(both: Tensor, levels: list[int], **how) -> Tensor:
    return torch.cat([_softer(one[None], times, **how) for one, times in zip(both, levels, strict=True)])


def _over_time(both: Tensor, levels: list[int]) -> Tensor:
    for_each = []
    for one, times in zip(both, levels, strict=True):
        for _ in range(times):
            one = F.avg_pool3d(one, 3, 1, 1, count_include_pad=False)
        for_each.append(one)
    return torch.stack(for_each)


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    depth, outline, level = inputs.values()
    both, levels = torch.stack([depth, outline], 1), level.tolist()
    right = _by_clip(both, levels)
    once = "whatever its level." if any(levels) else "and at a level of 0 it should not be blurred at all."
    mistakes = {
        "Edges stand first and depth second: the network was promised the other order.": right.flip(1),
        "Depth stands in both channels: the second is for the edges.": _by_clip(torch.stack([depth, depth], 1), levels),
        "Nothing is blurred.": both,
        f"Each is blurred once, {once}": _by_clip(both, [1] * len(levels)),
        "It is blurred once too often.": _by_clip(both, [times + 1 for times in levels]),
        "It is blurred once too seldom.": _by_clip(both, [max(0, times - 1) for times in levels]),
        "All clips are blurred as the first one.": _by_clip(both, [levels[0]] * len(levels)),
        "All clips are blurred as often as the largest level says.": _by_clip(both, [max(levels)] * len(levels)),
        "The clips have each other's levels.": _by_clip(both, levels[::-1]),
        "Frames are blurred into one another: means are over height and width alone.": _over_time(both, levels),
        "Zeros beyond the picture count, and the border fades: a mean is over the pixels that are there.": _by_clip(
            both, levels, count_include_pad=True
        ),
        "Depth is blurred, and the edges stay as they are.": torch.stack([right[:, 0], outline], 1),
        "Edges are blurred, and the depth stays as it is.": torch.stack([depth, right[:, 1]], 1),
    }
    return told_apart(arrays["known"], right, mistakes)


_known = returned("known")
EXERCISE = Exercise(
    id="6.10",
    title="As much structure as is told",
    points=3,
    stars=2,
    minutes=15,
    reference=structure,
    answers=(structure, gen1.structure, gen1.structure_of),
    probes=(
        Probe(
            "not blurred",
            (
                "With a level of 0 it is not the two pictures as they were.",
                "Two channels, depth first and edges second, in axis 1.",
                "`torch.stack([depth, outline], dim=1)`.",
            ),
            partial(_pictures, levels=(0, 0)),
            _known,
            _agrees,
        ),
        Probe(
            "blurred alike",
            (
                "Level 0 is right; where both clips are blurred three times it is not.",
                "Each blur replaces a pixel by the mean of those within one pixel of it that lie in the picture; frames stay apart.",
                "`F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)`, as often as the level says.",
            ),
            partial(_pictures, levels=(3, 3)),
            _known,
            _agrees,
        ),
        Probe(
            "each its own",
            (
                "One level for all is right; where each clip has its own it is not.",
                "`level` is `b`: a number for each clip.",
                "`torch.where((times < level)[:, None, None, None, None], softer, both)` for each time up to the largest level.",
            ),
            partial(_pictures, levels=(3, 2, 4, 2)),
            _known,
            _agrees,
        ),
        Probe(
            "other sizes",
            (
                "With three frames of 6 × 5 it is right, with other sizes or more blurs it is not.",
                "Which number of clips, frames or blurs is written out?",
                "`unflatten(0, both.shape[:2])`, `range(int(level.max()))`.",
            ),
            partial(_pictures, levels=(6, 0, 9, 1), sizes=(5, 3, 7)),
            _known,
            _agrees,
        ),
    ),
)
