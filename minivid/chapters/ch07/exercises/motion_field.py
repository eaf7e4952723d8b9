"""7.1: how far each frame's content has moved."""

from functools import partial

import torch

from minivid.adapt.zeroshot import motion_field
from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart


def _motion(seed: int, frames: int = 2, whole: bool = True) -> dict:
    """`whole`: by whole pixels a frame, further to the right than down."""
    generator = torch.Generator().manual_seed(seed)
    x, y = torch.randint(1, 4, (2,), generator=generator).tolist()
    dx, dy = float(x + y), float(-y)
    return {"delta": (dx, dy) if whole else (dx / 4 + 0.1, dy / 4 - 0.2), "frames": frames}


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    frames = inputs["frames"]
    delta, k = torch.tensor(inputs["delta"]), torch.arange(frames)[:, None].float()
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
    return told_apart(arrays["by"], k * delta, mistakes)


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
                "`torch.arange(frames)[:, None] * torch.tensor(delta)`.",
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
                "`torch.tensor(delta)` as it is, in float32.",
            ),
            partial(_motion, frames=4, whole=False),
            _by,
            _agrees,
        ),
    ),
)
