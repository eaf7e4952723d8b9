"""3.4: the residual block, whose features the embedding scales and shifts. A class whose `__init__` is given."""

from collections.abc import Callable, Mapping
from functools import partial

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from minivid.chapters.ch03.exercises.judging import told_apart
from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer
from minivid.nn.conv import ResBlock

DIM, EMBED, SIDE = 16, 12, 4
CLIPS = FRAMES = 3
"""As many: an embedding that goes to the wrong ones runs, silently."""


def _block_and_clip(
    seed: int,
    dim_out: int = DIM,
    branch: bool = True,
    scaled: bool = False,
    shifted: bool = False,
    by_frame: bool = False,
) -> dict:
    """Weights for the block, features and an embedding.

    Without `branch` the second convolution is at zero; without `scaled` or `shifted` that half of the embedding's map is; without
    `by_frame` all frames of all clips have one embedding.
    """
    generator = torch.Generator().manual_seed(seed)
    shapes = ResBlock(DIM, dim_out, EMBED).state_dict()
    weights = {
        name: torch.randn(value.shape, generator=generator) / value[0].numel() ** 0.5 for name, value in shapes.items()
    }
    for half, there in ((slice(dim_out), scaled), (slice(dim_out, None), shifted)):
        weights["film.weight"][half] *= there
        weights["film.bias"][half] *= there
    for name in ("conv2.weight", "conv2.bias"):
        weights[name] = weights[name] * branch
    x = torch.randn(CLIPS, DIM, FRAMES, SIDE, SIDE, generator=generator)
    embed = 2 * torch.randn(CLIPS, FRAMES, EMBED, generator=generator)
    embed = embed if by_frame else embed[:1, :1].expand_as(embed).clone()
    return {"dim_out": dim_out, "weights": weights, "x": x, "embed": embed}


def _loaded(obj, inputs: dict) -> nn.Module:
    block = obj(DIM, inputs["dim_out"], EMBED)
    if not isinstance(block, nn.Module):
        raise WrongAnswer("the class should be an nn.Module; keep the first line and `__init__` as they were given")
    try:
        block.load_state_dict(inputs["weights"])
    except RuntimeError:
        raise WrongAnswer(
            "the block's weights have other names or shapes than given: leave `__init__` as it was"
        ) from None
    return block.eval()


def _out(obj, inputs: dict) -> Mapping:
    return {"out": _loaded(obj, inputs)(inputs["x"].clone(), inputs["embed"].clone())}


Mistakes = Callable[[nn.Module, Tensor, Tensor, Tensor], dict[str, Tensor]]
"""From a block with the probe's weights, x, scale and shift (`b d t 1 1`): what came out, by the mistake that was made."""


def _of_the_skip(block: nn.Module, x: Tensor, scale: Tensor, shift: Tensor) -> dict[str, Tensor]:
    return {
        "Nothing is added to: what comes out is the branch alone.": torch.zeros_like(block.skip(x)),
        "What is added to is norm1(x), not x itself.": block.skip(block.norm1(x)),
        "What is added to is silu(norm1(x)), not x itself.": block.skip(F.silu(block.norm1(x))),
        "What is added to is silu(x), not x itself.": block.skip(F.silu(x)),
    }


def _of_the_branch(block: nn.Module, x: Tensor, scale: Tensor, shift: Tensor) -> dict[str, Tensor]:
    first, second, n1, n2, silu = block.conv1, block.conv2, block.norm1, block.norm2, F.silu
    found = {
        "The scale itself multiplies here, and so 0 takes everything away: 1 + scale should.": second(silu(0 * x)),
        "The activation before conv1 is missing.": second(silu(n2(first(n1(x))))),
        "The activation before conv2 is missing.": second(n2(first(silu(n1(x))))),
        "Both activations are missing.": second(n2(first(n1(x)))),
        "norm1 is missing.": second(silu(n2(first(silu(x))))),
        "norm2 is missing.": second(silu(first(silu(n1(x))))),
        "norm1 stands where norm2 should.": second(silu(n1(first(silu(n1(x)))))),
        "These activations are ReLUs; they should be SiLUs.": second(F.relu(n2(first(F.relu(n1(x)))))),
        "These activations are GELUs; they should be SiLUs.": second(F.gelu(n2(first(F.gelu(n1(x)))))),
        "The activation stands before the norm, and should stand behind it.": second(n2(silu(first(n1(silu(x)))))),
        "conv2 is missing.": silu(n2(first(silu(n1(x))))),
    }
    return {sentence: block.skip(x) + h for sentence, h in found.items()}


def _of_the_film(block: nn.Module, x: Tensor, scale: Tensor, shift: Tensor) -> dict[str, Tensor]:
    h = block.norm2(block.conv1(F.silu(block.norm1(x))))
    raw = block.conv1(F.silu(block.norm1(x)))
    found = {
        "Scale and shift are exchanged: the first half is the scale.": F.silu(h * (1 + shift) + scale),
        "Nothing is shifted.": F.silu(h * (1 + scale)),
        "Nothing is scaled.": F.silu(h + shift),
        "The embedding changes nothing.": F.silu(h),
        "The features are scaled and shifted behind the activation, and should be before it.": F.silu(h) * (1 + scale)
        + shift,
        "The shift is added behind the activation, and should be before it.": F.silu(h * (1 + scale)) + shift,
        "The features are shifted before they are scaled; the scale comes first.": F.silu((h + shift) * (1 + scale)),
        "The features are scaled and shifted before norm2, which takes most of it away again.": F.silu(
            block.norm2(raw * (1 + scale) + shift)
        ),
        "The scale multiplies here, and 1 + scale should.": F.silu(h * scale + shift),
        "The shift is subtracted.": F.silu(h * (1 + scale) - shift),
    }
    return {sentence: block.skip(x) + block.conv2(value) for sentence, value in found.items()}


def _agrees(mistakes: Mistakes, *more: Mistakes):
    """The same as the reference's; else the first mistake that gives what came out."""

    @torch.no_grad()
    def compare(arrays: Arrays, inputs: dict) -> bool | str:
        block, x, embed = _loaded(ResBlock, inputs), inputs["x"], inputs["embed"]
        film = block.film(F.silu(embed))
        scale, shift = rearrange(film, "b t (two d) -> two b d t 1 1", two=2)
        known = {
            sentence: value for each in (mistakes, *more) for sentence, value in each(block, x, scale, shift).items()
        }
        scale, shift = rearrange(block.film(embed), "b t (two d) -> two b d t 1 1", two=2)
        known["The embedding goes into `film` without its SiLU."] = block.skip(x) + block.conv2(
            F.silu(block.norm2(block.conv1(F.silu(block.norm1(x)))) * (1 + scale) + shift)
        )
        return told_apart(arrays["out"], block(x, embed), known)

    return compare


def _of_the_frames(block: nn.Module, x: Tensor, scale: Tensor, shift: Tensor) -> dict[str, Tensor]:
    def out(scale: Tensor, shift: Tensor) -> Tensor:
        h = block.norm2(block.conv1(F.silu(block.norm1(x)))) * (1 + scale) + shift
        return block.skip(x) + block.conv2(F.silu(h))

    return {
        "All frames of a clip have the first one's level here.": out(scale[:, :, :1], shift[:, :, :1]),
        "All frames of a clip have one level here, the mean.": out(
            scale.mean(2, keepdim=True), shift.mean(2, keepdim=True)
        ),
        "All clips have the first one's levels here.": out(scale[:1], shift[:1]),
        "Clips and frames are exchanged here.": out(scale.transpose(0, 2), shift.transpose(0, 2)),
    }


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
            (
                "With the second convolution at zero the block does not give back x.",
                "It is a residual branch: x plus what two convolutions make of it.",
                "`return self.skip(x) + …`, where `skip` leaves x as it is when the channels stay as many.",
            ),
            partial(_block_and_clip, branch=False),
            _out,
            _agrees(_of_the_skip),
        ),
        Probe(
            "more channels",
            (
                "With as many channels out as in it is right; where they become more it is not.",
                "x has too few channels to be added to: what is added to is a 1×1 convolution of x itself.",
                "`self.skip(x)`.",
            ),
            partial(_block_and_clip, branch=False, dim_out=2 * DIM),
            _out,
            _agrees(_of_the_skip),
        ),
        Probe(
            "two convolutions",
            (
                "With an embedding that says nothing (scale 0, shift 0) the branch is not what it should be.",
                "Twice the same: norm, SiLU, convolution. A scale of 0 changes nothing, since the features are multiplied by 1 + scale.",
                "Without an embedding: `self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))`.",
            ),
            _block_and_clip,
            _out,
            _agrees(_of_the_branch),
        ),
        Probe(
            "shift",
            (
                "Without an embedding the block is right. With one that only shifts it is not.",
                "The second half of `film(silu(embed))` is added to what norm2 gives, before the activation.",
                "`F.silu(self.norm2(h) * (1 + scale) + shift)`, scale and shift from `self.film(F.silu(embed))`, in this order.",
            ),
            partial(_block_and_clip, shifted=True),
            _out,
            _agrees(_of_the_film),
        ),
        Probe(
            "scale",
            (
                "The shift is right. With an embedding that scales too it is not.",
                "The first half of `film(silu(embed))`, plus 1, multiplies what norm2 gives; then the shift is added.",
                "`self.norm2(h) * (1 + scale) + shift`.",
            ),
            partial(_block_and_clip, scaled=True, shifted=True),
            _out,
            _agrees(_of_the_film),
        ),
        Probe(
            "a level for each frame",
            (
                "With one embedding for all it is right; each frame of each clip has its own.",
                "Scale and shift are `b t d`; the features that they meet are `b d t h w`.",
                '`rearrange(…, "b t (two d) -> two b d t 1 1", two=2)`.',
            ),
            partial(_block_and_clip, scaled=True, shifted=True, by_frame=True),
            _out,
            _agrees(_of_the_frames, _of_the_film),
        ),
    ),
)
