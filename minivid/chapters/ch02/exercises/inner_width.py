"""2.3: how wide a (2+1)D convolution is inside, to have as many weights as the full one."""

from functools import partial

import torch

from minivid.course.exercise import Arrays, Exercise, Probe, close, returned
from minivid.nn.spacetime import matched_width


def inner_width(dim_in: int, dim_out: int, frames: int, side: int) -> int:
    """The largest inner width whose (2+1)D convolution has no more weights than the full one."""
    return matched_width(dim_in, dim_out, frames, side)


def _sizes(seed: int, dim_in: int, dim_out: int, frames: int = 3, side: int = 3) -> dict:
    """Channels in the given proportion."""
    many = 4 * int(torch.randint(1, 9, (), generator=torch.Generator().manual_seed(seed)))
    return {"dim_in": many * dim_in, "dim_out": many * dim_out, "frames": frames, "side": side}


_width = returned("width")


def _is_whole_width(arrays: Arrays, inputs: dict) -> bool | str:
    return close(arrays["width"], inner_width(**inputs), rtol=0.0, atol=1e-6)


EXERCISE = Exercise(
    id="2.3",
    title="Equal weights",
    points=2,
    stars=1,
    minutes=10,
    reference=inner_width,
    answers=(inner_width, matched_width),
    probes=(
        Probe(
            "as many out as in",
            (
                "For 64 channels in and out and a kernel of 3×3×3 it should be 144.",
                "Write both numbers of weights down, without biases: the full kernel's, frames · side² · in · out, and, for M channels between, "
                "side² · in · M + frames · M · out.",
                "Solved for M: the first, divided by (side² · in + frames · out).",
            ),
            partial(_sizes, dim_in=1, dim_out=1),
            _width,
            _is_whole_width,
        ),
        Probe(
            "other widths",
            (
                "It is wrong where dim_in and dim_out differ.",
                "The space kernel reads dim_in channels, the time kernel writes dim_out.",
                "For each channel between: `side**2 * dim_in + frames * dim_out` weights.",
            ),
            partial(_sizes, dim_in=1, dim_out=3),
            _width,
            _is_whole_width,
        ),
        Probe(
            "other kernels",
            (
                "It is wrong where the kernel is not as deep as it is wide.",
                "side² belongs to the space kernel, frames to the time kernel, and both to the full one.",
                "`frames * side**2 * dim_in * dim_out` weights in full.",
            ),
            partial(_sizes, dim_in=5, dim_out=9, frames=5),
            _width,
            _is_whole_width,
        ),
        Probe(
            "rounded down",
            (
                "A width is a whole number: the largest that has no more weights than the full kernel.",
                "So a broken number is rounded down.",
                "`//` divides and rounds down.",
            ),
            partial(_sizes, dim_in=3, dim_out=2, frames=7, side=5),
            _width,
            _is_whole_width,
        ),
    ),
)
