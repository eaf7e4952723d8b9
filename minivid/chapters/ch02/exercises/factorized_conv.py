"""2.2: the (2+1)D convolution, space, a nonlinearity, time. A class whose `__init__` is given."""

from functools import partial

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from minivid.course.exercise import Exercise, Probe, WrongAnswer, agrees, shaped
from minivid.nn.conv import fold, unfold

DIM_IN, INNER, DIM_OUT = 3, 5, 4
FRAMES, HEIGHT, WIDTH = 6, 4, 6  # as many frames as columns: a convolution along the wrong axis runs, silently


class FactorizedConv(nn.Module):
    """A 2-D convolution on every frame, a ReLU, a 1-D convolution over the frames of every pixel."""

    def __init__(self, dim_in: int, inner: int, dim_out: int):
        super().__init__()
        self.space = nn.Conv2d(dim_in, inner, 3, padding=1)
        self.time = nn.Conv1d(inner, dim_out, 3, padding=1)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        _, _, t, h, w = x.shape
        features = F.relu(unfold(self.space(fold(x)), t))
        tracks = self.time(rearrange(features, "b c t h w -> (b h w) c t"))
        return rearrange(tracks, "(b h w) d t -> b d t h w", h=h, w=w)


def _layer_and_clip(
    seed: int, open_relu: bool = False, still: str = "", clips: int = 1, dim_in: int = DIM_IN, inner: int = INNER
) -> dict:
    """Weights and clips. open_relu: nothing is below zero anywhere. still: "space" or "time", whose kernel is its middle alone."""
    generator = torch.Generator().manual_seed(seed)
    shapes = FactorizedConv(dim_in, inner, DIM_OUT).state_dict()
    weights = {name: torch.randn(value.shape, generator=generator) / 3 for name, value in shapes.items()}
    if open_relu:
        weights["space.bias"] += 10
        weights["time.bias"] += 80
    if still:
        kernel = weights[f"{still}.weight"]
        middle = torch.zeros_like(kernel)
        middle[:, :, *[1] * (kernel.ndim - 2)] = 1
        weights[f"{still}.weight"] = kernel * middle
    x = torch.rand(clips, dim_in, FRAMES, HEIGHT, WIDTH, generator=generator)
    return {"weights": weights, "x": x if open_relu else 4 * x - 2}


def _out(obj, inputs: dict) -> dict:
    inner, dim_in = inputs["weights"]["space.weight"].shape[:2]
    layer = obj(dim_in, inner, DIM_OUT)
    if not isinstance(layer, nn.Module):
        raise WrongAnswer("the class should be an nn.Module; keep the first line and `__init__` as they were given")
    try:
        layer.load_state_dict(inputs["weights"])
    except RuntimeError:
        raise WrongAnswer(
            "the layer's weights have other names or shapes than given: leave `__init__` as it was"
        ) from None
    return {"out": layer(inputs["x"].clone())}


_agrees = agrees(FactorizedConv, _out)

EXERCISE = Exercise(
    id="2.2",
    title="(2+1)D",
    points=3,
    stars=2,
    minutes=15,
    reference=FactorizedConv,
    probes=(
        Probe(
            "shape",
            (
                "Out should come a clip again: batch, dim_out channels, and frames, height and width as they were.",
                "The convolution over time makes the channels; its sequences have to be put back at their pixels.",
                '`rearrange(…, "(b h w) c t -> b c t h w", h=h, w=w)`.',
            ),
            partial(_layer_and_clip, clips=2),
            _out,
            shaped(2, DIM_OUT, FRAMES, HEIGHT, WIDTH),
        ),
        Probe(
            "over time",  # one clip and one channel before: nothing can be exchanged in the first half
            (
                "With a space kernel that reads its own pixel alone, each pixel should be convolved along its own frames.",
                "The second half: what is neither time nor channel belongs to the batch, and comes back in the same order. `reshape` alone "
                "moves no axis.",
                'In: `rearrange(…, "b c t h w -> (b h w) c t")`. Back: `"(b h w) c t -> b c t h w"`, with h and w.',
            ),
            partial(_layer_and_clip, open_relu=True, still="space", dim_in=1, inner=1),
            _out,
            _agrees,
        ),
        Probe(
            "over space",
            (
                "With a time kernel that reads its own frame alone, each frame should be the 2-D convolution of itself.",
                "The first half: the frames go into the batch as whole pictures, all their channels with them.",
                "`per_frame(self.space, x)`.",
            ),
            partial(_layer_and_clip, open_relu=True, still="time"),
            _out,
            _agrees,
        ),
        Probe(
            "clips apart",
            (
                "One clip alone comes out right; of two, parts are exchanged.",
                "In either half b must be on the way back where it was on the way in: outermost, as in `(b t)` and `(b h w)`.",
                "`(t b)` on the way in and `(b t)` on the way back gives every frame to another clip.",
            ),
            partial(_layer_and_clip, open_relu=True, clips=2),
            _out,
            _agrees,
        ),
        Probe(
            "nonlinearity",
            (
                "Where features fall below zero the answer differs.",
                "A ReLU stands between the two convolutions, and nowhere else. Without it the two are one linear map, a full 3-D convolution "
                "with a poorer kernel.",
                "`features = F.relu(per_frame(self.space, x))`.",
            ),
            partial(_layer_and_clip, clips=2),
            _out,
            _agrees,
        ),
    ),
)
