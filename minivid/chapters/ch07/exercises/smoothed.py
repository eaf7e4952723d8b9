"""7.5: background smoothing."""

from functools import partial

import torch
from torch import Tensor

from minivid.adapt.zeroshot import smoothed
from minivid.chapters.ch07.told import the_only_one
from minivid.course.exercise import Arrays, Exercise, Probe, returned


def _clips(seed: int, what: str = "both") -> dict:
    """A clip, its first frame moved, and what is foreground: nothing, everything or a half of each frame, in each clip another."""
    generator = torch.Generator().manual_seed(seed)
    z, first = torch.randn(2, 2, 3, 3, 4, 4, generator=generator)
    foreground = torch.zeros(2, 1, 3, 4, 4)
    if what == "foreground":
        foreground += 1
    if what == "both":
        for k in range(3):
            foreground[0, :, k, :, k : k + 2] = 1
            foreground[1, :, k, k : k + 2] = 1
    share = 0.55 + 0.3 * float(torch.rand((), generator=generator))
    return {"z": z, "moved_first": first, "foreground": foreground, "share": share}


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    z, first, foreground, a = inputs.values()
    background = a * first + (1 - a) * z

    def mixed(mask: Tensor) -> Tensor:
        return mask * z + (1 - mask) * background

    mistakes = {
        "The two are exchanged: `share` is the first frame's.": foreground * z
        + (1 - foreground) * ((1 - a) * first + a * z),
        "The mask is the other way round: the foreground is smoothed, and the background stands.": foreground
        * background
        + (1 - foreground) * z,
        "The foreground is smoothed too.": background,
        "The background is the first frame's alone.": foreground * z + (1 - foreground) * first,
        "The share is always .6.": foreground * z + (1 - foreground) * (0.6 * first + 0.4 * z),
        "The share is always a half.": foreground * z + (1 - foreground) * (first + z) / 2,
        "The background is added up whole: the shares do not sum to one.": foreground * z
        + (1 - foreground) * (a * first + z),
        "The foreground is added on top of itself: there the clip counts twice.": foreground * z + background,
        "The background is black.": foreground * z,
        "The foreground is black.": (1 - foreground) * background,
        "The foreground is the first frame's.": foreground * first + (1 - foreground) * background,
        "All clips have the first clip's mask.": mixed(foreground[:1]),
        "All frames have the first frame's mask.": mixed(foreground[:, :, :1]),
        "Nothing is smoothed.": z,
    }
    return the_only_one(arrays["z"], mixed(foreground), mistakes)


_smoothed = returned("z")
EXERCISE = Exercise(
    id="7.5",
    title="A calm background",
    points=2,
    stars=1,
    minutes=10,
    reference=smoothed,
    probes=(
        Probe(
            "background everywhere",
            (
                "Where all is background, it is not the mixture.",
                "There it is `share` of the first frame, moved, and the rest of the clip's own.",
                "`share * moved_first + (1 - share) * z`.",
            ),
            partial(_clips, what="background"),
            _smoothed,
            _agrees,
        ),
        Probe(
            "foreground everywhere",
            (
                "The background alone is right; where all is foreground, something changes.",
                "`foreground` is 1 there, and z must come out as it is.",
                "`foreground * z + (1 - foreground) * background`.",
            ),
            partial(_clips, what="foreground"),
            _smoothed,
            _agrees,
        ),
        Probe(
            "some of each",
            (
                "All of one kind is right; where each frame has some of both, it is not.",
                "`foreground`, b 1 t h w, is another in each clip and frame, and the same for all channels.",
                "`foreground * z + (1 - foreground) * background`, pixel by pixel.",
            ),
            _clips,
            _smoothed,
            _agrees,
        ),
    ),
)
