"""6.5: a low-rank adapter merged into the weight that it stands beside."""

from functools import partial

import torch
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart


def merge(weight: Tensor, up: Tensor, down: Tensor, strength: float) -> Tensor:
    """W + strength · U D: weight `out in`, up `out rank`, down `rank in`."""
    return weight + strength * up @ down


def _matrices(seed: int, rank: int = 1, out: int = 5, whole: bool = True) -> dict:
    """`whole`: a strength of 1."""
    generator = torch.Generator().manual_seed(seed)
    weight, up, down = (torch.randn(*size, generator=generator) for size in ((out, 5), (out, rank), (rank, 5)))
    strength = 1.0 if whole else float(0.2 + 0.4 * torch.rand((), generator=generator))
    return {"weight": weight, "up": up, "down": down, "strength": strength}


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    weight, up, down, s = inputs.values()
    product = up @ down
    mistakes = {
        "The weight alone comes out: the adapter does nothing.": weight,
        "What is added comes out, without the weight.": s * product,
        "It is subtracted.": weight - s * product,
        "The strength does not count.": weight + product,
        "The strength multiplies both matrices, and so counts twice.": weight + s**2 * product,
        "The weight is made smaller by as much: it should stand.": (1 - s) * weight + s * product,
        "The weight itself is multiplied too.": s * (weight + product),
        "It is divided by the rank.": weight + s / len(down) * product,
    }
    if weight.shape[0] == weight.shape[1]:
        mistakes["What is added is transposed: down stands where up should."] = weight + s * product.T
    return told_apart(arrays["merged"], weight + s * product, mistakes)


_merged = returned("merged")
EXERCISE = Exercise(
    id="6.5",
    title="Merged",
    points=1,
    stars=1,
    minutes=5,
    reference=merge,
    probes=(
        Probe(
            "rank one",
            (
                "At strength 1 and rank 1 it is not the weight plus the product.",
                "U is out × rank and D rank × in: U D is as large as the weight, and is added to it.",
                "`weight + up @ down`.",
            ),
            _matrices,
            _merged,
            _agrees,
        ),
        Probe(
            "a higher rank, and no square",
            (
                "Rank 1 and a square weight are right; rank 3, from five channels to seven, is not.",
                "It is a product of matrices, with nothing else to scale it.",
                "`up @ down`.",
            ),
            partial(_matrices, rank=3, out=7),
            _merged,
            _agrees,
        ),
        Probe(
            "half a strength",
            (
                "At strength 1 it is right, at less it is not.",
                "The strength multiplies what is added, once; the weight stands.",
                "`weight + strength * up @ down`.",
            ),
            partial(_matrices, rank=3, whole=False),
            _merged,
            _agrees,
        ),
    ),
)
