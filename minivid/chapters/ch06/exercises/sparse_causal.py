"""6.3: whose keys a frame looks at in Tune-A-Video."""

from functools import partial

import torch
from einops import rearrange
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart
from minivid.nn.attention.keys import first_and_previous


def sparse_causal(x: Tensor, frames: int) -> Tensor:
    """Keys `(b t) n c` to `(b t) 2n c`: the first frame's, then those of the one before; before the first stands itself."""
    return first_and_previous(x, frames)


def _keys(seed: int, clips: int = 1, frames: int = 2) -> dict:
    generator = torch.Generator().manual_seed(seed)
    return {"x": torch.randn(clips * frames, 3, 4, generator=generator), "frames": frames}


def _of(x: Tensor, whose: list[tuple[int, int]]) -> Tensor:
    """For each frame of each clip the keys of two frames; −1 is a clip's last."""
    each = rearrange(x, "(b t) n c -> b t n c", t=len(whose))
    rows = [torch.cat([each[:, i], each[:, j]], 1) for i, j in whose]
    return rearrange(torch.stack(rows, 1), "b t m c -> (b t) m c")


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    x, t = inputs["x"], inputs["frames"]
    mistakes = {
        "Before the first frame stands the clip's last: time goes round.": _of(x, [(0, i - 1) for i in range(t)]),
        "The two are exchanged: the first frame's keys come first.": _of(x, [(max(i - 1, 0), 0) for i in range(t)]),
        "A frame looks at the first and at itself.": _of(x, [(0, i) for i in range(t)]),
        "A frame looks at itself and the one before.": _of(x, [(i, max(i - 1, 0)) for i in range(t)]),
        "A frame looks at the first one twice.": _of(x, [(0, 0)] * t),
        "A frame looks at the first one and the next.": _of(x, [(0, min(i + 1, t - 1)) for i in range(t)]),
        "A frame looks at the one before twice.": _of(x, [(max(i - 1, 0),) * 2 for i in range(t)]),
        "All clips look at the first clip's first frame.": torch.cat(
            [x[:1].expand_as(x), _of(x, [(0, max(i - 1, 0)) for i in range(t)])[:, x.shape[1] :]], 1
        ),
        "The frame before a clip's first is the last frame of the clip before: clips are mixed.": torch.cat(
            [_of(x, [(0, 0)] * t)[:, : x.shape[1]], torch.cat([x[:1], x[:-1]])], 1
        ),
    }
    return told_apart(arrays["keys"], _of(x, [(0, max(i - 1, 0)) for i in range(t)]), mistakes)


_found = returned("keys")
EXERCISE = Exercise(
    id="6.3",
    title="The first frame and the one before",
    points=3,
    stars=2,
    minutes=15,
    reference=sparse_causal,
    answers=(sparse_causal, first_and_previous),
    probes=(
        Probe(
            "two frames",
            (
                "Of a clip of two frames the keys are not the right ones.",
                "Both frames look at frame 0 twice: it is the first, the one before frame 1, and stands before itself.",
                "`torch.cat([first, previous], dim=…)` along the axis of places, `n`.",
            ),
            _keys,
            _found,
            _agrees,
        ),
        Probe(
            "more frames",
            (
                "Two frames are right, five are not.",
                "Frame i looks at frame 0 and at frame i − 1, in this order.",
                "`max(i - 1, 0)` for each i.",
            ),
            partial(_keys, frames=5),
            _found,
            _agrees,
        ),
        Probe(
            "several clips",
            (
                "One clip is right, two together are not.",
                "The first axis holds the frames of clip 0, then those of clip 1: each clip has a first frame of its own.",
                '`rearrange(x, "(b t) n c -> b t n c", t=frames)` before anything is chosen.',
            ),
            partial(_keys, clips=2, frames=4),
            _found,
            _agrees,
        ),
    ),
)
