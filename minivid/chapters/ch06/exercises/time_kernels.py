"""6.6: the kernels with which Lumiere's maps of time begin."""

import numpy as np
import torch
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart


def time_kernels(dim: int) -> tuple[Tensor, Tensor]:
    """Weights `dim dim 3` of a convolution that keeps every second frame, `dim dim 2` of a transposed one that shows each frame twice."""
    one = torch.eye(dim)[:, :, None]
    return one * torch.tensor([0.0, 1.0, 0.0]), one * torch.ones(2)


def _dim(seed: int, many: bool = False) -> dict:
    return {"dim": 2 + seed % 3 if many else 1}


_both = returned("down", "up")


def _one(name: str):
    """A call that hands over one of the two alone."""
    return lambda obj, inputs: {name: _both(obj, inputs)[name]}


def _taps(*taps: float | int) -> Tensor:
    return torch.tensor([[taps]])


DOWN = {
    "The weights are (½, 1, ½), which sum to 2: what stands still comes out twice as bright.": _taps(0.5, 1, 0.5),
    "The weights are (¼, ½, ¼): frames are blurred into each other, and should be kept or passed over.": _taps(
        0.25, 0.5, 0.25
    ),
    "All three frames are averaged: one should be kept, the others passed over.": _taps(1 / 3, 1 / 3, 1 / 3),
    "All three frames are added up.": _taps(1, 1, 1),
    "The frame before is kept: frame 0 would come from the zeros in front of the clip.": _taps(1, 0, 0),
    "The frame after is kept: frame 0 would be lost.": _taps(0, 0, 1),
    "It is the mean of a frame and the next: each should be one frame.": _taps(0, 0.5, 0.5),
}
UP = {
    "The weights are (½, ½): each frame comes out twice, and half as bright.": _taps(0.5, 0.5),
    "The weights are (1, 0): every second frame that comes out is black.": _taps(1, 0),
    "The weights are (0, 1): every second frame that comes out is black, the first one too.": _taps(0, 1),
    "It has three weights, (½, 1, ½): frames are interpolated, and the first and the last come out half as bright.": _taps(
        0.5, 1, 0.5
    ),
}


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    ((name, found),) = arrays.items()
    if found.dtype != np.float32:
        return f"The weight is of {found.dtype}; a convolution of clips wants float32, as `torch.eye` makes it."
    right = dict(zip(("down", "up"), time_kernels(inputs["dim"]), strict=True))[name]
    one, mistakes = torch.eye(inputs["dim"])[:, :, None], DOWN if name == "down" else UP
    told = {sentence: one * taps for sentence, taps in mistakes.items()}
    if inputs["dim"] > 1:
        told["Every channel is added to every other: a channel should come from itself alone."] = (
            torch.ones_like(one) * right[0, 0]
        )
        told["Every channel is the mean of all: a channel should come from itself alone."] = (
            torch.ones_like(one) * right[0, 0] / inputs["dim"]
        )
    return told_apart(found, right, told)


EXERCISE = Exercise(
    id="6.6",
    title="Half the frames, and twice",
    points=2,
    stars=2,
    minutes=10,
    reference=time_kernels,
    probes=(
        Probe(
            "half the frames",
            (
                "The first weight does not keep frames 0, 2, 4, … as they are.",
                "It stands over the frames before, at and after 2k. Only one of them should come through.",
                "`[0, 1, 0]` on the diagonal of the channels.",
            ),
            _dim,
            _one("down"),
            _agrees,
        ),
        Probe(
            "twice the frames",
            (
                "The first weight is right; the second does not show each frame twice.",
                "A transposed convolution of stride 2 writes each frame, times its two weights, to 2k and 2k + 1.",
                "`[1, 1]` on the diagonal of the channels.",
            ),
            _dim,
            _one("up"),
            _agrees,
        ),
        Probe(
            "several channels",
            (
                "One channel is right; of several the first weight mixes them, or is not `dim dim 3`.",
                "A channel should come from itself alone.",
                "`torch.eye(dim)[:, :, None] * torch.tensor([0., 1., 0.])`.",
            ),
            lambda seed: _dim(seed, many=True),
            _one("down"),
            _agrees,
        ),
        Probe(
            "several channels, twice",
            (
                "Of several channels the second weight mixes them, or is not `dim dim 2`.",
                "A channel should come from itself alone.",
                "`torch.eye(dim)[:, :, None] * torch.ones(2)`.",
            ),
            lambda seed: _dim(seed, many=True),
            _one("up"),
            _agrees,
        ),
    ),
)
