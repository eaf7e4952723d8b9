"""2.6: attention whose cost grows with the number of places and not with its square."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from minivid.course.exercise import Arrays, Exercise, Probe, Promises, agrees, close, returned
from minivid.nn.attention.core import linear_attend

N, D = 700, 5


def linear_attention(
    q: Float[Tensor, "n heads i d"], k: Float[Tensor, "n heads j d"], v: Float[Tensor, "n heads j d"]
) -> Float[Tensor, "n heads i d"]:
    """φ(q) (φ(k)ᵀ v), divided by φ(q) · Σ φ(k), with φ(x) = elu(x) + 1."""
    return linear_attend(q, k, v)


def _qkv(seed: int, many: int = 6, constant: bool = False) -> dict:
    generator = torch.Generator().manual_seed(seed)
    q = torch.randn(2, 3, many, D, generator=generator)
    k = torch.randn(2, 3, many + 3, D, generator=generator)
    v = torch.randn(2, 3, many + 3, D, generator=generator)
    return {"q": q, "k": k, "v": v[:, :, :1].expand_as(v).clone() if constant else v}


class _Largest(TorchDispatchMode):
    """Notes how many numbers the largest tensor has that is made meanwhile."""

    def __init__(self):
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        made = [part.numel() for part in tree_leaves(out) if isinstance(part, Tensor)]
        self.numbers = max(self.numbers, *made, 0) if made else self.numbers
        return out


def _size(obj, inputs: dict) -> dict:
    with _Largest() as largest:
        obj(**inputs)
    return {"numbers": largest.numbers}


def _is_no_square(arrays: Arrays, inputs: dict) -> bool | str:
    """Less than all scores; the largest that is needed is a head's keys times values, or the inputs themselves."""
    scores = inputs["q"].shape[2] * inputs["k"].shape[2]
    return bool(arrays["numbers"] < scores) or f"A tensor of {int(arrays['numbers']):,} numbers was made."


_out = returned("out")
_agrees = agrees(linear_attention, _out)

EXERCISE = Exercise(
    id="2.6",
    title="Attention without scores",
    points=3,
    stars=2,
    minutes=15,
    reference=linear_attention,
    promises=Promises(gradient=True),
    answers=(linear_attention, linear_attend),
    probes=(
        Probe(
            "constant values",
            "Where all values are alike, that value should come out: the weights of a place sum to one. Look at the denominator: each query's "
            "φ(q) times the *sum* of all φ(k).",
            partial(_qkv, constant=True),
            _out,
            lambda arrays, inputs: close(arrays["out"], inputs["v"][:, :, :1].expand_as(inputs["q"])),
        ),
        Probe(
            "feature map",
            "The weights sum to one, but they are others: φ(x) = elu(x) + 1 is applied to queries and to keys, to nothing else, and nothing is divided "
            "by √d.",
            _qkv,
            _out,
            _agrees,
        ),
        Probe(
            "no square",
            "The answer is right, but on the way stood a tensor with a number for each query and key. Look at the order: keys and values first, "
            "φ(k)ᵀ v is d × d, and only then the queries.",
            partial(_qkv, many=N),
            _size,
            _is_no_square,
        ),
    ),
)
