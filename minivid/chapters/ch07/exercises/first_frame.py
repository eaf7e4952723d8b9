"""7.4: whose keys a frame looks at in Text2Video-Zero."""

from functools import partial

import torch
from einops import rearrange
from torch import Tensor

from minivid.chapters.ch07.told import the_only_one
from minivid.course.exercise import Arrays, Exercise, Probe, returned
from minivid.nn.attention import keys


def first_frame(x: Tensor, frames: int) -> Tensor:
    """Keys `(b t) n c` to `(b t) n c`: for every frame its own clip's first frame's."""
    return keys.first_frame(x, frames)


def _keys(seed: int, clips: int = 1, frames: int = 4) -> dict:
    generator = torch.Generator().manual_seed(seed)
    return {"x": torch.randn(clips * frames, 3, 4, generator=generator), "frames": frames}


def _of(x: Tensor, whose: list[int]) -> Tensor:
    each = rearrange(x, "(b t) n c -> b t n c", t=len(whose))
    return rearrange(each[:, whose], "b t n c -> (b t) n c")


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    x, t = inputs["x"], inputs["frames"]
    clips = rearrange(x, "(b t) n c -> b t n c", t=t)
    mistakes = {
        "Nothing changes: every frame looks at its own keys.": x,
        "Every frame looks at the last one.": _of(x, [-1] * t),
        "Every frame looks at the second one.": _of(x, [1 % t] * t),
        "Every frame looks at the one before, and not at the first.": _of(x, [max(i - 1, 0) for i in range(t)]),
        "Every frame looks at the one before, and the first at the last: time goes round.": _of(
            x, [i - 1 for i in range(t)]
        ),
        "Every frame looks at the mean of all frames.": rearrange(
            clips.mean(1, keepdim=True).expand_as(clips), "b t n c -> (b t) n c"
        ),
        "All clips look at the first clip's first frame.": x[:1].expand_as(x),
        "Clips are mixed: the first axis is read as frames of clips, `(t b)`, and holds clips of frames, `(b t)`.": x[
            : len(clips)
        ].repeat(t, 1, 1),
        "Clips are mixed: the first frames are right, and stand in the order `(t b)`.": clips[:, 0].repeat(t, 1, 1),
        "Every frame has the first place's keys alone: it is the first frame, and all of its places.": x[
            :, :1
        ].expand_as(x),
    }
    right, found = _of(x, [0] * t), next(iter(arrays.values()))
    if "first" in arrays:
        right, mistakes = right[:1], {sentence: value[:1] for sentence, value in mistakes.items()}
    return the_only_one(found, right, mistakes)


_found = returned("keys")


def _of_the_first(obj, inputs: dict) -> dict:
    """What the first frame looks at, by a name of its own; another shape comes whole, so that it is refused."""
    found = _found(obj, inputs)["keys"]
    whole = isinstance(found, Tensor) and found.shape == inputs["x"].shape
    return {"first": found[:1]} if whole else {"keys": found}


EXERCISE = Exercise(
    id="7.4",
    title="All eyes on the first frame",
    points=2,
    stars=2,
    minutes=10,
    reference=first_frame,
    answers=(first_frame, keys.first_frame),
    probes=(
        Probe(
            "the first frame itself",
            (
                "The first frame does not look at itself.",
                "To the first frame nothing must happen: it is the image model's picture, and the others follow it.",
                "`clips[:, 0]`, with `clips` as b t n c: the keys of frame 0, all of its n places.",
            ),
            _keys,
            _of_the_first,
            _agrees,
        ),
        Probe(
            "one clip",
            (
                "The first frame is right; the others do not get its keys.",
                "All four get the keys of frame 0, and each as many as it had.",
                "`clips[:, :1].expand_as(clips)`, with `clips` as b t n c.",
            ),
            _keys,
            _found,
            _agrees,
        ),
        Probe(
            "several clips",
            (
                "One clip is right, three together are not.",
                "The first axis holds the frames of clip 0, then those of clip 1: each clip has a first frame of its own.",
                '`rearrange(x, "(b t) n c -> b t n c", t=frames)` before anything is chosen.',
            ),
            partial(_keys, clips=3),
            _found,
            _agrees,
        ),
    ),
)
