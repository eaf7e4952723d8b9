"""3.5: each pixel attends to itself in the other frames, with a relative position bias. A class whose `__init__` is given."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from einops import rearrange
from torch import Tensor, nn

from minivid.chapters.ch03.exercises.judging import told_apart
from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, all_of, close, copy_of, shaped
from minivid.nn.attention.core import TIME, Attention

DIM, CLIPS, FRAMES = 16, 2, 6
HEIGHT, WIDTH = 2, 3
"""As many pixels as frames: attention over the wrong axis runs, silently."""
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
    zero: bool = False,
) -> dict:
    """Weights for the layer, a clip, a bias. Without `norm` the layer's is taken out, so that attention is seen alone.

    `hidden`: each frame sees the one before it, not the one behind it, and of the others, itself included, some. The bias is low
    there, which changes nothing for a score of −∞ and much for one that is only small.
    """
    generator = torch.Generator().manual_seed(seed)
    shapes = TemporalAttention(DIM, heads).state_dict()
    weights = {name: torch.randn(value.shape, generator=generator) / (2 * DIM**0.5) for name, value in shapes.items()}
    if zero:
        weights |= {name: torch.zeros_like(value) for name, value in weights.items() if name.startswith("to_out")}
    x = torch.randn(CLIPS, DIM, FRAMES, HEIGHT, WIDTH, generator=generator)
    itself = torch.eye(FRAMES, dtype=torch.bool)
    some = torch.rand(FRAMES, FRAMES, generator=generator) < 0.5
    return {
        "heads": heads,
        "weights": weights,
        "norm": norm,
        "x": x[:, :, :1].expand_as(x).clone() if still else x,
        "bias": 2 * torch.randn(heads, FRAMES, FRAMES, generator=generator) * bias - 20 * hidden,
        "visible": (some | itself.roll(-1, 1)) & ~itself.roll(1, 1) if hidden else None,
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
    return {"out": _layer(obj, inputs)(*(copy_of(inputs[name]) for name in ("x", "bias", "visible")))}


def _out_when_touched(obj, inputs: dict) -> Mapping:
    touched = inputs["x"].clone()
    touched[TOUCHED] += 1
    layer = _layer(obj, inputs)
    return {"out": layer(inputs["x"].clone(), inputs["bias"].clone()), "after": layer(touched, inputs["bias"].clone())}


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


def _hidden(scores: Tensor, visible: Tensor | None) -> Tensor:
    """The weights as they should be."""
    return (scores if visible is None else scores.masked_fill(~visible, -torch.inf)).softmax(-1)


def _formula(
    inputs: dict,
    thirds: tuple[int, int, int] = (0, 1, 2),
    divisor: float | None = None,
    split: str = "(heads d)",
    join: str = "(heads d)",
    weighed: Callable[[Tensor, Tensor | None], Tensor] = _hidden,
) -> Tensor:
    """The layer's answer, with one thing otherwise.

    thirds: which of `to_qkv`'s are queries, keys and values. divisor: of the scores, √d by default. split, join: which channels are a head's, on the way in and out.
    weighed: from scores and mask to weights.
    """
    given, x = inputs["weights"], inputs["x"]
    rows = rearrange(_layer(TemporalAttention, inputs).norm(x), "b c t h w -> (b h w) t c")
    parts = (rows @ given["to_qkv.weight"].mT).chunk(3, -1)
    q, k, v = (rearrange(parts[third], f"n t {split} -> n heads t d", heads=inputs["heads"]) for third in thirds)
    scores = q @ k.mT / (divisor or q.shape[-1] ** 0.5) + inputs["bias"]
    out = rearrange(weighed(scores, inputs["visible"]) @ v, f"n heads t d -> n t {join}")
    out = out @ given["to_out.weight"].mT + given["to_out.bias"]
    return x + rearrange(out, "(b h w) t c -> b c t h w", b=CLIPS, h=HEIGHT, w=WIDTH)


def _agrees(mistakes: Callable[[dict], dict[str, Tensor]]):
    """The same as the reference's; else the first mistake that gives what came out."""

    @torch.no_grad()
    def compare(arrays: Arrays, inputs: dict) -> bool | str:
        return told_apart(arrays["out"], _out(TemporalAttention, inputs)["out"], mistakes(inputs))

    return compare


def _of_the_scores(inputs: dict) -> dict[str, Tensor]:
    d = DIM / inputs["heads"]
    mistakes = {
        "The scores are not divided by √d.": _formula(inputs, divisor=1.0),
        "The scores are divided by d, not by its root.": _formula(inputs, divisor=d),
        "Keys and queries are exchanged.": _formula(inputs, thirds=(1, 0, 2)),
        "Keys and values are exchanged.": _formula(inputs, thirds=(0, 2, 1)),
        "Queries and values are exchanged.": _formula(inputs, thirds=(2, 1, 0)),
    }
    if inputs["heads"] > 1:
        mistakes |= {
            "The scores are divided by the root of *all* channels, not of a head's.": _formula(
                inputs, divisor=DIM**0.5
            ),
            "A head's channels are spread over all of them here, and should lie side by side.": _formula(
                inputs, split="(d heads)", join="(d heads)"
            ),
            "A head's channels are spread over all of them on the way in, and should lie side by side.": _formula(
                inputs, split="(d heads)"
            ),
            "A head's channels are spread over all of them on the way out, and should lie side by side.": _formula(
                inputs, join="(d heads)"
            ),
            "All channels are one head here.": _formula({**inputs, "heads": 1, "bias": inputs["bias"][:1]}),
        }
    return mistakes


def _of_the_bias(inputs: dict) -> dict[str, Tensor]:
    bias = inputs["bias"]
    others = {
        "The bias is not added.": 0 * bias,
        "The bias is transposed: bias[head, i, j] is for frame i looking at frame j.": bias.mT,
        "The bias is subtracted.": -bias,
        "All heads have the first one's bias.": bias[:1],
        "The heads have each other's bias.": bias.flip(0),
        "The bias is divided by √d too; only q kᵀ is.": bias / (DIM / inputs["heads"]) ** 0.5,
    }
    return {sentence: _formula({**inputs, "bias": other}) for sentence, other in others.items()}


def _of_the_mask(inputs: dict) -> dict[str, Tensor]:
    visible, bias = inputs["visible"], inputs["bias"]
    return {
        "The mask changes nothing.": _formula({**inputs, "visible": None}),
        "The mask is inverted: what should be hidden is seen.": _formula({**inputs, "visible": ~visible}),
        "The mask is transposed.": _formula({**inputs, "visible": visible.mT}),
        "The mask hides, and the bias is lost.": _formula({**inputs, "bias": 0 * bias}),
        "What is hidden is taken away *after* the softmax, and so the weights do not add up to one.": _formula(
            inputs, weighed=lambda scores, visible: scores.softmax(-1) * visible
        ),
        "A hidden score is 0 here, which is a score like others.": _formula(
            inputs, weighed=lambda scores, visible: scores.masked_fill(~visible, 0).softmax(-1)
        ),
        "A hidden frame's *bias* is 0 here, and its score counts.": _formula(
            {**inputs, "bias": bias.masked_fill(~visible, 0), "visible": None}
        ),
    }


def _of_the_norm(inputs: dict) -> dict[str, Tensor]:
    normed = _layer(TemporalAttention, inputs).norm(inputs["x"])
    return {
        "The layer's norm is not used.": _formula({**inputs, "norm": False}),
        "What attention found is added to norm(x); it should be added to x itself.": _formula(inputs)
        - inputs["x"]
        + normed,
    }


def _is_still(arrays: Arrays, inputs: dict) -> bool | str:
    return close(arrays["out"], arrays["out"][:, :, :1].repeat(FRAMES, axis=2), atol=1e-3)


def _is_x(arrays: Arrays, inputs: dict) -> bool | str:
    x = inputs["x"]
    return told_apart(arrays["out"], x, {"It is nothing but zeros: x is not added.": 0 * x}, rtol=1e-4, atol=1e-5)


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
            (
                "With `to_out` at zero the layer does not give back x.",
                "It is a residual branch, x + to_out(…); and the way back from sequences to a clip must be the exact inverse of the way there.",
                '`x + rearrange(out, "(b h w) t c -> b c t h w", b=b, h=h, w=w)`.',
            ),
            partial(_layer_and_clip, zero=True),
            _out,
            _is_x,
        ),
        Probe(
            "own pixel only",
            (
                "A change in one pixel reached other pixels, or other clips.",
                "Time alone is the sequence; whatever is not in it belongs to the batch, on the way there and on the way back alike.",
                '`"b c t h w -> (b h w) t c"`, and back `"(b h w) t c -> b c t h w"`.',
            ),
            _layer_and_clip,
            _out_when_touched,
            _stays_in_its_pixel,
        ),
        Probe(
            "every frame",
            (
                "A change in one frame should reach the same pixel in all frames, earlier and later.",
                "Without a mask each frame looks at all.",
                "`attend(q, k, v, bias[None])`, and nothing hidden where `visible` is None.",
            ),
            _layer_and_clip,
            _out_when_touched,
            _reaches_every_frame,
        ),
        Probe(
            "still clip",
            (
                "In a clip that stands still every frame should come out alike, whatever the bias.",
                "Each frame's weights add up to one over the frames that it looks *at*: the bias belongs inside the softmax, which runs over the "
                "last axis of the scores.",
                "`(scores + bias).softmax(-1) @ v`, which is `attend(q, k, v, bias[None])`.",
            ),
            partial(_layer_and_clip, bias=True, still=True),
            _out,
            _is_still,
        ),
        Probe(
            "one head",
            (
                "Right in its shape; with one head and no bias the numbers are others.",
                "The scores are q kᵀ / √d, and q, k, v the three thirds of `to_qkv`, in this order.",
                "`q, k, v = self.to_qkv(tracks).chunk(3, dim=-1)`, and `attend(q, k, v, …)`.",
            ),
            _layer_and_clip,
            _out,
            _agrees(_of_the_scores),
        ),
        Probe(
            "several heads",
            (
                "With one head it is right, with several it is not.",
                "Each head has c / heads channels that lie side by side, and divides by the root of *that* number.",
                "`split_heads(part, self.heads)` of each of q, k and v, and `join_heads` of what comes out.",
            ),
            partial(_layer_and_clip, heads=2),
            _out,
            _agrees(_of_the_scores),
        ),
        Probe(
            "bias",
            (
                "Without a bias it is right, with one it is not.",
                "bias[head, i, j] is added to the score of frame i looking at frame j, before the softmax.",
                "`attend(q, k, v, bias[None])`.",
            ),
            partial(_layer_and_clip, heads=2, bias=True),
            _out,
            _agrees(_of_the_bias),
        ),
        Probe(
            "visible",
            (
                "Without a mask it is right, with one it is not.",
                "Where `visible` is False, frame i must not see frame j at all: its score is −∞, before the softmax.",
                "`bias.masked_fill(~visible, -torch.inf)`, without the underscore that would change the caller's bias.",
            ),
            partial(_layer_and_clip, heads=2, bias=True, hidden=True),
            _out,
            _agrees(_of_the_mask),
        ),
        Probe(
            "norm",
            (
                "With a norm that does nothing it is right, with the layer's own it is not.",
                "Attention looks at self.norm(x); what it is added to is x itself.",
                "`rearrange(self.norm(x), …)`, and in the end `x + …`.",
            ),
            partial(_layer_and_clip, heads=2, bias=True, norm=True),
            _out,
            _agrees(_of_the_norm),
        ),
    ),
)
