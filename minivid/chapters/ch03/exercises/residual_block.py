"""3.4: the residual block, whose features the embedding scales and shifts. A class whose `__init__` is given."""

from collections.abc import Mapping
from functools import partial

import torch
from torch import nn

from minivid.course.exercise import Exercise, Probe, WrongAnswer, agrees
from minivid.nn.conv import ResBlock

DIM, EMBED, CLIPS, FRAMES, SIDE = 8, 12, 2, 3, 4


def _block_and_clip(
    seed: int,
    dim_out: int = DIM,
    branch: bool = True,
    scaled: bool = False,
    shifted: bool = False,
    by_frame: bool = False,
) -> dict:
    """Weights for the block, features and an embedding. Without `branch` the second convolution is at zero; without `scaled` or
    `shifted` that half of the embedding's map is; without `by_frame` all clips and frames have one embedding."""
    generator = torch.Generator().manual_seed(seed)
    shapes = ResBlock(DIM, dim_out, EMBED).state_dict()
    weights = {
        name: torch.randn(value.shape, generator=generator) / value[0].numel() ** 0.5 for name, value in shapes.items()
    }
    scale, shift = (slice(dim_out), slice(dim_out, None))
    for half, there in ((scale, scaled), (shift, shifted)):
        weights["film.weight"][half] *= there
        weights["film.bias"][half] *= there
    for name in ("conv2.weight", "conv2.bias"):
        weights[name] = weights[name] * branch
    x = torch.randn(CLIPS, DIM, FRAMES, SIDE, SIDE, generator=generator)
    embed = 2 * torch.randn(CLIPS, FRAMES, EMBED, generator=generator)
    return {
        "dim_out": dim_out,
        "weights": weights,
        "x": x,
        "embed": embed if by_frame else embed[:1, :1].expand_as(embed).clone(),
    }


def _out(obj, inputs: dict) -> Mapping:
    block = obj(DIM, inputs["dim_out"], EMBED)
    if not isinstance(block, nn.Module):
        raise WrongAnswer("the class should be an nn.Module; keep the first line and `__init__` as they were given")
    try:
        block.load_state_dict(inputs["weights"])
    except RuntimeError:
        raise WrongAnswer(
            "the block's weights have other names or shapes than given: leave `__init__` as it was"
        ) from None
    return {"out": block.eval()(inputs["x"].clone(), inputs["embed"].clone())}


_agrees = agrees(ResBlock, _out, rtol=1e-3, atol=1e-4)

EXERCISE = Exercise(
    id="3.4",
    title="The residual block",
    points=3,
    stars=2,
    minutes=20,
    reference=ResBlock,
    probes=(
        Probe(
            "as it starts",
            "With the second convolution at zero the block should give back x. It is a residual branch, x + h: `skip(x)`, which is x where "
            "the channels stay as many.",
            partial(_block_and_clip, branch=False),
            _out,
            _agrees,
        ),
        Probe(
            "more channels",
            "Where the channels become more, what is added to is `skip(x)`, a 1×1 convolution of x itself.",
            partial(_block_and_clip, branch=False, dim_out=2 * DIM),
            _out,
            _agrees,
        ),
        Probe(
            "two convolutions",
            "With an embedding that says nothing (scale and shift 0) the branch should be conv2(silu(norm2(conv1(silu(norm1(x)))))): "
            "scaling is by 1 + scale, so that 0 changes nothing.",
            _block_and_clip,
            _out,
            _agrees,
        ),
        Probe(
            "shift",
            "The branch is right without an embedding. The *second* half of film(silu(embed)) should be added to norm2's output, before the "
            "activation.",
            partial(_block_and_clip, shifted=True),
            _out,
            _agrees,
        ),
        Probe(
            "scale",
            "The shift is right. The *first* half of film(silu(embed)) should scale norm2's output, by 1 + scale, before the shift is added.",
            partial(_block_and_clip, scaled=True, shifted=True),
            _out,
            _agrees,
        ),
        Probe(
            "a level for each frame",
            "With one embedding for all it is right. Each frame of each clip has its own: from `b t d` to `b d t 1 1`.",
            partial(_block_and_clip, scaled=True, shifted=True, by_frame=True),
            _out,
            _agrees,
        ),
    ),
)
