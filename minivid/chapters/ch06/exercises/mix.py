"""6.2: Video LDM's mixing of a layer over space with one over time."""

from functools import partial

import torch
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, Promises, returned, told_apart


def mix(space: Tensor, time: Tensor, logit: Tensor, images: bool) -> Tensor:
    """α · space + (1 − α) · time, α the logit's sigmoid; `space` alone where the batch holds images."""
    if images:
        return space.clone()
    alpha = logit.sigmoid()
    return alpha * space + (1 - alpha) * time


def _features(seed: int, even: bool = False, images: bool = False) -> dict:
    """`even`: the logit is 0, half and half."""
    generator = torch.Generator().manual_seed(seed)
    space, time = torch.randn(2, 2, 3, 4, 2, 2, generator=generator)
    logit = torch.zeros(()) if even else 0.5 + torch.rand((), generator=generator)
    return {"space": space, "time": time, "logit": logit, "images": images}


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    space, time, logit, images = inputs.values()
    alpha = logit.sigmoid()
    mistakes = {
        "The two shares are exchanged: α is the image model's.": alpha * time + (1 - alpha) * space,
        "The logit itself is taken for α.": logit * space + (1 - logit) * time,
        "The logit is cut to [0, 1] and taken for α, and should go through a sigmoid.": logit.clamp(0, 1) * space
        + (1 - logit.clamp(0, 1)) * time,
        "The two are added whole.": space + time,
        "What is added to `space` is a share of `time`; the share of `space` should fall as much.": space
        + (1 - alpha) * time,
        "The image model's layer alone comes out.": space,
        "The layer over time alone comes out.": time,
        "Half and half, whatever the logit.": (space + time) / 2,
    }
    if images:
        mistakes["The batch holds images, and they were mixed as a clip."] = alpha * space + (1 - alpha) * time
    return told_apart(arrays["out"], mix(space, time, logit, images), mistakes)


_out = returned("out")
EXERCISE = Exercise(
    id="6.2",
    title="Mixing",
    points=2,
    stars=1,
    minutes=10,
    reference=mix,
    promises=Promises(gradient=True, own=True),
    probes=(
        Probe(
            "half and half",
            (
                "With a logit of 0 it is not the mean of both.",
                "The sigmoid of 0 is ½: half of `space` and half of `time`.",
                "`alpha * space + (1 - alpha) * time` with `alpha = logit.sigmoid()`.",
            ),
            partial(_features, even=True),
            _out,
            _agrees,
        ),
        Probe(
            "another share",
            (
                "Half and half is right; with another logit it is not.",
                "α is the sigmoid of the logit, and the share of `space`.",
                "`alpha = logit.sigmoid()`, then `alpha * space + (1 - alpha) * time`.",
            ),
            _features,
            _out,
            _agrees,
        ),
        Probe(
            "images",
            (
                "Clips are right; a batch of images is not.",
                "Images have no neighbours in time: the image model's layer is all that counts.",
                "`if images: return space.clone()`.",
            ),
            partial(_features, images=True),
            _out,
            _agrees,
        ),
    ),
)
