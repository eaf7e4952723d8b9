"""7.1: how far each frame's content has moved."""

from functools import partial

import numpy as np
import torch

from minivid.adapt.zeroshot import motion_field
from minivid.chapters.ch07.told import the_only_one
from minivid.course.exercise import Arrays, Exercise, Probe, all_of, returned


def _motion(seed: int, frames: int = 2, kind: str = "whole") -> dict:
    """Further to the right than up; `kind`: by whole pixels a frame, by parts of one, or by whole ones that are ints."""
    generator = torch.Generator().manual_seed(seed)
    x, y = torch.randint(1, 4, (2,), generator=generator).tolist()
    dx, dy = x + y, -y
    if kind == "parts":  # y: cut and rounded are never the same
        return {"delta": (dx / 4 + 0.1, dy / 8 - 0.5), "frames": frames}
    return {"delta": (dx, dy) if kind == "ints" else (float(dx), float(dy)), "frames": frames}


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    frames = inputs["frames"]
    delta, k = torch.tensor(inputs["delta"], dtype=torch.float32), torch.arange(frames)[:, None].float()
    mistakes = {
        "Frames are counted from 1: the first one moves too.": (k + 1) * delta,
        "It is the other way: the sign is wrong.": -k * delta,
        "x and y are exchanged: δ is (x, y).": k * delta.flip(0),
        "Every frame has moved by δ, however late it is.": delta.expand(frames, 2),
        "Every frame but the first has moved by δ, however late it is.": (k > 0) * delta,
        "The last frame has moved by δ, and the others by a part of it: δ is for one frame.": k / (frames - 1) * delta,
        "It gains speed: frame k has moved by the sum of all moves before it.": k * (k + 1) / 2 * delta,
        "It gains speed: frame k has moved by k² δ.": k**2 * delta,
        "It is cut to whole pixels.": k * delta.trunc(),
        "It is rounded to whole pixels before it is multiplied.": k * delta.round(),
        "It is rounded to whole pixels: that is the warp's to do.": (k * delta).round(),
        "Nothing moves.": 0 * k * delta,
    }
    return the_only_one(arrays["by"], k * delta, mistakes)


def _in_float32(arrays: Arrays, inputs: dict) -> bool | str:
    kind = arrays["by"].dtype
    return all_of(_agrees(arrays, inputs), kind == np.float32 or f"It is of {kind}.")


_by = returned("by")
EXERCISE = Exercise(
    id="7.1",
    title="How far a frame has moved",
    points=1,
    stars=1,
    minutes=5,
    reference=motion_field,
    probes=(
        Probe(
            "two frames",
            (
                "Of a clip of two frames the moves are not the right ones.",
                "The first frame stands, the second has moved by δ: two rows, each (x, y).",
                "`k * delta` for k = 0, 1.",
            ),
            _motion,
            _by,
            _agrees,
        ),
        Probe(
            "more frames",
            (
                "Two frames are right, six are not.",
                "The motion is even: from each frame to the next by δ.",
                "`torch.arange(frames)[:, None] * torch.tensor(delta, dtype=torch.float32)`.",
            ),
            partial(_motion, frames=6),
            _by,
            _agrees,
        ),
        Probe(
            "parts of a pixel",
            (
                "Whole pixels are right, parts of one are not.",
                "δ may be (0.6, −0.3), and frame 2 has moved by (1.2, −0.6): nothing is rounded here.",
                "`torch.tensor(delta, dtype=torch.float32)` as it is.",
            ),
            partial(_motion, frames=6, kind="parts"),
            _by,
            _agrees,
        ),
        Probe(
            "whole numbers",
            (
                "Where δ is given as (1, 0), and not as (1.0, 0.0), what comes back should be of float32 too.",
                "A tensor made of Python's whole numbers is one of whole numbers, unless its type is said.",
                "`torch.tensor(delta, dtype=torch.float32)`.",
            ),
            partial(_motion, frames=3, kind="ints"),
            _by,
            _in_float32,
        ),
    ),
)
