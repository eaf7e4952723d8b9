"""2.1: an image layer on every frame of a clip. Frames go into the batch, and out of it again."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Exercise, Probe, Promises, agrees, returned
from minivid.nn.conv import fold, unfold


def per_frame(layer: Callable[[Tensor], Tensor], x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h2 w2"]:
    """`layer`, from `n c h w` to `n d h2 w2`, on each frame of each clip."""
    return unfold(layer(fold(x)), x.shape[2])


def _clips(seed: int, layer: Callable[[torch.Generator], Callable[[Tensor], Tensor]]) -> dict:
    generator = torch.Generator().manual_seed(seed)
    return {"layer": layer(generator), "x": torch.randn(3, 4, 5, 6, 8, generator=generator)}


def _mirror(generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    return partial(torch.flip, dims=(-1,))


def _mixing(generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    """Reads a pixel's channels and its neighbours."""
    return partial(F.conv2d, weight=torch.randn(4, 4, 3, 3, generator=generator) / 6, padding=1)


def _halving(generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    """To more channels and half the size."""
    return partial(F.conv2d, weight=torch.randn(7, 4, 2, 2, generator=generator) / 4, stride=2)


_out = returned("out")
_agrees = agrees(per_frame, _out)

EXERCISE = Exercise(
    id="2.1",
    title="An image layer on every frame",
    points=2,
    stars=1,
    minutes=10,
    reference=per_frame,
    promises=Promises(gradient=True),
    answers=(per_frame, fold, unfold),
    probes=(
        Probe(
            "in their places",
            (
                "With a layer that only mirrors each picture, frames should come back mirrored, each in its own place of its own clip.",
                "The way back: its axes must be taken apart in the order in which they were put together, the frames next to the batch and not "
                "next to the channels. (diffusers had channels and frames exchanged there, issue 5633.)",
                'Of what the layer returned: `rearrange(…, "(b t) d h w -> b d t h w", b=len(x))`.',
            ),
            partial(_clips, layer=_mirror),
            _out,
            _agrees,
        ),
        Probe(
            "whole pictures",
            (
                "With a convolution the frames come out wrong: what the layer was given were no pictures.",
                "The way in: in b c t h w the channels stand before the frames, so `reshape` to (b·t, c, h, w) takes a picture's channels from "
                "several frames; time has to be brought next to the batch first. (Open-Sora-Plan trained with that, issue 171.)",
                '`rearrange(x, "b c t h w -> (b t) c h w")`.',
            ),
            partial(_clips, layer=_mixing),
            _out,
            _agrees,
        ),
        Probe(
            "another size",
            (
                "It is wrong with a layer that changes channels, height and width.",
                "Read these three from what the layer returned, and only batch and frames from x.",
                'In `rearrange(…, "(b t) d h w -> b d t h w", b=len(x))` nothing else is said.',
            ),
            partial(_clips, layer=_halving),
            _out,
            _agrees,
        ),
    ),
)
