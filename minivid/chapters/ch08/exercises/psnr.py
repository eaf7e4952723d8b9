"""8.1: peak signal-to-noise ratio, frame by frame."""

from functools import partial

import numpy as np
import torch

from minivid.course.exercise import Exercise, Probe, Promises, agrees, returned, shaped
from minivid.metrics.paired import psnr


def _clips(seed: int, frames: int = 1, channels: int = 1, loud: float | int = 1.0, coloured: float | int = 1.0) -> dict:
    """Clips and their copies with an error, `loud` times as large at the last frame as at the first, `coloured` at the last channel."""
    generator = torch.Generator().manual_seed(seed)
    a = torch.rand(3, channels, frames, 4, 5, generator=generator) * 1.6 - 0.8
    error = 0.05 * torch.randn(a.shape, generator=generator).clamp(-3, 3)
    error = error * torch.logspace(0, np.log10(loud), frames).reshape(-1, 1, 1)
    error = error * torch.logspace(0, np.log10(coloured), channels).reshape(-1, 1, 1, 1)
    return {"a": a, "b": (a + error).clamp(-1, 1)}


def _some_equal(seed: int) -> dict:
    a, b = _clips(seed).values()
    return {"a": a, "b": torch.cat([b[:1], a[1:]])}


_decibels = returned("psnr")
_agrees = agrees(psnr, _decibels)

EXERCISE = Exercise(
    id="8.1",
    title="Peak signal to noise",
    points=1,
    stars=1,
    minutes=10,
    reference=psnr,
    promises=Promises(tensor=False),
    probes=(
        Probe(
            "one number a clip",
            "Each clip of the batch has a PSNR of its own.",
            partial(_clips, frames=4),
            _decibels,
            shaped(3),
        ),
        Probe(
            "one frame",
            "In a single grey frame it should be 10 log₁₀(peak² / mean squared error), and from black (−1) to white (1) the peak is 2.",
            _clips,
            _decibels,
            _agrees,
        ),
        Probe(
            "all channels",
            "A colour frame has one error: the mean over its channels and pixels comes before the logarithm.",
            partial(_clips, channels=3, coloured=4),
            _decibels,
            _agrees,
        ),
        Probe(
            "frame by frame",
            "Some frames are worse than others here: take each frame's decibels first and then their mean. One error pooled over the whole "
            "clip lets its worst frame decide.",
            partial(_clips, frames=4, loud=8),
            _decibels,
            _agrees,
        ),
        Probe(
            "equal frames",
            "Frames that are equal have an infinite PSNR. Something added to the error, or a limit, invents a number for them.",
            _some_equal,
            _decibels,
            lambda arrays, inputs: np.isposinf(arrays["psnr"]).tolist() == [False, True, True],
        ),
    ),
)
