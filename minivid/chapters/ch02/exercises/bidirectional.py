"""2.9: every frame hears the past and the future, each handed on from frame to frame. A class whose `__init__` is given."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from torch import nn

from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, agrees, shaped
from minivid.nn import propagation
from minivid.nn.propagation import propagate

DIM, CLIPS, FRAMES, SIDE = 4, 2, 5, 4  # as many channels in as out: frame and state exchanged run, silently


class Bidirectional(propagation.Bidirectional):
    """Past and future of each frame, joined."""

    def __init__(self, dim_in: int, dim: int):
        super().__init__(dim_in, dim)


def _layer_and_clip(seed: int, dim_in: int = DIM) -> dict:
    generator = torch.Generator().manual_seed(seed)
    shapes = Bidirectional(dim_in, DIM).state_dict()
    weights = {name: torch.randn(value.shape, generator=generator) / DIM for name, value in shapes.items()}
    return {"weights": weights, "x": torch.randn(CLIPS, dim_in, FRAMES, SIDE, SIDE, generator=generator)}


def _only(half: int):
    """Inputs whose layer hands on the past (half 0), or the future (1), as it is."""

    def inputs(seed: int) -> dict:
        found = _layer_and_clip(seed)
        found["weights"]["join.weight"] = torch.eye(2 * DIM)[half * DIM : (half + 1) * DIM].contiguous()
        found["weights"]["join.bias"] = torch.zeros(DIM)
        return found

    return inputs


def _deaf(seed: int) -> dict:
    """Inputs whose `join` hears nothing, and says its bias everywhere."""
    found = _layer_and_clip(seed)
    found["weights"]["join.weight"].zero_()
    return found


def _layer(obj, inputs: dict) -> nn.Module:
    layer = obj(inputs["x"].shape[1], DIM)
    if not isinstance(layer, nn.Module):
        raise WrongAnswer("the class should be an nn.Module; keep the first line and `__init__` as they were given")
    try:
        layer.load_state_dict(inputs["weights"])
    except RuntimeError:
        raise WrongAnswer(
            "the layer's weights have other names or shapes than given: leave `__init__` as it was"
        ) from None
    return layer.eval()


def _out(obj, inputs: dict) -> Mapping:
    return {"out": _layer(obj, inputs)(inputs["x"].clone())}


def _out_of_other_widths(obj, inputs: dict) -> Mapping:
    """The same; all other questions have been answered, so an error is that of the widths."""
    try:
        return _out(obj, inputs)
    except RuntimeError as error:
        raise WrongAnswer(
            f"With {DIM - 1} channels in the clip and {DIM} in the state it raised an error ({error}). The state has its own number of channels "
            "from the beginning: `cell.start(x)`."
        ) from None


def _out_when_touched(obj, inputs: dict) -> Mapping:
    """What is said of the clip, and of the clip with its first, or its last, frame changed."""
    layer, touched = _layer(obj, inputs), {"out": inputs["x"].clone()}
    for name, frame in (("first", 0), ("last", -1)):
        touched[name] = inputs["x"].clone()
        touched[name][:, :, frame] += 1
    return {name: layer(x) for name, x in touched.items()}


def _learns_from_both_ends(obj, inputs: dict) -> Mapping:
    """What the last frame's answer would have of the first frame changed, and the first one's of the last."""
    layer, x = _layer(obj, inputs), inputs["x"].clone().requires_grad_()
    out = layer(x)
    past, future = (torch.autograd.grad(out[:, :, there].sum(), x, retain_graph=True)[0] for there in (-1, 0))
    return {"past": past[:, :, 0], "future": future[:, :, -1]}


def _hears_both_ends(arrays: Arrays, inputs: dict) -> bool | str:
    for touched, there in (("first", -1), ("last", 0)):
        if np.abs(arrays[touched] - arrays["out"])[:, :, there].max() < 1e-7:
            other = "last" if there else "first"
            return f"The {touched} frame was changed, and nothing happened in the {other} one."
    return True


_agrees = agrees(Bidirectional, _out, rtol=1e-3, atol=1e-4)


def _past_agrees(arrays: Arrays, inputs: dict) -> bool | str:
    verdict, other = _agrees(arrays, inputs), _only(1)(0)["weights"]["join.weight"]
    if verdict is not True:
        exchanged = {**inputs, "weights": inputs["weights"] | {"join.weight": other}}
        if _agrees(arrays, exchanged) is True:
            return "The future stands where the past should: `join` takes the channels of the past first."
    return verdict


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
            "shape",
            (
                "Out should come a clip: batch, dim channels, and as many frames, rows and columns as x has.",
                "A state for each frame, not the last alone: collect them, and put them together along time; past and future along the channels.",
                "`torch.cat(past, dim=2)`, and `torch.cat([…, …], dim=1)` of the two.",
            ),
            _layer_and_clip,
            _out,
            shaped(CLIPS, DIM, FRAMES, SIDE, SIDE),
        ),
        Probe(
            "joined",
            (
                "With a `join` that hears nothing its bias should come out, everywhere.",
                "What is returned is what `join` says of past and future, and nothing else: nothing is added to it, or done to it.",
                "`return self.join(torch.cat([past, future], dim=1))`.",
            ),
            _deaf,
            _out,
            _agrees,
        ),
        Probe(
            "both ends",
            (
                "What is far away is not heard.",
                "The state after one frame goes into the next, through the whole clip, and once more from its end. (In a published version two plain "
                "convolutions ran over the clip and over the flipped clip. Together they are one convolution, and reach no further than its kernel.)",
                "`state = cell(frame, state)`, in a loop that begins with `cell.start(x)`.",
            ),
            _layer_and_clip,
            _out_when_touched,
            _hears_both_ends,
        ),
        Probe(
            "past",
            (
                "The past is not right.",
                "`forward_cell` is given the frame first and then the state, begins with `start(x)`, and the state *after* frame i stands at frame i; in "
                "`join` the past's channels come first.",
                "`state = self.forward_cell(frame, state)`, and then `past.append(state)`.",
            ),
            _only(0),
            _out,
            _past_agrees,
        ),
        Probe(
            "future",
            (
                "The past is right, the future is not.",
                "`backward_cell`, from a `start(x)` of its own, over the frames from the last to the first; what it said after frame i stands at frame i "
                "again.",
                "`for frame in reversed(frames)`, and `future.insert(0, state)`.",
            ),
            _only(1),
            _out,
            _agrees,
        ),
        Probe(
            "other widths",
            (
                "Where the clip has other channels than the state it is wrong.",
                "The state has dim channels, whatever x has: its beginning is no frame, and is not made like one.",
                "`state = self.forward_cell.start(x)`.",
            ),
            partial(_layer_and_clip, dim_in=DIM - 1),
            _out_of_other_widths,
            _agrees,
        ),
        Probe(
            "learns from far away",
            (
                "The answers are right, but their gradient does not reach the other end of the clip, so nothing could be learnt from there.",
                "Somewhere between two frames the state loses its history.",
                "Look for `detach`, `.data` or `no_grad` on the state.",
            ),
            _layer_and_clip,
            _learns_from_both_ends,
            agrees(Bidirectional, _learns_from_both_ends, rtol=1e-3, atol=1e-5),
        ),
    ),
)
