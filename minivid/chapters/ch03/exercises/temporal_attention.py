"""3.5: each pixel attends to itself in the other frames, with a relative position bias. A class whose `__init__` is given."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from torch import nn

from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, agrees, all_of, close, shaped
from minivid.nn.attention.core import TIME, Attention

DIM, CLIPS, FRAMES, HEIGHT, WIDTH = (
    16,
    2,
    6,
    2,
    3,
)  # as many pixels as frames: attention over the wrong axis runs, silently
TOUCHED = (0, slice(None), 4, 1, 1)  # clip 0, frame 4, one pixel
SAME_PIXEL = (0, slice(None), slice(None), 1, 1)


class TemporalAttention(Attention):
    """Each pixel attends to the same pixel of the other frames."""

    def __init__(self, dim: int, heads: int):
        super().__init__(dim, heads, TIME)


def _layer_and_clip(
    seed: int,
    heads: int = 1,
    bias: bool = False,
    still: bool = False,
    hidden: bool = False,
    norm: bool = False,
    zero=False,
) -> dict:
    """Weights for the layer, a clip, a bias. Without `norm` the layer's is taken out, so that attention is seen alone."""
    generator = torch.Generator().manual_seed(seed)
    shapes = TemporalAttention(DIM, heads).state_dict()
    weights = {name: torch.randn(value.shape, generator=generator) / (2 * DIM**0.5) for name, value in shapes.items()}
    if zero:
        weights |= {name: torch.zeros_like(value) for name, value in weights.items() if name.startswith("to_out")}
    x = torch.randn(CLIPS, DIM, FRAMES, HEIGHT, WIDTH, generator=generator)
    return {
        "heads": heads,
        "weights": weights,
        "norm": norm,
        "x": x[:, :, :1].expand_as(x).clone() if still else x,
        "bias": 2 * torch.randn(heads, FRAMES, FRAMES, generator=generator) * bias,
        "visible": torch.arange(FRAMES)[:, None] >= torch.arange(FRAMES)[None, :] if hidden else None,
    }


def _layer(obj, inputs: dict) -> nn.Module:
    layer = obj(DIM, inputs["heads"])
    if not isinstance(layer, nn.Module):
        raise WrongAnswer("the class should be an nn.Module; keep the first line and `__init__` as they were given")
    try:
        layer.load_state_dict(inputs["weights"])
    except RuntimeError:
        raise WrongAnswer(
            "the layer's weights have other names or shapes than given: leave `__init__` as it was"
        ) from None
    if not inputs["norm"]:
        layer.norm = nn.Identity()
    return layer.eval()


def _out(obj, inputs: dict) -> Mapping:
    return {"out": _layer(obj, inputs)(inputs["x"], inputs["bias"], inputs["visible"])}


def _out_when_touched(obj, inputs: dict) -> Mapping:
    touched = inputs["x"].clone()
    touched[TOUCHED] += 1
    layer = _layer(obj, inputs)
    return {"out": layer(inputs["x"], inputs["bias"]), "after": layer(touched, inputs["bias"])}


def _stays_in_its_pixel(arrays: Arrays, inputs: dict) -> bool | str:
    change = np.abs(arrays["after"] - arrays["out"])
    change[SAME_PIXEL] = 0
    return all_of(shaped(*inputs["x"].shape)(arrays, inputs), bool(change.max() < 1e-4))


def _reaches_every_frame(arrays: Arrays, inputs: dict) -> bool | str:
    change = np.abs(arrays["after"] - arrays["out"])[SAME_PIXEL].max(0)
    blind = [frame for frame in range(FRAMES) if change[frame] < 1e-5]
    return (
        not blind
        or f"Frame 4 was changed, and nothing happened in frame{'s' * (len(blind) > 1)} {', '.join(map(str, blind))}."
    )


_agrees = agrees(TemporalAttention, _out, rtol=1e-3, atol=1e-4)


def _is_still(arrays: Arrays, inputs: dict) -> bool | str:
    first = arrays["out"][:, :, :1].repeat(FRAMES, axis=2)
    return all_of(close(arrays["out"], first, atol=1e-3), _agrees(arrays, inputs))


EXERCISE = Exercise(
    id="3.5",
    title="Attention over time",
    points=4,
    stars=3,
    minutes=25,
    reference=TemporalAttention,
    answers=(TemporalAttention, Attention),
    probes=(
        Probe(
            "identity at the start",
            "With `to_out` at zero the layer should give back x: it is a residual branch, x + to_out(…).",
            partial(_layer_and_clip, zero=True),
            _out,
            lambda arrays, inputs: close(arrays["out"], inputs["x"]),
        ),
        Probe(
            "own pixel only",
            "A change in one pixel reached other pixels or clips: time alone is the sequence, '(b h w) t c', and the way back must be its "
            "exact inverse.",
            _layer_and_clip,
            _out_when_touched,
            _stays_in_its_pixel,
        ),
        Probe(
            "every frame",
            "A change in one frame should reach the same pixel in all frames, earlier and later.",
            _layer_and_clip,
            _out_when_touched,
            _reaches_every_frame,
        ),
        Probe(
            "still clip",
            "In a clip that stands still every frame should come out alike: each frame's weights sum to one over the frames that it "
            "looks *at* (softmax over the last axis).",
            partial(_layer_and_clip, bias=True, still=True),
            _out,
            _is_still,
        ),
        Probe(
            "one head",
            "With one head and no bias the scores should be q kᵀ / √d, and q, k, v the three thirds of `to_qkv`, in this order.",
            _layer_and_clip,
            _out,
            _agrees,
        ),
        Probe(
            "several heads",
            "With several heads, each has c / heads channels that lie side by side, '(heads d)', and divides by the root of *that* d.",
            partial(_layer_and_clip, heads=4),
            _out,
            _agrees,
        ),
        Probe(
            "bias",
            "bias[head, i, j] is added to the score of frame i looking at frame j, before the softmax.",
            partial(_layer_and_clip, heads=2, bias=True),
            _out,
            _agrees,
        ),
        Probe(
            "visible",
            "Where `visible` is False, frame i must not see frame j at all: −∞ in the scores, before the softmax.",
            partial(_layer_and_clip, heads=2, bias=True, hidden=True),
            _out,
            _agrees,
        ),
        Probe(
            "norm",
            "Attention looks at self.norm(x); what it is added to is x itself.",
            partial(_layer_and_clip, heads=2, bias=True, norm=True),
            _out,
            _agrees,
        ),
    ),
)
