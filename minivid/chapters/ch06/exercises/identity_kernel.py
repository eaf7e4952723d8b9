"""6.1: the weight of a convolution over time that begins as the identity."""

from functools import partial

import torch
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart


def identity_kernel(dim: int, kernel: int) -> Tensor:
    """The weight `dim dim kernel` with which `conv1d`, padded by `kernel // 2`, gives back what it was given; the kernel is odd."""
    weight = torch.zeros(dim, dim, kernel)
    weight[torch.arange(dim), torch.arange(dim), kernel // 2] = 1
    return weight


def _sizes(seed: int, kernel: int = 3, one: bool = False) -> dict:
    generator = torch.Generator().manual_seed(seed)
    return {"dim": 1 if one else 4 + int(torch.randint(4, (1,), generator=generator)), "kernel": kernel}


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    dim, kernel = inputs["dim"], inputs["kernel"]
    middle = kernel // 2
    right = identity_kernel(dim, kernel)
    each = right.sum(2, keepdim=True)  # dim dim 1: every channel from itself
    mistakes = {
        "It takes the mean over the kernel's frames: what moves is smeared.": each.expand_as(right) / kernel,
        "It adds up all of the kernel's frames.": each.expand_as(right),
        "It takes the first of the kernel's frames: the clip is shifted in time.": right.roll(-middle, 2),
        "It takes the last of the kernel's frames: the clip is shifted in time.": right.roll(middle, 2),
        "Every channel is made of all of them.": right.sum(1, keepdim=True).expand_as(right),
        "Every channel is the mean of all of them.": right.sum(1, keepdim=True).expand_as(right) / dim,
        "Nothing comes through: all of it is zero.": torch.zeros_like(right),
    }
    return told_apart(arrays["weight"], right, mistakes)


_weight = returned("weight")
EXERCISE = Exercise(
    id="6.1",
    title="A convolution that begins as nothing",
    points=2,
    stars=1,
    minutes=10,
    reference=identity_kernel,
    probes=(
        Probe(
            "one channel",
            (
                "With one channel and a kernel of 3 frames it is not the identity.",
                "What comes out for a frame should be that frame: one tap is 1, the others 0.",
                "`weight[..., kernel // 2] = 1` for the channel with itself.",
            ),
            partial(_sizes, one=True),
            _weight,
            _agrees,
        ),
        Probe(
            "several channels",
            (
                "One channel is right; of several, each should come from itself alone.",
                "The first axis counts what comes out, the second what goes in: ones stand where both are the same.",
                "`weight[torch.arange(dim), torch.arange(dim), kernel // 2] = 1`.",
            ),
            _sizes,
            _weight,
            _agrees,
        ),
        Probe(
            "a longer kernel",
            (
                "With three frames it is right, with five not.",
                "The middle of a kernel is not always frame 1.",
                "`kernel // 2`.",
            ),
            partial(_sizes, kernel=5),
            _weight,
            _agrees,
        ),
    ),
)
