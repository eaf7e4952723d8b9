"""2.10: how much each place of the input counts for one place of the output: the effective receptive field."""

from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from minivid.course.exercise import Arrays, Exercise, Probe, agrees, all_of, shaped
from minivid.nn.reach import influence

CHANNELS, FRAMES, HEIGHT, WIDTH = 3, 5, 6, 7
PLACE = (3, 2, 4)


def _layer_and_clip(seed: int, kind: str) -> dict:
    """A layer by the weights of its kernel, a clip, a place of its output, and how the output's channels are mixed."""
    generator = torch.Generator().manual_seed(seed)
    dim_in, dim_out = {"filter": (1, 1), "reader": (CHANNELS, 1), "several": (CHANNELS, 2)}[kind]
    return {
        "kernel": torch.randn(dim_out, dim_in, 3, 3, 3, generator=generator),
        "x": torch.randn(1, dim_in, FRAMES, HEIGHT, WIDTH, generator=generator),
        "mixture": torch.ones(1) if dim_out == 1 else torch.randn(dim_out, generator=generator),
    }


def _layer(kernel: Tensor) -> nn.Module:
    layer = nn.Conv3d(kernel.shape[1], kernel.shape[0], 3, padding=1, bias=False)
    layer.load_state_dict({"weight": kernel})
    return layer


def _found(obj, inputs: dict) -> dict:
    return {"influence": obj(_layer(inputs["kernel"]), inputs["x"].clone(), PLACE, inputs["mixture"].clone())}


def _traces(obj, inputs: dict) -> dict:
    """What was left behind on the clip that was handed in, and on the weights of two layers, of which one has gradients already."""
    fresh, training, x = _layer(inputs["kernel"]), _layer(inputs["kernel"]), inputs["x"].clone()
    training.weight.grad = torch.ones_like(training.weight)
    for layer in (fresh, training):
        obj(layer, x, PLACE, inputs["mixture"])
    kept = training.weight.grad is not None and bool((training.weight.grad == 1).all())
    return {
        "weights": fresh.weight.grad is not None,
        "clip": x.requires_grad or x.grad is not None,
        "kept": kept,
        "frozen": not (fresh.weight.requires_grad and training.weight.requires_grad),
    }


def _no_traces(arrays: Arrays, inputs: dict) -> bool | str:
    if arrays["clip"]:
        return "The clip that was handed in wants gradients now."
    if arrays["weights"]:
        return "The layer's weights have gradients now, and the next training step would add them."
    if arrays["frozen"]:
        return "The layer's weights want no gradients any more: it cannot be trained."
    return bool(arrays["kept"]) or "The layer's weights had gradients before, and these were changed or are gone."


_agrees = agrees(influence, _found)
_has_its_shape = shaped(FRAMES, HEIGHT, WIDTH)


def _around_its_place(arrays: Arrays, inputs: dict) -> bool | str:
    found, near = arrays["influence"], np.zeros((FRAMES, HEIGHT, WIDTH), bool)
    near[tuple(slice(max(0, i - 1), i + 2) for i in PLACE)] = True
    return all_of(
        bool((np.abs(found[~near]) < 1e-6).all()) or "Places count that this layer cannot see from there.",
        bool((np.abs(found[near]) > 1e-9).all()) or "Places do not count that this layer sees from there.",
    )


EXERCISE = Exercise(
    id="2.10",
    title="What counts for one place",
    points=3,
    stars=2,
    minutes=15,
    reference=influence,
    probes=(
        Probe(
            "one number a place",
            (
                "The answer has a number for each frame, row and column of the input: t h w.",
                "The gradient is as large as x, `1 c t h w`: there is one clip, and a place's channels make one length.",
                "`gradient.square().sum((0, 1)).sqrt()`.",
            ),
            partial(_layer_and_clip, kind="several"),
            _found,
            _has_its_shape,
        ),
        Probe(
            "that place",
            (
                "It should be about *one* place of the output.",
                "Only what the layer says at (frame, row, column) is differentiated, by the input.",
                "`layer(x)[:, :, frame, row, column]`.",
            ),
            partial(_layer_and_clip, kind="several"),
            _found,
            _around_its_place,
        ),
        Probe(
            "size",
            (
                "The places are right, their numbers are not.",
                "How much a place counts is the size of its gradient, without a sign, and of nothing else: with a single channel the absolute value.",
                "`gradient.square().sum((0, 1)).sqrt()`.",
            ),
            partial(_layer_and_clip, kind="filter"),
            _found,
            _agrees,
        ),
        Probe(
            "length",
            (
                "With one channel it is right, with several it is not.",
                "The gradient at a place is a vector then: its length is the root of the sum of the squares.",
                "`gradient.square().sum((0, 1)).sqrt()`.",
            ),
            partial(_layer_and_clip, kind="reader"),
            _found,
            _agrees,
        ),
        Probe(
            "mixture",
            (
                "Where the output has several channels it is wrong.",
                "The weighted sum of them is meant, Σ mixtureₖ · outₖ, and its gradient as one. (A plain sum is blind to layers that normalise over "
                "channels: there it is constant.)",
                "`(layer(x)[:, :, frame, row, column] * mixture).sum()`.",
            ),
            partial(_layer_and_clip, kind="several"),
            _found,
            _agrees,
        ),
        Probe(
            "no trace",
            (
                "Measuring must change nothing.",
                "`backward()` writes into every weight that had a part in it; `torch.autograd.grad` returns what it is asked for, and writes nowhere.",
                "`x = x.detach().requires_grad_()`, and `torch.autograd.grad(number, x)[0]`.",
            ),
            partial(_layer_and_clip, kind="several"),
            _traces,
            _no_traces,
        ),
    ),
)
