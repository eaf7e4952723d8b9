"""2.9: every frame hears the past and the future, each handed on from frame to frame. A class whose `__init__` is given."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, agrees, shaped
from minivid.nn import propagation
from minivid.nn.propagation import propagate

DIM, CLIPS, FRAMES, SIDE = 4, 2, 5, 4  # as many channels in as out: frame and state exchanged run, silently


class Bidirectional(propagation.Bidirectional):
    """Past and future of each frame, joined."""

    def __init__(self, dim_in: int, dim: int):
        super().__init__(dim_in, dim)


def _layer_and_clip(seed: int) -> dict:
    generator = torch.Generator().manual_seed(seed)
    shapes = Bidirectional(DIM, DIM).state_dict()
    weights = {name: torch.randn(value.shape, generator=generator) / DIM for name, value in shapes.items()}
    return {"weights": weights, "x": torch.randn(CLIPS, DIM, FRAMES, SIDE, SIDE, generator=generator)}


def _only(half: int):
    """Inputs whose layer hands on the past (half 0), or the future (1), as it is."""

    def inputs(seed: int) -> dict:
        found = _layer_and_clip(seed)
        found["weights"]["join.weight"] = torch.eye(2 * DIM)[half * DIM : (half + 1) * DIM].contiguous()
        found["weights"]["join.bias"] = torch.zeros(DIM)
        return found

    return inputs


def _layer(obj, weights: dict[str, Tensor]) -> nn.Module:
    layer = obj(DIM, DIM)
    if not isinstance(layer, nn.Module):
        raise WrongAnswer("the class should be an nn.Module; keep the first line and `__init__` as they were given")
    try:
        layer.load_state_dict(weights)
    except RuntimeError:
        raise WrongAnswer(
            "the layer's weights have other names or shapes than given: leave `__init__` as it was"
        ) from None
    return layer.eval()


def _out(obj, inputs: dict) -> Mapping:
    return {"out": _layer(obj, inputs["weights"])(inputs["x"].clone())}


def _out_when_touched(obj, inputs: dict) -> Mapping:
    """What is said of the clip, and of the clip with its first, or its last, frame changed."""
    layer, touched = _layer(obj, inputs["weights"]), {"out": inputs["x"].clone()}
    for name, frame in (("first", 0), ("last", -1)):
        touched[name] = inputs["x"].clone()
        touched[name][:, :, frame] += 1
    return {name: layer(x) for name, x in touched.items()}


def _hears_both_ends(arrays: Arrays, inputs: dict) -> bool | str:
    shape = shaped(CLIPS, DIM, FRAMES, SIDE, SIDE)(arrays, inputs)
    if shape is not True:
        return shape
    for touched, there in (("first", -1), ("last", 0)):
        if np.abs(arrays[touched] - arrays["out"])[:, :, there].max() < 1e-7:
            other = "last" if there else "first"
            return f"The {touched} frame was changed, and nothing happened in the {other} one."
    return True


_agrees = agrees(Bidirectional, _out, rtol=1e-3, atol=1e-4)

EXERCISE = Exercise(
    id="2.9",
    title="Past and future",
    points=3,
    stars=2,
    minutes=25,
    reference=Bidirectional,
    answers=(Bidirectional, propagation.Bidirectional, propagate),
    probes=(
        Probe(
            "both ends",
            "What is far away is handed on: the state after one frame goes into the next, through the whole clip, and once more from its end. "
            "(In a published version two plain convolutions ran over the clip and over the flipped clip. Together they are one convolution, "
            "and reach no further than its kernel.)",
            _layer_and_clip,
            _out_when_touched,
            _hears_both_ends,
        ),
        Probe(
            "past",
            "The past is not right: `forward_cell(frame, state)`, the frame first, begins with `start(x)`, and the state after frame i stands "
            "at frame i.",
            _only(0),
            _out,
            _agrees,
        ),
        Probe(
            "future",
            "The past is right, the future is not: `backward_cell`, from a `start(x)` of its own, over the frames from the last to the first, "
            "and what it said of frame i stands at frame i again.",
            _only(1),
            _out,
            _agrees,
        ),
        Probe(
            "joined",
            "Both halves are right by themselves; joined they are not: `join` takes the channels of the past, then those of the future, and "
            "nothing is added to what it says.",
            _layer_and_clip,
            _out,
            _agrees,
        ),
    ),
)
